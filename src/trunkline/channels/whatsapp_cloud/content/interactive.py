"""Interactive messages: reply buttons, a list, one product, several products."""

from collections.abc import Iterator
from typing import Any

from trunkline.channels.whatsapp_cloud.content.text_and_media import (
    HEADER_DOCUMENT,
    HEADER_IMAGE,
    HEADER_VIDEO,
)
from trunkline.shape import Array, Choice, Findings, Object, Rule, Schema, Shape, Tagged, Text

MOST_ROWS = 10  # over all sections of a list
MOST_PRODUCTS = 30  # over all sections of a product list

_HEADER_LINE = Text(at_most=60)
_HEADER = Tagged(
    "type",
    {
        "text": Object({"text": _HEADER_LINE}),
        "image": Object({"image": HEADER_IMAGE}),
        "video": Object({"video": HEADER_VIDEO}),
        "document": Object({"document": HEADER_DOCUMENT}),
    },
)
_TEXT_HEADER = Object(
    {"type": Choice("text"), "text": _HEADER_LINE},
    misplaced=dict.fromkeys(("image", "video", "document"), "Only above reply buttons may media stand."),
)
_BODY = Object({"text": Text(at_most=1024)})
# Meta's guide says 4096 for lists; the page and Meta's OpenAPI file say 1024.
_LIST_BODY = Object({"text": Text(at_most=4096)})
_FOOTER = Object({"text": Text(at_most=60)})


def _unique(values: Iterator[tuple[str, Any]], what: str, findings: Findings) -> None:
    """`values` are pairs of pointer and value; each that stood before is a problem."""
    seen: dict[str, str] = {}
    for at, value in values:
        if type(value) is not str:
            continue
        if value in seen:
            detail = f"This {what} stands at {seen[value]} already."
            findings.refuse(at, "duplicate", detail, found=value, expected=f"a {what} of its own")
        seen.setdefault(value, at)


class ReplyButton(Shape):
    """`{"type", "reply": {"id", "title"}}` as Meta has it, or flat as the page describes it; made nested."""

    kind = "an object"
    _id = Text(
        at_most=256,
        pattern=r"[^ \t\r\n](?:[\s\S]*[^ \t\r\n])?",
        form="text of at most 256 characters, without spaces at its ends",
        about="Comes back when the button is tapped.",
    )
    _title = Text(at_most=20)
    _type = Choice("reply")
    _nested = Object(
        {"reply": Object({"id": _id, "title": _title})},
        {"type": _type},
        misplaced={name: f"`{name}` stands inside `reply`." for name in ("id", "title")},
    )
    _flat = Object({"id": _id, "title": _title}, {"type": _type})

    def __init__(self) -> None:
        super().__init__("a reply button with id and title", "")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        nested = type(value) is dict and value.get("reply") is not None
        if nested or type(value) is not dict:
            button = self._nested.check(value, at, findings)
            return {**button, "type": "reply"} if nested else button
        flat = self._flat.check({k: v for k, v in value.items() if k != "reply"}, at, findings)
        return {"type": "reply", "reply": {k: v for k, v in flat.items() if k != "type"}}

    def schema(self) -> Schema:
        return {"anyOf": [self._nested.schema(), self._flat.schema()]}


class ReplyButtons(Array):
    """One to three, with titles and ids of their own."""

    def __init__(self) -> None:
        super().__init__(ReplyButton(), at_least=1, at_most=3)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        buttons = super().check(value, at, findings)
        if type(buttons) is list:
            for name in ("title", "id"):
                _unique(_replies(value, buttons, at, name), name, findings)
        return buttons


def _replies(given: list[Any], buttons: list[Any], at: str, name: str) -> Iterator[tuple[str, Any]]:
    for index, button in enumerate(buttons):
        if type(button) is dict and type(button.get("reply")) is dict:
            inside = "reply/" if given[index].get("reply") is not None else ""
            yield f"{at}/{index}/{inside}{name}", button["reply"].get(name)


def _sections(action: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    sections = action.get("sections")
    if type(sections) is list:
        for index, section in enumerate(sections):
            if type(section) is dict:
                yield f"{at}/sections/{index}", section


def _several_need_titles(action: dict[str, Any], at: str, findings: Findings) -> None:
    sections = list(_sections(action, at))
    for where, section in sections if len(sections) > 1 else []:
        if "title" not in section:
            detail = "With more than one section, each needs a title."
            findings.refuse(f"{where}/title", "required", detail, expected="text of at most 24 characters")


def _together(name: str, most: int) -> Rule:
    def rule(action: dict[str, Any], at: str, findings: Findings) -> None:
        lists = [section.get(name) for _, section in _sections(action, at)]
        total = sum(len(items) for items in lists if type(items) is list)
        if total > most:
            detail = f"The sections have {total} {name} together; at most {most} are allowed."
            expected = f"at most {most} {name} in all"
            findings.refuse(f"{at}/sections", "too_many", detail, found=total, expected=expected)

    return rule


def _row_ids_differ(action: dict[str, Any], at: str, findings: Findings) -> None:
    rows = (
        (f"{where}/rows/{index}/id", row.get("id"))
        for where, section in _sections(action, at)
        if type(section.get("rows")) is list
        for index, row in enumerate(section["rows"])
        if type(row) is dict
    )
    _unique(rows, "id", findings)


def _section(name: str, item: Object, most: int) -> Object:
    return Object(
        {name: Array(item, at_least=1, at_most=most)},
        {"title": Text(at_most=24, empty_is_absent=True, about="Required with more than one section.")},
        # The page's table of sections repeats the rows of its table of headers.
        ignored={"type": "A section has no type; it is not sent on."},
    )


_PRODUCT_ID = Text(about="The product's id in the catalog.")
_CATALOG_ID = Text(about="The catalog's id.")
_ROW = Object(
    {"id": Text(at_most=200), "title": Text(at_most=24)},
    {"description": Text(at_most=72, empty_is_absent=True)},
)
_LIST_ACTION = Object(
    {
        "button": Text(at_most=20, about="What the recipient taps to open the list."),
        "sections": Array(_section("rows", _ROW, MOST_ROWS), at_least=1, at_most=10),
    },
    rules=[_several_need_titles, _together("rows", MOST_ROWS), _row_ids_differ],
    misplaced={"buttons": "`buttons` belongs to reply buttons; a list has one `button`."},
)
_BUTTON_ACTION = Object(
    {"buttons": ReplyButtons()},
    misplaced={
        "button": "`button` belongs to a list; reply buttons stand in `buttons`.",
        "sections": "`sections` belongs to lists.",
    },
)
_PRODUCT = Object({"product_retailer_id": _PRODUCT_ID})
_PRODUCTS_ACTION = Object(
    {
        "catalog_id": _CATALOG_ID,
        "sections": Array(_section("product_items", _PRODUCT, MOST_PRODUCTS), at_least=1, at_most=10),
    },
    rules=[_several_need_titles, _together("product_items", MOST_PRODUCTS)],
    # The page lists it as required here too; Meta takes it for a single product only.
    ignored={"product_retailer_id": "The products stand in the sections; this one is not sent on."},
)

INTERACTIVE = Tagged(
    "type",
    {
        "button": Object({"body": _BODY, "action": _BUTTON_ACTION}, {"header": _HEADER, "footer": _FOOTER}),
        "list": Object(
            {"body": _LIST_BODY, "action": _LIST_ACTION}, {"header": _TEXT_HEADER, "footer": _FOOTER}
        ),
        "product": Object(
            {"action": Object({"catalog_id": _CATALOG_ID, "product_retailer_id": _PRODUCT_ID})},
            {"body": _BODY, "footer": _FOOTER},
            misplaced={"header": "A single product has no header."},
        ),
        "product_list": Object(
            {"header": _TEXT_HEADER, "body": _BODY, "action": _PRODUCTS_ACTION}, {"footer": _FOOTER}
        ),
    },
)
