"""The two that point at a message: a reaction to it, and the mark that it was read."""

import unicodedata
from typing import Any

from trunkline.channels.whatsapp_cloud.content.addressing import MESSAGE_ID, SENDER
from trunkline.shape import Choice, Findings, Object, Text


class Emoji(Text):
    """One emoji, or nothing to take the reaction back. Whether it is exactly one is left to Meta."""

    def __init__(self) -> None:
        super().__init__(at_most=32, may_be_empty=True, form='one emoji, or "" to take the reaction back')

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        emoji = super().check(value, at, findings)
        if type(emoji) is str and emoji and (emoji.isascii() or any(map(_is_writing, emoji))):
            findings.refuse(at, "emoji", "This is not an emoji.", found=emoji, expected=self.says)
        return emoji


def _is_writing(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] == "L"


REACTION = Object({"message_id": MESSAGE_ID, "emoji": Emoji()})

_ONE = "A read mark names a message, not a recipient: it takes no `{}`."
READ_MARK = Object(
    {"status": Choice("read"), "message_id": MESSAGE_ID},
    {
        "from": SENDER,
        "messaging_product": Choice("whatsapp"),
        "typing_indicator": Object({"type": Choice("text")}),
    },
    misplaced={name: _ONE.format(name) for name in ("to", "recipient", "context", "send_at", "priority")},
    about="Marks an inbound message, and those before it, as read.",
)
