"""The event log, on both engines: what an id and a sequence promise, and what one bad event harms."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.factories import ACCOUNT, NOW, OTHER_ACCOUNT, make_message
from tests.store.conftest import Opened
from trunkline.model import ids
from trunkline.model.events import NewEvent
from trunkline.store import Store, StoreUnavailable, Tx, events, messages, open_store
from trunkline.store.events import EventRow
from trunkline.store.messages import NewMessage

AHEAD_MS = 3_600_000


def event(
    object_id: str = "msg_1", account_id: str = ACCOUNT, data: str = "{}", **changes: object
) -> NewEvent:
    values = {
        "account_id": account_id,
        "type": "message.sent",
        "object_id": object_id,
        "at": NOW,
        "data": data,
    }
    return NewEvent(**(values | changes))  # type: ignore[arg-type]


BAD = event(None)  # type: ignore[arg-type] - an event without an object: the schema refuses it


async def emit(tx: Tx, new: Sequence[NewEvent]) -> list[None]:
    tx.emit(*new)
    return [None] * len(new)


def logged(db: Opened, account_id: str = ACCOUNT) -> list[EventRow]:
    return db.read(lambda tx: events.after(tx, account_id, "", 10_000))


def test_ids_sort_as_events_were_appended_and_each_object_counts_its_own(db: Opened) -> None:
    objects = ["msg_a", "msg_b", "msg_a", "msg_a", "msg_b"]
    db.write(lambda tx: emit(tx, [event(name, data=f'"{n}"') for n, name in enumerate(objects)]))
    db.write(lambda tx: emit(tx, [event("msg_b", data='"5"')]))
    found = logged(db)
    assert [row.data for row in found] == [f'"{n}"' for n in range(6)]
    assert [(row.object_id, row.sequence) for row in found] == [
        ("msg_a", 1), ("msg_b", 1), ("msg_a", 2), ("msg_a", 3), ("msg_b", 2), ("msg_b", 3),
    ]  # fmt: skip
    assert all(ids.is_id(row.id, ids.EVENT) for row in found)
    after = db.read(lambda tx: events.after(tx, ACCOUNT, found[2].id, 2))
    assert after == found[3:5]
    assert db.read(lambda tx: events.last_id(tx, ACCOUNT)) == found[-1].id


def test_a_clock_that_goes_back_does_not_take_the_log_back(
    db: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = ids.ticks_now()
    for moment in (ticks + (AHEAD_MS << 12), ticks, ticks + 1):
        monkeypatch.setattr(ids, "ticks_now", lambda moment=moment: moment)
        db.write(lambda tx: emit(tx, [event()]))
    assert [row.sequence for row in logged(db)] == [1, 2, 3]


def test_a_unit_of_work_that_is_undone_has_no_events(db: Opened) -> None:
    async def failing(tx: Tx) -> None:
        await emit(tx, [event("msg_undone")])
        raise ValueError("on purpose")

    async def keep(tx: Tx, new: Sequence[NewMessage]) -> list[None]:
        tx.emit(*(event(message.id) for message in new))
        await messages.insert_many(tx, new)
        return [None] * len(new)

    good, bad = make_message(), make_message(state="held")  # without a reason: the schema refuses it
    db.together(
        db.store.write(failing), db.store.batch(keep, good), db.store.batch(keep, bad),
        db.store.write(lambda tx: emit(tx, [event("msg_done")])),
    )  # fmt: skip
    assert sorted(row.object_id for row in logged(db)) == sorted([good.id, "msg_done"])


def test_an_event_that_can_not_be_kept_harms_only_its_unit_of_work(db: Opened) -> None:
    async def keep(tx: Tx, new: Sequence[tuple[NewMessage, NewEvent]]) -> list[None]:
        await messages.insert_many(tx, [message for message, _ in new])
        tx.emit(*(told for _, told in new))
        return [None] * len(new)

    good = [make_message(f"1555000{n:04d}") for n in range(6)]
    items = [(message, event(message.id)) for message in good]
    items.insert(3, (make_message("15550009999"), BAD))
    results = db.together(*(db.store.batch(keep, item) for item in items))
    assert [isinstance(result, Exception) for result in results] == [n == 3 for n in range(7)]
    page = db.read(lambda tx: messages.page(tx, ACCOUNT, messages.Filters(), "n", 100))
    assert {row.id for row in page} == {message.id for message in good}
    assert {row.object_id for row in logged(db)} == {message.id for message in good}


def test_a_lone_event_that_can_not_be_kept_is_told_as_what_it_is(db: Opened) -> None:
    with pytest.raises(Exception, match=r"(?i)not.null"):
        db.write(lambda tx: emit(tx, [BAD]))
    db.write(lambda tx: emit(tx, [event()]))
    assert len(logged(db)) == 1


def test_one_transaction_may_have_events_of_several_accounts(db: Opened) -> None:
    new = [event("msg_1", OTHER_ACCOUNT), event("msg_1"), event("msg_2", OTHER_ACCOUNT), event("msg_1")]
    db.write(lambda tx: emit(tx, new))
    assert [(row.object_id, row.sequence) for row in logged(db)] == [("msg_1", 1), ("msg_1", 2)]
    assert [row.object_id for row in logged(db, OTHER_ACCOUNT)] == ["msg_1", "msg_2"]


def test_every_commit_with_events_is_told_once_for_each_account(db: Opened) -> None:
    heard: list[str] = []

    async def story() -> None:
        db.store.hear(heard.append)
        while db.store.is_shared and not heard:  # "" when it listens  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        heard.clear()
        await db.store.write(lambda tx: emit(tx, [event(), event("msg_2"), event("msg_1", OTHER_ACCOUNT)]))
        async with asyncio.timeout(30):
            while len(heard) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    db.run(story())
    assert sorted(heard) == sorted([f"events {ACCOUNT}", f"events {OTHER_ACCOUNT}"])


def test_a_reader_misses_nothing_that_several_processes_append(postgres_url: str, tmp_path: Path) -> None:
    """Each of them commits in its own time; a reader that goes by ids alone sees all, and in one order."""
    each, processes = 60, 3

    async def append(store: Store, name: int) -> None:
        for n in range(each):
            told = event(f"msg_{n % 5}", data=f'"{name} {n}"')
            await store.write(lambda tx, told=told: emit(tx, [told]))

    async def story() -> list[EventRow]:
        stores = [await open_store(postgres_url, tmp_path, NOW) for _ in range(processes)]
        writing = [asyncio.create_task(append(store, name)) for name, store in enumerate(stores)]
        seen: list[EventRow] = []
        async with asyncio.timeout(30):
            while len(seen) < each * processes:
                after = seen[-1].id if seen else ""
                seen += await stores[0].read(lambda tx, after=after: events.after(tx, ACCOUNT, after, 7))
        await asyncio.gather(*writing)
        for store in stores:
            await store.close()
        return seen

    seen = asyncio.run(story())
    assert len({row.data for row in seen}) == each * processes
    for name in {row.object_id for row in seen}:
        mine = [row.sequence for row in seen if row.object_id == name]
        assert mine == list(range(1, len(mine) + 1))


def test_a_log_that_is_away_is_not_taken_for_a_bad_event(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails for want of a server or a disk is tried again by its callers, not given up one by one."""

    async def away(tx: Tx, new: Sequence[NewEvent]) -> None:
        raise StoreUnavailable("on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(events, "append", away)
        results = db.together(*(db.store.batch(emit, event()) for _ in range(3)))
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert logged(db) == []
