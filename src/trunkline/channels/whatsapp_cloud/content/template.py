"""Approved templates and what fills their gaps. Whether a template exists and fits is for
`outbound/template_check.py`, which knows the account's own.
"""

from collections.abc import Iterator
from typing import Any

from trunkline.channels.whatsapp_cloud.content.location_and_contacts import LOCATION
from trunkline.channels.whatsapp_cloud.content.template_buttons import BUTTON, MOST_PARAMETERS
from trunkline.channels.whatsapp_cloud.content.text_and_media import (
    HEADER_DOCUMENT,
    HEADER_IMAGE,
    HEADER_VIDEO,
)
from trunkline.shape import Array, Choice, Findings, Integer, Object, Tagged, Text

BODY_ALONE = 32768  # characters of a parameter, when the body is the only component
BODY_BESIDE_OTHERS = 1024
MOST_LANGUAGES = 10  # in which one template may go; ours

_NAMED = {"parameter_name": Text(about="For templates with named parameters.")}
_CURRENCY = Object(
    {
        "fallback_value": Text(about="What is shown."),
        "code": Text(pattern="[A-Z]{3}", form="a currency code of ISO 4217, as in USD"),
        "amount_1000": Integer(about="The amount times 1000."),
    }
)
_NOT_SHOWN = "WhatsApp shows only the fallback value; this is not sent on."
_PARTS_OF_A_DATE = (
    *("component", "calendar", "timestamp", "day_of_week", "year", "month"),
    *("day_of_month", "hour", "minute"),
)
_DATE_TIME = Object(
    {"fallback_value": Text(about="What is shown.")},
    ignored=dict.fromkeys(_PARTS_OF_A_DATE, _NOT_SHOWN),
)


def _in_text(limit: int) -> dict[str, Object]:
    return {
        "text": Object({"text": Text(at_most=limit)}, _NAMED),
        "currency": Object({"currency": _CURRENCY}, _NAMED),
        "date_time": Object({"date_time": _DATE_TIME}, _NAMED),
    }


_HEADER_PARAMETER = Tagged(
    "type",
    {
        **_in_text(60),
        "image": Object({"image": HEADER_IMAGE}),
        "video": Object({"video": HEADER_VIDEO}),
        "document": Object({"document": HEADER_DOCUMENT}),
        "location": Object({"location": LOCATION}),
        "product": Object({"product": Object({"product_retailer_id": Text(), "catalog_id": Text()})}),
    },
    capitals=True,
)
_BODY_PARAMETER = Tagged("type", _in_text(BODY_ALONE), capitals=True)


class _End(Integer):
    """The moment at which an offer ends. Seconds in the place of milliseconds lie in the past, too."""

    def __init__(self) -> None:
        super().__init__(at_least=0, about="When the offer ends: milliseconds since 1970 UTC.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        end = super().check(value, at, findings)
        if type(end) is int and 0 <= end <= findings.setting.now:
            detail = "The offer would be over before anybody reads of it."
            findings.refuse(at, "past", detail, found=end, expected="a coming moment, in milliseconds")
        return end


_OFFER = Object(
    {
        "type": Choice("limited_time_offer", capitals=True),
        "limited_time_offer": Object({"expiration_time_ms": _End()}),
    }
)


def _parameters(of: Tagged | Object) -> Array:
    return Array(of, at_most=MOST_PARAMETERS)


_PLAIN = {
    "header": Object({}, {"parameters": _parameters(_HEADER_PARAMETER)}),
    "body": Object({}, {"parameters": _parameters(_BODY_PARAMETER)}),
    "button": BUTTON,
}
_CARD = Object(
    {
        "card_index": Integer(at_least=0, at_most=9),
        "components": Array(Tagged("type", _PLAIN, capitals=True), at_most=12),
    }
)
_COMPONENT = Tagged(
    "type",
    {
        **_PLAIN,
        "limited_time_offer": Object({"parameters": Array(_OFFER, at_least=1, at_most=1)}),
        "carousel": Object({"cards": Array(_CARD, at_least=1, at_most=10)}),
    },
    capitals=True,
)


def _body_beside_others(template: dict[str, Any], at: str, findings: Findings) -> None:
    components = template.get("components")
    if type(components) is not list:
        return
    known = [(index, part) for index, part in enumerate(components) if type(part) is dict]
    if all(part.get("type") == "body" for _, part in known):
        return
    for index, part in known:
        for where, text in _texts(part) if part.get("type") == "body" else ():
            if len(text) > BODY_BESIDE_OTHERS:
                detail = (
                    f"This text has {len(text)} characters; {BODY_BESIDE_OTHERS} are allowed beside others."
                )
                expected = f"at most {BODY_BESIDE_OTHERS} characters, or the body as the only component"
                pointer = f"{at}/components/{index}/{where}"
                findings.refuse(pointer, "too_long", detail, found=text, expected=expected)


def _texts(component: dict[str, Any]) -> Iterator[tuple[str, str]]:
    parameters = component.get("parameters")
    for index, parameter in enumerate(parameters if type(parameters) is list else ()):
        if type(parameter) is dict and type(parameter.get("text")) is str:
            yield f"parameters/{index}/text", parameter["text"]


_LANGUAGE = Text(
    pattern="[A-Za-z]{2,3}(?:_[A-Za-z0-9]{2,8})*",
    form="a language such as en, or with its region, en_US",
)
_IN_ITS_PLACE = Array(
    _LANGUAGE,
    at_least=1,
    at_most=MOST_LANGUAGES,
    about="In which it may go when it can not be sent in `code`: the first that can is taken. Not sent on.",
)

TEMPLATE = Object(
    {
        "name": Text(at_most=512),
        "language": Object(
            {"code": _LANGUAGE},
            {"policy": Choice("deterministic"), "fallback": _IN_ITS_PLACE},
        ),
    },
    {
        "namespace": Text(empty_is_absent=True),
        "components": Array(_COMPONENT, at_most=20),
    },
    rules=[_body_beside_others],
)
