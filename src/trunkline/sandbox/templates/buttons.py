"""The buttons of a definition: their limits by kind, their order, and their normal form."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from trunkline.sandbox.params import Param
from trunkline.sandbox.templates.definition import Component
from trunkline.sandbox.templates.faults import bad_format, missing, too_long
from trunkline.sandbox.templates.variables import check_variables

Button = dict[str, Any]

MOST = 10
TEXT = 25
_URL = 2000
_CODE = 20
_MOST_OF = {
    "CATALOG": 1,
    "COPY_CODE": 1,
    "FLOW": 1,
    "MPM": 1,
    "ORDER_DETAILS": 1,
    "PHONE_NUMBER": 1,
    "REQUEST_CONTACT_INFO": 1,
    "URL": 2,
    "VOICE_CALL": 1,
}
_ADDRESS = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9]{5,20}", re.ASCII)
_USUAL_TEXT = {
    "CATALOG": "View catalog",
    "COPY_CODE": "Copy offer code",
    "MPM": "View items",
    "ORDER_DETAILS": "Review and pay",
    "REQUEST_CONTACT_INFO": "Share contact info",
    "SPM": "View",
}
"""Of buttons whose text Meta gives, when the definition has none."""


def read_buttons(part: Param, *, named: bool, most: int = MOST) -> Component:
    given = part.objects("buttons")
    if not given:
        raise missing("BUTTONS", "buttons")
    if len(given) > most:
        raise bad_format("BUTTONS", f"A template has at most {most} buttons here.")
    buttons = [_read_button(button, named=named) for button in given]
    _check_order([button["type"] for button in buttons])
    return {"type": "BUTTONS", "buttons": buttons}


def _read_button(button: Param, *, named: bool) -> Button:
    type_ = button.word("type", tuple(kind.lower() for kind in _KINDS)).upper()
    usual = _USUAL_TEXT.get(type_)
    if usual is not None and not button.has("text"):
        text = usual
    elif not button.members.get("text"):
        raise missing("BUTTONS", "text")
    else:
        text = button.text("text")
    if len(text) > TEXT:
        raise too_long("BUTTONS", "text", TEXT)
    if "{{" in text:
        raise bad_format("BUTTONS", "The text of a button has no variables.")
    return {"type": type_, "text": text, **_KINDS[type_](button, named)}


def _check_order(types: list[str]) -> None:
    counts = Counter(types)
    for type_, most in _MOST_OF.items():
        if counts[type_] > most:
            raise bad_format("BUTTONS", f"A template has at most {most} buttons of type {type_}.")
    groups = [
        type_
        for place, type_ in enumerate(types)
        if place == 0 or (type_ == "QUICK_REPLY") != (types[place - 1] == "QUICK_REPLY")
    ]
    if len(groups) > 2:
        raise bad_format("BUTTONS", "Quick replies stand together, before or after the other buttons.")


def _read_nothing(button: Param, named: bool) -> Button:
    return {}


def _read_url(button: Param, named: bool) -> Button:
    if not button.has("url"):
        raise missing("BUTTONS", "url")
    url = button.text("url")
    if len(url) > _URL:
        raise too_long("BUTTONS", "url", _URL)
    if _ADDRESS.fullmatch(url) is None:
        raise bad_format("BUTTONS", "The URL of a button begins with http:// or https://.")
    variables = check_variables(url, "BUTTONS", named=False) if "{{" in url else []
    if not variables:
        return {"url": url}
    if len(variables) > 1 or not url.endswith("}}"):
        raise bad_format("BUTTONS", "The URL of a button has at most one variable, and it stands at the end.")
    example = button.members.get("example")
    first = example[0] if isinstance(example, list) and example else example
    if not isinstance(first, str) or not first:
        raise missing("BUTTONS", "example")
    return {"url": url, "example": [first]}


def _read_phone(button: Param, named: bool) -> Button:
    number = button.members.get("phone_number")
    if number is None:
        raise missing("BUTTONS", "phone_number")
    if not isinstance(number, str) or _PHONE.fullmatch(number) is None:
        raise bad_format(
            "BUTTONS", "The phone number of a button has at most 20 digits, with its country code."
        )
    return {"phone_number": number}


def _read_code(button: Param, named: bool) -> Button:
    example = button.members.get("example")
    first = example[0] if isinstance(example, list) and example else example
    if not isinstance(first, str) or not first:
        raise missing("BUTTONS", "example")
    if len(first) > _CODE:
        raise too_long("BUTTONS", "example", _CODE)
    return {"example": [first]}


def _read_flow(button: Param, named: bool) -> Button:
    sources = [key for key in ("flow_id", "flow_name", "flow_json") if button.has(key)]
    if len(sources) != 1:
        raise bad_format("BUTTONS", "A flow button has exactly one of flow_id, flow_name and flow_json.")
    source = button.members[sources[0]]
    flow: Button = {
        sources[0]: source if isinstance(source, int) and abs(source) < 2**63 else button.text(sources[0])
    }
    action = (
        button.word("flow_action", ("navigate", "data_exchange")) if button.has("flow_action") else "navigate"
    )
    flow["flow_action"] = action.upper()
    if button.has("navigate_screen"):
        flow["navigate_screen"] = button.text("navigate_screen", 200)
    return flow


_KINDS: dict[str, Callable[[Param, bool], Button]] = {
    "CATALOG": _read_nothing,
    "COPY_CODE": _read_code,
    "FLOW": _read_flow,
    "MPM": _read_nothing,
    "ORDER_DETAILS": _read_nothing,
    "PHONE_NUMBER": _read_phone,
    "QUICK_REPLY": _read_nothing,
    "REQUEST_CONTACT_INFO": _read_nothing,
    "SPM": _read_nothing,
    "URL": _read_url,
    "VOICE_CALL": _read_nothing,
}
