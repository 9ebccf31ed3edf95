"""Orders that are paid inside WhatsApp, in India and Brazil, and what becomes of them.

The sums are checked as the app shows them; payment settings by their frame, as each payment service has its
own.
"""

import re
from typing import Any

from trunkline.sandbox.content.interactive.named_action import read_parameters
from trunkline.sandbox.content.limits import check_longest, whole_number
from trunkline.sandbox.errors import invalid, invalid_value
from trunkline.sandbox.params import Param

_REFERENCE = re.compile(r"[A-Za-z0-9_.-]{1,35}", re.ASCII)
_DETAILS = (
    "reference_id",
    "type",
    "currency",
    "total_amount",
    "payment_settings",
    "payment_type",
    "payment_configuration",
    "beneficiaries",
    "order",
)
_ORDER = ("status", "type", "items", "subtotal", "tax", "shipping", "discount", "expiration", "catalog_id")
_ITEM = (
    "retailer_id",
    "product_id",
    "name",
    "amount",
    "sale_amount",
    "quantity",
    "image",
    "country_of_origin",
    "importer_name",
    "importer_address",
)
_STATUSES = ("pending", "processing", "partially_shipped", "shipped", "completed", "canceled")
_MOST = 10**12


def check_order_details(action: Param) -> None:
    check_details(read_parameters(action, "review_and_pay", *_DETAILS))


def check_details(details: Param) -> None:
    """What is to be paid; a template's button has the same."""
    details.only(*_DETAILS)
    check_reference(details)
    details.word("type", ("digital-goods", "physical-goods"))
    details.word("currency", ("brl", "inr"))
    total = _amount(details, "total_amount")
    for setting in details.objects("payment_settings"):
        setting.text("type")
    order = details.object_if_any("order")
    if order is not None and _sum_of(order) != total:
        raise invalid_value("Total amount must be subtotal plus tax and shipping minus discount.")


def check_order_status(action: Param) -> None:
    check_status(read_parameters(action, "review_order", "reference_id", "order", "payment"))


def check_status(parameters: Param) -> None:
    """How an order fares; a template's component has the same."""
    parameters.only("reference_id", "order", "payment")
    check_reference(parameters)
    order = parameters.object_if_any("order")
    payment = parameters.object_if_any("payment")
    if order is None and payment is None:
        raise invalid(f"The parameter {parameters.path('order')} is required.")
    if order is not None:
        order.only("status", "description").word("status", _STATUSES)
        check_longest(order.text_if_any("description") or "", "Order description", 120)
    if payment is not None:
        payment.only("status", "timestamp").word("status", ("pending", "captured", "failed"))


def check_reference(holder: Param) -> None:
    if _REFERENCE.fullmatch(holder.text("reference_id")) is None:
        raise invalid_value("Reference id must have 1 to 35 letters, digits, underscores, dashes or dots.")


def _sum_of(order: Param) -> int:
    order.only(*_ORDER).word("status", ("pending",))
    items = sum(_cost_of(item) for item in order.objects("items", 1, 999))
    subtotal = _amount(order, "subtotal")
    if subtotal != items:
        raise invalid_value("Subtotal must be the sum of the amounts of all items.")
    if (expiration := order.object_if_any("expiration")) is not None:
        expiration.only("timestamp", "description")
        whole_number(expiration, "timestamp", 0, _MOST)
        check_longest(expiration.text("description"), "Expiration description", 120)
    more = [_amount(order, key, "description", "discount_program_name") for key in _given(order)]
    discount = more.pop() if order.has("discount") else 0
    return subtotal + sum(more) - discount


def _given(order: Param) -> list[str]:
    """The discount, where there is one, comes last."""
    return ["tax", *(key for key in ("shipping", "discount") if order.has(key))]


def _cost_of(item: Param) -> int:
    item.only(*_ITEM).text("retailer_id")
    check_longest(item.text("name"), "Item name", 60)
    amount = _amount(item, "amount")
    if item.has("sale_amount"):
        amount = _amount(item, "sale_amount")
    return amount * whole_number(item, "quantity", 1, 10**6)


def _amount(holder: Param, key: str, *more: str) -> int:
    """Hundredths of the currency."""
    amount = holder.object(key).only("value", "offset", *more)
    check_longest(amount.text_if_any("description") or "", "Description", 60)
    offset: Any = amount.need("offset")
    if offset not in (100, "100"):
        raise invalid_value(f"{amount.path('offset')} must be 100.")
    return whole_number(amount, "value", 0, _MOST)
