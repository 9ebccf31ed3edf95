"""`trunkline migrate` and `trunkline db`, as real processes, killed in the middle as well."""

import asyncio
from pathlib import Path

import apsw
import pytest

from tests.cli.desk import invoke
from tests.cli.shell import Done, run, running
from tests.postgres import PostgresServer
from tests.store.test_copy import made
from trunkline.clock import SystemClock, to_rfc3339
from trunkline.store import migrate


@pytest.fixture
def where(store_url: str, tmp_path: Path) -> tuple[str, ...]:
    """The options that lead to an empty store of each engine."""
    return ("--data", str(tmp_path), *(("--database", store_url) if store_url else ()))


LABELS = [each.label for each in migrate.migrations("sqlite")]


def test_a_migration_that_was_killed_leaves_each_whole_or_not_there(
    where: tuple[str, ...], store_url: str
) -> None:
    killed = run("migrate", *where, TRUNKLINE_FAILPOINTS="C20:kill:2")
    assert killed.code == -9
    # SQLite applies each in a transaction of its own, PostgreSQL all of them in one.
    left = LABELS if store_url else LABELS[1:]
    check = run("migrate", "--check", "--json", *where)
    assert (check.code, check.json) == (1, {"waiting": left})
    assert run("migrate", "--json", *where).json == {"applied": left}
    assert run("migrate", "--check", *where).out == "up to date\n"


def test_a_start_that_may_not_migrate_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "trunkline.db").touch()
    done = invoke("numbers", "list", "--json", "--data", tmp_path, TRUNKLINE_STORE_MIGRATE="never")
    assert done.code == 3, done.out
    assert "trunkline migrate" in done.error["detail"]
    assert apsw.Connection(str(tmp_path / "trunkline.db")).table_exists(None, "accounts") is False


def test_after_a_copy_a_start_needs_the_new_address(tmp_path: Path, postgres_server: PostgresServer) -> None:
    data = tmp_path / "data"
    with postgres_server.fresh_database() as url:
        with running("serve", data, "--sandbox-port", "0") as server:
            key = server.ready["api_key"]
            busy = invoke("db", "copy", "--json", "--data", data, "--to", url)
            assert (busy.code, "in use" in busy.error["detail"]) == (4, True)
            sent = invoke("send", "text", "15550001234", "hello", "--wait", "delivered", "--data", data)
            assert sent.code == 0, sent.err
        done = invoke("db", "copy", "--data", data, "--to", url)
        assert done.code == 0, done.err
        assert "messages: 1 rows" in done.err
        refused = run("serve", "--json", "--data", data)
        assert (refused.code, "--database" in refused.error["detail"]) == (3, True)
        with running("serve", data, "--sandbox-port", "0", "--database", url) as server:
            listed = invoke("messages", "list", "--api-url", server.ready["api_url"], "--key", key, "--json")
            [message] = listed.json["data"]
            assert message["state"] in ("delivered", "read")


def test_a_backup_comes_back_held_and_is_let_go(tmp_path: Path) -> None:
    data, backup = tmp_path / "data", tmp_path / "b.db"
    later = to_rfc3339(SystemClock().now() + 86_400_000)
    with running("serve", data, "--sandbox-port", "0"):
        for number in ("15550001234", "15550001235"):
            assert invoke("send", "text", number, "hello", "--send-at", later, "--data", data).code == 0
        assert invoke("db", "backup", backup, "--data", data).code == 0
        nowhere = invoke("db", "backup", tmp_path / "nowhere" / "b.db", "--data", data)
        assert (nowhere.code, nowhere.err) == (2, f"trunkline: there is no folder {tmp_path / 'nowhere'}\n")
        assert invoke("db", "restore", backup, "--data", data).code == 4
        assert invoke("db", "check", "--data", data).code == 0
    assert invoke("db", "restore", backup, "--data", data, "--json").json["held"] == 2
    with running("serve", data, "--sandbox-port", "0"):
        listed = invoke("messages", "list", "--data", data, "--json").json["data"]
        assert [message["state_reason"] for message in listed] == ["restored", "restored"]
        assert "release-restored" in invoke("messages", "show", listed[0]["id"], "--data", data).out
        assert invoke("messages", "cancel", listed[0]["id"], "--data", data).code == 0
    release = ("db", "release-restored", "--json", "--data", data)
    assert invoke(*release).json == {"held": 1}
    assert invoke(*release, "--send", "--cancel").code == 2
    assert invoke(*release, "--send").json == {"released": 1}
    rows = apsw.Connection(str(data / "trunkline.db")).execute("SELECT state FROM messages ORDER BY state")
    assert rows.fetchall() == [("canceled",), ("scheduled",)]


def test_a_killed_backup_leaves_no_file_that_looks_whole(tmp_path: Path) -> None:
    made(tmp_path)
    line = ("db", "backup", tmp_path / "b.db", "--data", tmp_path)
    assert run(*line, TRUNKLINE_FAILPOINTS="C20:kill").code == -9
    assert not (tmp_path / "b.db").exists()
    assert run(*line).code == 0
    assert [path.name for path in tmp_path.glob("b.db*")] == ["b.db"]
    (tmp_path / "trunkline.db").unlink()
    line = ("db", "restore", tmp_path / "b.db", "--data", tmp_path)
    assert run(*line, TRUNKLINE_FAILPOINTS="C20:kill").code == -9
    assert not (tmp_path / "trunkline.db").exists()
    assert run(*line).code == 0


def test_a_damaged_database_is_told_by_its_check_and_by_the_doctor(tmp_path: Path) -> None:
    path = made(tmp_path, 2_000)
    content = bytearray(path.read_bytes())
    content[40_960:45_056] = bytes([9]) * 4096
    path.write_bytes(content)
    assert invoke("db", "check", "--data", tmp_path).code == 1
    checks = invoke("doctor", "--json", "--data", tmp_path).json["checks"]
    assert "fail" in [check["verdict"] for check in checks if check["check"] in ("store", "soundness")]


def test_what_is_for_sqlite_says_so(postgres_url: str, tmp_path: Path) -> None:
    asyncio.run(migrate.migrate_postgres(postgres_url, 1))
    for command, word in (("backup", "pg_dump"), ("restore", "pg_restore")):
        done: Done = invoke(
            "db", command, tmp_path / "b", "--database", postgres_url, "--data", tmp_path, "--json"
        )
        assert (done.code, word in done.error["detail"]) == (2, True)
    marked = invoke("db", "mark-restored", "--database", postgres_url, "--data", tmp_path, "--json")
    assert marked.json == {"held": 0, "in_doubt": 0}
