"""`store/backup.py`: one whole file beside a running server, and a way back that never sends twice."""

import asyncio
from pathlib import Path

import apsw
import pytest

from tests.factories import NOW
from tests.flow.rig import rig
from tests.store.test_copy import made
from trunkline.channels.contract import Ambiguous, Outcome, Outgoing, StatusFact
from trunkline.clock import SystemClock
from trunkline.inbound.statuses import Report, apply_reports
from trunkline.model.message import State
from trunkline.store import StoreUnavailable, migrate, restored, tables
from trunkline.store.backup import BackupRefused, back_up, restore
from trunkline.store.ballast import Ballast
from trunkline.store.damage import check_in_background, find_damage
from trunkline.store.messages import NewMessage
from trunkline.store.sqlite import connect

LATER = NOW + 1
HOUR = 3_600_000


async def no_answer(message: Outgoing) -> Outcome:
    return Ambiguous("nothing came back")


def sums(path: Path) -> dict[str, int]:
    connection = connect(path)
    found = {
        table.name: len(connection.execute(table.select).fetchall()) for table in tables.of_sqlite(connection)
    }
    connection.close()
    return found


def test_a_backup_is_written_beside_a_running_server_and_is_whole(tmp_path: Path) -> None:
    async def tell() -> None:
        async with rig(tmp_path / "data") as it:
            await it.keep(*[it.message(f"1555000{n:04d}") for n in range(300)])
            size = back_up(tmp_path / "data" / "trunkline.db", tmp_path / "b.db")
            assert size == (tmp_path / "b.db").stat().st_size
            assert (tmp_path / "b.db").stat().st_mode & 0o777 == 0o600

    (tmp_path / "data").mkdir()
    asyncio.run(tell())
    assert find_damage(tmp_path / "b.db", thorough=True) is None
    assert sums(tmp_path / "b.db") == sums(tmp_path / "data" / "trunkline.db")
    with pytest.raises(BackupRefused, match="there already"):
        back_up(tmp_path / "data" / "trunkline.db", tmp_path / "b.db")


def test_what_waited_at_the_backup_is_not_sent_again_until_somebody_says_so(tmp_path: Path) -> None:
    """The messages were sent after the backup; the restored database does not know of it."""
    data, backup = tmp_path / "data", tmp_path / "b.db"
    data.mkdir()
    later = SystemClock().now() + HOUR

    async def before() -> list[NewMessage]:
        async with rig(data) as it:
            scheduled = it.message("15550003333", state=State.SCHEDULED, send_at=later, due_at=later)
            new = [it.message(f"1555000222{n}") for n in range(3)]
            it.provider.answer = no_answer
            await it.start()
            doubtful = it.message("15550004444")
            await it.accept(doubtful)
            await it.until(doubtful, "unknown")
            await it.keep(*new, scheduled)
            back_up(data / "trunkline.db", backup)
            return [*new, scheduled, doubtful]

    async def after() -> None:
        async with rig(data) as it:
            await it.start()
            fresh = it.message("15550009999")
            await it.accept(fresh)
            await it.until(fresh, "submitted")
            rows = [await it.row(message) for message in known]
            assert [row.state for row in rows] == ["held"] * 4 + ["unknown"]
            assert {row.state_reason for row in rows} == {"restored"}
            assert it.provider.recipients() == ["15550009999"]
            await it.store.really.write(lambda tx: apply_reports(tx, [_report(known[0])], later))
            assert (await it.row(known[0])).state == "delivered"
            assert sum((await it.store.really.read(restored.held)).values()) == 3

    async def release() -> None:
        async with rig(data) as it:
            assert await restored.let_go(it.store.really, "release", later - 1) == 3
            states = [(await it.row(message)).state for message in known]
            assert states == ["delivered", "queued", "queued", "scheduled", "unknown"]

    known = asyncio.run(before())
    done = restore(data, backup, later)
    assert (done.held, done.in_doubt) == (4, 1)
    assert done.put_aside is not None
    assert find_damage(done.put_aside) is None
    asyncio.run(after())
    asyncio.run(release())


def _report(message: NewMessage) -> Report:
    """Of a send after the backup; its token names the message."""
    fact = StatusFact(
        provider_id="wamid.1", status="delivered", at=NOW, phone_number_id="1", recipient=message.recipient
    )
    return Report(message.account_id, message.number_id, fact, (message.id, 1), NOW)


def test_a_file_that_is_damaged_or_of_something_else_is_not_put_in_place(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = made(data)
    whole = sums(path)
    (tmp_path / "no.db").write_bytes(b"no database" * 1000)
    connection = connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    back_up(path, tmp_path / "hurt.db")
    content = bytearray((tmp_path / "hurt.db").read_bytes())
    content[8192:16384] = bytes([7]) * 8192
    (tmp_path / "hurt.db").write_bytes(content)
    for name, word in (("no.db", "damaged"), ("other.db", "not a database of"), ("hurt.db", "damaged")):
        with pytest.raises(BackupRefused, match=word):
            restore(data, tmp_path / name, LATER)
    assert sums(path) == whole
    assert [each.name for each in data.glob("trunkline.db*")] == ["trunkline.db"]


def test_a_damaged_database_is_put_aside_with_its_log(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = made(data)
    back_up(path, tmp_path / "b.db")
    path.write_bytes(b"\0" * 20_000)
    (data / "trunkline.db-wal").write_bytes(b"old log")
    done = restore(data, tmp_path / "b.db", LATER)
    assert done.put_aside is not None
    assert sorted(each.name for each in data.glob("*-wal")) == [f"{done.put_aside.name}-wal"]
    assert find_damage(path, thorough=True) is None


def test_damage_is_found_in_the_background_and_told(tmp_path: Path, logged_errors: list[str]) -> None:
    path = made(tmp_path, 2_000)
    told: list[str] = []

    async def on_damage(what: str) -> None:
        told.append(what)

    assert asyncio.run(check_in_background(path, on_damage))
    content = bytearray(path.read_bytes())
    content[40_960:45_056] = bytes([9]) * 4096
    path.write_bytes(content)
    assert not asyncio.run(check_in_background(path, on_damage))
    assert len(told) == 1
    assert "is damaged" in logged_errors.pop()


def test_a_full_disk_is_told_in_our_words_and_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(path: Path, **how: bool) -> apsw.Connection:
        connection = connect(path, **how)
        connection.execute("PRAGMA max_page_count = 8")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(migrate, "connect", small)
        with pytest.raises(StoreUnavailable, match="full"):
            migrate.migrate_sqlite(tmp_path / "trunkline.db", NOW)
    assert migrate.migrate_sqlite(tmp_path / "trunkline.db", NOW) != []
    assert find_damage(tmp_path / "trunkline.db", thorough=True) is None


def test_a_ballast_that_can_not_be_removed_does_not_end_the_writer(tmp_path: Path) -> None:
    (tmp_path / "ballast").mkdir()
    ballast = Ballast(tmp_path, 1)
    assert not ballast.make()
    ballast.give_up()
