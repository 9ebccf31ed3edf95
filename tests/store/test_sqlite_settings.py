"""The settings of SQLite that carry promise 1 are in force, and a store without them is not opened."""

from pathlib import Path

import pytest

from trunkline.store import StoreUnavailable, sqlite


def test_commits_are_synced(tmp_path: Path) -> None:
    connection = sqlite.connect(tmp_path / "a.db")
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("foreign_keys") == 1


def test_a_setting_that_does_not_hold_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sqlite._SETTINGS, "page_size", 12345)
    with pytest.raises(StoreUnavailable, match="page_size"):
        sqlite.connect(tmp_path / "a.db")


def test_readers_can_not_write(tmp_path: Path) -> None:
    sqlite.connect(tmp_path / "a.db").execute("CREATE TABLE t (x)")
    reader = sqlite.connect(tmp_path / "a.db", read_only=True)
    with pytest.raises(sqlite.apsw.ReadOnlyError):
        reader.execute("INSERT INTO t VALUES (1)")


def test_a_unit_of_work_that_waits_for_something_else_is_refused() -> None:
    import asyncio

    with pytest.raises(RuntimeError, match="other than its transaction"):
        sqlite.run_now(asyncio.sleep(0))
