"""A provider's definition as the rest here asks for it: which gaps, header, buttons and cards it has. Pure.

In comes the object that Meta gives or that `check.py` made; members of which nobody here has heard are passed
over, and what is odd counts as not there: Meta adds to templates all the time.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec

from trunkline.channels.whatsapp_cloud.members import obj, objects
from trunkline.channels.whatsapp_cloud.templates.variables import is_number, names_of

OTP_URL = "https://www.whatsapp.com/otp/code/?otp_type="
"""How the address of a one-time code's button begins, once Meta has stored it as a URL button."""
BODY_ALONE = 32768  # characters, filled in, when the body is the only component
BODY_BESIDE_OTHERS = 1024
_MOST_KEPT = 4000
_CODE = {"text": "*{{1}}* is your verification code.", "example": {"body_text": [["123456"]]}}
"""In English; Meta has it in the template's language."""


class Wording(msgspec.Struct, frozen=True):
    """A text with gaps."""

    text: str
    names: tuple[str, ...]
    """Of the gaps, in the order in which parameters without names fill them."""
    samples: Mapping[str, str] = {}


class Button(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    """In capitals; `OTP` for one of a one-time code, however it is stored."""
    text: str
    url: str = ""
    has_gap: bool = False
    given: Mapping[str, Any]
    """As the provider has it."""

    @property
    def sub_type(self) -> str:
        """Meta stores the button of a one-time code as a URL button, and so it is sent."""
        return "url" if self.type == "OTP" else self.type.lower()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a template consists of, or one card of its carousel."""

    header_format: str | None
    """In capitals, such as `TEXT` or `IMAGE`."""
    header: Wording
    header_sample: str | None
    """A file at the provider, as a handle or as a link."""
    body: Wording
    longest_body: int
    footer: str
    buttons: tuple[Button, ...]


class Definition(Part, frozen=True, kw_only=True):
    is_named: bool
    cards: tuple[Part, ...]
    has_carousel: bool
    offer: str | None
    """The text of a limited-time offer."""
    offer_expires: bool
    types: frozenset[str]
    """Of its components."""

    @property
    def has_product_cards(self) -> bool:
        return bool(self.cards) and self.cards[0].header_format == "PRODUCT"


_known: OrderedDict[int, tuple[Mapping[str, Any], Definition]] = OrderedDict()


def reading_of(definition: Mapping[str, Any]) -> Definition:
    """`read`, kept for the very object: one in memory is asked with every send, and never changed."""
    kept = _known.get(id(definition))
    if kept is not None and kept[0] is definition:
        return kept[1]
    reading = read(definition)
    _known[id(definition)] = (definition, reading)
    while len(_known) > _MOST_KEPT:
        _known.popitem(last=False)
    return reading


def read(definition: Mapping[str, Any]) -> Definition:
    by_type = _by_type(definition)
    cards = objects(by_type.get("CAROUSEL", {}).get("cards"))
    offer = obj(by_type.get("LIMITED_TIME_OFFER", {}).get("limited_time_offer"))
    is_named = _is_named(definition, by_type)
    longest = BODY_ALONE if set(by_type) == {"BODY"} else BODY_BESIDE_OTHERS
    return Definition(
        **_parts(by_type, longest, is_named=is_named),
        is_named=is_named,
        cards=tuple(Part(**_parts(_by_type(card), BODY_BESIDE_OTHERS, is_named=is_named)) for card in cards),
        has_carousel="CAROUSEL" in by_type,
        offer=_text(offer.get("text")) if offer else None,
        offer_expires=offer.get("has_expiration") is True,
        types=frozenset(by_type),
    )


def _is_named(definition: Mapping[str, Any], by_type: Mapping[str, dict[str, Any]]) -> bool:
    """Where Meta does not say it, by the names themselves; numbers are filled by place in any case."""
    said = _word(definition.get("parameter_format"))
    texts = [_text(by_type.get(type_, {}).get("text")) for type_ in ("HEADER", "BODY")]
    names = [name for text in texts for name in names_of(text) if name]
    has_numbers = all(map(is_number, names))
    return not (names and has_numbers) if said == "NAMED" else not said and not has_numbers


def card_of(definition: Definition, index: int) -> Part | None:
    """Cards of products are all alike, and more may be sent than are defined."""
    return definition.cards[min(index, len(definition.cards) - 1)] if definition.cards else None


def sample_of(button: Button) -> str | None:
    return _first(button.given.get("example"))


def _by_type(holder: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The first of each type."""
    components = objects(holder.get("components"))
    return {_word(component.get("type")): component for component in reversed(components)}


def _parts(by_type: Mapping[str, dict[str, Any]], longest_body: int, *, is_named: bool) -> dict[str, Any]:
    header, body = by_type.get("HEADER", {}), _with_code(by_type)
    return {
        "header_format": (_word(header.get("format")) or "TEXT") if header else None,
        "header": _wording(header, "header_text", is_named=is_named),
        "header_sample": _first(obj(header.get("example")).get("header_handle")),
        "body": _wording(body, "body_text", is_named=is_named),
        "longest_body": longest_body,
        "footer": _text(by_type.get("FOOTER", {}).get("text")),
        "buttons": tuple(_button(button) for button in objects(by_type.get("BUTTONS", {}).get("buttons"))),
    }


def _with_code(by_type: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The body. One of authentication has its code, though Meta has not written its text yet."""
    body = by_type.get("BODY", {})
    buttons = objects(by_type.get("BUTTONS", {}).get("buttons"))
    if "text" not in body and any(_word(button.get("type")) == "OTP" for button in buttons):
        return body | _CODE
    return body


def _wording(component: Mapping[str, Any], samples: str, *, is_named: bool) -> Wording:
    """Braces around anything else than a number are text where gaps are numbered."""
    text = _text(component.get("text"))
    names = tuple(name for name in names_of(text) if (name if is_named else is_number(name)))
    return Wording(text, names, _samples(obj(component.get("example")), samples, names))


def _samples(example: Mapping[str, Any], key: str, names: tuple[str, ...]) -> dict[str, str]:
    named = objects(example.get(f"{key}_named_params"))
    if named:
        return {_text(row.get("param_name")): _text(row.get("example")) for row in named}
    rows = example.get(key)
    rows = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], list) else rows
    values = rows if isinstance(rows, list) else [rows]
    pairs = zip(names, values, strict=False)
    return {name: value for name, value in pairs if isinstance(value, str) and value}


def _button(button: dict[str, Any]) -> Button:
    type_, url = _word(button.get("type")), _text(button.get("url"))
    if type_ == "URL" and url.startswith(OTP_URL):
        type_ = "OTP"
    return Button(
        type=type_,
        text=_text(button.get("text")),
        url=url,
        has_gap=type_ == "OTP" or bool(names_of(url)),
        given=button,
    )


def _first(value: Any) -> str | None:
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, str) and value else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any) -> str:
    return value.upper() if isinstance(value, str) else ""
