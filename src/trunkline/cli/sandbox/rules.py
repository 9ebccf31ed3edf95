"""`trunkline sandbox rules`: the switches of the rules that bite."""

import asyncio
import difflib
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sandbox.way import Way, digits_of, open_sandbox

_ROUTE = "/_sandbox/rules"
_YES, _NO = ("true", "on", "yes"), ("false", "off", "no")
_NOTHING = (*_NO, "none", "null")
Rules = dict[str, Any]


def rules(
    way: Way,
    changes: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Such as windows=on, throughput=80 or tier=none."),
    ] = None,
) -> None:
    """Show the rules that bite, or switch some of them while the sandbox runs.

    docs/sandbox.md says what each does. A restart begins with those of the start again.
    """
    with output.command(way.as_json) as out:
        now = asyncio.run(_change(way, changes or []))
        rows = [(name, _in_words(value)) for name, value in now.items()]
        out.result(now, lambda: output.table(("rule", "value"), rows, empty="There are no rules."))


async def _change(way: Way, changes: list[str]) -> Rules:
    async with open_sandbox(way) as client:
        now: Rules = await client.get(_ROUTE)
        given = dict(_read(text, now) for text in changes)
        return await _patch(client, given) if given else now


async def _patch(client: Client, given: Rules) -> Rules:
    changed: Rules = await client.call("PATCH", _ROUTE, given)
    return changed


def _read(text: str, now: Rules) -> tuple[str, Any]:
    """`windows=on` → `("windows", True)`: what a value may be follows from the one that stands there."""
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals or name not in now:
        close = difflib.get_close_matches(name, now, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(now)}"
        what = f"there is no rule {name}" if equals else f"{text} is no NAME=VALUE"
        raise Trouble(ExitCode.USAGE, f"{what}; {hint}")
    return name, _value(name, value.strip().lower(), isinstance(now[name], bool))


def _value(name: str, text: str, is_switch: bool) -> Any:
    if is_switch:
        if text not in (*_YES, *_NO):
            raise Trouble(ExitCode.USAGE, f"{name} is on or off, not {text}")
        return text in _YES
    if text in _NOTHING:
        return None
    if name == "recipients":
        return [digits_of(phone) for phone in text.split(",")]
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Trouble(ExitCode.USAGE, f"{name} is a whole number or none, not {text}")
    return int(text)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value)
