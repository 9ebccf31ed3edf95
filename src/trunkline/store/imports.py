"""Imports of tables of people, and what was wrong with their rows.

Whoever changes an import, or writes rows of one, calls `lock` first in the same transaction: of a batch and a
cancel the one that comes second sees the other.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from trunkline.model import ids
from trunkline.store.contract import Row, Tx
from trunkline.store.queries import load

_Q = load("imports")


class ImportState(StrEnum):
    DRAFT = "draft"  # something must be said before it can be read; `state_reason` says what
    CHECKING = "checking"  # the dry run: every row is read and judged, nobody is changed
    CHECKED = "checked"  # every row has a verdict; it may be started
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"  # the file could not be read to its end; `detail` says why
    CANCELED = "canceled"


OPEN = frozenset({ImportState.CHECKING, ImportState.RUNNING})
ENDED = frozenset({ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELED})


class ImportRow(msgspec.Struct, frozen=True):
    """An import, whole. `options`, `found`, `report` and `counts` are JSON text."""

    account_id: str
    id: str
    state: ImportState
    state_reason: str | None
    detail: str | None
    file_name: str
    sha256: str
    size: int
    options: str
    found: str
    report: str | None
    list_id: str | None
    position: int
    """Rows that are done with, good or bad."""
    counts: str
    version: int
    created_at: int
    updated_at: int
    finished_at: int | None = None


class Fault(msgspec.Struct, frozen=True):
    n: int
    """Which row, counted from 1."""
    line: int
    column: str | None
    reason: str
    detail: str
    found: str | None


async def insert(tx: Tx, row: ImportRow) -> None:
    await tx.execute(_Q["insert"], **_members(row, "insert"))


async def get(tx: Tx, account_id: str, import_id: str) -> ImportRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=import_id)
    return _row(row) if row else None


async def lock(tx: Tx, account_id: str, import_id: str) -> ImportRow | None:
    """As it is until the transaction ends."""
    row = await tx.fetch_one(_Q["lock"], account_id=account_id, id=import_id)
    return _row(row) if row else None


async def page(tx: Tx, account_id: str, start: str, count: int) -> list[ImportRow]:
    """Up to `count` older than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page"], account_id=account_id, start=start, count=count)
    return [_row(row) for row in rows]


async def open_of(tx: Tx, account_id: str) -> list[str]:
    """Those that something is to be done for, oldest first."""
    return [row[0] for row in await tx.fetch(_Q["open"], account_id=account_id)]


async def waiting(tx: Tx, account_id: str) -> list[str]:
    """Those that have not ended."""
    return [row[0] for row in await tx.fetch(_Q["waiting"], account_id=account_id)]


async def put(tx: Tx, row: ImportRow) -> None:
    """The caller has called `lock`."""
    await tx.execute(_Q["put"], **_members(row, "put"))


async def advance(tx: Tx, row: ImportRow, position: int, counts: str, now: int) -> None:
    """How far it is. The caller has called `lock`."""
    values = {"position": position, "counts": counts, "updated_at": now}
    await tx.execute(_Q["advance"], account_id=row.account_id, id=row.id, **values)


async def unused(tx: Tx, account_id: str, before_at: int, count: int) -> list[str]:
    """Those from before that moment that nobody started."""
    before_id = ids.first_id(ids.IMPORT, before_at)
    rows = await tx.fetch(_Q["unused"], account_id=account_id, before_id=before_id, count=count)
    return [row[0] for row in rows]


async def old(tx: Tx, account_id: str, before_at: int, count: int) -> list[str]:
    """Those from before that moment that have ended."""
    before_id = ids.first_id(ids.IMPORT, before_at)
    rows = await tx.fetch(_Q["old"], account_id=account_id, before_id=before_id, count=count)
    return [row[0] for row in rows]


async def remove(tx: Tx, account_id: str, import_id: str) -> None:
    """Its faults were cleared before."""
    await tx.execute(_Q["remove"], account_id=account_id, id=import_id)


async def add_faults(tx: Tx, account_id: str, import_id: str, faults: Iterable[Fault]) -> None:
    rows = [(account_id, import_id, *msgspec.structs.astuple(fault)) for fault in faults]
    await tx.execute_many(_Q["add_faults"], rows)


async def faults(  # noqa: PLR0913, PLR0917 - whose, which, and where a page begins
    tx: Tx, account_id: str, import_id: str, reason: str, after: int, count: int
) -> list[Fault]:
    """Up to `count` behind the row `after`; an empty reason matches every one."""
    values = {"account_id": account_id, "import_id": import_id, "after": after, "count": count}
    if reason:
        rows = await tx.fetch(_Q["faults_of"], reason=reason, **values)
    else:
        rows = await tx.fetch(_Q["faults"], **values)
    return [Fault(*row) for row in rows]


async def clear_faults(tx: Tx, account_id: str, import_id: str, count: int) -> int:
    """How many went; 0 when none is left."""
    rows = await tx.fetch(_Q["clear_faults"], account_id=account_id, import_id=import_id, count=count)
    return len(rows)


async def said(
    tx: Tx, account_id: str, addresses: Sequence[str], purpose: str, source: str
) -> dict[str, str]:
    """address → what its last entry of the ledger for this purpose, from this source, says."""
    asked = [(account_id, address, purpose, source) for address in addresses]
    return {row[0]: row[1] for row in await tx.fetch_many(_Q["said"], asked)}


def _row(row: Row) -> ImportRow:
    account_id, id_, state, *rest = row
    return ImportRow(account_id, id_, ImportState(state), *rest)


async def known(tx: Tx, account_id: str, addresses: Sequence[str]) -> set[str]:
    """Those of these, thousands perhaps, that are anybody's."""
    return await _among(tx, "known", account_id, addresses)


async def stopped(tx: Tx, account_id: str, addresses: Sequence[str]) -> set[str]:
    """Those that must not be written to, at least not by everything."""
    return await _among(tx, "stopped", account_id, addresses)


async def _among(tx: Tx, query: str, account_id: str, addresses: Sequence[str]) -> set[str]:
    asked = msgspec.json.encode(addresses).decode()
    return {row[0] for row in await tx.fetch(_Q[query], account_id=account_id, addresses=asked)}


def _members(row: ImportRow, query: str) -> dict[str, object]:
    members = msgspec.structs.asdict(row)
    return {name: members[name] for name in _Q[query].params}
