"""What waits for the writer is counted in rows; new work is refused first; nobody waits behind a stall."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.factories import ACCOUNT, NOW, make_message
from tests.store.conftest import Opened
from trunkline.store import StoreBroken, StoreBusy, StoreUnavailable, Tx, messages, open_store, sqlite
from trunkline.store.ballast import FILE_NAME, Ballast
from trunkline.store.contract import Rank
from trunkline.store.group_commit import Backlog, Job
from trunkline.store.probe import probe


async def count(tx: Tx, items: Sequence[Any]) -> list[int]:
    return [len(items)] * len(items)


def job(weight: int = 1, rank: Rank = Rank.ESSENTIAL) -> Job:
    return Job(count, None, None, weight, rank)


def test_a_group_is_bounded_by_rows_and_never_empty() -> None:
    backlog = Backlog()
    for weight in (1, 600, 600, 5000, 2):
        backlog.add(job(weight))
    sizes = []
    while group := backlog.take():
        sizes.append([one.weight for one in group])
    assert sizes == [[1, 600], [600], [5000], [2]]


def test_new_work_is_refused_long_before_what_became_of_the_old() -> None:
    backlog = Backlog()
    backlog.add(job(5_000))
    with pytest.raises(StoreBusy):
        backlog.admit(Rank.NEW, 1)
    backlog.admit(Rank.REPEATED, 1)
    backlog.add(job(15_000))
    for rank in Rank:
        with pytest.raises(StoreBusy):
            backlog.admit(rank, 1)


def test_without_room_on_the_disk_only_the_essential_is_taken() -> None:
    backlog = Backlog()
    backlog.load.is_short = True
    backlog.admit(Rank.ESSENTIAL, 1)
    for rank in (Rank.NEW, Rank.REPEATED):
        with pytest.raises(StoreUnavailable):
            backlog.admit(rank, 1)


def test_how_much_may_wait_follows_the_pace_of_the_commits() -> None:
    def limit_after(seconds: float) -> int:
        backlog = Backlog()
        for _ in range(30):
            backlog.add(job(1000))
            group = backlog.take()
            backlog.begin()
            backlog.load.began_at -= seconds
            backlog.end(group, None)
        assert backlog.load.waiting == 0
        return backlog.load.ahead_limit

    assert limit_after(0.1) == pytest.approx(5000, rel=0.1)
    assert limit_after(0.25) == pytest.approx(2000, rel=0.1)
    assert limit_after(3.0) == 1000  # one group may always wait


@pytest.mark.parametrize(("seconds", "told"), [(2.0, 3), (0.1, 1)])
def test_behind_a_stall_all_are_told_and_after_a_short_fault_only_those_it_hit(
    seconds: float, told: int
) -> None:
    backlog = Backlog()
    backlog.add(job(1000))
    group = backlog.take()
    backlog.begin()
    backlog.load.began_at -= seconds
    backlog.add(job())
    backlog.add(job())
    jobs = backlog.end(group, StoreUnavailable("on purpose"))
    assert len(jobs) == told
    assert all(isinstance(one.error, StoreUnavailable) for one in jobs)
    assert backlog.load.waiting == 3 - told
    assert backlog.load.failing == "on purpose"


def test_an_item_of_many_rows_counts_as_many(db: Opened) -> None:
    async def story() -> tuple[int, int]:
        going = asyncio.ensure_future(db.store.batch(count, None, weight=700))
        await asyncio.sleep(0)
        waiting = db.store.load.waiting
        await going
        return waiting, db.store.load.waiting

    assert db.run(story()) == (700, 0)


def test_a_probe_is_a_synced_write_that_leaves_nothing(db: Opened) -> None:
    before = db.store.load.commits.count
    db.run(probe(db.store, "prc_1"))
    db.run(probe(db.store, "prc_1"))
    assert db.store.load.commits.count == before + 2


# -- the ballast, and disks that fail


def test_the_ballast_is_made_where_there_is_room_for_twice_as_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 2 * 1024 * 1024
    monkeypatch.setattr("trunkline.store.ballast.free_bytes", lambda folder: room - 1)
    assert not Ballast(tmp_path, 1).make()
    assert not (tmp_path / FILE_NAME).exists()
    monkeypatch.setattr("trunkline.store.ballast.free_bytes", lambda folder: room)
    assert Ballast(tmp_path, 1).make()
    assert (tmp_path / FILE_NAME).stat().st_blocks * 512 >= 1024 * 1024
    monkeypatch.setattr("trunkline.store.ballast.free_bytes", lambda folder: 0)
    assert Ballast(tmp_path, 1).make()  # it is there already


async def fill(tx: Tx) -> None:
    raise StoreUnavailable("full") from apsw.FullError("database or disk is full")


def test_a_full_disk_gives_the_ballast_up_and_heals_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [10**9]
    monkeypatch.setattr("trunkline.store.ballast.free_bytes", lambda folder: free[0])
    monkeypatch.setattr(sqlite, "ROOM_SECONDS", 0.05)

    async def story() -> None:
        store = await open_store(None, tmp_path, NOW, ballast_mib=1)
        free[0] = 0
        with pytest.raises(StoreUnavailable):
            await store.write(fill)
        assert not (tmp_path / FILE_NAME).exists()
        await store.write(lambda tx: messages.insert_many(tx, [make_message()]))  # what must be kept, is
        with pytest.raises(StoreUnavailable, match="disk is full"):
            await store.batch(count, None, rank=Rank.NEW)
        free[0] = 10**9
        async with asyncio.timeout(30):
            while store.load.is_short:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (tmp_path / FILE_NAME).exists()
        assert await store.batch(count, None, rank=Rank.NEW) == 1
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("fault", [apsw.IOError("disk I/O error"), apsw.CorruptError("malformed")])
def test_a_store_whose_disk_failed_refuses_everything_from_then_on(tmp_path: Path, fault: Exception) -> None:
    async def fails(tx: Tx) -> None:
        raise StoreUnavailable("failed") from fault

    async def story() -> None:
        store = await open_store(None, tmp_path, NOW)
        with pytest.raises(StoreBroken):
            await store.write(fails)
        async with asyncio.timeout(30):
            await store.broken.wait()
        with pytest.raises(StoreBroken):
            await store.write(lambda tx: messages.insert_many(tx, [make_message()]))
        with pytest.raises(StoreBroken):
            await store.read(lambda tx: messages.get(tx, ACCOUNT, "msg_1"))
        await store.close()

    asyncio.run(story())
