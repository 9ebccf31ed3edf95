"""Buttons of a template: which button it is, and what its kind takes."""

import re
from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.openers import LONGEST_CALL
from trunkline.channels.whatsapp_cloud.content.interactive.orders import ORDER_DETAILS
from trunkline.shape import (
    Anything,
    Array,
    Choice,
    Findings,
    Integer,
    Object,
    Schema,
    Shape,
    Tagged,
    Text,
)

MOST_PARAMETERS = 256  # of one component; nobody states a limit, but there has to be one


class Index(Integer):
    """The button's place, as a number or as text.

    The page knows three buttons, 0 to 2; Meta has allowed ten since templates may have as many.
    """

    _digit = re.compile("[0-9]", re.ASCII)

    def __init__(self) -> None:
        super().__init__(at_least=0, at_most=9, about="The button's place among the template's buttons.")
        self.says = "0 to 9"

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and self._digit.fullmatch(value):
            value = int(value)
        return super().check(value, at, findings)

    def schema(self) -> Schema:
        return {"anyOf": [super().schema(), {"type": "string", "pattern": "^[0-9]$"}]}


def _one_suffix(parameter: dict[str, Any], at: str, findings: Findings) -> None:
    """The page puts the end of a button's address into `payload`, Meta into `text`: made Meta's."""
    expected = "the end of the address, which follows what the template has"
    if "text" in parameter and "payload" in parameter:
        findings.refuse(at, "exactly_one", "Both `text` and `payload` are given.", expected=expected)
    elif "payload" in parameter:
        parameter["text"] = parameter.pop("payload")
    elif "text" not in parameter:
        findings.refuse(f"{at}/text", "required", "`text` is missing or null.", expected=expected)
    parameter["type"] = "text"


def _taking(word: str, shape: Shape, **misplaced: str) -> Object:
    return Object({"type": Choice(word, capitals=True), word: shape}, misplaced=misplaced)


_THUMBNAIL = {"thumbnail_product_retailer_id": Text()}
_PRODUCTS = Object(
    {"product_items": Array(Object({"product_retailer_id": Text()}), at_least=1, at_most=30)},
    {"title": Text(at_most=24)},
)
_CALL = {
    "payload": Object({"payload": Text(at_most=512, about="Comes back with the call.")}),
    "ttl_minutes": Object({"ttl_minutes": Integer(at_least=1, at_most=LONGEST_CALL)}),
}
_PARAMETERS: dict[str, Shape] = {
    "quick_reply": _taking(
        "payload", Text(), text="A quick reply takes `payload`; its title is the template's."
    ),
    "url": Object(
        {"type": Choice("text", "payload", capitals=True)},
        {"text": Text(), "payload": Text()},
        rules=[_one_suffix],
    ),
    # 20 since December 2025; one page of Meta's still says 15.
    "copy_code": _taking("coupon_code", Text(at_most=20)),
    "flow": _taking("action", Object({}, {"flow_token": Text(), "flow_action_data": Anything()})),
    "catalog": _taking("action", Object({}, _THUMBNAIL)),
    "mpm": _taking("action", Object({"sections": Array(_PRODUCTS, at_least=1, at_most=10)}, _THUMBNAIL)),
    "order_details": _taking("action", Object({"order_details": ORDER_DETAILS})),
    "voice_call": Tagged("type", _CALL, capitals=True),
}


def _fit_sub_type(button: dict[str, Any], at: str, findings: Findings) -> None:
    shape = _PARAMETERS.get(str(button.get("sub_type")))
    parameters = button.get("parameters")
    if shape is not None and type(parameters) is list:
        button["parameters"] = [
            shape.check(parameter, f"{at}/parameters/{index}", findings)
            for index, parameter in enumerate(parameters)
        ]


def _schema_of(sub_type: str, parameter: Shape) -> Schema:
    words = Choice(sub_type, capitals=True).schema()
    return {"properties": {"sub_type": words, "parameters": {"items": parameter.schema()}}}


BUTTON = Object(
    {
        "sub_type": Choice(*_PARAMETERS, capitals=True),
        "index": Index(),
        "parameters": Array(Anything(), at_least=1, at_most=MOST_PARAMETERS),
    },
    rules=[_fit_sub_type],
    also={"anyOf": [_schema_of(sub_type, parameter) for sub_type, parameter in _PARAMETERS.items()]},
)
