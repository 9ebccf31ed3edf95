"""The body of a send request: who, when, in reply to what, and one content named by `type`."""

from typing import Any

from trunkline.channels.whatsapp_cloud.content.addressing import MESSAGE_ID, RECIPIENT, SEND_AT, SENDER, TO
from trunkline.channels.whatsapp_cloud.content.interactive import INTERACTIVE
from trunkline.channels.whatsapp_cloud.content.location_and_contacts import CONTACTS, LOCATION
from trunkline.channels.whatsapp_cloud.content.reaction_and_read import REACTION
from trunkline.channels.whatsapp_cloud.content.template import TEMPLATE
from trunkline.channels.whatsapp_cloud.content.text_and_media import (
    AUDIO,
    DOCUMENT,
    IMAGE,
    STICKER,
    TEXT,
    VIDEO,
)
from trunkline.model.message import PURPOSES, Priority
from trunkline.shape import Choice, Findings, Object, Rule, Shape, Tagged, Text

_CONTENTS: dict[str, Shape] = {
    "text": TEXT,
    "image": IMAGE,
    "document": DOCUMENT,
    "audio": AUDIO,
    "video": VIDEO,
    "sticker": STICKER,
    "location": LOCATION,
    "contacts": CONTACTS,
    "interactive": INTERACTIVE,
    "template": TEMPLATE,
    "reaction": REACTION,
}
_FALLBACK = Object(
    {"template": TEMPLATE},
    {"type": Choice("template")},
    about="Goes in its place when the 24-hour window is closed at the time of sending.",
)
_WITHOUT_FALLBACK = {
    "template": "A template needs no open window, so nothing goes in its place.",
    "reaction": "A reaction says nothing that a template could say in its place.",
}
_AROUND: dict[str, Shape] = {
    "to": TO,
    "recipient": RECIPIENT,
    "from": SENDER,
    "context": Object({"message_id": MESSAGE_ID}, about="The message this one replies to."),
    "send_at": SEND_AT,
    "priority": Choice(
        *(priority.name.lower() for priority in Priority),
        about="Who goes first: `high` for one-time codes, `bulk` for campaigns; `normal` by default.",
    ),
    "purpose": Choice(
        *PURPOSES,
        about="What it is for. `marketing` does not go to those who have opted out of marketing.",
    ),
    "fallback": _FALLBACK,
    # These three come from callers that were written for the Cloud API.
    "messaging_product": Choice("whatsapp"),
    "recipient_type": Choice("individual"),
    "biz_opaque_callback_data": Text(
        at_most=512, empty_is_absent=True, about="Kept, and given back with every status of the message."
    ),
}


def _addressed(message: dict[str, Any], at: str, findings: Findings) -> None:
    if "to" not in message and "recipient" not in message:
        findings.refuse(f"{at}/to", "required", "`to` is missing.", expected=TO.says + ", or `recipient`")
    elif "to" in message and "recipient" in message:
        detail = "Both `to` and `recipient` are given; it goes to `to`."
        findings.warn(f"{at}/recipient", "ignored", detail)


def _reaction_has_no_context(message: dict[str, Any], at: str, findings: Findings) -> None:
    if "context" in message:
        detail = "A reaction names its message itself; `context` is not sent on."
        findings.warn(f"{at}/context", "ignored", detail)
        del message["context"]


_ADDRESS = {
    "anyOf": [
        {"required": ["to"], "properties": {"to": {"type": "string"}}},
        {"required": ["recipient"], "properties": {"recipient": {"type": "string"}}},
    ]
}


def _without_fallback(word: str) -> Rule:
    def rule(message: dict[str, Any], at: str, findings: Findings) -> None:
        if "fallback" in message:
            findings.refuse(f"{at}/fallback", "misplaced_member", _WITHOUT_FALLBACK[word])

    return rule


_NO_FALLBACK = {"not": {"required": ["fallback"], "properties": {"fallback": {"type": "object"}}}}


def _message(word: str, content: Shape) -> Object:
    rules: list[Rule] = [_addressed]
    if word == "reaction":
        rules.append(_reaction_has_no_context)
    if word in _WITHOUT_FALLBACK:
        rules.append(_without_fallback(word))
    return Object(
        {word: content},
        _AROUND,
        rules=rules,
        misplaced={"status": "`status` belongs to a read mark, which has no `type`."},
        also=_ADDRESS | (_NO_FALLBACK if word in _WITHOUT_FALLBACK else {}),
    )


MESSAGE = Tagged("type", {word: _message(word, content) for word, content in _CONTENTS.items()})
