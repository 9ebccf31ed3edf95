"""The body of a send, checked as Meta checks it: what comes out is what the ledger and the statuses need.

`server.py` calls `read_message`; every check raises `GraphError` at the first thing wrong. Wordings and
codes are those seen on the wire; docs/sandbox.md lists where they are a guess. Limits are Meta's, not the
gateway's.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from trunkline.sandbox.errors import GraphError, invalid, invalid_value
from trunkline.sandbox.interactive import check_interactive
from trunkline.sandbox.media import check_media
from trunkline.sandbox.params import Param
from trunkline.sandbox.templates import check_template

_PHONE_DECORATION = str.maketrans("", "", "+-() .")
_DIGITS = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_BIRTHDAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")


class Message(msgspec.Struct, frozen=True):
    """A send that passed every check of its own body."""

    type: str
    recipient: str
    """Phone digits, or a business-scoped user id."""
    by_user_id: bool
    input: str
    """The recipient exactly as the caller wrote it."""
    callback_data: str | None
    template: tuple[str, str, int] | None = None
    """Name, language and number of body parameters."""
    user_id: str | None = None
    """The user id, when the caller gave one beside the phone."""


def is_read_mark(body: dict[str, Any]) -> bool:
    """True for `{"status": "read", …}`, after checking it."""
    if body.get("status") is None:
        return False
    mark = Param(body, "")
    check_product(mark)
    mark.word("status", ("read",))
    if not mark.text("message_id").startswith("wamid."):
        raise invalid_value("The message id is not one that this phone number received.")
    typing = mark.object_if_any("typing_indicator")
    if typing is not None:
        typing.only("type").word("type", ("text",))
    return True


def read_message(body: dict[str, Any]) -> Message:
    """The whole envelope and its content."""
    envelope = Param(body, "")
    check_product(envelope)
    if envelope.has("recipient_type") and envelope.word("recipient_type", ("individual", "group")) == "group":
        raise GraphError(131005, details="This phone number may not send messages to groups.")
    text, recipient, by_user_id = _read_recipient(envelope)
    kind = envelope.word("type", tuple(_CHECKS)) if envelope.has("type") else "text"
    if (context := envelope.object_if_any("context")) is not None:
        context.text("message_id")
    template = check_template(envelope) if kind == "template" else None
    _CHECKS[kind](envelope)
    return Message(
        kind,
        recipient,
        by_user_id,
        text,
        envelope.text_if_any("biz_opaque_callback_data", 512),
        template,
        envelope.members.get("recipient") if not by_user_id else None,
    )


def check_product(envelope: Param) -> None:
    product = envelope.need("messaging_product")
    if product != "whatsapp":
        raise invalid(f'Param messaging_product must be one of {{WHATSAPP}} - got "{product}".')


def normal_digits(text: str) -> str:
    """`+1 (555) 000-1234` → `15550001234`; anything else stays as it is."""
    return text.translate(_PHONE_DECORATION)


def _read_recipient(envelope: Param) -> tuple[str, str, bool]:
    """As written, in normal form, and whether it is a user id. `to` wins when both are given."""
    if not envelope.has("to") and envelope.has("recipient"):
        user_id = envelope.text("recipient")
        if _USER_ID.fullmatch(user_id) is None:
            raise invalid_value("Recipient is not a valid business-scoped user id.")
        return user_id, user_id, True
    to = envelope.need("to")
    if isinstance(to, int) and not isinstance(to, bool):
        to = str(to)
    if not isinstance(to, str):
        raise invalid("Param to must be a string.")
    if not to:
        raise invalid("The parameter to is required.")
    digits = normal_digits(to)
    if _DIGITS.fullmatch(digits) is None:
        raise invalid_value(f"Recipient phone number is malformed: {to[:40]}")
    return to, digits, False


def _check_text(envelope: Param) -> None:
    # Without the object Graph still names the member that it misses.
    text = envelope.object("text") if envelope.has("text") else Param({}, "text")
    text.only("body", "preview_url").text("body", 4096)
    text.flag_if_any("preview_url")


def _check_location(envelope: Param) -> None:
    location = envelope.object("location").only("latitude", "longitude", "name", "address", "url")
    for key, most in (("latitude", 90), ("longitude", 180)):
        try:
            degrees = float(location.need(key))
        except (TypeError, ValueError, OverflowError):
            raise invalid(f"Param {location.path(key)} must be a number.") from None
        if not -most <= degrees <= most:
            raise invalid_value(f"{key.capitalize()} must be between -{most} and {most}.")
    location.text_if_any("name", 1000)
    location.text_if_any("address", 1000)


def _check_reaction(envelope: Param) -> None:
    reaction = envelope.object("reaction").only("message_id", "emoji")
    reaction.text("message_id")
    reaction.text("emoji", 32, empty=True)


_CONTACT_LISTS = {
    "addresses": ("street", "city", "state", "zip", "country", "country_code", "type"),
    "emails": ("email", "type"),
    "phones": ("phone", "type", "wa_id"),
    "urls": ("url", "type"),
}


def _check_contacts(envelope: Param) -> None:
    for contact in envelope.objects("contacts", 1, 257):
        contact.only("name", "org", "birthday", *_CONTACT_LISTS)
        name = contact.object("name").only("formatted_name", *_NAME_PARTS)
        name.text("formatted_name")
        if not any(name.text_if_any(part) for part in _NAME_PARTS):
            raise GraphError(
                131009, details="The name of a contact needs one more part beside formatted_name."
            )
        for key, members in _CONTACT_LISTS.items():
            for item in contact.objects(key):
                item.only(*members)
                for member in members:
                    item.text_if_any(member)
        if (org := contact.object_if_any("org")) is not None:
            org.only("company", "department", "title")
        birthday = contact.text_if_any("birthday")
        if birthday and _BIRTHDAY.fullmatch(birthday) is None:
            raise invalid_value("The birthday of a contact must be formatted as YYYY-MM-DD.")


def _check_no_more(envelope: Param) -> None:
    """Templates were checked before, because their name is needed."""


def _check_unsupported(envelope: Param) -> None:
    raise GraphError(131051, details="Message type is currently not supported.")


_CHECKS: dict[str, Callable[[Param], None]] = {
    "audio": check_media("audio", "voice"),
    "contacts": _check_contacts,
    "document": check_media("document", "caption", "filename"),
    "gif": _check_unsupported,
    "image": check_media("image", "caption"),
    "interactive": check_interactive,
    "link_preview": _check_unsupported,
    "location": _check_location,
    "pin": _check_unsupported,
    "reaction": _check_reaction,
    "sticker": check_media("sticker"),
    "template": _check_no_more,
    "text": _check_text,
    "video": check_media("video", "caption"),
}
