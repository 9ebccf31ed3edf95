"""`store/copy.py`: all of an SQLite into a PostgreSQL, or nothing, however it ends."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import asyncpg
import pytest

from tests.cli.shell import run
from tests.factories import NOW
from tests.postgres import PostgresServer
from trunkline.store import StoreUnavailable, migrate, tables
from trunkline.store.copy import CopyRefused, copy
from trunkline.store.open import COPYING, sqlite_file
from trunkline.store.sqlite import connect


def made(folder: Path, messages: int = 3) -> Path:
    """A data folder with rows in every table, in every type that there is."""
    path = folder / "trunkline.db"
    migrate.migrate_sqlite(path, NOW)
    connection = connect(path)
    connection.execute("PRAGMA foreign_keys = 0")
    connection.execute("BEGIN")
    for table in tables.of_sqlite(connection):
        for n in range(messages if table.name == "messages" else 2):
            row = [_value(connection, table.name, column, n) for column in table.columns]
            places = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table.name} VALUES ({places})", row)
    connection.execute("COMMIT")
    connection.close()
    return path


_SAID = {
    "state": "queued", "recipient_kind": "phone", "outcome": "taken", "is_live": 1, "is_default": 0,
    "is_open": 1, "is_builtin": 0, "messages_per_second": 80, "owner": "prc_1", "held_reason": None,
}  # fmt: skip


_SAID_IN = {
    ("inbox", "state"): "open",
    ("media", "state"): "stored",
    ("suppressions", "scope"): "marketing",
    ("consents", "action"): "granted",
    ("endpoints", "format"): "meta",
    ("endpoints", "state"): "active",
    ("endpoints", "is_ordered"): 1,
    ("deliveries", "state"): "waiting",
    ("imports", "state"): "running",
    ("campaigns", "state"): "running",
    ("campaign_recipients", "state"): "ready",
    ("delivery_attempts", "outcome"): "failed",
}
"""Where the schema takes only certain words."""


def _value(connection: apsw.Connection, table: str, column: str, n: int) -> object:
    if (table, column) in _SAID_IN:
        return _SAID_IN[table, column]
    if column == "account_id" or (table, column) == ("accounts", "id"):
        return f"acc_{n % 2}"
    if column in _SAID:
        return _SAID[column]
    kind = connection.execute(
        "SELECT type FROM pragma_table_info(?) WHERE name = ?", (table, column)
    ).fetchall()[0][0]
    if kind == "BYTEA":
        return bytes([0, n, 255])
    if kind == "BIGINT":
        return 2**53 + n
    return n + 1 if kind in ("INTEGER", "SMALLINT") else f"{column} {n} ü€\U0001f600"


def quietly(table: str, done: int, of: int) -> None:
    pass


def copied(folder: Path, url: str) -> dict[str, int]:
    return asyncio.run(copy(folder, url, NOW, quietly)).rows


def asked(url: str, question: str) -> list[tuple]:
    async def ask() -> list[tuple]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(question)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_every_row_of_every_table_is_there_and_nothing_starts_on_the_old_file(
    tmp_path: Path, postgres_url: str
) -> None:
    connection = connect(made(tmp_path))
    ours = {table.name: connection.execute(table.select).fetchall() for table in tables.of_sqlite(connection)}
    columns = {table.name: table.select for table in tables.of_sqlite(connection)}
    connection.close()
    rows = copied(tmp_path, postgres_url)
    assert rows == {name: len(found) for name, found in ours.items()}
    assert set(rows.values()) == {2, 3}
    for name, found in ours.items():
        assert sorted(asked(postgres_url, columns[name]), key=repr) == sorted(found, key=repr)
    with pytest.raises(StoreUnavailable, match="was copied to PostgreSQL"):
        sqlite_file(tmp_path)
    [left] = tmp_path.glob("trunkline.db*")
    assert left.name.startswith("trunkline.db.copied-")


@pytest.fixture
def one_more_migration(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = migrate.migrations
    text = "CREATE TABLE later (account_id TEXT NOT NULL REFERENCES accounts (id), n BIGINT, PRIMARY KEY (n))"
    more = migrate.Migration(9000, "later", text)
    monkeypatch.setattr(migrate, "migrations", lambda engine: [*known(engine), more])
    yield


def test_a_table_that_a_later_migration_adds_is_copied_as_well(
    tmp_path: Path, postgres_url: str, one_more_migration: None
) -> None:
    made(tmp_path)
    assert copied(tmp_path, postgres_url)["later"] == 2
    assert asked(postgres_url, "SELECT count(*) FROM later") == [(2,)]


def test_a_target_with_rows_is_refused_by_the_name_of_the_table(tmp_path: Path, postgres_url: str) -> None:
    path = made(tmp_path)
    asyncio.run(migrate.migrate_postgres(postgres_url, NOW))
    asked(postgres_url, "INSERT INTO watches VALUES ('hook', 1, 1)")
    with pytest.raises(CopyRefused, match="rows in watches"):
        copied(tmp_path, postgres_url)
    assert path.exists()
    assert asked(postgres_url, "SELECT count(*) FROM accounts") == [(0,)]


def test_a_row_that_does_not_fit_leaves_both_sides_as_they_were(tmp_path: Path, postgres_url: str) -> None:
    path = made(tmp_path)
    connection = connect(path)
    connection.execute("UPDATE watches SET name = 'a' || char(0) || 'b' WHERE name LIKE '%0%'")
    connection.close()
    with pytest.raises(CopyRefused, match="watches has a row"):
        copied(tmp_path, postgres_url)
    assert path.exists()
    assert asked(postgres_url, "SELECT to_regclass('messages')") == [(None,)]


def test_what_was_changed_on_the_other_side_after_an_interrupted_copy_is_found_out(
    tmp_path: Path, postgres_url: str
) -> None:
    made(tmp_path)
    copied(tmp_path, postgres_url)
    [left] = tmp_path.glob("trunkline.db.copied-*")
    left.rename(tmp_path / COPYING)
    asked(postgres_url, "UPDATE messages SET recipient = 'other' WHERE id = (SELECT min(id) FROM messages)")
    with pytest.raises(CopyRefused, match="other rows in messages"):
        copied(tmp_path, postgres_url)


@pytest.mark.parametrize("place", [1, 2, 3])  # after the migrations of the target, which pass it as well
def test_a_copy_that_was_killed_is_done_by_the_same_command_again(
    place: int, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    made(tmp_path, 50)
    with postgres_server.fresh_database() as url:
        line = ("db", "copy", "--json", "--data", tmp_path, "--to", url)
        passed = len(migrate.migrations("postgres"))
        killed = run(*line, TRUNKLINE_FAILPOINTS=f"C20:kill:{passed + place}")
        assert killed.code == -9, killed.err
        if place > 1:  # the file has left its place: before the commit, and after it
            with pytest.raises(StoreUnavailable, match="interrupted"):
                sqlite_file(tmp_path)
        done = run(*line)
        assert done.code == 0, done.err
        assert json.loads(done.out)["rows"]["messages"] == 50
        assert asked(url, "SELECT count(*) FROM messages") == [(50,)]
    assert [path.name for path in tmp_path.glob("trunkline.db*")] == [Path(done.json["left_at"]).name]
