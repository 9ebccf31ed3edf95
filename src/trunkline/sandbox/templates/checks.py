"""The components of a definition as a whole: which go together, and each in its normal form.

In: the list as it came, the category and the format of variables. Out: what is stored. What does not fit is
raised as Graph words it.
"""

from typing import Any

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.authentication import read_authentication
from trunkline.sandbox.templates.buttons import read_buttons
from trunkline.sandbox.templates.definition import Component, buttons_of, part_of
from trunkline.sandbox.templates.faults import bad_format, missing, too_long
from trunkline.sandbox.templates.texts import read_body, read_footer, read_header

_TYPES = ("body", "buttons", "carousel", "footer", "header", "limited_time_offer")
_CARD_TYPES = ("body", "buttons", "header")
_CARD_BODY = 160
_CARD_BUTTONS = 2
_CARDS = (2, 10)
_OFFER_TEXT = 16
_OFFER_BODY = 600
_LIVES = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}


def read_components(holder: Param, category: str, language: str, *, named: bool) -> list[Component]:
    parts = holder.objects("components", 1)
    if category == "AUTHENTICATION":
        return read_authentication(parts, language)
    types = [part.word("type", _TYPES).upper() for part in parts]
    _check_once(types)
    longest = _OFFER_BODY if "LIMITED_TIME_OFFER" in types else 1024
    components = [_read(part, type_, longest, named=named) for part, type_ in zip(parts, types, strict=True)]
    _check_together(components, category)
    return components


def read_life(holder: Param, category: str) -> int | None:
    """`message_send_ttl_seconds`: how long Meta tries to deliver it."""
    value = holder.members.get("message_send_ttl_seconds")
    if value is None:
        return None
    text = str(value)
    digits = text.removeprefix("-")
    if isinstance(value, bool) or not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise invalid("Param message_send_ttl_seconds must be an integer.")
    least, most = _LIVES[category]
    seconds = int(text)
    if not least <= seconds <= most and not (seconds == -1 and category != "MARKETING"):
        raise invalid(f"Param message_send_ttl_seconds must be between {least} and {most} for {category}.")
    return seconds


def _check_once(types: list[str]) -> None:
    for type_ in types:
        if types.count(type_) > 1:
            raise bad_format(type_, f"A template has only one component of type {type_}.")
    if "BODY" not in types:
        raise missing("TEMPLATE", "BODY")


def _read(part: Param, type_: str, longest_body: int, *, named: bool) -> Component:
    match type_:
        case "HEADER":
            return read_header(part, named=named)
        case "BODY":
            return read_body(part, named=named, longest=longest_body)
        case "FOOTER":
            return read_footer(part)
        case "BUTTONS":
            return read_buttons(part, named=named)
        case "CAROUSEL":
            return _read_carousel(part, named=named)
        case _:
            return _read_offer(part)


def _read_offer(part: Param) -> Component:
    offer = part.object("limited_time_offer")
    text = offer.text("text")
    if len(text) > _OFFER_TEXT:
        raise too_long("LIMITED_TIME_OFFER", "text", _OFFER_TEXT)
    offer.flag_if_any("has_expiration")
    expires = offer.members.get("has_expiration") in (True, "true", "1")
    return {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": text, "has_expiration": expires}}


def _read_carousel(part: Param, *, named: bool) -> Component:
    cards = part.objects("cards")
    if not _CARDS[0] <= len(cards) <= _CARDS[1]:
        raise bad_format("CAROUSEL", f"A carousel has between {_CARDS[0]} and {_CARDS[1]} cards.")
    read = [_read_card(card, named=named) for card in cards]
    shapes = [_shape(card["components"]) for card in read]
    if any(shape != shapes[0] for shape in shapes):
        raise bad_format("CAROUSEL", "All cards of a carousel have the same components and kinds of buttons.")
    return {"type": "CAROUSEL", "cards": read}


def _read_card(card: Param, *, named: bool) -> dict[str, Any]:
    parts = card.objects("components", 1)
    types = [part.word("type", _CARD_TYPES).upper() for part in parts]
    if len(set(types)) < len(types):
        raise bad_format("CAROUSEL", "A card has only one component of each type.")
    for type_ in ("HEADER", "BUTTONS"):
        if type_ not in types:
            raise missing("CAROUSEL", type_)
    read = [_read_part(part, type_, named=named) for part, type_ in zip(parts, types, strict=True)]
    if part_of(read, "HEADER")["format"] not in {"IMAGE", "VIDEO", "PRODUCT"}:
        raise bad_format("CAROUSEL", "The header of a card is an image, a video or a product.")
    return {"components": read}


def _read_part(part: Param, type_: str, *, named: bool) -> Component:
    if type_ == "BUTTONS":
        return read_buttons(part, named=named, most=_CARD_BUTTONS)
    return _read(part, type_, _CARD_BODY, named=named)


def _shape(components: list[Component]) -> tuple[Any, ...]:
    types = sorted(component["type"] for component in components)
    buttons = tuple(button["type"] for button in buttons_of(components))
    return (types, part_of(components, "HEADER")["format"], buttons)


def _check_together(components: list[Component], category: str) -> None:
    types = {component["type"] for component in components}
    if "CAROUSEL" in types and types != {"BODY", "CAROUSEL"}:
        raise bad_format("CAROUSEL", "Beside its cards a carousel has only a body.")
    header = part_of(components, "HEADER").get("format")
    if header == "GIF" and category != "MARKETING":
        raise bad_format("HEADER", "Only marketing templates have a GIF.")
    if "LIMITED_TIME_OFFER" in types:
        _check_offer(components, types, category)


def _check_offer(components: list[Component], types: set[str], category: str) -> None:
    if category != "MARKETING":
        raise bad_format("LIMITED_TIME_OFFER", "Only marketing templates have a limited-time offer.")
    if "FOOTER" in types:
        raise bad_format("FOOTER", "A template with a limited-time offer has no footer.")
    if part_of(components, "HEADER").get("format", "IMAGE") not in {"IMAGE", "VIDEO"}:
        raise bad_format("HEADER", "The header of a limited-time offer is an image or a video.")
    if not {"COPY_CODE", "URL"} & {button["type"] for button in buttons_of(components)}:
        raise bad_format("LIMITED_TIME_OFFER", "A limited-time offer needs a button for its code or a URL.")
