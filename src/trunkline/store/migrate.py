"""Forward-only migrations: numbered files, each applied once and whole.

The same files serve both engines. `schema.sql` is the sum of them, kept for reading; a test holds them equal.
A step that only one engine needs stands in a file named `NNNN_name.sqlite.sql` or `.postgres.sql`.

A program refuses a database that has migrations which it does not know, unless each of those says that it
may go on: a line `-- runs with: 0002` in the file means that a program whose last migration is 0002 is not
harmed. The database remembers that, since the older program does not have the file (docs/database.md).
"""

import re
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import asyncpg

from trunkline.failpoints import reach
from trunkline.store.contract import StoreUnavailable
from trunkline.store.sqlite import as_unavailable, connect

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+?)(?:\.(sqlite|postgres))?\.sql")
_RUNS_WITH = re.compile(r"^-- runs with: (\d{4})$", re.MULTILINE)
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    runs_with BIGINT
)
"""
_LOCK = 7_205_759_403  # any number of our own: one migrating process at a time


class Migration(NamedTuple):
    version: int
    name: str
    sql: str

    @property
    def label(self) -> str:
        return f"{self.version:04d}_{self.name}"

    @property
    def runs_with(self) -> int:
        """The last migration that a program must know, to work on a database that has this one."""
        said = _RUNS_WITH.search(self.sql)
        return int(said[1]) if said else self.version


def migrations(engine: str) -> list[Migration]:
    """Every migration of this engine, in order."""
    found = []
    for entry in resources.files("trunkline.store").joinpath("migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match and match[3] in (None, engine):
            found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found)


def waiting(engine: str, applied: Iterable[Sequence[Any]]) -> list[Migration]:
    """What the database does not have yet, by its rows of `schema_migrations`."""
    known = migrations(engine)
    runs_with = {row[0]: row[3] if len(row) > 3 and row[3] is not None else row[0] for row in applied}
    newer = runs_with.keys() - {migration.version for migration in known}
    if newer and max(runs_with[version] for version in newer) > known[-1].version:
        raise StoreUnavailable(f"the database was made by a newer Trunkline (migration {max(newer)})")
    return [migration for migration in known if migration.version not in runs_with]


def migrate_sqlite(path: Path, now: int) -> list[str]:
    """Bring the file up to date; makes it when it is not there. What was applied.

    `StoreUnavailable` when the disk is full or fails; each migration is then whole or not there.
    """
    connection = connect(path)
    try:
        missing = waiting("sqlite", _known_to_sqlite(connection))
        if missing:
            _make_ledger(connection)
        for migration in missing:
            with as_unavailable(), connection:
                connection.execute(migration.sql)
                reach("C20")
                connection.execute(
                    "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)", _entry(migration, now)
                )
        return [migration.label for migration in missing]
    finally:
        connection.close()


def waiting_on_sqlite(path: Path) -> list[str]:
    """What `migrate_sqlite` would apply. Changes nothing; where there is no file, everything waits."""
    if not path.exists():
        return [migration.label for migration in migrations("sqlite")]
    connection = connect(path, read_only=True)
    try:
        return [migration.label for migration in waiting("sqlite", _known_to_sqlite(connection))]
    finally:
        connection.close()


def _known_to_sqlite(connection: apsw.Connection) -> list[tuple[Any, ...]]:
    if not connection.table_exists(None, "schema_migrations"):
        return []
    return list(connection.execute("SELECT * FROM schema_migrations"))


def _make_ledger(connection: apsw.Connection) -> None:
    """Made by an earlier version, it has no `runs_with`."""
    connection.execute(_LEDGER)
    columns = connection.execute("SELECT name FROM pragma_table_info('schema_migrations')")
    if ("runs_with",) not in columns.fetchall():
        connection.execute("ALTER TABLE schema_migrations ADD COLUMN runs_with BIGINT")


async def migrate_postgres(url: str, now: int) -> list[str]:
    """Bring the database up to date; other processes that start meanwhile wait for it. What was applied."""
    connection = await _connect(url)
    try:
        async with connection.transaction():
            return await apply_to_postgres(connection, now)
    finally:
        await connection.close()


async def apply_to_postgres(connection: Any, now: int) -> list[str]:
    """All that waits, in the caller's transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    missing = waiting("postgres", await _known_to_postgres(connection))
    if missing:
        await connection.execute(_LEDGER)
        await connection.execute("ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS runs_with BIGINT")
    for migration in missing:
        await connection.execute(migration.sql)
        reach("C20")
        await connection.execute(
            "INSERT INTO schema_migrations VALUES ($1, $2, $3, $4)", *_entry(migration, now)
        )
    return [migration.label for migration in missing]


async def waiting_on_postgres(url: str) -> list[str]:
    """What `migrate_postgres` would apply. Changes nothing."""
    connection = await _connect(url)
    try:
        return [migration.label for migration in waiting("postgres", await _known_to_postgres(connection))]
    finally:
        await connection.close()


async def _known_to_postgres(connection: Any) -> list[Any]:
    if await connection.fetchval("SELECT to_regclass('schema_migrations') IS NULL"):
        return []
    return list(await connection.fetch("SELECT * FROM schema_migrations"))


async def _connect(url: str) -> Any:
    try:
        return await asyncpg.connect(url, timeout=3)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"PostgreSQL is not to be reached: {error}") from error


def _entry(migration: Migration, now: int) -> tuple[int, str, int, int]:
    return migration.version, migration.name, now, migration.runs_with
