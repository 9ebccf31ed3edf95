"""The SQLite of a stopped data folder into an empty PostgreSQL: all of it, proven, or nothing.

Everything on the other side happens in one transaction: the schema, the rows, the proof that they are the
same, the commit. So that no two servers ever send from two copies, the file leaves its place before the
commit and gets its last name after it:

    trunkline.db  →  trunkline.db.copying  →  (commit)  →  trunkline.db.copied-<date>

Killed in between, no server starts on the file; the same command again sees whether PostgreSQL has the rows.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import asyncpg

from trunkline.clock import to_rfc3339
from trunkline.data_folder import sync
from trunkline.failpoints import reach
from trunkline.store import migrate, tables
from trunkline.store.contract import StoreUnavailable
from trunkline.store.open import COPIED, COPYING, FILE_NAME, sqlite_file
from trunkline.store.postgres import check_server
from trunkline.store.sqlite import as_unavailable, connect
from trunkline.store.tables import Sum, Table

Progress = Callable[[str, int, int], None]
"""A table, how many of its rows are done, how many there are; done twice over: copied, then read back."""

_TELL_EVERY = 10_000
_SESSION = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "application_name": "trunkline db copy",
}
_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class CopyRefused(Exception):
    """Neither side was changed; the text says why."""


class Copied(NamedTuple):
    rows: dict[str, int]
    left_at: Path
    """Where the SQLite file is now."""


async def copy(data_dir: Path, url: str, now: int, progress: Progress) -> Copied:
    """The caller holds the folder's lock. `CopyRefused`, or `StoreUnavailable`: it can be run again."""
    source = _source(data_dir, now)
    target = await _connect(url)
    try:
        transaction = target.transaction()
        await transaction.start()
        rows = await _fill(source, target, now, progress)
        reach("C20")
        await _commit(transaction, source, data_dir / COPYING)
        reach("C20")
    except _FAULTS as error:
        raise StoreUnavailable(
            f"PostgreSQL: {error or type(error).__name__}; run the command again"
        ) from error
    finally:
        target.terminate()
    left_at = data_dir / f"{COPIED}{to_rfc3339(now)[:19].replace(':', '')}"
    move(data_dir / COPYING, left_at)
    return Copied(rows, left_at)


def _source(data_dir: Path, now: int) -> Path:
    """The file to read: up to date, and whole in itself. What an interrupted copy left is taken up."""
    path = data_dir / COPYING
    if not path.exists():
        path = sqlite_file(data_dir)
        if not path.exists():
            raise CopyRefused(f"there is no {FILE_NAME} in {data_dir.absolute()}")
    migrate.migrate_sqlite(path, now)
    fold(path)
    return path


def fold(path: Path) -> None:
    """The log goes into the file, so that it can be renamed. `StoreUnavailable` while others use it."""
    connection = connect(path)
    try:
        with as_unavailable():
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    finally:
        connection.close()  # the last one: SQLite removes the log
    if Path(f"{path}-wal").exists():
        raise StoreUnavailable(f"{path} is in use by another program")


async def _connect(url: str) -> Any:
    try:
        connection = await asyncpg.connect(url, timeout=5, server_settings=_SESSION)
    except (*_FAULTS, ValueError) as error:
        raise StoreUnavailable(f"PostgreSQL is not to be reached: {error}") from error
    await check_server(connection)
    return connection


async def _fill(source: Path, target: Any, now: int, progress: Progress) -> dict[str, int]:
    """Rows by table, once they are the same on both sides."""
    await migrate.apply_to_postgres(target, now)
    reading = connect(source, read_only=True)
    try:
        every = await _tables(reading, target)
        if filled := await _first_with_rows(target, every):
            return await _found_there(source, filled, reading, target, every)
        return {table.name: await _copy_table(reading, target, table, progress) for table in every}
    finally:
        reading.close()


async def _tables(reading: apsw.Connection, target: Any) -> list[Table]:
    ours, theirs = tables.of_sqlite(reading), await tables.of_postgres(target)
    if {Table(table.name, tuple(sorted(table.columns))) for table in ours} != theirs:
        raise CopyRefused("the two databases do not have the same tables; is the target Trunkline's alone?")
    names = ", ".join(table.name for table in ours)
    await target.execute(
        f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"
    )  # a server may have been started there
    return ours


async def _first_with_rows(target: Any, every: list[Table]) -> str | None:
    for table in every:
        if await target.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table.name})"):  # noqa: S608
            return table.name
    return None


async def _found_there(
    source: Path, filled: str, reading: apsw.Connection, target: Any, every: list[Table]
) -> dict[str, int]:
    """An interrupted copy may have come to its commit: then the rows are ours."""
    if source.name == FILE_NAME:
        raise CopyRefused(f"the target is not empty: there are rows in {filled}")
    rows = {}
    for table in every:
        ours = Sum()
        for _ in tables.rows_of_sqlite(reading, table, ours):
            pass
        if not ours.is_same(await tables.sum_of_postgres(target, table)):
            raise CopyRefused(
                f"the target has other rows in {table.name} than {source}. If it was copied and used since, "
                f"rename that file to {COPIED}…; if it never was, give an empty target"
            )
        rows[table.name] = ours.rows
    return rows


async def _copy_table(reading: apsw.Connection, target: Any, table: Table, progress: Progress) -> int:
    [(count,)] = reading.execute(f"SELECT count(*) FROM {table.name}")  # noqa: S608
    ours = Sum()
    rows = _told(tables.rows_of_sqlite(reading, table, ours), table.name, count, progress)
    try:
        await target.copy_records_to_table(table.name, records=rows, columns=list(table.columns))
    except (asyncpg.DataError, TypeError, ValueError) as error:
        raise CopyRefused(f"{table.name} has a row that PostgreSQL does not take: {error}") from error
    if not ours.is_same(await tables.sum_of_postgres(target, table)):
        raise CopyRefused(f"{table.name} is not the same on both sides")
    progress(table.name, count, count)
    return ours.rows


def _told(
    rows: Iterator[tuple[Any, ...]], name: str, count: int, progress: Progress
) -> Iterator[tuple[Any, ...]]:
    for n, row in enumerate(rows):
        if n % _TELL_EVERY == 0:
            progress(name, n, count)
        yield row


async def _commit(transaction: Any, source: Path, copying: Path) -> None:
    if source != copying:
        move(source, copying)
    reach("C20")
    await transaction.commit()


def move(source: Path, to: Path) -> None:
    """On disk when this returns."""
    source.rename(to)
    sync(to.parent)
