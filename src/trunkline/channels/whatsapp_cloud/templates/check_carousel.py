"""A carousel's cards and a limited-time offer: what of them goes together. Pure.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/marketing-templates
"""

from typing import Any

from trunkline.channels.whatsapp_cloud.members import objects
from trunkline.channels.whatsapp_cloud.templates.check_buttons import buttons_of
from trunkline.channels.whatsapp_cloud.templates.check_texts import EXAMPLE, Handles, Wording, check_body
from trunkline.channels.whatsapp_cloud.templates.setting import Setting, Word, in_capitals
from trunkline.shape import Array, Boolean, Findings, Object, Tagged, Text

OFFER_BODY = 600
_CARD_BODY = 160
_CARD_BUTTONS = 2


def _check_card_header(header: dict[str, Any], at: str, findings: Findings) -> None:
    kind = header.get("format")
    if kind == "PRODUCT":
        header.pop("example", None)
    elif type(kind) is str and "example" not in header:
        detail = f"The header of a card needs a sample {kind.lower()} for Meta's reviewers."
        expected = '"example": {"header_handle": "med_…"}'
        findings.refuse(f"{at}/example", "sample_missing", detail, expected=expected)


CARD_COMPONENT = Tagged(
    "type",
    {
        "header": Object(
            {"format": Word("IMAGE", "VIDEO", "PRODUCT")},
            {"example": Object({"header_handle": Handles()})},
            rules=[_check_card_header, in_capitals],
        ),
        "body": Object(
            {"text": Wording(at_most=_CARD_BODY)}, {"example": EXAMPLE}, rules=[check_body, in_capitals]
        ),
        "buttons": buttons_of(_CARD_BUTTONS),
    },
    capitals=True,
)


def _check_card(card: dict[str, Any], at: str, findings: Findings) -> None:
    types = _types(card)
    for type_ in ("HEADER", "BUTTONS"):
        if type_ not in types:
            detail = f"A card needs a component {type_}."
            findings.refuse(f"{at}/components", "required", detail, expected=f'{{"type": "{type_}", …}}')
    check_once(card.get("components"), f"{at}/components", findings)


def check_once(components: Any, at: str, findings: Findings) -> None:
    seen: set[str] = set()
    for place, component in enumerate(components if type(components) is list else ()):
        type_ = component.get("type") if type(component) is dict else None
        if type_ in seen:
            detail = f"There is a component {type_} already; a template has one of each type."
            findings.refuse(f"{at}/{place}", "duplicate", detail, found=type_)
        elif type(type_) is str:
            seen.add(type_)


def _check_cards(carousel: dict[str, Any], at: str, findings: Findings) -> None:
    cards = carousel.get("cards")
    listed = cards if type(cards) is list else []
    known = [(place, card) for place, card in enumerate(listed) if type(card) is dict]
    for place, card in known[1:]:
        first, mine = _structure(known[0][1]), _structure(card)
        if mine != first:
            detail = (
                "All cards have the same components and kinds of buttons; this one differs from the first."
            )
            findings.refuse(f"{at}/cards/{place}", "cards_differ", detail, found=mine, expected=first)


def _structure(card: dict[str, Any]) -> str:
    return ", ".join(
        sorted(
            " ".join([str(part.get("type")), str(part.get("format", "")), *_kinds(part)]).strip()
            for part in objects(card.get("components"))
        )
    )


def _kinds(part: dict[str, Any]) -> list[str]:
    return [str(button.get("type")) for button in objects(part.get("buttons"))]


_CARD = Object({"components": Array(CARD_COMPONENT, at_least=1, at_most=8)}, rules=[_check_card])
CAROUSEL = Object({"cards": Array(_CARD, at_least=2, at_most=10)}, rules=[_check_cards, in_capitals])
OFFER = Object(
    {
        "limited_time_offer": Object(
            {"text": Text(at_most=16, about="Such as: Ends soon!")},
            {"has_expiration": Boolean("Whether each send names the moment at which it ends.")},
        )
    },
    rules=[in_capitals],
)


def check_parts(components: list[dict[str, Any]], at: str, findings: Findings) -> None:
    """Which components go together; `components` are those whose type is known."""
    by_type = {
        part["type"]: (place, part) for place, part in enumerate(components) if type(part.get("type")) is str
    }
    setting: Setting = findings.setting
    if "CAROUSEL" in by_type:
        _check_beside_cards(by_type, at, findings)
    if "LIMITED_TIME_OFFER" in by_type:
        _check_offer(by_type, at, findings)
    place, header = by_type.get("HEADER", (0, {}))
    if header.get("format") == "GIF" and setting.category != "MARKETING":
        detail = "Only marketing templates have a moving picture as their header."
        findings.refuse(f"{at}/{place}/format", "category", detail, found="GIF")


def _check_beside_cards(by_type: dict[str, Any], at: str, findings: Findings) -> None:
    for type_ in by_type.keys() - {"BODY", "CAROUSEL"}:
        detail = f"Beside the cards of a carousel stands only a body, no {type_}."
        findings.refuse(f"{at}/{by_type[type_][0]}", "misplaced_component", detail, found=type_)


def _check_offer(by_type: dict[str, Any], at: str, findings: Findings) -> None:
    setting: Setting = findings.setting
    here = f"{at}/{by_type['LIMITED_TIME_OFFER'][0]}"
    if setting.category != "MARKETING":
        detail = "Only marketing templates have a limited-time offer."
        findings.refuse(here, "category", detail, found=setting.category, expected="MARKETING")
    if "FOOTER" in by_type:
        detail = "A template with a limited-time offer has no footer."
        findings.refuse(f"{at}/{by_type['FOOTER'][0]}", "misplaced_component", detail)
    place, header = by_type.get("HEADER", (0, {}))
    if header and header.get("format") not in ("IMAGE", "VIDEO"):
        detail = "Above a limited-time offer stands an image, a video or nothing."
        findings.refuse(f"{at}/{place}/format", "header_kind", detail, expected="IMAGE or VIDEO")
    place, body = by_type.get("BODY", (0, {}))
    text = body.get("text")
    if type(text) is str and len(text) > OFFER_BODY:
        detail = f"This text has {len(text)} characters; {OFFER_BODY} are allowed below a limited-time offer."
        findings.refuse(f"{at}/{place}/text", "too_long", detail, found=text)
    kinds = set(_kinds(by_type.get("BUTTONS", (0, {}))[1]))
    if not kinds & {"COPY_CODE", "URL"}:
        detail = "A limited-time offer needs a button that copies its code or opens an address."
        findings.refuse(here, "required", detail, expected="a button of type COPY_CODE or URL")


def _types(card: dict[str, Any]) -> set[Any]:
    return {part.get("type") for part in objects(card.get("components"))}
