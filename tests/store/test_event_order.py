"""The order of the log, against commits that take their time: processes that append at once, on PostgreSQL.

Between an event's id and its commit lies whatever a database needs; here that is made long and uneven. A
reader that goes by ids alone must still see every event, and each only once.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.factories import NOW
from trunkline.model.events import NewEvent
from trunkline.store import Store, Tx, events, open_store
from trunkline.store.events import EventRow
from trunkline.store.postgres import PostgresTx

ACCOUNTS = ["acc_a", "acc_b", "acc_c"]


def event(account_id: str, name: str, object_id: str = "msg_1") -> NewEvent:
    return NewEvent(account_id=account_id, type="message.sent", object_id=object_id, at=NOW, data=f'"{name}"')


async def emit(store: Store, *told: NewEvent) -> None:
    async def work(tx: Tx) -> None:
        tx.emit(*told)

    await store.write(work)


@contextlib.asynccontextmanager
async def processes(url: str, folder: Path, count: int) -> AsyncIterator[list[Store]]:
    stores = [await open_store(url, folder, NOW) for _ in range(count)]
    try:
        yield stores
    finally:
        await asyncio.gather(*(store.close() for store in stores))


class Reader:
    """Goes by ids alone, as a stream or a delivery does."""

    def __init__(self, store: Store, account_id: str) -> None:
        self._store = store
        self._account_id = account_id
        self.seen: list[EventRow] = []

    async def look(self) -> None:
        position = self.seen[-1].id if self.seen else events.BEGINNING
        self.seen += await self._store.read(lambda tx: events.after(tx, self._account_id, position, 3))

    async def until(self, is_over: Callable[[], bool]) -> list[str]:
        """What it saw once nothing more comes."""
        while not is_over():
            await self.look()
        count = -1
        while count != len(self.seen):
            count = len(self.seen)
            await self.look()
        return [row.data.strip('"') for row in self.seen]


@pytest.fixture
def uneven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some appends are followed by their commit at once, others only later."""
    append, chance = events.append, random.Random(5)

    async def slowly(tx: Tx, new: Sequence[NewEvent]) -> None:
        await append(tx, new)
        await asyncio.sleep(chance.choice((0.0, 0.0, 0.002, 0.02)))

    monkeypatch.setattr(events, "append", slowly)


@pytest.mark.usefixtures("uneven")
def test_a_reader_that_polls_by_id_misses_nothing_of_slow_commits(postgres_url: str, tmp_path: Path) -> None:
    each = 25

    async def story() -> None:
        async with processes(postgres_url, tmp_path, 3) as stores:
            writing = [asyncio.create_task(write(store, n)) for n, store in enumerate(stores)]
            readers = [Reader(store, "acc_a") for store in stores]
            over = asyncio.gather(*writing)
            seen = await asyncio.gather(*(reader.until(over.done) for reader in readers))
            wanted = {f"{n} {i}" for n in range(len(stores)) for i in range(each)}
            for names in seen:
                assert sorted(names) == sorted(wanted)
                for n in range(len(stores)):  # what one process wrote keeps its order
                    mine = [name for name in names if name.startswith(f"{n} ")]
                    assert mine == [f"{n} {i}" for i in range(each)]
            assert seen[0] == seen[1] == seen[2]
            assert [row.sequence for row in readers[0].seen] == list(range(1, len(wanted) + 1))

    async def write(store: Store, n: int) -> None:
        for i in range(each):
            await emit(store, event("acc_a", f"{n} {i}"))

    asyncio.run(story())


def test_processes_that_append_to_several_logs_never_lock_each_other_up(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds the first log's turn for a while before it asks for the next one's."""
    tell = PostgresTx.tell

    async def slowly(tx: PostgresTx, news: str) -> None:
        await tell(tx, news)
        await asyncio.sleep(0.002)

    monkeypatch.setattr(PostgresTx, "tell", slowly)
    rounds = 15

    async def write(store: Store, n: int) -> None:
        chance = random.Random(n)
        for i in range(rounds):
            some = chance.sample(ACCOUNTS, 3)
            await emit(store, *(event(account, f"{n} {i}") for account in some))

    async def story() -> None:
        async with processes(postgres_url, tmp_path, 3) as stores:
            await asyncio.gather(*(write(store, n) for n, store in enumerate(stores)))
            for account in ACCOUNTS:
                reader = Reader(stores[0], account)
                assert len(set(await reader.until(lambda: True))) == rounds * len(stores)

    asyncio.run(story())


@pytest.mark.usefixtures("uneven")
def test_a_commit_that_fails_leaves_no_hole_that_hides_what_follows(
    postgres_url: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with processes(postgres_url, tmp_path, 2) as (good, bad):
            reader, failed = Reader(good, "acc_a"), 0
            writing = asyncio.create_task(write(good))
            for i in range(12):
                with contextlib.suppress(Exception):
                    await bad.write(lambda tx, i=i: broken(tx, i))
                    raise AssertionError("it was kept")
                failed += 1
            seen = await reader.until(writing.done)
            assert (seen, failed) == ([f"good {i}" for i in range(25)], 12)

    async def write(store: Store) -> None:
        for i in range(25):
            await emit(store, event("acc_a", f"good {i}"))

    async def broken(tx: Any, i: int) -> None:
        tx.emit(event("acc_a", f"bad {i}"), event("acc_a", f"bad {i}", object_id=None))  # type: ignore[arg-type]

    asyncio.run(story())
