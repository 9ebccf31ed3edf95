"""Carousels: two to ten cards that one swipes through, all with media and buttons, or all with a product."""

from collections.abc import Callable, Iterator
from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.frame import CARD_HEADER, refuse_repeated
from trunkline.channels.whatsapp_cloud.content.interactive.lists import PRODUCT_ACTION
from trunkline.channels.whatsapp_cloud.content.interactive.openers import LINK_ACTION
from trunkline.channels.whatsapp_cloud.content.interactive.replies import QUICK_REPLIES_ACTION
from trunkline.shape import Array, Findings, Integer, Object, Rule, Schema, Shape, Tagged, Text

FEWEST_CARDS, MOST_CARDS = 2, 10
_LINE_BREAKS = 2


class _CardAction(Shape):
    """One link, or quick replies."""

    kind = "an object"

    def __init__(self) -> None:
        super().__init__("one link (name and parameters) or quick replies (buttons)", "")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        replies = type(value) is dict and value.get("buttons") is not None
        return (QUICK_REPLIES_ACTION if replies else LINK_ACTION).check(value, at, findings)

    def schema(self) -> Schema:
        return {"anyOf": [LINK_ACTION.schema(), QUICK_REPLIES_ACTION.schema()]}


class _CardText(Text):
    """Few lines: a card is as high as the highest."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        text = super().check(value, at, findings)
        breaks = text.count("\n") if type(text) is str else 0
        if breaks > _LINE_BREAKS:
            detail = f"This text has {breaks} line breaks; at most {_LINE_BREAKS} are allowed on a card."
            findings.refuse(at, "too_many_lines", detail, found=text, expected=self.says)
        return text


def _cards(action: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    cards = action.get("cards")
    if type(cards) is list:
        yield from ((index, card) for index, card in enumerate(cards) if type(card) is dict)


def _indices_differ(action: dict[str, Any], at: str, findings: Findings) -> None:
    indices = ((f"{at}/cards/{index}/card_index", card.get("card_index")) for index, card in _cards(action))
    refuse_repeated(indices, "card_index", findings)


def _alike(what: str, where: str, of: Callable[[dict[str, Any]], str | None]) -> Rule:
    """All cards have what the first has. `of` answers None where a card says nothing of it."""

    def rule(action: dict[str, Any], at: str, findings: Findings) -> None:
        first = None
        for index, card in _cards(action):
            found = of(card)
            if found is not None and first is not None and found != first:
                detail = f"All cards must have the same {what}; before it was {first}."
                pointer = f"{at}/cards/{index}/{where}"
                findings.refuse(pointer, "not_alike", detail, found=found, expected=first)
            first = first or found

    return rule


def _member(card: dict[str, Any], *path: str) -> Any:
    value: Any = card
    for name in path:
        value = value.get(name) if type(value) is dict else None
    return value


def _text(*path: str) -> Callable[[dict[str, Any]], str | None]:
    def of(card: dict[str, Any]) -> str | None:
        value = _member(card, *path)
        return value if type(value) is str else None

    return of


def _buttons(card: dict[str, Any]) -> str | None:
    if card.get("type") != "cta_url":
        return None
    if _member(card, "action", "name") is not None:
        return "one link"
    buttons = _member(card, "action", "buttons")
    return f"quick replies, {len(buttons)} of them" if type(buttons) is list else None


_INDEX = Integer(at_least=0, at_most=MOST_CARDS - 1, about="The card's place.")
_CARD = Tagged(
    "type",
    {
        "cta_url": Object(
            {"card_index": _INDEX, "header": CARD_HEADER, "action": _CardAction()},
            {"body": Object({"text": _CardText(at_most=160)})},
        ),
        "product": Object({"card_index": _INDEX, "action": PRODUCT_ACTION}),
    },
    about="`cta_url` has a picture or video above a link or quick replies; `product` shows a product.",
)
CAROUSEL_ACTION = Object(
    {"cards": Array(_CARD, at_least=FEWEST_CARDS, at_most=MOST_CARDS)},
    rules=[
        _indices_differ,
        _alike("type", "type", _text("type")),
        _alike("kind of header", "header/type", _text("header", "type")),
        _alike("buttons", "action", _buttons),
        _alike("catalog", "action/catalog_id", _text("action", "catalog_id")),
    ],
)
