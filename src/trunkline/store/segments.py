"""Segments, and what their rules ask of the people of an account, many at once."""

from collections.abc import Iterable

import msgspec

from trunkline.store.contacts import Contact
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("segments")


class SegmentRow(msgspec.Struct, frozen=True):
    """`rule` is JSON text."""

    account_id: str
    id: str
    name: str
    rule: str
    created_at: int
    updated_at: int


class Heard(msgspec.Struct, frozen=True):
    last_inbound_at: int
    window_closes_at: int


async def insert(tx: Tx, row: SegmentRow) -> bool:
    """False when the account has a segment of that name."""
    return await tx.fetch_one(_Q["insert"], **msgspec.structs.asdict(row)) is not None


async def get(tx: Tx, account_id: str, segment_id: str) -> SegmentRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=segment_id)
    return SegmentRow(*row) if row else None


async def by_name(tx: Tx, account_id: str, name: str) -> SegmentRow | None:
    row = await tx.fetch_one(_Q["by_name"], account_id=account_id, name=name)
    return SegmentRow(*row) if row else None


async def page(tx: Tx, account_id: str, start: str, count: int) -> list[SegmentRow]:
    """Up to `count` older than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page"], account_id=account_id, start=start, count=count)
    return [SegmentRow(*row) for row in rows]


async def put(tx: Tx, row: SegmentRow) -> None:
    values = {name: getattr(row, name) for name in _Q["put"].params}
    await tx.execute(_Q["put"], **values)


async def remove(tx: Tx, account_id: str, segment_id: str) -> bool:
    return await tx.fetch_one(_Q["remove"], account_id=account_id, id=segment_id) is not None


async def everybody(tx: Tx, account_id: str, after: str, count: int) -> list[Contact]:
    """Up to `count` contacts behind the id `after`."""
    rows = await tx.fetch(_Q["everybody"], account_id=account_id, after=after, count=count)
    return [Contact(*row) for row in rows]


async def tagged(tx: Tx, account_id: str, tag: str, after: str, count: int) -> list[Contact]:
    """The same of those with a tag."""
    rows = await tx.fetch(_Q["tagged"], account_id=account_id, tag=tag, after=after, count=count)
    return [Contact(*row) for row in rows]


async def with_tag(tx: Tx, account_id: str, tag: str, contact_ids: Iterable[str]) -> set[str]:
    """Those of these contacts who have it."""
    rows = await tx.fetch_many(_Q["has_tag"], [(account_id, tag, each) for each in contact_ids])
    return {row[0] for row in rows}


async def heard(tx: Tx, account_id: str, contact_ids: Iterable[str]) -> dict[str, Heard]:
    """Of those who ever wrote."""
    rows = await tx.fetch_many(_Q["heard"], [(account_id, each) for each in contact_ids])
    return {row[0]: Heard(row[1], row[2]) for row in rows}


async def read_since(tx: Tx, account_id: str, contact_ids: Iterable[str], since: int) -> set[str]:
    rows = await tx.fetch_many(_Q["read_since"], [(account_id, each, since) for each in contact_ids])
    return {row[0] for row in rows}


async def received_since(tx: Tx, account_id: str, contact_ids: Iterable[str], since: int) -> set[str]:
    rows = await tx.fetch_many(_Q["received_since"], [(account_id, each, since) for each in contact_ids])
    return {row[0] for row in rows}


async def agreed(tx: Tx, account_id: str, contact_ids: Iterable[str], purpose: str) -> set[str]:
    """Those whose last word in the ledger about this purpose, or about all, is that they agree."""
    rows = await tx.fetch_many(_Q["said"], [(account_id, each, purpose) for each in contact_ids])
    last = {row[0]: row[3] for row in sorted(rows)}
    return {contact_id for contact_id, action in last.items() if action == "granted"}


async def stopped(tx: Tx, account_id: str, contact_ids: Iterable[str], scope: str) -> set[str]:
    rows = await tx.fetch_many(_Q["stopped"], [(account_id, each, scope) for each in contact_ids])
    return {row[0] for row in rows}
