"""The buttons that a message fills in: each exists, is of that kind, and gets what it needs. Pure.

Meta refuses a button that lacks its parameter (131008), that does not exist (132012), and one of another kind
or with a one-time code of more than 15 characters (132018).
"""

from collections.abc import Mapping
from typing import Any

from trunkline.channels.whatsapp_cloud.templates.definition import Button, Part
from trunkline.channels.whatsapp_cloud.templates.match_texts import text_of
from trunkline.channels.whatsapp_cloud.templates.sent import Sent
from trunkline.channels.whatsapp_cloud.templates.variables import shown
from trunkline.shape import Findings

_LONGEST_CODE = 15
_NEEDS = {
    "COPY_CODE": "the code that it copies",
    "MPM": "the products that it shows",
    "ORDER_DETAILS": "the order that is paid for",
}
_MOST_PARAMETERS = {"VOICE_CALL": 2}  # what comes back, and for how long it can be called
_TAKES_NOTHING = frozenset({"PHONE_NUMBER"})
_KINDS = frozenset({"QUICK_REPLY", "URL", "OTP", "COPY_CODE", "FLOW", "CATALOG", "MPM", "SPM"}) | {
    *("ORDER_DETAILS", "VOICE_CALL", "REQUEST_CONTACT_INFO"),
    *_TAKES_NOTHING,
}


def match_buttons(part: Part, sent: Sent, findings: Findings) -> None:
    if not part.buttons and not sent.buttons:
        return
    given = {button["index"]: (place, button) for place, button in sent.buttons}
    for index, button in enumerate(part.buttons):
        place, filled = given.get(index, (None, {}))
        if not filled.get("parameters") and (button.has_gap or button.type in _NEEDS):
            at = sent.at if place is None else f"{sent.at}/{place}/parameters"
            _missing(index, button, at, findings)
    for index, (place, filled) in given.items():
        _match_button(part, index, filled, f"{sent.at}/{place}", sent, findings)


def _missing(index: int, button: Button, at: str, findings: Findings) -> None:
    if button.type == "URL":
        why = f"opens {_with_gap(button.url)}; the end of the address is missing."
    elif button.type == "OTP":
        why = "copies the code, which is missing here: it is given twice, in the body and for the button."
    else:
        why = f"needs {_NEEDS[button.type]}."
    expected = f'a component button with "sub_type": "{button.sub_type}" and "index": {index}'
    findings.refuse(at, "missing_button", f"{_named(index, button)} {why}", expected=expected)


def _match_button(  # noqa: PLR0913, PLR0917 - all of it is asked
    part: Part, index: int, filled: Mapping[str, Any], at: str, sent: Sent, findings: Findings
) -> None:
    if index >= len(part.buttons):
        count = len(part.buttons)
        has = (
            "no buttons"
            if not count
            else "one button, 0"
            if count == 1
            else f"{count} buttons, 0 to {count - 1}"
        )
        detail = f"There is no button {index}: {sent.lower_whole} has {has}."
        findings.refuse(f"{at}/index", "no_such_button", detail, found=index)
        return
    button = part.buttons[index]
    if button.type not in _KINDS:  # nobody here has heard of it: the provider decides
        return
    if button.type in _TAKES_NOTHING:
        detail = f"{_named(index, button)} is a phone number and takes nothing: leave this component out."
        findings.refuse(at, "button_without_gap", detail)
    elif filled["sub_type"] != button.sub_type:
        detail = f"{_named(index, button)} is of the kind {button.sub_type}."
        findings.refuse(
            f"{at}/sub_type", "button_kind", detail, found=filled["sub_type"], expected=button.sub_type
        )
    elif button.type == "URL" and not button.has_gap and filled.get("parameters"):
        detail = f"{_named(index, button)} always opens {shown(button.url)}: there is no gap to fill."
        findings.refuse(at, "button_without_gap", detail, expected="no component for this button")
    elif len(filled.get("parameters", ())) > _MOST_PARAMETERS.get(button.type, 1):
        detail = f"{_named(index, button)} takes one parameter; {len(filled['parameters'])} are given."
        findings.refuse(f"{at}/parameters/1", "extra_parameter", detail)
    elif button.type == "OTP" and filled.get("parameters"):
        _match_code(filled["parameters"], at, sent, findings)


def _match_code(parameters: Any, at: str, sent: Sent, findings: Findings) -> None:
    code = text_of(parameters[0])
    if len(code) > _LONGEST_CODE:
        detail = f"The code has {len(code)} characters; at most {_LONGEST_CODE} are allowed."
        findings.refuse(f"{at}/parameters/0/text", "code_too_long", detail, found=code)
    in_body = sent.parameters("body")
    if in_body and text_of(in_body[0]) != code:
        detail = "The button copies another code than the body shows; both have to be the same."
        findings.refuse(
            f"{at}/parameters/0/text", "codes_differ", detail, found=code, expected=text_of(in_body[0])
        )


def _named(index: int, button: Button) -> str:
    return f"Button {index}, “{shown(button.text)}”," if button.text else f"Button {index}"


def _with_gap(url: str) -> str:
    return f"“{shown(url).replace('{{', '[{{').replace('}}', '}}]')}”"
