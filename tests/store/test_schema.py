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
    "tier_uses",
    "doubts",
    "watches",
    "news",
    "probe",
    "processes",
    "restored",
    "retention",
    "deliveries",
    "delivery_log",
    "endpoints",
    "endpoint_leases",
    "events",
    "contacts",
    "lists",
    "tags",
    "segments",
    "people",
    "erasure",
    "imports",
    "conversations",
    "inbound",
    "notices",
    "windows",
    "conversation_pages",
    "media",
    "media_leaving",
    "media_waits",
    "provider_files",
    "templates",
    "campaigns",
    "recipients",
    "verdict_facts",
    "campaign_samples",
    "campaign_reports",
    "short_links",
    "rate_cards",
    "charges",
    "suppressions",
    "consents",
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


def sqlite_catalogue(connection: apsw.Connection) -> list[tuple]:
    """Columns and indexes. A table's own text is no use: a column that was added stands behind its checks."""
    columns = connection.execute(
        'SELECT t.name, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk FROM sqlite_schema t, '
        "pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name <> 'schema_migrations' ORDER BY 1, 2"
    ).fetchall()
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
    )
    return columns + [(name, re.sub(r"\s+", " ", sql)) for name, sql in indexes]


def test_migrations_make_the_schema_on_sqlite(tmp_path: Path) -> None:
    migrate.migrate_sqlite(tmp_path / "a.db", NOW)
    read = apsw.Connection(str(tmp_path / "b.db"))
    read.execute(SCHEMA)
    migrated = connect(tmp_path / "a.db")
    assert sqlite_catalogue(migrated) == sqlite_catalogue(read)
    assert len(sqlite_catalogue(read)) > 100


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
    for runs_with in (None, 9998):
        connection = apsw.Connection(str(path))
        connection.execute("REPLACE INTO schema_migrations VALUES (9999, 'future', 1, ?)", (runs_with,))
        with pytest.raises(migrate.StoreUnavailable, match="newer Trunkline"):
            migrate.migrate_sqlite(path, NOW)


def test_a_newer_version_may_say_that_this_one_still_runs_with_its_migrations(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate.migrate_sqlite(path, NOW)
    ours = migrate.migrations("sqlite")[-1].version
    text = f"-- Adds a column.\n-- runs with: {ours:04d}\nALTER TABLE watches ADD COLUMN more TEXT"
    newer = migrate.Migration(9999, "future", text)
    connection = apsw.Connection(str(path))
    connection.execute("INSERT INTO schema_migrations VALUES (9999, 'future', 1, ?)", (newer.runs_with,))
    assert migrate.migrate_sqlite(path, NOW) == []


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
    # SQLite's word for a row of given values; `risked`, `unread` and `few` are counts up to a bound.
    small = {"accounts", "numbers", "endpoints", "processes", "CONSTANT", "risked", "unread", "few"}
    small |= {"template_syncs"}  # one row for each business account
    small |= {"asked"}  # an array of what is asked for
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
        ("windows", "opened", "messages_window"),
        ("windows", "open_again", "messages_window"),
        ("windows", "called", "recipient_aliases_ours"),
        ("conversation_pages", "page", "conversations_recent"),
        ("conversation_pages", "page_of_contact", "conversations_pair"),
        ("conversation_pages", "outbound", "messages_recipient"),
        ("inbound", "last_to_mark", "inbound_conversation"),
        ("idempotency", "prune", "idempotency_keys_age"),
        ("provider_files", "forget", "media_at_provider_id"),
        ("provider_files", "prune", "media_at_provider_end"),
        ("messages", "ids_by_provider_id", "messages_provider"),
        ("messages", "page_of_recipient", "messages_recipient"),
        ("attempts", "open_of_number", "attempts_open"),
        ("inbox", "open", "inbox_open"),
        ("inbox", "oldest_open", "inbox_open"),
        ("status_facts", "of_message", "status_facts_message"),
        ("doubts", "of_number", "attempts_open"),
        ("doubts", "in_lanes_of", "attempts_open"),
        ("doubts", "told_of", "status_facts_parked"),
        ("doubts", "candidates", "status_facts_parked"),
        ("doubts", "strays", "status_facts_parked"),
        ("doubts", "rival", "messages_recipient"),
        ("doubts", "oldest_post", "inbox_open"),
        ("doubts", "unreadable_post", "inbox_flagged"),
        ("events", "page_of_object", "events_object"),
        ("events", "page_of_object_backward", "events_object"),
        ("suppressions", "stands", "sqlite_autoindex_suppressions"),
        ("suppressions", "confirmed", "messages_recipient"),
        ("suppressions", "also_called", "recipient_aliases_ours"),
        ("consents", "page_of_address", "consents_address"),
        ("consents", "said_since", "consents_address"),
        ("deliveries", "earliest", "deliveries_due"),
        ("deliveries", "hasten", "deliveries_due"),
        ("deliveries", "waits_in_lane", "deliveries_lane"),
        ("deliveries", "go_on", "deliveries_lane"),
        ("deliveries", "park", "deliveries_lane"),
        ("delivery_log", "newest_test", "events_object"),
        ("delivery_log", "standing", "deliveries_due"),
        ("delivery_log", "ahead", "sqlite_autoindex_events"),
        ("delivery_log", "tries", "sqlite_autoindex_delivery_attempts"),
        ("delivery_log", "deliveries", "sqlite_autoindex_deliveries"),
        ("lists", "take_off_all", "list_members_contact"),
        ("lists", "members", "sqlite_autoindex_list_members"),
        ("tags", "of_contact", "contact_tags_contact"),
        ("tags", "join_all", "contact_tags_contact"),
        ("segments", "stopped", "sqlite_autoindex_suppressions_1 (account_id=? AND address=?"),
        ("segments", "tagged", "sqlite_autoindex_contact_tags"),
        ("segments", "heard", "conversations_pair"),
        ("segments", "read_since", "messages_recipient"),
        ("segments", "said", "consents_address"),
        ("people", "move_recipients", "campaign_recipients_contact"),
        ("erasure", "forget_recipients", "campaign_recipients_contact"),
        ("erasure", "messages", "messages_recipient"),
        ("erasure", "inbound", "inbound_conversation"),
        ("erasure", "events", "events_object"),
        ("media", "pending", "media_due"),
        ("media", "others", "media_content"),
        ("media", "others", "imports_content"),
        ("imports", "open", "imports_open"),
        ("imports", "waiting", "imports_content"),
        ("imports", "said", "consents_address"),
        ("media", "old", "media_age"),
        ("media", "forget", "media_age"),
        ("verdict_facts", "consents", "consents_address"),
        ("verdict_facts", "failed", "messages_recipient"),
        ("verdict_facts", "windows", "conversations_pair"),
        ("verdict_facts", "received", "messages_recipient"),
        ("verdict_facts", "had_campaign", "messages_recipient"),
        ("verdict_facts", "known_contacts", "campaign_recipients_contact"),
        ("recipients", "known", "campaign_recipients_contact"),
        ("recipients", "opted_out", "messages_recipient"),
        ("recipients", "written_to", "messages_recipient"),
        ("campaign_reports", "funnel", "conversations_pair"),
        ("campaign_reports", "funnel", "inbound_conversation"),
        ("campaign_reports", "funnel", "short_links_message"),
        ("campaign_reports", "funnel", "consents_address"),
        ("campaign_reports", "failures", "messages_campaign"),
        ("campaign_reports", "links", "short_links_campaign"),
        ("short_links", "prune", "short_links_end"),
        ("charges", "of_campaign", "sqlite_autoindex_campaign_recipients"),
        ("charges", "of_campaign", "sqlite_autoindex_status_facts"),
        ("charges", "of_span", "sqlite_autoindex_messages"),
    ],
)
def test_a_hot_query_uses_the_index_made_for_it(table: str, name: str, index: str, tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate.migrate_sqlite(path, NOW)
    assert index in _plan(path, table, name)


def test_every_hot_query_names_its_account() -> None:
    by_design = {
        "probe.checksums",
        "probe.come",
        "probe.go",
        "processes.died_since",
        "processes.forget_dead",
        "processes.leave",
        "processes.living",
        "processes.beat",
        "news.tell",
        "restored.stop_watches",
        "restored.forget_processes",
        "api_keys.by_id",
        "accounts.every",
        "accounts.insert",
        "numbers.active",
        "endpoints.active",
        "templates.all_syncs",
        "watches.keep",
        "watches.begin",
        "watches.get",
        "short_links.get",  # strangers bring a token: it says whose it is
    }
    for table in TABLES:
        for query in load(table).values():
            assert "account_id" in query.params or query.name in by_design, query.name
