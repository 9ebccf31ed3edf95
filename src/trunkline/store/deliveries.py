"""Deliveries: what became of events at endpoints. `record` is the transaction after each post.

Most events are taken at once and leave only a line in the log of tries. A row is for those that were not: it
waits until its next try, or, in a lane that waits in strict order, until those before it are over.
"""

from collections.abc import Sequence

import msgspec

from trunkline.model.events import NewEvent
from trunkline.store import endpoints
from trunkline.store.contract import Row, Tx
from trunkline.store.events import EventRow
from trunkline.store.queries import load

_Q = load("deliveries")

PARKED = 9_000_000_000_000_000
"""`next_at` of an event that stands still behind another of its lane: a moment that never comes."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One event's part in a post."""

    event_id: str
    post_id: str
    at: int
    took_ms: int
    outcome: str
    """`delivered` or `failed`."""
    http_status: int | None
    detail: str | None
    request: str | None
    """JSON: url, headers and body, cut; with the first event of a batch only."""
    answer: str | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A row after a try."""

    event_id: str
    lane: str | None
    state: str
    """`waiting`, `delivered` or `dead`."""
    tries: int
    first_at: int
    next_at: int


class Turn(msgspec.Struct, frozen=True):
    """A new state of the endpoint that a try brought, and the event that tells of it."""

    url: str
    """Where was posted to."""
    state: str
    reason: str | None
    event: NewEvent


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What one post brought, to be recorded together."""

    account_id: str
    endpoint_id: str
    epoch: int
    now: int
    position: str
    failing_since: int | None
    failures: int
    probe_at: int | None
    attempts: Sequence[Attempt] = ()
    kept: Sequence[Kept] = ()
    parked: Sequence[tuple[str, str]] = ()
    """(event, lane) of those that wait behind one that was kept."""
    over: Sequence[str] = ()
    """Lanes of which a row is over: the next one may go."""
    turn: Turn | None = None


class Due(msgspec.Struct, frozen=True):
    """A row that waits for its next try. The event is None when it is kept no longer."""

    event_id: str
    lane: str | None
    tries: int
    first_at: int
    next_at: int
    event: EventRow | None


class Replayed(msgspec.Struct, frozen=True):
    """One step of a replay: how many events it was, and where the next step begins; None after the last."""

    count: int
    after: str | None


async def record(tx: Tx, items: Sequence[Tried]) -> list[bool]:
    """For each whether it was kept; False, and nothing of it, when another process has the endpoint."""
    current = await _advance(tx, items)
    mine = [item for item in items if (item.endpoint_id, item.epoch) in current]
    await tx.execute_many(
        _Q["log_attempt"], [_attempt_row(item, one) for item in mine for one in item.attempts]
    )
    await tx.execute_many(_Q["keep"], [_kept_row(item, one) for item in mine for one in item.kept])
    await tx.execute_many(
        _Q["park"],
        [
            (item.account_id, item.endpoint_id, event_id, lane, item.now, PARKED)
            for item in mine
            for event_id, lane in item.parked
        ],
    )
    for item in mine:
        if item.over:
            await go_on(tx, item.account_id, item.endpoint_id, item.over, item.now)
        if item.turn is not None:
            await _turn(tx, item, item.turn)
    return [(item.endpoint_id, item.epoch) in current for item in items]


async def _advance(tx: Tx, items: Sequence[Tried]) -> set[tuple[str, int]]:
    """Once for each endpoint; in the order of their ids, so that nobody waits in a ring."""
    last: dict[tuple[str, int], Tried] = {}
    position: dict[tuple[str, int], str] = {}
    for item in items:
        key = (item.endpoint_id, item.epoch)
        last[key] = item
        position[key] = max(position.get(key, ""), item.position)
    current = set()
    for key in sorted(last):
        item = last[key]
        row = await tx.fetch_one(
            _Q["advance"],
            position=position[key],
            failing_since=item.failing_since,
            failures=item.failures,
            probe_at=item.probe_at,
            account_id=item.account_id,
            endpoint_id=item.endpoint_id,
            epoch=item.epoch,
        )
        if row is not None:
            current.add(key)
    return current


async def _turn(tx: Tx, item: Tried, turn: Turn) -> None:
    """Told only where it is one: its owner may have been quicker."""
    if not await endpoints.turn(
        tx, item.account_id, item.endpoint_id, turn.url, turn.state, turn.reason, item.now
    ):
        return
    tx.emit(turn.event)
    if turn.state == "active":
        await hasten(tx, item.account_id, item.endpoint_id, item.now)


async def go_on(tx: Tx, account_id: str, endpoint_id: str, lanes: Sequence[str], now: int) -> None:
    """What was first in these lanes is over: the next one of each is due."""
    await tx.execute_many(_Q["go_on"], [(now, account_id, endpoint_id, PARKED, lane) for lane in lanes])


async def hasten(tx: Tx, account_id: str, endpoint_id: str, now: int) -> None:
    """The endpoint is back: it need not wait for what it missed."""
    await tx.execute(_Q["hasten"], now=now, account_id=account_id, endpoint_id=endpoint_id, parked=PARKED)
    await tx.tell(f"due {endpoint_id}")


async def earliest(tx: Tx, account_id: str, endpoint_id: str, count: int) -> list[Due]:
    """What waits for its next try, the earliest first, due or not."""
    rows = await tx.fetch(
        _Q["earliest"], account_id=account_id, endpoint_id=endpoint_id, parked=PARKED, count=count
    )
    return [_due(account_id, row) for row in rows]


def _due(account_id: str, row: Row) -> Due:
    event_id, lane, tries, first_at, next_at, *event = row
    is_there = event[0] is not None
    return Due(
        event_id, lane, tries, first_at, next_at, EventRow(account_id, event_id, *event) if is_there else None
    )


async def lanes_waiting(tx: Tx, account_id: str, endpoint_id: str, lanes: Sequence[str]) -> set[str]:
    """Those of which something waits."""
    rows = await tx.fetch_many(_Q["waits_in_lane"], [(account_id, endpoint_id, lane) for lane in lanes])
    return {row[0] for row in rows}


async def newest(tx: Tx, account_id: str, endpoint_id: str) -> str:
    """The last event of which something is recorded; empty for none. The position may be behind it."""
    found = ""
    for name in ("newest_try", "newest_row"):
        row = await tx.fetch_one(_Q[name], account_id=account_id, endpoint_id=endpoint_id)
        found = max(found, (row[0] if row else None) or "")
    return found


async def recorded(tx: Tx, account_id: str, endpoint_id: str, event_ids: Sequence[str]) -> set[str]:
    """Those that were tried, or have a row."""
    rows = await tx.fetch_many(_Q["is_recorded"], [(account_id, endpoint_id, one) for one in event_ids])
    return {row[0] for row in rows}


def _attempt_row(item: Tried, one: Attempt) -> tuple[object, ...]:
    return item.account_id, item.endpoint_id, *msgspec.structs.astuple(one)


def _kept_row(item: Tried, one: Kept) -> tuple[object, ...]:
    return item.account_id, item.endpoint_id, *msgspec.structs.astuple(one), item.now
