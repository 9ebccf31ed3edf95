"""What a store promises, shown on both engines."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.factories import ACCOUNT, NOW, OTHER_ACCOUNT, make_account, make_message
from tests.store.conftest import Opened
from trunkline.store import (
    Store,
    StoreBusy,
    StoreUnavailable,
    Tx,
    accounts,
    messages,
    migrate,
    open_store,
)
from trunkline.store.messages import NewMessage
from trunkline.store.queries import load


async def insert(tx: Tx, new: Sequence[NewMessage]) -> list[None]:
    await messages.insert_many(tx, new)
    return [None] * len(new)


def stored(db: Opened) -> set[str]:
    page = db.read(lambda tx: messages.page(tx, ACCOUNT, messages.Filters(), "n", 1000))
    return {row.id for row in page}


def test_what_a_write_returned_from_is_there_after_the_store_is_opened_again(
    store_url: str, tmp_path: Path
) -> None:
    async def lives() -> list[accounts.Account]:
        first = await open_store(store_url or None, tmp_path, NOW)
        await first.write(lambda tx: accounts.insert(tx, make_account()))
        await first.close()
        second = await open_store(store_url or None, tmp_path, NOW)
        found = await second.read(accounts.every)
        await second.close()
        return found

    assert asyncio.run(lives()) == [make_account()]


def test_a_failing_unit_of_work_leaves_nothing_behind(db: Opened) -> None:
    async def work(tx: Tx) -> None:
        await messages.insert_many(tx, [make_message()])
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        db.write(work)
    assert stored(db) == set()


def test_a_bad_item_harms_only_itself_in_a_shared_commit(db: Opened) -> None:
    good = [make_message() for _ in range(20)]
    bad = make_message(state="held")  # without a reason: the schema refuses it
    results = db.together(*(db.store.batch(insert, item) for item in [*good[:10], bad, *good[10:]]))
    assert stored(db) == {message.id for message in good}
    assert [isinstance(result, Exception) for result in results].index(True) == 10


def test_many_callers_share_one_transaction(db: Opened) -> None:
    sizes: list[int] = []

    async def counting(tx: Tx, items: Sequence[NewMessage]) -> list[None]:
        sizes.append(len(items))
        return await insert(tx, items)

    db.together(*(db.store.batch(counting, make_message()) for _ in range(100)))
    assert sum(sizes) == 100
    assert len(sizes) <= 3
    assert len(stored(db)) == 100


def test_each_caller_gets_its_own_result(db: Opened) -> None:
    async def echo(tx: Tx, items: Sequence[int]) -> list[int]:
        return [item * 2 for item in items]

    assert db.together(*(db.store.batch(echo, n) for n in range(50))) == [n * 2 for n in range(50)]


def test_more_waiting_writes_than_memory_should_hold_are_refused(
    db: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.store.group_commit.MAX_PENDING", 10)
    results = db.together(*(db.store.batch(insert, make_message()) for _ in range(50)))
    refused = [result for result in results if isinstance(result, StoreBusy)]
    assert len(refused) == 40
    assert len(stored(db)) == 10


def test_closing_finishes_what_was_handed_in(store_url: str, tmp_path: Path) -> None:
    async def lives() -> int:
        store = await open_store(store_url or None, tmp_path, NOW)
        writes = [asyncio.ensure_future(store.batch(insert, make_message())) for _ in range(30)]
        await asyncio.sleep(0)
        await store.close()
        done = await asyncio.gather(*writes, return_exceptions=True)
        with pytest.raises(StoreUnavailable):
            await store.batch(insert, make_message())
        return done.count(None)

    assert asyncio.run(lives()) == 30


def test_several_that_open_at_once_migrate_once(store_url: str, tmp_path: Path) -> None:
    applied = load("schema_migrations")["applied"]

    async def lives() -> tuple[str, list[int]]:
        stores: list[Store] = await asyncio.gather(
            *(open_store(store_url or None, tmp_path, NOW) for _ in range(3))
        )
        rows = await stores[0].read(lambda tx: tx.fetch(applied))
        for store in stores:
            await store.close()
        return stores[0].engine, [row[0] for row in rows]

    engine, versions = asyncio.run(lives())
    assert versions == [migration.version for migration in migrate.migrations(engine)]


def test_one_account_does_not_see_anothers_rows(db: Opened) -> None:
    message = make_message()
    db.together(db.store.batch(insert, message))
    assert db.read(lambda tx: messages.get(tx, ACCOUNT, message.id)) is not None
    assert db.read(lambda tx: messages.get(tx, OTHER_ACCOUNT, message.id)) is None
    assert not db.write(lambda tx: messages.cancel(tx, OTHER_ACCOUNT, message.id, NOW))
