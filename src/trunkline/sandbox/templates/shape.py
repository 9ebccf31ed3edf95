"""What a definition asks of a send: worked out once per template, as every send of it is compared with it."""

from typing import Any

import msgspec

from trunkline.sandbox.templates.definition import Component, Template, buttons_of, part_of
from trunkline.sandbox.templates.texts import BODY_TEXT
from trunkline.sandbox.templates.variables import variables_of

_ALONE = 32_768


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Of a template, or of one card of a carousel."""

    header: str | None
    """Its format."""
    header_text: str
    header_variables: list[str]
    body_text: str
    body_variables: list[str]
    longest_body: int
    """Characters, once its variables are filled in."""
    buttons: list[dict[str, Any]]
    cards: list["Shape"]
    offer: dict[str, Any]
    named: bool

    @property
    def has_product_cards(self) -> bool:
        return bool(self.cards) and self.cards[0].header == "PRODUCT"


def shape_of(template: Template) -> Shape:
    return _shape(template.components, named=template.is_named)


def _shape(components: list[Component], *, named: bool) -> Shape:
    header, body = part_of(components, "HEADER"), part_of(components, "BODY")
    cards = part_of(components, "CAROUSEL").get("cards", [])
    return Shape(
        header=header.get("format"),
        header_text=header.get("text", ""),
        header_variables=variables_of(header.get("text", "")),
        body_text=body.get("text", ""),
        body_variables=variables_of(body.get("text", "")),
        longest_body=_ALONE if len(components) == 1 else BODY_TEXT,
        buttons=buttons_of(components),
        cards=[_shape(card["components"], named=named) for card in cards],
        offer=part_of(components, "LIMITED_TIME_OFFER").get("limited_time_offer", {}),
        named=named,
    )
