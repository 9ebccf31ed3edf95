"""Meta's webhook bodies → our facts: the envelope, and the statuses in it. Pure.

One post may hold several entries, several changes and up to a thousand updates (Meta's documentation,
"Webhooks overview"). Messages from people are read by `inbound_messages.py`, what is told of numbers,
templates and accounts by `notices.py`; whatever has no reader is counted, and stays in the raw post. A member
that is missing or odd costs that member, or its fact, and never the rest of the post.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from trunkline.channels.contract import Notice, Parsed, Preference, Received, StatusFact
from trunkline.channels.whatsapp_cloud import inbound_messages, notices
from trunkline.channels.whatsapp_cloud.failures import decoded, from_status_error
from trunkline.channels.whatsapp_cloud.members import milliseconds, obj, objects, text, word

_DEEPEST = 64
"""Meta's own are nested a dozen deep."""

Fact = TypeVar("Fact")
Read = Callable[[dict[str, Any]], Fact | None]


class _Change(NamedTuple):
    """One change, and of which business account it is told."""

    waba_id: str
    time: int
    field: Any
    value: Any


class _Facts:
    """What was read so far, of all changes."""

    def __init__(self) -> None:
        self.statuses: list[StatusFact] = []
        self.received: list[Received] = []
        self.preferences: list[Preference] = []
        self.notices: list[Notice] = []
        self.unread = 0

    def keep(self, into: list[Fact], read: Read[Fact], told: Iterable[dict[str, Any]]) -> None:
        for one in told:
            fact = read(one)
            if fact is None:
                self.unread += 1
            else:
                into.append(fact)

    def all(self) -> Parsed:
        return Parsed(
            statuses=tuple(self.statuses),
            received=tuple(self.received),
            preferences=tuple(self.preferences),
            notices=tuple(self.notices),
            unread=self.unread,
        )


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
    if _is_deep(envelope):
        raise ValueError("the envelope is nested too deep")
    facts = _Facts()
    for change in _changes(envelope):
        _read(change, facts)
    return facts.all()


def _is_deep(envelope: dict[str, Any]) -> bool:
    """What is passed on is written and read by many: none of them should have to fear it."""
    level: list[Any] = [envelope]
    for _ in range(_DEEPEST):
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _changes(envelope: dict[str, Any]) -> Iterator[_Change]:
    entries = envelope.get("entry")
    if not isinstance(entries, list):
        raise ValueError("the envelope has no list of entries")
    for entry in map(obj, entries):
        waba_id, time = text(entry.get("id")) or "", milliseconds(entry.get("time"))
        for change in objects(entry.get("changes")):
            yield _Change(waba_id, time, change.get("field"), change.get("value"))


def _read(change: _Change, facts: _Facts) -> None:
    value = change.value
    if not isinstance(value, dict):
        facts.unread += 1
    elif change.field == "messages":
        _messages(change, value, facts)
    elif change.field == "user_preferences":
        number_id = _number_of(value)
        told = objects(value.get("user_preferences"))
        facts.keep(facts.preferences, lambda one: notices.preference(one, number_id), told)
    elif change.field == "calls":
        number_id = _number_of(value)
        told = objects(value.get("calls"))
        facts.keep(facts.received, lambda one: inbound_messages.call(one, value, number_id), told)
    else:
        notice = notices.notice(change.waba_id, change.time, change.field, value)
        facts.keep(facts.notices, lambda _: notice, [value])


def _messages(change: _Change, value: dict[str, Any], facts: _Facts) -> None:
    number_id = _number_of(value)
    facts.keep(facts.statuses, lambda one: _status(one, number_id), objects(value.get("statuses")))
    facts.keep(
        facts.received,
        lambda one: inbound_messages.received(one, value, number_id),
        objects(value.get("messages")),
    )
    facts.keep(
        facts.notices,
        lambda one: notices.trouble(change.waba_id, change.time, number_id, one),
        objects(value.get("errors")),
    )


def _number_of(value: dict[str, Any]) -> str:
    return text(obj(value.get("metadata")).get("phone_number_id")) or ""


def _status(status: dict[str, Any], number_id: str) -> StatusFact | None:
    """None for what names no message or no status."""
    provider_id, status_word = text(status.get("id")), word(status.get("status"))
    if not provider_id or not status_word:
        return None
    conversation = obj(status.get("conversation"))
    return StatusFact(
        provider_id=provider_id,
        status=status_word,
        at=milliseconds(status.get("timestamp")),
        phone_number_id=number_id,
        # Without a phone number known to the business, only the business-scoped user id is there.
        recipient=text(status.get("recipient_id")) or text(status.get("recipient_user_id")),
        token=text(status.get("biz_opaque_callback_data")),
        errors=tuple(from_status_error(error) for error in objects(status.get("errors"))),
        pricing=obj(status.get("pricing")) or None,
        conversation=conversation or None,
        free_until=_free_until(conversation),
    )


def _free_until(conversation: dict[str, Any]) -> int | None:
    """Of a free entry window alone: other conversations end, too, and are not free for it."""
    if obj(conversation.get("origin")).get("type") != "referral_conversion":
        return None
    return milliseconds(conversation.get("expiration_timestamp")) or None
