"""The buttons of a definition: what each kind takes, how many there may be, and in which order. Pure.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from trunkline.channels.whatsapp_cloud.templates.check_texts import Fixed, has_emoji
from trunkline.channels.whatsapp_cloud.templates.setting import Word, in_capitals
from trunkline.channels.whatsapp_cloud.templates.variables import gaps_of, marked, without_gaps
from trunkline.shape import Anything, Array, Boolean, Findings, Integer, Object, Rule, Shape, Tagged, Text

MOST_BUTTONS = 10
BUTTON_TEXT = 25
_MOST_OF = {
    "URL": 2,
    **dict.fromkeys(("PHONE_NUMBER", "COPY_CODE", "FLOW", "CATALOG", "MPM", "SPM", "VOICE_CALL"), 1),
    **dict.fromkeys(("ORDER_DETAILS", "REQUEST_CONTACT_INFO"), 1),
}
_ADDRESS = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)


class Address(Text):
    """A web address that may end with one variable, which always is a number."""

    def __init__(self) -> None:
        super().__init__(at_most=2000, about="A web address; `{{1}}` may stand at its end.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        url = super().check(value, at, findings)
        if type(url) is not str or not url:
            return url
        if _ADDRESS.fullmatch(url) is None:
            detail = "This is no web address: it has to begin with https:// and has no spaces in it."
            findings.refuse(at, "link", detail, found=url, expected="https://shop.example/orders/{{1}}")
        gaps, bare = gaps_of(url), without_gaps(url)
        if "{{" in bare or "}}" in bare:
            detail = "A variable is not closed, or its braces do not match."
            findings.refuse(at, "variable_braces", detail, found=url)
        elif gaps and (len(gaps) > 1 or gaps[0].end != len(url) or url[gaps[0].start :] != "{{1}}"):
            detail = (
                f"Only {{{{1}}}} may stand in an address, once, at its end: “{marked(url, gaps[0].name)}”."
            )
            findings.refuse(at, "variable_place", detail, expected="https://shop.example/orders/{{1}}")
        return url


class Sample(Shape):
    """One text, alone or in an array as Meta gives it back."""

    kind = "text, or an array of one"

    def __init__(self, text: Text, about: str) -> None:
        super().__init__(text.says, about)
        self._text = text

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        is_list = type(value) is list
        if is_list and len(value) != 1:
            detail = f"There is one variable, and so one sample; here are {len(value)}."
            findings.refuse(at, "sample_count", detail, found=value, expected=self.says)
            return []
        return [self._text.check(value[0] if is_list else value, f"{at}/0" if is_list else at, findings)]

    def schema(self) -> dict[str, Any]:
        text = self._text.schema()
        array = {"type": "array", "items": text, "minItems": 1, "maxItems": 1}
        return {**super().schema(), "anyOf": [text, array]}


class Digits(Text):
    """An id of Meta's, as text or as a number; made text."""

    def __init__(self) -> None:
        super().__init__(pattern="[0-9]{1,40}", form="an id of digits")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        return super().check(str(value) if type(value) is int else value, at, findings)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [super().schema(), {"type": "integer"}]}


def _check_url(button: dict[str, Any], at: str, findings: Findings) -> None:
    url = button.get("url")
    if type(url) is not str:
        return
    if not gaps_of(url):
        button.pop("example", None)
    elif "example" not in button:
        detail = "There is no sample for {{1}}: Meta's reviewers open the address with it."
        expected = f'"example": ["{without_gaps(url).strip()}…"]'
        findings.refuse(f"{at}/example", "sample_missing", detail, expected=expected)


def _check_flow(button: dict[str, Any], at: str, findings: Findings) -> None:
    given = [name for name in ("flow_id", "flow_name", "flow_json") if name in button]
    if len(given) != 1:
        detail = f"{' and '.join(given)} are given." if given else "The flow is not named."
        expected = "exactly one of flow_id, flow_name and flow_json"
        findings.refuse(at, "exactly_one", detail, expected=expected)
    button.setdefault("flow_action", "NAVIGATE")


def _check_text(button: dict[str, Any], at: str, findings: Findings) -> None:
    text = button.get("text")
    if type(text) is str and ("\n" in text or has_emoji(text)):
        detail = "The text of a button has no line breaks and no emoji."
        findings.refuse(f"{at}/text", "button_characters", detail, found=text)


def _kind(required: Mapping[str, Shape], optional: Mapping[str, Shape], *rules: Rule) -> Object:
    return Object(required, optional, rules=[_check_text, *rules, in_capitals])


_TEXT = Fixed(at_most=BUTTON_TEXT, about="What stands on the button.")
_IF_ANY = {"text": _TEXT}
_CODE = Sample(Text(at_most=20), "A code such as those that will be sent.")
_FLOW: dict[str, Shape] = {
    "flow_id": Digits(),
    "flow_name": Text(),
    "flow_json": Text(),
    "flow_action": Word("NAVIGATE", "DATA_EXCHANGE"),
    "navigate_screen": Text(at_most=200),
    "icon": Word("DEFAULT", "DOCUMENT", "PROMOTION", "REVIEW"),
}
_PHONE = Text(
    pattern=r"\+?[0-9]{5,20}",
    form="a phone number of 5 to 20 digits with its country code, such as +15550001234",
)
BUTTON = Tagged(
    "type",
    {
        "quick_reply": _kind({"text": _TEXT}, {}),
        "url": _kind(
            {"text": _TEXT, "url": Address()},
            {
                "example": Sample(Text(at_most=2000), "The whole address with a sample."),
                "app_deep_link": Anything(),
            },
            _check_url,
        ),
        "phone_number": _kind({"text": _TEXT, "phone_number": _PHONE}, {}),
        "copy_code": _kind({"example": _CODE}, _IF_ANY),
        "flow": _kind({"text": _TEXT}, _FLOW, _check_flow),
        "catalog": _kind({}, _IF_ANY),
        "mpm": _kind({}, _IF_ANY),
        "spm": _kind({}, _IF_ANY),
        "voice_call": _kind({"text": _TEXT}, {"ttl_minutes": Integer(at_least=1, at_most=43_200)}),
        "order_details": _kind({}, _IF_ANY),
        "request_contact_info": _kind({}, _IF_ANY),
    },
    capitals=True,
)


def check_together(component: dict[str, Any], at: str, findings: Findings) -> None:
    buttons = component.get("buttons")
    if type(buttons) is not list:
        return
    kinds = [button.get("type", "") if type(button) is dict else "" for button in buttons]
    for kind, count in Counter(kinds).items():
        most = _MOST_OF.get(kind, MOST_BUTTONS)
        if count > most:
            detail = f"There are {count} buttons of type {kind}."
            findings.refuse(f"{at}/buttons", "too_many", detail, found=count, expected=f"at most {most}")
    _check_groups(kinds, f"{at}/buttons", findings)
    _check_titles(buttons, f"{at}/buttons", findings)


def _check_groups(kinds: list[str], at: str, findings: Findings) -> None:
    is_reply = [kind == "QUICK_REPLY" for kind in kinds]
    changes = [place for place in range(1, len(kinds)) if is_reply[place] != is_reply[place - 1]]
    if len(changes) > 1:
        detail = "Quick replies have to stand together, before or after all other buttons."
        found = ", ".join(kinds)
        findings.refuse(f"{at}/{changes[1]}", "button_order", detail, found=found)


def _check_titles(buttons: list[Any], at: str, findings: Findings) -> None:
    seen: dict[str, int] = {}
    for place, button in enumerate(buttons):
        text = button.get("text") if type(button) is dict else None
        if type(text) is str and seen.setdefault(text, place) != place:
            detail = f"Button {seen[text]} has the same text; nobody can tell them apart."
            findings.warn(f"{at}/{place}/text", "duplicate", detail, found=text)


def buttons_of(most: int) -> Object:
    return Object({"buttons": Array(BUTTON, at_least=1, at_most=most)}, rules=[check_together, in_capitals])


_APP = Object(
    {
        "package_name": Text(at_most=224),
        "signature_hash": Text(
            pattern="[A-Za-z0-9+/=]{11}", form="the 11 characters of the app's signature hash"
        ),
    }
)


def _check_otp(button: dict[str, Any], at: str, findings: Findings) -> None:
    kind = button.get("otp_type")
    if kind in ("ONE_TAP", "ZERO_TAP"):
        if "supported_apps" not in button and "package_name" in button and "signature_hash" in button:
            app = {name: button.pop(name) for name in ("package_name", "signature_hash")}
            button["supported_apps"] = [app]
        if "supported_apps" not in button:
            detail = f"{kind} hands the code to an app, which is not named."
            expected = '"supported_apps": [{"package_name": "com.example.app", "signature_hash": "…"}]'
            findings.refuse(f"{at}/supported_apps", "required", detail, expected=expected)
    if kind == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        detail = "A zero-tap button is taken only with Meta's terms for it."
        findings.refuse(f"{at}/zero_tap_terms_accepted", "required", detail, expected="true")


OTP = Object(
    {"type": Word("OTP"), "otp_type": Word("COPY_CODE", "ONE_TAP", "ZERO_TAP")},
    {
        "text": _TEXT,
        "autofill_text": _TEXT,
        "supported_apps": Array(_APP, at_least=1, at_most=5),
        "package_name": _APP.members["package_name"],
        "signature_hash": _APP.members["signature_hash"],
        "zero_tap_terms_accepted": Boolean(),
    },
    rules=[_check_otp, _check_text],
)
