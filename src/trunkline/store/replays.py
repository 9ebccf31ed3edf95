"""Replays: events that an endpoint is to get again, in steps that are each one short transaction.

Only what the endpoint has passed is made waiting: what is ahead of it comes anyway.
"""

from collections.abc import Callable, Sequence

from trunkline.model import ids
from trunkline.store.contract import Tx
from trunkline.store.deliveries import PARKED, Replayed
from trunkline.store.events import EventRow
from trunkline.store.queries import load

_Q = load("deliveries")

AT_ONCE = 500


async def replay_events(tx: Tx, account_id: str, endpoint_id: str, event_ids: Sequence[str], now: int) -> int:
    """Just these, whatever the endpoint asks for; how many it was."""
    position = await _position(tx, account_id, endpoint_id)
    passed = [event_id for event_id in event_ids if event_id <= position]
    await _make_waiting(tx, account_id, endpoint_id, passed, now)
    return len(passed)


async def replay_range(  # noqa: PLR0913 - which events of whom
    tx: Tx,
    account_id: str,
    endpoint_id: str,
    is_wanted: Callable[[EventRow], bool],
    now: int,
    *,
    since: int,
    until: int,
    failed_only: bool = False,
    after: str = "",
) -> Replayed:
    """One step over the events appended from `since` to before `until` (ms). `after` is the last step's."""
    position = await _position(tx, account_id, endpoint_id)
    stretch = {
        "account_id": account_id,
        "after": after,
        "first": ids.first_id(ids.EVENT, since),
        "last": min(position, ids.first_id(ids.EVENT, until)),
        "count": AT_ONCE,
    }
    if failed_only:
        rows = await tx.fetch(_Q["failed_page"], endpoint_id=endpoint_id, **stretch)
        page = found = [str(row[0]) for row in rows]
    else:
        events = [EventRow(*row) for row in await tx.fetch(_Q["log_page"], **stretch)]
        page = [event.id for event in events]
        found = [event.id for event in events if is_wanted(event)]
    await _make_waiting(tx, account_id, endpoint_id, found, now)
    return Replayed(len(found), page[-1] if len(page) == AT_ONCE else None)


async def _position(tx: Tx, account_id: str, endpoint_id: str) -> str:
    row = await tx.fetch_one(_Q["position"], account_id=account_id, endpoint_id=endpoint_id)
    return str(row[0]) if row else ""


async def _make_waiting(
    tx: Tx, account_id: str, endpoint_id: str, event_ids: Sequence[str], now: int
) -> None:
    """Whoever delivers to the endpoint hears of it."""
    if event_ids:
        rows = [(account_id, endpoint_id, event_id, now, PARKED) for event_id in event_ids]
        await tx.execute_many(_Q["replay"], rows)
        await tx.tell(f"due {endpoint_id}")
