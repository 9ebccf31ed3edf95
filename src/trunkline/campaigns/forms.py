"""VALIDATE, for campaigns: what a caller wants becomes a `Definition`, or every reason why not.

In come members whose own shape is right (`api/campaign_form.py`). Looked at here is what they mean: whether
numbers, lists and segments exist, and whether each content, with stand-ins in its gaps, is a message that
its numbers could send. What is wrong for some recipients alone is found by the check.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from trunkline.campaigns.filling import Filling, draft, gaps_of
from trunkline.campaigns.references import unknown_references
from trunkline.channels.registry import is_real
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model.campaign import Content, Definition
from trunkline.outbound import template_check
from trunkline.outbound.named_files import check_files
from trunkline.phones import PhoneError, normalise
from trunkline.runtime import Runtime
from trunkline.shape.findings import child
from trunkline.store.numbers import NumberRow
from trunkline.templates.book import TemplateBook

_NOBODY = "15550000000"  # whom a message is for that is only looked at
_STAND_INS = ("sample", "https://example.com/sample.jpg", "1", "USD")
"""What stands in a gap while its content is looked at; the next one where a rule will not have it."""

_NOT_YET = frozenset({"template_status"})
"""Rules that a draft may break: until it starts, the provider may have approved the template."""

_OF_THE_CAMPAIGN = {
    "to": "A campaign goes to its `audience`.",
    "recipient": "A campaign goes to its `audience`.",
    "from": "A campaign goes from its `numbers`.",
    "send_at": "When a campaign goes says its `schedule`.",
    "priority": "Campaigns go behind everything else.",
    "purpose": "`purpose` stands beside `content`: it is the same for all.",
    "context": "Messages of a campaign answer no other.",
    "status": "A campaign does not mark messages as read.",
}


class Asker(Protocol):
    """Who wants it."""

    @property
    def account_id(self) -> str: ...

    @property
    def is_live(self) -> bool: ...


class Formed(NamedTuple):
    """What can be written down."""

    definition: Definition
    warnings: Sequence[Problem]


async def form(
    runtime: Runtime, book: TemplateBook, caller: Asker, given: Mapping[str, Any], found: Sequence[Problem]
) -> Formed:
    """`found` is what is wrong with the shape; such members are left out of `given`, or hold `BROKEN`.

    `Refusal` with that and everything else that is wrong.
    """
    account_id = caller.account_id
    numbers, problems = _numbers(runtime, account_id, given.get("numbers"))
    if not caller.is_live and (real := [number for number in numbers if is_real(number.base_url)]):
        raise Refusal("test_key", f"a test key can not send through {real[0].digits}, a real number")
    problems += await unknown_references(runtime.store, account_id, given)
    problems += _no_links(runtime, given)
    warnings: list[Problem] = []
    for at, body in _bodies(given):
        await asyncio.sleep(0)  # there may be hundreds
        for problem in await _judge(runtime, book, numbers, body, given.get("purpose", "marketing")):
            placed = msgspec.structs.replace(problem, pointer=at + problem.pointer)
            (warnings if problem.rule in _NOT_YET else problems).append(placed)
    if problems or found:
        raise Refusal("invalid_request", problems=[*found, *problems])
    return Formed(_definition(given, numbers), [*warnings, *_unused(given)])


def _definition(given: Mapping[str, Any], numbers: Sequence[NumberRow]) -> Definition:
    """`StopRules.budget` and `needs_consent` are the only members that the API writes otherwise."""
    members = {name: value for name, value in given.items() if name != "consent"}
    members["numbers"] = [number.id for number in numbers]
    members["needs_consent"] = given.get("consent", "required") == "required"
    members.setdefault("audience", {})
    if budget := given.get("stop", {}).get("budget"):
        micros = {"currency": budget["currency"], "micros": budget["amount"]}
        members["stop"] = members["stop"] | {"budget": micros}
    return msgspec.convert(members, Definition)


def _no_links(runtime: Runtime, given: Mapping[str, Any]) -> list[Problem]:
    if given.get("track_links") is not True or runtime.settings.links.public_url:
        return []
    detail = "Links are made short only once this server has the setting links.public_url."
    return [Problem("/track_links", "not_set_up", detail, "true", "false, or the setting")]


def _numbers(
    runtime: Runtime, account_id: str, wanted: Sequence[Any] | None
) -> tuple[list[NumberRow], list[Problem]]:
    """By their digits, as people write them, or by their ids; without any the default one."""
    known = runtime.directory.of_account(account_id)
    if wanted is None:
        default = runtime.directory.default_of(account_id)
        if default is not None:
            return [default], []
        detail = "`numbers` is missing, and the account has no default number."
        return [], [Problem("/numbers", "required", detail, None, _choices(known))]
    rows: dict[str, NumberRow] = {}
    problems = []
    for place, text in enumerate(wanted):
        if type(text) is not str:
            continue
        row = _number(known, text)
        if row is None:
            detail = "This is not a number of this account."
            problems.append(
                Problem(f"/numbers/{place}", "unknown_number", detail, shorten(text), _choices(known))
            )
        elif row.id in rows:
            problems.append(
                Problem(f"/numbers/{place}", "duplicate", "This number is there already.", shorten(text))
            )
        else:
            rows[row.id] = row
    return list(rows.values()), problems


def _number(known: Sequence[NumberRow], text: str) -> NumberRow | None:
    try:
        digits = normalise(text)[0]
    except PhoneError:
        digits = ""
    return next((row for row in known if text == row.id or digits == row.digits), None)


def _choices(known: Sequence[NumberRow]) -> str:
    return "some of: " + (", ".join(row.digits for row in known) or "none")


def _bodies(given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every content in every language that is an object, with its pointer."""
    variants = given.get("variants", ())
    places = [("/content", given.get("content"))]
    places += [
        (f"/variants/{place}/content", one["content"])
        for place, one in enumerate(variants)
        if type(one) is dict and "content" in one
    ]
    for at, content in places:
        if type(content) is not dict:
            continue
        if type(content.get("body")) is dict:
            yield f"{at}/body", content["body"]
        languages = content.get("languages")
        for language, body in languages.items() if type(languages) is dict else ():
            if type(body) is dict:
                yield child(f"{at}/languages", language), body


async def _judge(
    runtime: Runtime, book: TemplateBook, numbers: Sequence[NumberRow], body: dict[str, Any], purpose: str
) -> list[Problem]:
    """With pointers of the body, each once however many numbers share the fault."""
    problems = [
        Problem(f"/{name}", "misplaced_member", why, shorten(body[name]))
        for name, why in _OF_THE_CAMPAIGN.items()
        if body.get(name) is not None
    ]
    if body.get("type") == "reaction":
        detail = "A reaction answers one message; a campaign can not send it."
        problems.append(Problem("/type", "one_of", detail, shorten("reaction")))
    if problems:
        return problems
    filled: dict[Problem, None] = {}
    for number in _one_for_each_kind(numbers):
        for problem in await _judge_for(runtime, book, number, body, purpose):
            filled[problem] = None
    return list(filled)


def _one_for_each_kind(numbers: Sequence[NumberRow]) -> list[NumberRow]:
    """Templates and rules are those of a connector, and of an account at the provider."""
    return list({(number.connector, number.waba_id, number.links): number for number in numbers}.values())


async def _judge_for(
    runtime: Runtime, book: TemplateBook, number: NumberRow, body: dict[str, Any], purpose: str
) -> list[Problem]:
    checked = _with_stand_ins(runtime, number, body, purpose)
    if checked.draft is None:
        return [problem for problem in checked.problems if not _gaps_at(body, problem.pointer)]
    fitted = await template_check.fit(runtime, book, number, checked.draft)
    files = [] if gaps_of(body) else await check_files(runtime, number, checked.draft)
    return [*fitted.problems, *files]


def _with_stand_ins(runtime: Runtime, number: NumberRow, body: dict[str, Any], purpose: str) -> Any:
    """As good as it gets: a gap that must be an address, or a number, gets a stand-in that is one."""
    filling = Filling(Content(body=body))
    turns = dict.fromkeys(filling.names(None), 0)
    while True:
        values = {name: _STAND_INS[turn] for name, turn in turns.items()}
        connector = runtime.connectors[number.connector]
        checked = draft(runtime, connector, filling.fill(values, None), _NOBODY, purpose)
        wrong = {name for problem in checked.problems for name in _gaps_at(body, problem.pointer)}
        moving = [name for name in wrong if turns[name] + 1 < len(_STAND_INS)]
        if not moving:
            return checked
        for name in moving:
            turns[name] += 1


def _gaps_at(body: Any, pointer: str) -> tuple[str, ...]:
    """The gaps of the text that stands there, unfilled; none where no text does."""
    value = body
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ()
    return gaps_of(value) if isinstance(value, str) else ()


def _unused(given: Mapping[str, Any]) -> list[Problem]:
    """Variables that no content has a gap for: a slip of the pen, most likely."""
    used = {name for _, body in _bodies(given) for name in gaps_of(body)}
    variables = given.get("variables")
    return [
        Problem("/variables", "unused", f"No content has a gap `{{{{{name}}}}}`.", shorten(name))
        for name in (variables if type(variables) is dict else ())
        if name not in used
    ]
