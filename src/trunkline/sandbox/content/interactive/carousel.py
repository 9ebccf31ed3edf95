"""Carousels: two to ten cards, all with media and buttons of the same make, or all with a product."""

from trunkline.sandbox.content.interactive.commerce import check_product
from trunkline.sandbox.content.interactive.link import check_link
from trunkline.sandbox.content.interactive.reply import check_replies
from trunkline.sandbox.content.limits import check_count, check_longest, whole_number
from trunkline.sandbox.content.media_object import check_media
from trunkline.sandbox.errors import invalid_value
from trunkline.sandbox.params import Param

_KINDS = ("cta_url", "product")
_MEDIA = ("image", "video")
_BODY = 160
_LINE_BREAKS = 2


def check_carousel(action: Param) -> None:
    cards = action.only("cards").objects("cards")
    check_count(len(cards), "cards", 2, 10)
    check_places(cards)
    kinds = {card.word("type", _KINDS) for card in cards}
    if len(kinds) > 1:
        raise invalid_value("All cards must be of the same type.")
    if kinds == {"product"}:
        _check_products(cards)
    else:
        _check_media_cards(cards)


def check_places(cards: list[Param]) -> None:
    """Each card has its own `card_index`."""
    places: set[int] = set()
    for card in cards:
        place = whole_number(card, "card_index", 0, 9)
        if place in places:
            raise invalid_value(f"Duplicate card index: {place}")
        places.add(place)


def _check_products(cards: list[Param]) -> None:
    for card in cards:
        check_product(card.only("card_index", "type", "action").object("action"))
    if len({card.members["action"]["catalog_id"] for card in cards}) > 1:
        raise invalid_value("All cards must show products of the same catalog.")


def _check_media_cards(cards: list[Param]) -> None:
    if len({_check_media(card) for card in cards}) > 1:
        raise invalid_value("All cards must have the same header type.")
    if len({_check_buttons(card.object("action")) for card in cards}) > 1:
        raise invalid_value("All cards must have the same type and number of buttons.")


def _check_media(card: Param) -> str:
    """Answers the kind of media."""
    card.only("card_index", "type", "header", "body", "action")
    header = card.object("header")
    kind = header.word("type", _MEDIA)
    check_media(kind)(header.only("type", kind))
    if (body := card.object_if_any("body")) is not None:
        text = body.only("text").text("text")
        check_longest(text, "Card body text", _BODY)
        if text.count("\n") > _LINE_BREAKS:
            raise invalid_value(f"Card body text has too many line breaks. Max line breaks: {_LINE_BREAKS}")
    return kind


def _check_buttons(action: Param) -> int:
    """Answers how many quick replies there are; none means a link."""
    if not action.has("buttons"):
        check_link(action)
        return 0
    buttons = action.only("buttons").objects("buttons")
    check_count(len(buttons), "buttons", 1, 3)
    check_replies(buttons, "quick_reply")
    return len(buttons)
