"""What became of an endpoint's deliveries, to be read: which wait or died, every try, and how it stands."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.events import END, EventRow
from trunkline.store.queries import load

_Q = load("delivery_log")

MOST_COUNTED = 10_000
"""Rows of each kind that are counted: whoever asks how an endpoint stands must not wait for a long log."""


class DeliveryRow(msgspec.Struct, frozen=True):
    event_id: str
    type: str | None
    """Of the event; None when that is gone."""
    state: str
    tries: int
    first_at: int
    next_at: int
    is_replay: int
    updated_at: int


class TryRow(msgspec.Struct, frozen=True):
    event_id: str
    n: int
    post_id: str
    at: int
    took_ms: int
    outcome: str
    http_status: int | None
    detail: str | None
    request: str | None
    answer: str | None


class Standing(msgspec.Struct, frozen=True):
    """Where an endpoint is in the log, and how well it takes what it gets."""

    position: str
    failing_since: int | None
    failures: int
    probe_at: int | None
    waiting: int
    dead: int
    passed: int
    """Of those that wait: what the endpoint's position has passed."""


class Ahead(msgspec.Struct, frozen=True):
    """How many events of one kind the log has after a position."""

    type: str
    object_id: str
    """Of tests; else empty."""
    number_id: str | None
    count: int


async def deliveries(  # noqa: PLR0913, PLR0917 - a page of a list
    tx: Tx, account_id: str, endpoint_id: str, state: str | None, before: str | None, count: int
) -> list[DeliveryRow]:
    """Newest events first, of those that were not taken at the first try."""
    rows = await tx.fetch(
        _Q["deliveries"],
        account_id=account_id,
        endpoint_id=endpoint_id,
        before=before or END,
        state=state,
        count=count,
    )
    return [DeliveryRow(*row) for row in rows]


async def tries(tx: Tx, account_id: str, endpoint_id: str, before: str | None, count: int) -> list[TryRow]:
    """Every try of so many events, newest events first."""
    rows = await tx.fetch(
        _Q["tries"], account_id=account_id, endpoint_id=endpoint_id, before=before or END, count=count
    )
    return [TryRow(*row) for row in rows]


async def tries_of(tx: Tx, account_id: str, endpoint_id: str, event_id: str) -> list[TryRow]:
    rows = await tx.fetch(_Q["tries_of"], account_id=account_id, endpoint_id=endpoint_id, event_id=event_id)
    return [TryRow(*row) for row in rows]


async def standing(tx: Tx, account_id: str, endpoint_id: str) -> Standing | None:
    row = await tx.fetch_one(
        _Q["standing"], account_id=account_id, endpoint_id=endpoint_id, most=MOST_COUNTED
    )
    return Standing(*row) if row else None


async def ahead(tx: Tx, account_id: str, position: str) -> list[Ahead]:
    """What follows a position, by kind; of no more than `MOST_COUNTED` events."""
    rows = await tx.fetch(_Q["ahead"], account_id=account_id, position=position, most=MOST_COUNTED)
    return [Ahead(*row) for row in rows]


async def newest_test(tx: Tx, account_id: str, endpoint_id: str) -> EventRow | None:
    row = await tx.fetch_one(_Q["newest_test"], account_id=account_id, endpoint_id=endpoint_id)
    return EventRow(*row) if row else None
