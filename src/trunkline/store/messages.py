"""Messages: born by accept, moved by dispatch and by the providers' facts, read by everybody."""

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.model.events import of_message
from trunkline.model.message import Priority, Progress, State
from trunkline.store.contract import Conflict, Row, Tx
from trunkline.store.queries import load

_Q = load("messages")
_AT_ONCE = 500
"""Rows that one step of a sweep changes, so that nobody waits long for it."""


class NewMessage(msgspec.Struct, frozen=True):
    """A row at its birth. `content` is JSON text."""

    account_id: str
    id: str
    number_id: str
    type: str
    recipient: str
    recipient_kind: str
    content: str
    context_id: str | None
    callback_data: str | None
    state: State
    created_at: int
    send_at: int | None
    due_at: int
    expires_at: int
    priority: int = Priority.NORMAL
    fallback: str | None = None
    """The content of a template that goes in its place while the window is closed; JSON text."""
    purpose: str | None = None
    has_media: int = 0
    """It names files: ours, which the provider must be given before, or links that we fetch."""
    campaign_id: str | None = None


class MessageRow(msgspec.Struct, frozen=True):
    """A message, whole."""

    account_id: str
    id: str
    number_id: str
    type: str
    recipient: str
    recipient_kind: str
    content: str
    context_id: str | None
    callback_data: str | None
    state: State
    state_reason: str | None
    created_at: int
    send_at: int | None
    due_at: int
    expires_at: int
    attempts: int
    provider_id: str | None
    provider_recipient: str | None
    submitted_at: int | None
    sent_at: int | None
    delivered_at: int | None
    read_at: int | None
    failed_at: int | None
    ended_at: int | None
    error: str | None
    version: int
    priority: int
    fallback: str | None = None
    purpose: str | None = None
    campaign_id: str | None = None


class Waiting(msgspec.Struct, frozen=True):
    """What the dispatcher holds in memory of a message that waits to be sent."""

    account_id: str
    id: str
    number_id: str
    type: str
    recipient: str
    recipient_kind: str
    content: str
    context_id: str | None
    due_at: int
    expires_at: int
    attempts: int
    priority: int = Priority.NORMAL
    has_fallback: int = 0
    """Something else goes while the window is closed: the intent may change what it says."""
    has_media: int = 0
    """It names files of ours or links, which must be at the provider before."""
    files: dict[str, str] | None = None
    """Name of a file in the content → the provider's id for it, once they are there."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; an empty text matches everything, an empty type all but read marks."""

    state: str = ""
    type: str = ""
    sender: str = ""
    """Digits of a number."""
    recipient: str = ""
    created_from: int = 0
    created_to: int = 2**53
    campaign_id: str = ""


async def insert_many(tx: Tx, messages: Sequence[NewMessage]) -> None:
    await tx.execute_many(_Q["insert"], [msgspec.structs.astuple(message) for message in messages])


async def get(tx: Tx, account_id: str, message_id: str) -> MessageRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=message_id)
    return MessageRow(*row) if row else None


async def get_by_provider_id(tx: Tx, account_id: str, provider_id: str) -> MessageRow | None:
    row = await tx.fetch_one(_Q["get_by_provider_id"], account_id=account_id, provider_id=provider_id)
    return MessageRow(*row) if row else None


async def page(tx: Tx, account_id: str, filters: Filters, start: str, count: int) -> list[MessageRow]:
    """Up to `count` messages older than the id `start`, newest first."""
    name, values = _narrowed("page", filters)
    rows = await tx.fetch(_Q[name], account_id=account_id, start=start, count=count, **values)
    return [MessageRow(*row) for row in rows]


async def page_backward(
    tx: Tx, account_id: str, filters: Filters, start: str, count: int
) -> list[MessageRow]:
    """The nearest `count` messages newer than the id `start`, newest first."""
    name, values = _narrowed("page_backward", filters)
    rows = await tx.fetch(_Q[name], account_id=account_id, start=start, count=count, **values)
    return [MessageRow(*row) for row in reversed(rows)]


def _narrowed(name: str, filters: Filters) -> tuple[str, dict[str, Any]]:
    """The query for these filters, and their values."""
    values = msgspec.structs.asdict(filters)
    if filters.recipient:
        return f"{name}_of_recipient", values
    del values["recipient"]
    return name, values


async def cancel(tx: Tx, account_id: str, message_id: str, now: int) -> bool:
    """True when it was withdrawn before any intent: then it is certain that nothing was sent."""
    return await cancel_many(tx, account_id, [message_id], now) == 1


async def cancel_many(tx: Tx, account_id: str, message_ids: Sequence[str], now: int) -> int:
    """How many of these were withdrawn."""
    rows = await tx.fetch_many(_Q["cancel"], [(now, account_id, message_id) for message_id in message_ids])
    emit_states(tx, account_id, rows, now)
    return len(rows)


def emit_states(tx: Tx, account_id: str, rows: Sequence[Row], now: int) -> None:
    """Tell what state these messages came into; rows as `Progress` takes them."""
    for progress in (Progress(*row) for row in rows):
        tx.emit(of_message(account_id, progress, str(progress.state), now))


async def waiting(  # noqa: PLR0913, PLR0917 - a key, and where on its page
    tx: Tx, account_id: str, number_id: str, priority: int, after: str, count: int
) -> list[Waiting]:
    rows = await tx.fetch(
        _Q["waiting"],
        account_id=account_id,
        number_id=number_id,
        priority=priority,
        after=after,
        count=count,
    )
    return [Waiting(*row) for row in rows]


async def one_waiting(tx: Tx, account_id: str, message_id: str) -> Waiting | None:
    row = await tx.fetch_one(_Q["one_waiting"], account_id=account_id, id=message_id)
    return Waiting(*row) if row else None


async def queued_of_recipient(
    tx: Tx, account_id: str, number_id: str, recipient: str, first: str
) -> list[Waiting]:
    """In the order of their ids, from this one on; some of a very long row."""
    rows = await tx.fetch(
        _Q["queued_of_recipient"],
        account_id=account_id,
        number_id=number_id,
        recipient=recipient,
        first=first,
        count=_AT_ONCE,
    )
    return [Waiting(*row) for row in rows]


async def as_it_goes(tx: Tx, account_id: str, message_id: str) -> Waiting | None:
    """What a message says now: a fallback may have taken its place."""
    row = await tx.fetch_one(_Q["as_it_goes"], account_id=account_id, id=message_id)
    return Waiting(*row) if row else None


async def has_scheduled(tx: Tx, account_id: str, number_id: str, now: int) -> bool:
    row = await tx.fetch_one(_Q["has_scheduled"], account_id=account_id, number_id=number_id, now=now)
    return row is not None


async def wake(tx: Tx, account_id: str, number_id: str, now: int, count: int) -> list[Waiting]:
    """Scheduled messages whose time has come, now queued, in the order of their ids."""
    rows = await tx.fetch(_Q["wake"], account_id=account_id, number_id=number_id, now=now, count=count)
    return sorted((Waiting(*row) for row in rows), key=lambda message: message.id)


async def unhold(tx: Tx, account_id: str, number_id: str) -> int:
    """How many of the held went back to the queue: some at a time, 0 when none is left."""
    rows = await tx.fetch(_Q["unhold"], account_id=account_id, number_id=number_id, count=_AT_ONCE)
    return len(rows)


async def expire(tx: Tx, account_id: str, number_id: str, before: str, now: int) -> int:
    """How many with an id below `before` have ended unsent: some at a time, 0 when none is left."""
    rows = await tx.fetch(
        _Q["expire"], account_id=account_id, number_id=number_id, before=before, now=now, count=_AT_ONCE
    )
    emit_states(tx, account_id, rows, now)
    return len(rows)


async def refuse_many(tx: Tx, refused: Sequence[tuple[str, str, str, int]], *, waiting: bool = False) -> None:
    """End each (account, message, error, now) for a reason of ours, and tell of it.

    `error` is JSON with the members of a `SendError`. Nothing happens to one that may not be sent anyway, but
    with `waiting` to those as well that are held or scheduled.
    """
    at = {message_id: now for _, message_id, _, now in refused}
    for row in await tx.fetch_many(_Q["refuse"], [(*one, int(waiting)) for one in refused]):
        progress = Progress(*row[:-1])
        tx.emit(of_message(row[-1], progress, str(progress.state), at[progress.id]))


async def progress_many(tx: Tx, keys: Sequence[tuple[str, str]]) -> list[Progress]:
    """What the merge rule needs to know of each (account, message)."""
    return [Progress(*row) for row in await tx.fetch_many(_Q["progress"], keys)]


async def ids_by_provider_id(tx: Tx, keys: Sequence[tuple[str, str]]) -> dict[str, str]:
    """provider id → message id, for each (account, provider id) that is known."""
    return {row[0]: row[1] for row in await tx.fetch_many(_Q["ids_by_provider_id"], keys)}


async def advance_many(tx: Tx, account_id: str, moved: Sequence[Progress]) -> None:
    """Write what the merge rule made of these messages. `Conflict` when one changed meanwhile."""
    rows = await tx.fetch_many(
        _Q["advance"],
        [
            (m.state, m.provider_id, m.submitted_at, m.sent_at, m.delivered_at, m.read_at, m.failed_at,
             m.error, account_id, m.id, m.version)
            for m in moved
        ],
    )  # fmt: skip
    if len(rows) != len(moved):
        raise Conflict(f"{len(moved) - len(rows)} messages changed while their statuses were applied")
