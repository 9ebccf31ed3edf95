"""The settings of SQLite that carry promise 1 are in force, and a store without them is not opened."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.factories import ACCOUNT, NOW, make_message
from trunkline.store import StoreUnavailable, Tx, accounts, messages, open_store, sqlite


def test_commits_are_synced(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "a.db")
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("foreign_keys") == 1
    assert connection.config(sqlite.apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1  # planned once


def test_a_setting_that_does_not_hold_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite._SETTINGS, "page_size", 12345)
    with pytest.raises(StoreUnavailable, match="page_size"):
        sqlite.connect(tmp_path / "a.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trunkline.db"
    path.write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(StoreUnavailable, match=r"trunkline\.db can not be used"):
        asyncio.run(open_store(None, tmp_path, NOW))


def test_readers_can_not_write(tmp_path: Path) -> None:
    sqlite.connect(tmp_path / "a.db").execute("CREATE TABLE t (x)")
    reader = sqlite.connect(tmp_path / "a.db", read_only=True)
    with pytest.raises(sqlite.apsw.ReadOnlyError):
        reader.execute("INSERT INTO t VALUES (1)")


def test_a_unit_of_work_that_waits_for_something_else_is_refused() -> None:
    with pytest.raises(RuntimeError, match="other than its transaction"):
        sqlite.run_now(asyncio.sleep(0))


def test_readers_who_follow_each_other_closely_do_not_let_the_log_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_RESTART_PAGES", 2_000)
    is_over = threading.Event()

    async def reads(tx: Tx) -> None:
        await messages.page(tx, ACCOUNT, messages.Filters(), "n", 10)
        is_over.wait(0.01)

    async def lives() -> int:
        store = await open_store(None, tmp_path, NOW)

        async def reader() -> None:
            while not is_over.is_set():
                await store.read(reads)

        readers = [asyncio.ensure_future(reader()) for _ in range(4)]
        for _ in range(60):
            new = [make_message(content=f'"{"x" * 3000}"') for _ in range(300)]
            await store.write(lambda tx, new=new: messages.insert_many(tx, new))  # type: ignore[misc]
        is_over.set()
        await asyncio.gather(*readers)
        size = (tmp_path / "trunkline.db-wal").stat().st_size
        await store.close()
        return size

    assert asyncio.run(lives()) < 12_000 * 4096  # all that was written is 18,000 pages and more
    assert not (tmp_path / "trunkline.db-wal").exists()


def test_a_read_after_the_end_is_refused_as_promised(tmp_path: Path) -> None:
    async def lives() -> None:
        store = await open_store(None, tmp_path, NOW)
        await store.close()
        await store.read(accounts.every)

    with pytest.raises(StoreUnavailable):
        asyncio.run(lives())
