"""Orders: their limits, and that the sums are right."""

from typing import Any

import pytest

from tests.sandbox.content.bodies import MESSAGES, ORDER, money
from tests.sandbox.content.limits import ABSENT, Limit, check_limit, names
from trunkline.sandbox import Identity

ITEM = ORDER["items"][0]


def details(path: str, taken: list[Any], refused: list[Any], code: int, words: str) -> Limit:
    body = MESSAGES["order details, full"]
    return Limit(body, f"interactive.action.parameters.{path}", taken, refused, code, words)


def status(path: str, taken: list[Any], refused: list[Any], code: int, words: str) -> Limit:
    body = MESSAGES["order status, full"]
    return Limit(body, f"interactive.action.parameters.{path}", taken, refused, code, words)


LIMITS = [
    details("reference_id", ["a" * 35, "A-1_b.c"], ["a" * 36, "a b", "ä"], 131009, "1 to 35 letters"),
    details("reference_id", [], [ABSENT, ""], 100, "['reference_id'] is required."),
    details("type", ["physical-goods"], ["goods"], 100, "must be one of {DIGITAL-GOODS, PHYSICAL-GOODS}"),
    details("currency", ["inr", "BRL"], ["USD"], 100, "must be one of {BRL, INR}"),
    details("payment_settings", [[], None], [{}], 100, "must be an array."),
    details("payment_settings.0.type", [], [ABSENT], 100, "is required."),
    details("total_amount", [], [ABSENT], 100, "is required."),
    details("total_amount.offset", [100, "100"], [1000, 1], 131009, "must be 100."),
    details("total_amount.value", ["1900"], [-1, "x", 1.5, True], 100, "must be an integer between"),
    details("total_amount.value", [1900], [1899, 1901], 131009, "Total amount must be subtotal plus tax"),
    details("order", [ABSENT], ["x"], 100, "must be a JSON object."),
    details("order.status", ["pending"], ["shipped"], 100, "must be one of {PENDING}"),
    details("order.subtotal.value", [], [1699], 131009, "Subtotal must be the sum"),
    details("order.items.0.quantity", [2], [3], 131009, "Subtotal must be the sum"),
    details("order.items.0.quantity", [], [0, -1, 1.5], 100, "must be an integer between"),
    details("order.items", [], [[]], 100, "must have at least 1 elements"),
    details("order.items.0.name", ["n" * 60], ["n" * 61], 131009, "Item name is too long. Max length is 60"),
    details("order.items.0.retailer_id", [], [ABSENT], 100, "is required."),
    details("order.items.0.colour", [], ["red"], 100, 'Unexpected key "colour"'),
    details("order.tax", [], [ABSENT], 100, "['tax'] is required."),
    details("order.tax.description", ["d" * 60], ["d" * 61], 131009, "Description is too long"),
    details("order.shipping", [money(300)], [ABSENT], 131009, "Total amount must be subtotal plus tax"),
    details("order.discount", [money(200)], [ABSENT], 131009, "Total amount must be subtotal plus tax"),
    details(
        "order.expiration.description", ["d" * 120], ["d" * 121], 131009, "Expiration description is too long"
    ),
    details("order.expiration.timestamp", [1_900_000_000], ["soon"], 100, "must be an integer between"),
    status(
        "order.status",
        ["pending", "processing", "partially_shipped", "shipped", "completed", "canceled"],
        ["lost"],
        100,
        "must be one of {CANCELED, COMPLETED, PARTIALLY_SHIPPED, PENDING, PROCESSING, SHIPPED}",
    ),
    status("order.description", ["d" * 120], ["d" * 121], 131009, "Order description is too long"),
    status(
        "payment.status", ["captured", "failed"], ["paid"], 100, "must be one of {CAPTURED, FAILED, PENDING}"
    ),
    status("reference_id", [], [ABSENT], 100, "['reference_id'] is required."),
    Limit(
        MESSAGES["order status"],
        "interactive.action.parameters.order",
        [],
        [ABSENT],
        100,
        "['order'] is required.",
    ),
]


@pytest.mark.parametrize("limit", LIMITS, ids=names(LIMITS))
def test_a_limit_holds_at_it_and_bites_beyond_it(shared: Identity, limit: Limit) -> None:
    check_limit(shared, limit)


def test_the_item_of_the_examples_is_worth_what_they_say() -> None:
    assert ITEM["amount"]["value"] * ITEM["quantity"] + 700 == ORDER["subtotal"]["value"]
