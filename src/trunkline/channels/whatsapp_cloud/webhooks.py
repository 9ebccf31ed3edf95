"""Meta's webhook bodies → our facts. Pure.

One post may hold several entries, several changes and up to a thousand updates (Meta's documentation,
"Webhooks overview"). Statuses are read; whatever has no reader yet is counted, and stays in the raw post.
A member that is missing or odd costs that member, or its status, and never the rest of the post.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Any

from trunkline.channels.contract import Parsed, StatusFact
from trunkline.channels.whatsapp_cloud.failures import decoded, from_status_error

_LONGEST_ID = 512
_LONGEST_WORD = 64


def is_signed(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether `X-Hub-Signature-256` was made over exactly these bytes with one of the app secrets."""
    if header is None or not header.isascii() or not header.startswith("sha256="):
        return False
    given = header.removeprefix("sha256=")
    matches = False
    for secret in secrets:
        if secret:
            expected = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
            matches |= hmac.compare_digest(expected, given)
    return matches


def parse(body: bytes) -> Parsed:
    """`ValueError` when the body is not Meta's envelope."""
    envelope = decoded(body)
    if not isinstance(envelope, dict) or envelope.get("object") != "whatsapp_business_account":
        raise ValueError("not an envelope of a WhatsApp business account")
    statuses: list[StatusFact] = []
    unread = 0
    for change in _changes(envelope):
        value = change.get("value")
        if change.get("field") != "messages" or not isinstance(value, dict):
            unread += 1
            continue
        number_id = _text(_object(value.get("metadata")).get("phone_number_id")) or ""
        for status in _objects(value.get("statuses")):
            fact = _fact(status, number_id)
            if fact is not None:
                statuses.append(fact)
            else:
                unread += 1
        unread += sum(len(_objects(value.get(name))) for name in ("messages", "errors"))
    return Parsed(tuple(statuses), unread)


def _changes(envelope: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries = envelope.get("entry")
    if not isinstance(entries, list):
        raise ValueError("the envelope has no list of entries")
    for entry in entries:
        yield from _objects(_object(entry).get("changes"))


def _fact(status: dict[str, Any], number_id: str) -> StatusFact | None:
    """None for what names no message or no status."""
    provider_id, word = _text(status.get("id")), _text(status.get("status"), _LONGEST_WORD)
    if not provider_id or not word:
        return None
    return StatusFact(
        provider_id=provider_id,
        status=word,
        at=_milliseconds(status.get("timestamp")),
        phone_number_id=number_id,
        # Without a phone number known to the business, only the business-scoped user id is there.
        recipient=_text(status.get("recipient_id")) or _text(status.get("recipient_user_id")),
        token=_text(status.get("biz_opaque_callback_data")),
        errors=tuple(from_status_error(error) for error in _objects(status.get("errors"))),
        pricing=_object(status.get("pricing")) or None,
        conversation=_object(status.get("conversation")) or None,
    )


def _milliseconds(timestamp: Any) -> int:
    """Meta's text of seconds; 0 when it says none that can be read."""
    text = str(timestamp)
    return int(text) * 1000 if text.isascii() and text.isdigit() and len(text) <= 11 else 0


def _text(value: Any, limit: int = _LONGEST_ID) -> str | None:
    return value if isinstance(value, str) and len(value) <= limit else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
