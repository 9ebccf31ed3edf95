"""Texts that are judged together get the verdict that each would get alone."""

import asyncio
import random
from typing import Any

import pytest

from tests.factories import make_number
from trunkline.campaigns.verdicts import Verdict
from trunkline.campaigns.verdicts_of_content import Contents
from trunkline.channels.registry import make_connectors
from trunkline.clock import VirtualClock
from trunkline.config import Settings
from trunkline.model.campaign import Audience, Content, Definition, Reason
from trunkline.runtime import Runtime
from trunkline.store.numbers import NumberRow
from trunkline.templates.book import Known, Names

_TEMPLATE = {
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"},
        {"type": "BODY", "text": "Hello {{1}}, come to {{2}}."},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Look", "url": "https://example.com/{{1}}"}]},
    ]
}


def _template(header: str, body: str, button: str) -> dict[str, Any]:
    parts = [
        {"type": "header", "parameters": [{"type": "text", "text": header}]},
        {"type": "body", "parameters": [{"type": "text", "text": body}, {"type": "text", "text": "us"}]},
        {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": button}]},
    ]
    return {
        "type": "template",
        "template": {"name": "sale", "language": {"code": "en"}, "components": parts},
    }


_LATER = 4_000_000_000_000
"""So that what is known of templates is not stale."""

CONTENTS: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": "Hello {{a}}, " + "x" * 4060 + "{{b}}"}},
    "template": _template("{{a}}", "{{b}}", "{{a}}"),
    "caption": {"type": "image", "image": {"link": "https://example.com/a.jpg", "caption": "{{a}}{{b}}" * 9}},
    "link": {"type": "image", "image": {"link": "https://example.com/{{a}}/{{b}}"}},
    "name of a file": {"type": "document", "document": {"id": "{{a}}", "filename": "{{b}}"}},
    "buttons": {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "{{a}}"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "1", "title": "{{b}}"}},
                    {"type": "reply", "reply": {"id": "2", "title": "Yes"}},
                ]
            },
        },
    },
    "place": {
        "type": "location",
        "location": {"latitude": 1, "longitude": 2, "name": "{{a}}", "address": "{{b}}"},
    },
}
WORDS = (
    *(
        "Ada",
        "Yes",
        "x",
        "7",
        "Zoë Łukasz",
        "O'Neill-Smith",
        "20%",
        "a.b",
        "€ 5",
        "a  b",
        "tab\tbed",
        "two\nlines",
    ),
    *(
        "emoji 🎉",
        "      ",
        "_x_",
        "med_1",
        "a b/c",
        "https://example.com",
        "{{a}}",
        "x" * 20,
        "y" * 21,
        "z z" * 30,
    ),
    *("1" * 60, "2" * 61, "long " * 200, "w" * 1024, "v" * 1025, "u" * 4000, "𐐀" * 40, "?", "#1", "a&b=c"),
)


class Book:
    def known(self, account_id: str, waba_id: str, name: str) -> Names:
        return Names({"en": Known("tpl_1", "APPROVED", _TEMPLATE, None, None, _LATER)}, _LATER)


class Here:
    with_builtin = False


def contents(body: dict[str, Any], *numbers: NumberRow) -> Contents:
    runtime = Runtime(
        settings=Settings(), store=None, clock=VirtualClock(), vault=None, shelf=None, directory=Here(),
        connectors=make_connectors(None), random=random.Random(1),
    )  # fmt: skip
    definition = Definition(name="x", numbers=("num_1",), audience=Audience(), content=Content(body=body))
    return Contents(runtime, Book(), definition, numbers or (make_number(),))


@pytest.mark.parametrize("kind", CONTENTS)
def test_together_or_alone_is_the_same(kind: str) -> None:
    async def run() -> set[bool]:
        judged, seen = contents(CONTENTS[kind]), set()
        for a in WORDS:
            for b in random.Random(a).sample(WORDS, 12):
                values = {"a": a, "b": b}
                alone = await judged._look(None, None, values, "15550001234")
                assert await judged.judge(None, None, values, "15550001234") == alone, values
                seen.add(isinstance(alone, Verdict))
        return seen

    assert asyncio.run(run()) == ({False} if kind == "place" else {True, False})


def test_most_people_cost_no_look_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = Contents._look

    async def counted(self: Contents, *arguments: Any) -> Any:
        nonlocal looks
        looks += 1
        return await look(self, *arguments)

    monkeypatch.setattr(Contents, "_look", counted)

    async def run() -> None:
        judged = contents(CONTENTS["template"])
        for n in range(1_000):
            found = await judged.judge(
                None, None, {"a": f"Person {n}", "b": ("Ada", "King, Ada B. C.")[n % 2]}, "15550001234"
            )
            assert found == (make_number().id,)

    asyncio.run(run())
    assert looks < 100


def test_the_reason_says_what_kind_of_fault_it_is() -> None:
    async def run() -> None:
        judged = contents(CONTENTS["template"])
        for a, reason in (("x" * 61, Reason.TOO_LONG), ("two\nlines", Reason.UNFIT)):
            found = await judged.judge(None, None, {"a": a, "b": "b"}, "15550001234")
            assert isinstance(found, Verdict) and found.reason is reason, found
        body = CONTENTS["template"] | {
            "template": CONTENTS["template"]["template"] | {"language": {"code": "de"}}
        }
        found = await contents(body).judge(None, None, {"a": "a", "b": "b"}, "15550001234")
        assert isinstance(found, Verdict) and found.reason is Reason.NO_TEMPLATE

    asyncio.run(run())
