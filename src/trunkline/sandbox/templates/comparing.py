"""`GET /{template}/compare`: two templates side by side over a span of days.

Sends are those since the sandbox was started; nobody blocks a business because of a template here, so all
block rates are equal.
"""

from collections.abc import Mapping
from typing import Any

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.templates.definition import Template

_DAY = 86_400
_SPANS = (7, 30, 60, 90)


def compare(templates: list[Template], sent: Mapping[str, int], params: dict[str, Any]) -> dict[str, Any]:
    if len(templates) != 2:
        raise invalid("Param template_ids must have exactly 1 element beside the template itself.")
    start, end = _read_second(params, "start"), _read_second(params, "end")
    if (end - start) // _DAY not in _SPANS:
        raise invalid("Params start and end must be 7, 30, 60 or 90 days apart.")
    ids = [template.id for template in templates]
    return {
        "data": [
            {"metric": "BLOCK_RATE", "type": "RELATIVE", "order_by_relative_metric": ids},
            {
                "metric": "MESSAGE_SENDS",
                "type": "NUMBER_VALUES",
                "number_values": [{"key": id_, "value": sent.get(id_, 0)} for id_ in ids],
            },
            {
                "metric": "TOP_BLOCK_REASON",
                "type": "STRING_VALUES",
                "string_values": [{"key": id_, "value": "UNKNOWN_BLOCK_REASON"} for id_ in ids],
            },
        ]
    }


def _read_second(params: dict[str, Any], key: str) -> int:
    text = str(params.get(key, ""))
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise invalid(f"Param {key} must be a UNIX timestamp.")
    return int(text)
