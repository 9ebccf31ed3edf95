"""What interactive messages share: header, body and footer, and actions that go by a name."""

from collections.abc import Iterable
from typing import Any

from trunkline.channels.whatsapp_cloud.content.text_and_media import (
    HEADER_DOCUMENT,
    HEADER_IMAGE,
    HEADER_VIDEO,
)
from trunkline.shape import Choice, Findings, Object, Shape, Tagged, Text

_LINE = Text(at_most=60)
_IMAGE = Object({"image": HEADER_IMAGE})
_VIDEO = Object({"video": HEADER_VIDEO})
_DOCUMENT = Object({"document": HEADER_DOCUMENT})

HEADER = Tagged(
    "type", {"text": Object({"text": _LINE}), "image": _IMAGE, "video": _VIDEO, "document": _DOCUMENT}
)
TEXT_HEADER = Object(
    {"type": Choice("text"), "text": _LINE},
    misplaced=dict.fromkeys(
        ("image", "video", "document"), "Above a list or several products stands only text."
    ),
)
CARD_HEADER = Tagged("type", {"image": _IMAGE, "video": _VIDEO})
ORDER_HEADER = Tagged("type", {"image": _IMAGE, "document": _DOCUMENT})
BODY = Object({"text": Text(at_most=1024)})
FOOTER = Object({"text": Text(at_most=60)})


def lacks(who: str, *names: str) -> dict[str, str]:
    """`misplaced` for a kind without header, or without footer; `who` begins the sentence."""
    return {name: f"{who} has no {name}." for name in names}


def named(name: str, parameters: Shape | None = None, *, needs_parameters: bool = True) -> Object:
    """`{"name": …, "parameters": …}`, which most kinds have as their action."""
    members: dict[str, Shape] = {} if parameters is None else {"parameters": parameters}
    if needs_parameters:
        return Object({"name": Choice(name), **members})
    return Object({"name": Choice(name)}, members)


def refuse_repeated(values: Iterable[tuple[str, Any]], what: str, findings: Findings) -> None:
    """`values` are pairs of pointer and value; each that stood before is a problem."""
    seen: dict[str | int, str] = {}
    for at, value in values:
        if type(value) is not str and type(value) is not int:
            continue
        if value in seen:
            detail = f"This {what} stands at {seen[value]} already."
            findings.refuse(at, "duplicate", detail, found=value, expected=f"a {what} of its own")
        seen.setdefault(value, at)
