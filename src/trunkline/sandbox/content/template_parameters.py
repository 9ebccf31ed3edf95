"""A parameter of a template's component: its value by type.

`template_components.py` says which types a component may have.
"""

import re
from collections.abc import Callable
from typing import Any

from trunkline.sandbox.content.interactive.commerce import check_product_sections
from trunkline.sandbox.content.interactive.payments import check_details, check_status
from trunkline.sandbox.content.limits import whole_number
from trunkline.sandbox.content.media_object import check_media
from trunkline.sandbox.content.plain import check_location
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.params import Param

LONGEST_TEXT = 32_768
LONGEST_COUPON = 20
_NOT_IN_A_VARIABLE = re.compile(r"[\n\r\t]| {5}")
_MOST = 10**15


def read_parameter(
    parameter: Param, where: str, place: int, types: tuple[str, ...], button: str = ""
) -> dict[str, Any]:
    """In a normal form. `where` names the component in errors, `button` the kind of a button."""
    kind = parameter.word("type", types)
    more = ("parameter_name",) if where in {"body", "header"} else ()
    parameter.only("type", kind, *more)
    for key in more:
        if parameter.has(key):
            parameter.text(key)
    if kind in _TEXTS:
        _check_filled(parameter, kind, where, place)
    elif kind == "action":
        _ACTIONS[button](parameter.object("action"))
    else:
        _CHECKS[kind](parameter)
    return {key: value for key, value in parameter.members.items() if value is not None} | {"type": kind}


def _check_filled(parameter: Param, kind: str, where: str, place: int) -> None:
    if not parameter.members.get(kind):
        raise GraphError(131008, details=f"Parameter of type {kind} is missing {kind} value")
    text = parameter.text(kind)
    longest = LONGEST_COUPON if kind == "coupon_code" else LONGEST_TEXT
    if len(text) > longest:
        raise GraphError(
            132018,
            details=f"{where}: Parameter at index {place} exceeds the parameter length limit {longest}",
        )
    if where != "buttons" and _NOT_IN_A_VARIABLE.search(text) is not None:
        raise GraphError(
            132018,
            details="Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
        )


def _check_currency(parameter: Param) -> None:
    currency = parameter.object("currency").only("fallback_value", "code", "amount_1000")
    currency.text("fallback_value")
    currency.text("code", 3)
    whole_number(currency, "amount_1000", -_MOST, _MOST)


def _check_date(parameter: Param) -> None:
    # Whatever else clients know of the date is left over from the on-premises API, and the fallback is shown.
    parameter.object("date_time").text("fallback_value")


def _check_offer(parameter: Param) -> None:
    offer = parameter.object("limited_time_offer").only("expiration_time_ms")
    whole_number(offer, "expiration_time_ms", 0, _MOST)


def _check_product(parameter: Param) -> None:
    product = parameter.object("product").only("product_retailer_id", "catalog_id")
    product.text("product_retailer_id")
    product.text("catalog_id")


def _check_order_status(parameter: Param) -> None:
    check_status(parameter.object("order_status"))


def _check_life(parameter: Param) -> None:
    whole_number(parameter, "ttl_minutes", 1, 43_200)


def _check_flow(action: Param) -> None:
    action.only("flow_token", "flow_action_data").text_if_any("flow_token")
    action.object_if_any("flow_action_data")


def _check_catalog(action: Param) -> None:
    action.only("thumbnail_product_retailer_id").text_if_any("thumbnail_product_retailer_id")


def _check_products(action: Param) -> None:
    action.only("thumbnail_product_retailer_id", "sections").text_if_any("thumbnail_product_retailer_id")
    check_product_sections(action)


def _check_order_details(action: Param) -> None:
    check_details(action.only("order_details").object("order_details"))


_TEXTS = ("coupon_code", "payload", "text")
_CHECKS: dict[str, Callable[[Param], None]] = {
    "currency": _check_currency,
    "date_time": _check_date,
    "document": check_media("document", "filename", "caption"),
    "gif": check_media("gif"),
    "image": check_media("image", "caption"),
    "limited_time_offer": _check_offer,
    "location": check_location,
    "order_status": _check_order_status,
    "product": _check_product,
    "ttl_minutes": _check_life,
    "video": check_media("video", "caption"),
}
_ACTIONS: dict[str, Callable[[Param], None]] = {
    "catalog": _check_catalog,
    "flow": _check_flow,
    "mpm": _check_products,
    "order_details": _check_order_details,
}
