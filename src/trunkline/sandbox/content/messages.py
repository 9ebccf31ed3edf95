"""The body of a send, checked as Meta checks it: what comes out is what the ledger and the statuses need.

`server.py` calls `read_message`, or `read_marketing_message` for the Marketing Messages API; every check
raises `GraphError` at the first thing wrong. Wordings and codes are those seen on the wire; docs/sandbox.md
lists where they are a guess. Limits are Meta's, not the gateway's.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from trunkline.sandbox.content.contact_cards import check_contacts
from trunkline.sandbox.content.direct_send import MEMBERS, read_direct_send
from trunkline.sandbox.content.interactive.flow import read_flow
from trunkline.sandbox.content.interactive.frame import check_interactive
from trunkline.sandbox.content.limits import whole_number
from trunkline.sandbox.content.media_object import check_media
from trunkline.sandbox.content.plain import check_location, check_reaction, check_text
from trunkline.sandbox.content.template_message import TemplateUse, read_template
from trunkline.sandbox.errors import GraphError, invalid, invalid_value
from trunkline.sandbox.params import Param, unpack

_PHONE_DECORATION = str.maketrans("", "", "+-() .")
_DIGITS = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


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
    template_components: list[dict[str, Any]] = []
    """As in `TemplateUse`."""
    category: str | None = None
    """Of a Direct Send: utility or authentication."""
    context: str | None = None
    """The message that this one answers."""
    identity_key_hash: str | None = None
    """What the caller believes of the recipient's identity."""
    flow: tuple[str, str] | None = None
    """Id or name of the flow that it opens, and the mode: draft or published."""
    product_policy: str | None = None
    """Of the Marketing Messages API, in capitals: what to do when it cannot take the message."""
    tells_conversation: bool = False
    """Whether its statuses name a conversation: it was sent through v23 or older."""


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


def unpack_content(body: dict[str, Any]) -> bool:
    """Some clients write the content as a string of JSON: put the object in its place, and keep it so."""
    kind = body.get("type")
    given = body.get(kind) if isinstance(kind, str) else None
    content = unpack(given) if isinstance(given, str) else given
    if content is given:
        return False
    body[str(kind)] = content
    return True


def read_message(body: dict[str, Any]) -> Message:
    """The whole envelope and its content."""
    envelope = Param(body, "")
    check_product(envelope)
    if envelope.has("recipient_type") and envelope.word("recipient_type", ("individual", "group")) == "group":
        raise GraphError(131005, details="This phone number may not send messages to groups.")
    address = _read_recipient(envelope)
    kind = _read_type(envelope)
    use = read_template(envelope) if kind == "template" else None
    _CHECKS[kind](envelope)
    message = _read_rest(envelope, kind, address, use)
    flow = read_flow(envelope) if kind == "interactive" else None
    return message if flow is None else msgspec.structs.replace(message, flow=flow)


def read_marketing_message(body: dict[str, Any]) -> Message:
    """As `read_message`, for `POST /{phone_number_id}/marketing_messages`, which takes only templates."""
    envelope = Param(body, "")
    check_product(envelope)
    if body.get("type") != "template":
        raise GraphError(100, "(#100) Invalid parameter", details="Message must be a template message.")
    if envelope.has("recipient_type"):
        envelope.word("recipient_type", ("individual",))
    if envelope.has("to") and envelope.has("recipient"):
        raise invalid("Only one of the parameters to and recipient is allowed.")
    policy = None
    if envelope.has("product_policy"):
        policy = envelope.word("product_policy", ("cloud_api_fallback", "strict")).upper()
    envelope.flag_if_any("message_activity_sharing")
    if envelope.has("message_send_ttl_seconds"):
        whole_number(envelope, "message_send_ttl_seconds", 43_200, 2_592_000)
    return msgspec.structs.replace(read_message(body), product_policy=policy or "CLOUD_API_FALLBACK")


def check_product(envelope: Param) -> None:
    product = envelope.need("messaging_product")
    if product != "whatsapp":
        raise invalid(f'Param messaging_product must be one of {{WHATSAPP}} - got "{product}".')


def normal_digits(text: str) -> str:
    """`+1 (555) 000-1234` → `15550001234`; anything else stays as it is."""
    return text.translate(_PHONE_DECORATION)


def _read_recipient(envelope: Param) -> tuple[str, str, bool]:
    """As written, in normal form, and whether it is a user id. `to` wins when both are given."""
    to = envelope.members.get("to")
    if to is None and envelope.has("recipient"):
        user_id = _read_user_id(envelope)
        return user_id, user_id, True
    if isinstance(to, int) and not isinstance(to, bool):
        to = str(to)
    if to is None or to == "":
        raise invalid("The parameter to is required.")
    if not isinstance(to, str):
        raise invalid("Param to must be a string.")
    digits = normal_digits(to)
    if _DIGITS.fullmatch(digits) is None:
        raise invalid_value(f"Recipient phone number is malformed: {to[:40]}")
    return to, digits, False


def _read_user_id(envelope: Param) -> str:
    user_id = envelope.text("recipient")
    if _USER_ID.fullmatch(user_id) is None:
        raise invalid_value("Recipient is not a valid business-scoped user id.")
    return user_id


def _read_type(envelope: Param) -> str:
    kind = envelope.members.get("type")
    if kind is None:
        return "text"
    return kind if isinstance(kind, str) and kind in _CHECKS else envelope.word("type", tuple(_CHECKS))


def _read_rest(
    envelope: Param, kind: str, address: tuple[str, str, bool], use: TemplateUse | None
) -> Message:
    """What stands beside the content, and everything together."""
    text, recipient, by_user_id = address
    plain = MEMBERS.isdisjoint(envelope.members)
    return Message(
        kind,
        recipient,
        by_user_id,
        text,
        envelope.text_if_any("biz_opaque_callback_data", 512),
        (use.name, use.language, use.body_parameters) if use else None,
        _read_user_id(envelope) if not by_user_id and envelope.has("recipient") else None,
        use.components if use else [],
        None if plain else read_direct_send(envelope, kind, by_user_id=by_user_id),
        envelope.object("context").text("message_id") if envelope.has("context") else None,
        envelope.text_if_any("recipient_identity_key_hash", 512),
    )


def _check_nothing(envelope: Param) -> None:
    """Templates are read, not only checked."""


def _check_unsupported(envelope: Param) -> None:
    raise GraphError(131051, details="Message type is currently not supported.")


_CHECKS: dict[str, Callable[[Param], None]] = {
    "audio": check_media("audio", "voice"),
    "contacts": check_contacts,
    "document": check_media("document", "caption", "filename"),
    "gif": _check_unsupported,
    "image": check_media("image", "caption"),
    "interactive": check_interactive,
    "link_preview": _check_unsupported,
    "location": check_location,
    "pin": _check_unsupported,
    "reaction": check_reaction,
    "sticker": check_media("sticker"),
    "template": _check_nothing,
    "text": check_text,
    "video": check_media("video", "caption"),
}
