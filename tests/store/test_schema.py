"""`schema.sql` is what the migrations make, on both engines; hot queries use the index they name."""

import asyncio
import re
from importlib import resources
from pathlib import Path

import apsw
import asyncpg
import pytest

from tests.factories import NOW
from trunkline.store import migrate
from trunkline.store.queries import load
from trunkline.store.sqlite import connect

TABLES = [
    "accounts",
    "api_keys",
    "numbers",
    "leases",
    "idempotency",
    "messages",
    "attempts",
    "inbox",
    "status_facts",
]
SCHEMA = resources.files("trunkline.store").joinpath("schema.sql").read_text()

_CATALOGUE = """
SELECT 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 4
"""


def sqlite_catalogue(connection: apsw.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    return [(name, re.sub(r"\s+", " ", sql)) for name, sql in rows if name != "schema_migrations"]


def test_migrations_make_the_schema_on_sqlite(tmp_path: Path) -> None:
    migrate.migrate_sqlite(tmp_path / "a.db", NOW)
    read = apsw.Connection(str(tmp_path / "b.db"))
    read.execute(SCHEMA)
    migrated = connect(tmp_path / "a.db")
    assert sqlite_catalogue(migrated) == sqlite_catalogue(read)
    assert len(sqlite_catalogue(read)) > 15


def test_migrations_make_the_schema_on_postgres(postgres_url: str) -> None:
    async def catalogues() -> tuple[list, list]:
        await migrate.migrate_postgres(postgres_url, NOW)
        connection = await asyncpg.connect(postgres_url)
        await connection.execute("DROP TABLE schema_migrations")
        made = [tuple(row) for row in await connection.fetch(_CATALOGUE)]
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.execute(SCHEMA)
        read = [tuple(row) for row in await connection.fetch(_CATALOGUE)]
        await connection.close()
        return made, read

    made, read = asyncio.run(catalogues())
    assert made == read
    assert len(read) > 80


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate.migrate_sqlite(path, NOW)
    apsw.Connection(str(path)).execute("INSERT INTO schema_migrations VALUES (9999, 'future', 1)")
    with pytest.raises(migrate.StoreUnavailable, match="newer Trunkline"):
        migrate.migrate_sqlite(path, NOW)


def test_every_query_is_understood_by_postgres(postgres_url: str) -> None:
    async def prepare_all() -> int:
        await migrate.migrate_postgres(postgres_url, NOW)
        connection = await asyncpg.connect(postgres_url)
        queries = [query for table in TABLES for query in load(table).values()]
        for query in queries:
            await connection.prepare(query.postgres)
        await connection.close()
        return len(queries)

    assert asyncio.run(prepare_all()) > 30


def _plan(path: Path, table: str, name: str) -> str:
    query = load(table)[name]
    rows = connect(path).execute(f"EXPLAIN QUERY PLAN {query.sqlite}", tuple("x" for _ in query.params))
    return "\n".join(row[3] for row in rows)


@pytest.mark.parametrize("table", TABLES)
def test_no_query_reads_a_large_table_from_end_to_end(table: str, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate.migrate_sqlite(path, NOW)
    small = {"accounts", "numbers"}
    for name, query in load(table).items():
        if query.sqlite.startswith("INSERT") and "SELECT" not in query.sqlite:
            continue
        for line in _plan(path, table, name).splitlines():
            scanned = re.match(r"SCAN (\w+)", line)
            assert not scanned or scanned[1] in small, f"{table}.{name}: {line}"


@pytest.mark.parametrize(
    ("table", "name", "index"),
    [
        ("messages", "waiting", "messages_queued"),
        ("messages", "wake", "messages_scheduled"),
        ("messages", "unhold", "messages_held"),
        ("messages", "expire", "messages_queued"),
        ("messages", "expire", "messages_held"),
        ("messages", "expire", "messages_scheduled"),
        ("idempotency", "prune", "idempotency_keys_age"),
        ("messages", "ids_by_provider_id", "messages_provider"),
        ("messages", "page_of_recipient", "messages_recipient"),
        ("attempts", "open_of_number", "attempts_open"),
        ("inbox", "open", "inbox_open"),
        ("status_facts", "of_message", "status_facts_message"),
    ],
)
def test_a_hot_query_uses_the_index_made_for_it(table: str, name: str, index: str, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate.migrate_sqlite(path, NOW)
    assert index in _plan(path, table, name)


def test_every_hot_query_names_its_account() -> None:
    by_design = {"api_keys.by_id", "accounts.every", "accounts.insert", "numbers.active"}
    for table in TABLES:
        for query in load(table).values():
            assert "account_id" in query.params or query.name in by_design, query.name
