"""The components of a template message, by type: which parameters each may have, and how many.

`template_message.py` reads the envelope around them, `template_parameters.py` what is in a parameter.
"""

from collections.abc import Callable
from typing import Any

from trunkline.sandbox.content.interactive.carousel import check_places
from trunkline.sandbox.content.limits import check_count, whole_number
from trunkline.sandbox.content.template_parameters import read_parameter
from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.params import Param

_Component = dict[str, Any]

_PARAMETERS = {
    "body": ("currency", "date_time", "text"),
    "header": ("document", "gif", "image", "location", "product", "text", "video"),
    "limited_time_offer": ("limited_time_offer",),
    "order_status": ("order_status",),
}
_BUTTONS: dict[str, tuple[str, ...]] = {
    "catalog": ("action",),
    "copy_code": ("coupon_code",),
    "flow": ("action",),
    "mpm": ("action",),
    "order_details": ("action",),
    "quick_reply": ("payload",),
    "request_contact_info": (),
    "url": ("text",),
    "voice_call": ("payload", "ttl_minutes"),
}
"""Kind of a button → what its parameters may be. Buttons with a phone number have none and are not sent."""

_NEEDS = {
    "copy_code": "a non-empty parameter coupon_code",
    "mpm": "a parameter",
    "order_details": "a parameter",
}
_IN_CARDS = ("body", "button", "header")
_ONLY_ONE = 1


def read_components(template: Param) -> list[_Component]:
    """All components in a normal form."""
    return _read_all(template, tuple(_READERS))


def _read_all(holder: Param, types: tuple[str, ...]) -> list[_Component]:
    components = []
    seen: set[tuple[str, int | None]] = set()
    for component in holder.objects("components"):
        type_ = component.word("type", types)
        read = _READERS[type_](component, type_)
        key = (type_, read.get("index"))
        if key in seen:
            raise invalid(f"Param {holder.path('components')} has two components of type {type_}.")
        seen.add(key)
        components.append(read)
    return components


def _read_plain(component: Param, type_: str) -> _Component:
    component.only("type", "parameters")
    parameters = _read_parameters(component, type_, _PARAMETERS[type_])
    if type_ != "body":
        check_count(len(parameters), "parameters", 0, _ONLY_ONE)
    return {"type": type_, "parameters": parameters}


def _read_button(button: Param, type_: str) -> _Component:
    button.only("type", "sub_type", "index", "parameters")
    kind = button.word("sub_type", tuple(_BUTTONS))
    index = whole_number(button, "index", 0, 9)
    if kind == "url" and not button.objects("parameters"):
        raise _button_needs(index, "Url", "a parameter")
    if kind in _NEEDS and not button.objects("parameters"):
        raise _button_needs(index, kind, _NEEDS[kind])
    parameters = _read_parameters(button, "buttons", _BUTTONS[kind], kind)
    check_count(len(parameters), "parameters", 0, max(_ONLY_ONE, len(_BUTTONS[kind])))
    return {"type": type_, "sub_type": kind, "index": index, "parameters": parameters}


def _button_needs(index: int, kind: str, what: str) -> GraphError:
    return GraphError(131008, details=f"buttons: Button at index {index} of type {kind} requires {what}")


def _read_carousel(carousel: Param, type_: str) -> _Component:
    cards = carousel.only("type", "cards").objects("cards")
    check_count(len(cards), "cards", 1, 10)
    check_places(cards)
    read = [
        {
            "card_index": int(card.only("card_index", "components").members["card_index"]),
            "components": _read_all(card, _IN_CARDS),
        }
        for card in cards
    ]
    return {"type": type_, "cards": read}


def _read_parameters(
    component: Param, where: str, types: tuple[str, ...], button: str = ""
) -> list[dict[str, Any]]:
    return [
        read_parameter(parameter, where, place, types, button)
        for place, parameter in enumerate(component.objects("parameters"))
    ]


_READERS: dict[str, Callable[[Param, str], _Component]] = {
    **dict.fromkeys(_PARAMETERS, _read_plain),
    "button": _read_button,
    "carousel": _read_carousel,
}
