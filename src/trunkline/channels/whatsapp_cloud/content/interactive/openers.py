"""Actions with one button that opens something: a web page, a catalog, a form, a call to the business."""

import re
from typing import Any

from trunkline.channels.whatsapp_cloud.content.interactive.frame import named
from trunkline.channels.whatsapp_cloud.content.interactive.lists import PRODUCT_ID
from trunkline.channels.whatsapp_cloud.content.web_address import WebAddress
from trunkline.shape import Choice, Findings, Integer, Object, Schema, Shape, Text

LONGEST_CALL = 43_200  # minutes: 30 days

LINK_ACTION = named(
    "cta_url",
    Object(
        {
            "display_text": Text(at_most=20, about="The button's words."),
            "url": WebAddress(at_most=2000, about="What the person's browser opens."),
        }
    ),
)
CATALOG_ACTION = named(
    "catalog_message", Object({}, {"thumbnail_product_retailer_id": PRODUCT_ID}), needs_parameters=False
)
CALL_ACTION = named(
    "voice_call",
    Object(
        {},
        {
            "display_text": Text(at_most=20, empty_is_absent=True, about="The button's words."),
            "ttl_minutes": Integer(
                at_least=1, at_most=LONGEST_CALL, about="How long the button works; a week by default."
            ),
            "payload": Text(at_most=512, empty_is_absent=True, about="Comes back with the call."),
        },
    ),
    needs_parameters=False,
)


class _Label(Text):
    """The words of a button that shows no emoji."""

    _emoji = re.compile(
        "[\u231a\u231b\u23e9-\u23f3\u23f8-\u23fa\u25fd\u25fe\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\u20e3\ufe0f"
        "\U0001f004\U0001f0cf\U0001f170-\U0001f251\U0001f300-\U0001faff]"
    )

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        label = super().check(value, at, findings)
        if type(label) is str and self._emoji.search(label):
            detail = "The button of a form can not show emoji."
            findings.refuse(at, "emoji", detail, found=label, expected="words without emoji")
        return label


class _ScreenData(Shape):
    """What the first screen of a form is given: any object that is not empty, kept as it is."""

    kind = "an object"

    def __init__(self) -> None:
        super().__init__("an object with at least one member", "What the first screen is given.")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not dict:
            return self.wrong_type(value, at, findings)
        if not value:
            detail = "Without anything for the screen, leave `data` out."
            findings.refuse(at, "empty", detail, found=value, expected=self.says)
        return value

    def schema(self) -> Schema:
        return {"type": "object", **super().schema(), "minProperties": 1}


def _one_name(flow: dict[str, Any], at: str, findings: Findings) -> None:
    if ("flow_id" in flow) == ("flow_name" in flow):
        which = (
            "Both `flow_id` and `flow_name` are" if "flow_id" in flow else "The form is not named: neither is"
        )
        expected = "either flow_id or flow_name"
        findings.refuse(at, "exactly_one", f"{which} given.", expected=expected)


def _only_navigate_has_a_screen(flow: dict[str, Any], at: str, findings: Findings) -> None:
    if flow.get("flow_action") == "data_exchange" and "flow_action_payload" in flow:
        detail = "With `data_exchange` the form's own endpoint says what comes first."
        expected = "flow_action navigate, or no flow_action_payload"
        findings.refuse(f"{at}/flow_action_payload", "misplaced_member", detail, expected=expected)


FLOW_ACTION = named(
    "flow",
    Object(
        {
            "flow_message_version": Choice("3"),
            "flow_cta": _Label(at_most=30, about="The button's words, without emoji."),
        },
        {
            "flow_id": Text(at_most=200, about="The form's id, or else its name."),
            "flow_name": Text(at_most=200),
            "flow_token": Text(empty_is_absent=True, about="Comes back with the answer."),
            "mode": Choice("draft", "published", about="A form that is not published needs `draft`."),
            "flow_action": Choice("navigate", "data_exchange"),
            "flow_action_payload": Object(
                {}, {"screen": Text(about="The screen that opens first."), "data": _ScreenData()}
            ),
        },
        rules=[_one_name, _only_navigate_has_a_screen],
    ),
)
