"""A message, its states, and the rule by which facts move it (docs/states.md draws them)."""

from enum import IntEnum, StrEnum
from typing import Any

import msgspec


class State(StrEnum):
    """Where a message is. `docs/states.md` has the diagram."""

    SCHEDULED = "scheduled"  # accepted, its time has not come
    QUEUED = "queued"  # may go as soon as lane, number and pace allow
    HELD = "held"  # waits on something named in `state_reason`
    SENDING = "sending"  # the intent is committed; bytes may be on the wire
    UNKNOWN = "unknown"  # may or may not have reached the provider; only evidence moves it
    SUBMITTED = "submitted"  # the provider took it and gave an id
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  # refused, or reported as failed and not (yet) as delivered
    EXPIRED = "expired"  # its life ended before it was sent
    CANCELED = "canceled"  # the caller withdrew it before the intent
    UNCONFIRMED = "unconfirmed"  # the doubt could not be settled in the message's life


class Priority(IntEnum):
    """Who goes first when a number can not send everything at once."""

    HIGH = 0  # one-time codes
    NORMAL = 1
    BULK = 2  # campaigns


PURPOSES = ("marketing", "utility", "authentication", "service")
"""What callers may say that a message is for."""


class Draft(msgspec.Struct, frozen=True):
    """A message that passed every check and is not stored yet: what validation hands to accept."""

    type: str
    recipient: str
    """The address: phone digits without `+`, or a business-scoped user id. Also the lane's key."""
    recipient_kind: str
    """`phone`, `user_id`, or `none` (a read mark: `recipient` then names the message it marks)."""
    sender: str | None
    """Digits of the business number asked for in `from`; None means the account's default."""
    content: dict[str, Any]
    """The normal form that is stored, and from which the connector builds the provider's request."""
    context_id: str | None = None
    """The message replied to or reacted to: `msg_…` of ours or the provider's id."""
    callback_data: str | None = None
    """The caller's own `biz_opaque_callback_data`: kept and echoed, never sent upstream."""
    send_at: int | None = None
    priority: Priority = Priority.NORMAL
    fallback: dict[str, Any] | None = None
    """What goes in its place while the window is closed, in the same form as `content`."""
    purpose: str | None = None
    languages: tuple[str, ...] = ()
    """In which its template may go when the language that it names will not do, in this order."""
    fallback_languages: tuple[str, ...] = ()
    """The same of the template in `fallback`."""


class Progress(msgspec.Struct, frozen=True):
    """The part of a message that the provider's facts move."""

    id: str
    number_id: str
    recipient: str
    state: State
    attempts: int
    provider_id: str | None
    submitted_at: int | None = None
    sent_at: int | None = None
    delivered_at: int | None = None
    read_at: int | None = None
    failed_at: int | None = None
    error: str | None = None
    version: int = 0
    callback_data: str | None = None


_MOMENT_OF = {"sent": "sent_at", "delivered": "delivered_at", "read": "read_at", "played": "read_at"}


def merge(progress: Progress, status: str, at: int, error: str | None = None) -> Progress:
    """The message after one more fact. A join: any order and any repetition give the same result.

    The earliest moment of each status is kept, and the state shown is the highest one. A `failed` shows only
    while nothing says delivered: a person with two devices can cause both. `read` implies delivered, since
    providers leave that out when the chat is open. A status we do not know changes nothing.
    """
    moments: dict[str, Any] = {}
    if status == "failed":
        moments["failed_at"] = _earliest(progress.failed_at, at)
        if progress.failed_at is None or at < progress.failed_at:
            moments["error"] = error
    elif status in _MOMENT_OF:
        name = _MOMENT_OF[status]
        moments[name] = _earliest(getattr(progress, name), at)
        if name == "read_at":
            moments["delivered_at"] = _earliest(progress.delivered_at, at)
    else:
        return progress
    merged = msgspec.structs.replace(progress, **moments)
    return msgspec.structs.replace(merged, state=_shown(merged))


def bind(progress: Progress, provider_id: str, at: int) -> Progress:
    """The message after evidence that the provider took it under this id."""
    submitted_at = _earliest(progress.submitted_at, at)
    bound = msgspec.structs.replace(progress, provider_id=provider_id, submitted_at=submitted_at)
    return msgspec.structs.replace(bound, state=_shown(bound))


def _earliest(known: int | None, at: int) -> int:
    return at if known is None or at < known else known


def _shown(progress: Progress) -> State:
    if progress.read_at is not None:
        return State.READ
    if progress.delivered_at is not None:
        return State.DELIVERED
    if progress.failed_at is not None:
        return State.FAILED
    return State.SENT if progress.sent_at is not None else State.SUBMITTED
