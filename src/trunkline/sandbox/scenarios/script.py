"""What a scenario file says: a start, and rules of the form "when this message comes, then do that".

TOML or JSON, the same members in both. docs/sandbox.md has an example.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from trunkline.sandbox.errors import invalid

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST = 400 * 86_400


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages of the business a rule is about. Members that are left out fit every message."""

    handset: str | None = None
    """Digits."""
    type: str | None = None
    template: str | None = None
    """Name of the template."""
    contains: str | None = None
    """Words that stand somewhere in the message, in either case."""

    def fits(self, message: dict[str, Any]) -> bool:
        """`message` is the JSON of a chat (`handsets/chat.py`) with its handset."""
        if self.handset not in (None, message.get("handset")):
            return False
        if self.type not in (None, message.get("type")):
            return False
        template = message.get("template") or {}
        if self.template not in (None, template.get("name")):
            return False
        if self.contains is None:
            return True
        return self.contains.lower() in "\n".join(_texts([message.get("content"), template])).lower()


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    then: tuple[dict[str, Any], ...]
    """Actions as of `/_sandbox/handsets/{number}/actions`, or `{"wait": "2s"}`. Where an action needs a
    `message_id` and has none, the message that came is meant."""
    when: When = When()
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """How often; None: each time."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str = "scenario"
    rules: dict[str, Any] = {}
    """Switches, as of `/_sandbox/rules`."""
    faults: tuple[dict[str, Any], ...] = ()
    """As of `/_sandbox/faults`."""
    start: tuple[dict[str, Any], ...] = ()
    """Actions to begin with; each names its `handset`."""
    rule: tuple[Rule, ...] = ()
    """`[[rule]]` in TOML. Each message meets the first that fits."""


def read_scenario(text: bytes) -> Scenario:
    """From JSON where it begins with `{`, else from TOML. Raises `GraphError` with what is wrong."""
    try:
        given = msgspec.json.decode(text) if text.lstrip()[:1] == b"{" else tomllib.loads(text.decode())
        scenario = msgspec.convert(given, Scenario)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The scenario can not be read: {error}") from None
    for rule in scenario.rule:
        for step in rule.then:
            _check_step(step)
    for step in scenario.start:
        _check_step(step)
        if not isinstance(step.get("handset"), str):
            raise invalid(f"Each step of start names its handset - got {step!r:.80}.")
    return scenario


def seconds_of(text: object) -> float:
    """`"1m30s"` → 90.0; a number is seconds. Raises `GraphError`."""
    if isinstance(text, int | float) and not isinstance(text, bool) and 0 <= text <= _LONGEST:
        return float(text)
    parts = _DURATION.findall(text) if isinstance(text, str) and len(text) < 40 else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise invalid(f"A wait is written as 2s, 1m30s or 25h - got {text!r:.40}.")
    return min(sum(float(number) * _SECONDS[unit] for number, unit in parts), _LONGEST)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)


def _check_step(step: dict[str, Any]) -> None:
    if "wait" in step:
        seconds_of(step["wait"])
    elif not isinstance(step.get("do"), str):
        raise invalid(f"Each step is an action with do, or a wait - got {step!r:.80}.")
