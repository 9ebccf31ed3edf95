"""Orders that are paid inside WhatsApp, which it offers in India and Brazil, and what becomes of them.

The sums must be right, as WhatsApp shows them beside each other. Payment settings are looked at by their
frame only: each payment service has its own.
"""

from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.frame import named
from trunkline.shape import Array, Choice, Findings, Integer, Object, Schema, Shape, Text

_MOST = 10**12  # of the smallest unit; nobody states a limit, but there has to be one
_SOME = Text(empty_is_absent=True)
_OFFSET = Integer(at_least=100, at_most=100, about="What `value` is divided by: always 100.")
_VALUE = Integer(at_least=0, at_most=_MOST, about="The amount times 100.")
_DESCRIPTION = Text(at_most=60, empty_is_absent=True)


def _amount(**more: Shape) -> Object:
    return Object({"value": _VALUE, "offset": _OFFSET}, more)


_PRICE = _amount()


class _Seconds(Integer):
    """Seconds since 1970, as a number or as text; text is what Meta shows."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and value.isascii() and value.isdecimal() and len(value) <= 13:
            value = int(value)
        checked = super().check(value, at, findings)
        return str(checked) if type(checked) is int else checked

    def schema(self) -> Schema:
        return {"anyOf": [super().schema(), {"type": "string", "pattern": "^[0-9]{1,13}$"}]}


class _PaymentSetting(Shape):
    """`{"type": …}` and what the payment service wants, in the member of that name."""

    kind = "an object"

    def __init__(self) -> None:
        super().__init__("an object with type and a member of that name", "")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        type_ = value.get("type")
        if type(type_) is not str or not type_:
            detail = "A payment setting says its `type`, such as payment_gateway."
            findings.refuse(f"{at}/type", "required", detail, expected="text in quotes")
        elif set(value) != {"type", type_} or type(value[type_]) is not dict:
            detail = "Beside `type` stands one object, named as the type says."
            findings.refuse(at, "payment_setting", detail, expected='"type" and one object of that name')
        return value

    def schema(self) -> Schema:
        return {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]}


_ITEM = Object(
    {
        "retailer_id": Text(about="The item's id, as in the catalog if there is one."),
        "name": Text(at_most=60),
        "amount": _PRICE,
        "quantity": Integer(at_least=1, at_most=10**6),
    },
    {
        "sale_amount": _PRICE,
        "country_of_origin": _SOME,
        "importer_name": _SOME,
        "importer_address": Object(
            {},
            dict.fromkeys(
                ("address_line1", "address_line2", "city", "zone_code", "postal_code", "country_code"), _SOME
            ),
        ),
    },
)


def _subtotal_is_right(order: dict[str, Any], at: str, findings: Findings) -> None:
    items = order.get("items")
    if type(items) is list:
        right = _total([_cost(item) for item in items])
        _compare(order.get("subtotal"), right, f"{at}/subtotal/value", "the items cost", findings)


def _total_is_right(details: dict[str, Any], at: str, findings: Findings) -> None:
    order = details.get("order")
    if type(order) is dict and "subtotal" in order and "tax" in order:
        parts = [_value(order[name]) for name in ("subtotal", "tax", "shipping") if name in order]
        less = _value(order["discount"]) if "discount" in order else 0
        right = _total([*parts, None if less is None else -less])
        words = "subtotal, tax and shipping less discount make"
        _compare(details.get("total_amount"), right, f"{at}/total_amount/value", words, findings)


def _compare(stated: Any, right: int | None, at: str, words: str, findings: Findings) -> None:
    """Nothing is said while a part can not be read: that is a problem of its own."""
    value = _value(stated)
    if value is not None and right is not None and value != right:
        detail = f"This says {value}; {words} {right}."
        findings.refuse(at, "sum", detail, found=value, expected=str(right))


def _total(parts: list[int | None]) -> int | None:
    return None if None in parts else sum(part for part in parts if part is not None)


def _cost(item: Any) -> int | None:
    if type(item) is not dict or type(item.get("quantity")) is not int:
        return None
    price = _value(item.get("sale_amount", item.get("amount")))
    return None if price is None else price * int(item["quantity"])


def _value(amount: Any) -> int | None:
    value = amount.get("value") if type(amount) is dict else None
    return value if type(value) is int else None


_ORDER = Object(
    {
        "status": Choice("pending"),
        "items": Array(_ITEM, at_least=1, at_most=999),
        "subtotal": _PRICE,
        "tax": _amount(description=_DESCRIPTION),
    },
    {
        "catalog_id": Text(),
        "shipping": _amount(description=_DESCRIPTION),
        "discount": _amount(description=_DESCRIPTION, discount_program_name=_DESCRIPTION),
        "expiration": Object(
            {"timestamp": _Seconds(at_least=0, at_most=_MOST), "description": Text(at_most=120)}
        ),
    },
    rules=[_subtotal_is_right],
)
_REFERENCE = Text(
    pattern="[A-Za-z0-9_.-]{1,35}",
    form="1 to 35 letters, digits, underscores, dashes or dots",
    about="The order's id, of your own; statuses of it and of the payment name it.",
)
_BENEFICIARY = Object(
    {"name": Text()},
    dict.fromkeys(("address_line1", "address_line2", "city", "state", "country", "postal_code"), _SOME),
)
ORDER_DETAILS = Object(
    {
        "reference_id": _REFERENCE,
        "type": Choice("digital-goods", "physical-goods"),
        "currency": Choice("INR", "BRL"),
        "total_amount": _PRICE,
    },
    {
        "payment_type": _SOME,
        "payment_configuration": _SOME,
        "payment_settings": Array(_PaymentSetting(), at_most=10),
        "beneficiaries": Array(_BENEFICIARY, at_most=10),
        "order": _ORDER,
    },
    rules=[_total_is_right],
)
ORDER_DETAILS_ACTION = named("review_and_pay", ORDER_DETAILS)


def _order_or_payment(parameters: dict[str, Any], at: str, findings: Findings) -> None:
    if "order" not in parameters and "payment" not in parameters:
        detail = "This says neither how the order fares nor how the payment does."
        findings.refuse(at, "at_least_one", detail, expected="order or payment")


ORDER_STATUS_ACTION = named(
    "review_order",
    Object(
        {"reference_id": _REFERENCE},
        {
            "order": Object(
                {
                    "status": Choice(
                        *("pending", "processing", "partially_shipped", "shipped", "completed", "canceled")
                    )
                },
                {"description": Text(at_most=120, empty_is_absent=True)},
            ),
            "payment": Object(
                {"status": Choice("pending", "captured", "failed")},
                {"timestamp": Integer(at_least=0, at_most=_MOST, about="Seconds since 1970.")},
            ),
        },
        rules=[_order_or_payment],
    ),
)
