"""The event log of each account: append-only, in the order of the commits.

`append` is the last step of every transaction that has events (`group_commit.apply` calls it): it takes the
account's turn and numbers them. So a reader that has seen an id has seen all before it, whichever process
wrote them, and the id is all that a cursor needs.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.model import ids
from trunkline.model.events import NewEvent
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("events")


class EventRow(msgspec.Struct, frozen=True):
    """An event as it is kept. `data` is JSON text."""

    account_id: str
    id: str
    type: str
    object_id: str
    sequence: int
    number_id: str | None
    lane: str | None
    at: int
    data: str


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed to; an empty text, or no types, matches everything."""

    types: Sequence[str] = ()
    object_id: str = ""
    number: str = ""
    """Digits."""
    since: int = 0
    until: int = 2**53
    """Moments of what happened, the second one outside."""


class Page(msgspec.Struct, frozen=True):
    """What was found on the way from one id to another."""

    rows: list[EventRow]
    reached: str
    """The last id that was looked at, where the log goes on behind it; else empty."""


BEGINNING = ids.first_id(ids.EVENT, 0)
END = ids.last_id(ids.EVENT)
"""Not larger, and not smaller, than any event's id."""

MOST_LOOKED_AT = 20_000
"""Events that one page looks through: a rare type in a long log must not hold a reader for seconds."""


async def append(tx: Tx, events: Sequence[NewEvent]) -> None:
    """Accounts take turns in the order of their ids, so that no two processes wait for each other."""
    by_account: dict[str, list[NewEvent]] = {}
    for event in events:
        by_account.setdefault(event.account_id, []).append(event)
    for account_id in sorted(by_account):
        mine = by_account[account_id]
        row = await tx.fetch_one(_Q["take_turn"], account_id=account_id, now=ids.ticks_now(), count=len(mine))
        assert row is not None
        first = int(row[0]) - len(mine) + 1
        await tx.execute_many(
            _Q["insert"],
            [
                (account_id, ids.id_at(ids.EVENT, first + n), event.type, event.object_id, event.number_id,
                 event.lane, event.at, event.data)
                for n, event in enumerate(mine)
            ],
        )  # fmt: skip
        await tx.tell(f"events {account_id}")


async def get(tx: Tx, account_id: str, event_id: str) -> EventRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=event_id)
    return EventRow(*row) if row else None


async def after(tx: Tx, account_id: str, event_id: str, count: int) -> list[EventRow]:
    """Up to `count` events that followed this id, oldest first; from the beginning for an empty one."""
    rows = await tx.fetch(_Q["after"], account_id=account_id, after=event_id, count=count)
    return [EventRow(*row) for row in rows]


async def last_id(tx: Tx, account_id: str) -> str:
    """Of the newest event; empty when there is none."""
    row = await tx.fetch_one(_Q["last"], account_id=account_id)
    return str(row[0]) if row else ""


async def page(  # noqa: PLR0913 - from where, which way, how much
    tx: Tx, account_id: str, filters: Filters, start: str, count: int, *, backward: bool = False
) -> Page:
    """Up to `count` events after `start`, oldest first; with `backward` those before it, newest first."""
    way = "_backward" if backward else ""
    values: dict[str, Any] = {
        "account_id": account_id,
        "start": start,
        "count": count,
        "types": f",{','.join(filters.types)}," if filters.types else "",
        "number": filters.number,
        "since": filters.since,
        "until": filters.until,
    }
    end = BEGINNING if backward else END
    if filters.object_id:
        query = _Q[f"page_of_object{way}"]
        rows = await tx.fetch(query, reach=end, object_id=filters.object_id, **values)
        return Page([EventRow(*row) for row in rows], rows[-1][1] if len(rows) == count else "")
    reach = ""
    if filters != Filters():
        reach = await _reach(tx, f"reach{way}", account_id, start)
    rows = await tx.fetch(_Q[f"page{way}"], reach=reach or end, **values)
    return Page([EventRow(*row) for row in rows], rows[-1][1] if len(rows) == count else reach)


async def _reach(tx: Tx, name: str, account_id: str, start: str) -> str:
    """The last id that a page looks at; empty where the log ends before."""
    row = await tx.fetch_one(_Q[name], account_id=account_id, start=start, count=MOST_LOOKED_AT - 1)
    return str(row[0]) if row else ""
