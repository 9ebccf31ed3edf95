"""Forward-only migrations: numbered files, each applied once, each in a transaction of its own.

The same files serve both engines. `schema.sql` is the sum of them, kept for reading; a test holds them equal.
A step that only one engine needs stands in a file named `NNNN_name.sqlite.sql` or `.postgres.sql`.
"""

import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import asyncpg

from trunkline.store.contract import StoreUnavailable
from trunkline.store.sqlite import connect

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+?)(?:\.(sqlite|postgres))?\.sql")
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)
"""
_LOCK = 7_205_759_403  # any number of our own: one migrating process at a time


class Migration(NamedTuple):
    version: int
    name: str
    sql: str


def migrations(engine: str) -> list[Migration]:
    """Every migration of this engine, in order."""
    found = []
    for entry in resources.files("trunkline.store").joinpath("migrations").iterdir():
        match = _FILE.fullmatch(entry.name)
        if match and match[3] in (None, engine):
            found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found)


def waiting(engine: str, applied: Iterable[int]) -> list[Migration]:
    known = migrations(engine)
    newer = set(applied) - {migration.version for migration in known}
    if newer:
        raise StoreUnavailable(f"the database was made by a newer Trunkline (migration {max(newer)})")
    return [migration for migration in known if migration.version not in set(applied)]


def migrate_sqlite(path: Path, now: int) -> None:
    """Bring the file up to date; makes it when it is not there."""
    connection = connect(path)
    try:
        connection.execute(_LEDGER)
        applied = [row[0] for row in connection.execute("SELECT version FROM schema_migrations")]
        for migration in waiting("sqlite", applied):
            with connection:
                connection.execute(migration.sql)
                connection.execute(
                    "INSERT INTO schema_migrations VALUES (?, ?, ?)", (migration.version, migration.name, now)
                )
    finally:
        connection.close()


async def migrate_postgres(url: str, now: int) -> None:
    """Bring the database up to date; other processes that start meanwhile wait for it."""
    try:
        connection = await asyncpg.connect(url, timeout=3)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"PostgreSQL is not to be reached: {error}") from error
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute(_LEDGER)
            applied = [row[0] for row in await connection.fetch("SELECT version FROM schema_migrations")]
            for migration in waiting("postgres", applied):
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    now,
                )
    finally:
        await connection.close()
