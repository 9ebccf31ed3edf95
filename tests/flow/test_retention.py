"""What is kept only for a time: who loses what, when, in small whole steps, on both engines."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.factories import HOUR
from tests.flow.rig import Rig, rig
from trunkline.api.views import show_message
from trunkline.clock import VirtualClock
from trunkline.config import Settings
from trunkline.config.table import Retention
from trunkline.housekeeping import chores
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.store import attempts, retention, status_facts
from trunkline.store.contract import Tx
from trunkline.store.inbox import Post, finish_many, keep_many, open_posts
from trunkline.store.messages import MessageRow, NewMessage
from trunkline.store.queries import Query
from trunkline.store.status_facts import NewFact

DAY = 24 * HOUR


class Kept(msgspec.Struct):
    """A rig on virtual time, and its rounds of chores."""

    it: Rig
    clock: VirtualClock

    async def round(self, *names: str) -> None:
        for chore in chores.CHORES:
            if not names or chore.name in names:
                await chores.do_round(self.it.runtime, chore, lambda name: True)

    async def find(self, message: NewMessage) -> MessageRow | None:
        try:
            return await self.it.row(message)
        except AssertionError:
            return None

    def message(self, state: State, **changes: Any) -> NewMessage:
        return self.it.message(f"1555{ids.new_id('x')[-7:]}", state=state, **changes)


@contextlib.asynccontextmanager
async def kept(folder: Path, url: str) -> AsyncIterator[Kept]:
    clock = VirtualClock()
    async with rig(folder, url, clock=clock) as it:
        yield Kept(it, clock)


def count_of(table: str) -> Query:
    text = f"SELECT count(*) FROM {table}"
    return Query("count", (), text, text)


async def count(it: Rig, table: str) -> int:
    async def work(tx: Tx) -> int:
        row = await tx.fetch_one(count_of(table))
        assert row is not None
        return int(row[0])

    return await it.store.really.read(work)


def test_content_goes_after_its_time_and_the_rest_stays(tmp_path: Path, store_url: str) -> None:
    async def tell() -> None:
        async with kept(tmp_path, store_url) as here:
            old = [here.message(State.CANCELED) for _ in range(retention.AT_ONCE + 7)]
            waits = here.message(State.QUEUED, expires_at=here.clock.now() + 99 * DAY)
            await here.it.keep(*old, waits)
            here.clock.advance(29 * DAY)
            young = here.message(State.CANCELED)
            await here.it.keep(young)
            await here.round("content")
            assert (await here.it.row(old[0])).content == old[0].content
            here.clock.advance(2 * DAY)
            await here.round("content")
            assert {(await here.it.row(each)).content for each in (old[0], old[-1])} == {"{}"}
            shown = show_message(await here.it.row(old[0]), "15550001000")
            assert (shown.content_removed, shown.to) == (True, old[0].recipient)
            assert show_message(await here.it.row(young), "15550001000").content_removed is False
            assert (await here.it.row(waits)).content == waits.content
            assert (await here.it.row(young)).content == young.content
            tally = here.it.runtime.tally.counts
            assert tally["chore_rows_total content"] == len(old) + 1
            assert tally["chore_rounds_total content"] == 2
            # What had not ended when it was passed: its life ends, and the walk that lags behind sees it.
            here.clock.advance(70 * DAY)
            await here.round("expire", "content")
            assert (await here.it.row(waits)).state == "expired"
            assert (await here.it.row(waits)).content == "{}"

    asyncio.run(tell())


def test_a_message_goes_with_all_that_belongs_to_it_unless_it_waits(tmp_path: Path, store_url: str) -> None:
    async def tell() -> None:
        async with kept(tmp_path, store_url) as here:
            await here.it.start()
            sent, waits = here.message(State.QUEUED), here.message(State.UNKNOWN)
            await here.it.keep(waits)
            await here.it.accept(sent)
            await here.it.until(sent, "submitted")
            await here.it.store.really.write(
                lambda tx: status_facts.insert_many(tx, [fact(here, "wamid.1", sent.id)])
            )
            here.clock.advance(364 * DAY)
            await here.round("messages")
            assert await here.find(sent)
            here.clock.advance(2 * DAY)
            await here.round("messages")
            assert await here.find(sent) is None
            assert await here.find(waits)
            account_id = here.it.account_id
            left = await here.it.store.really.read(lambda tx: attempts.of_message(tx, account_id, sent.id))
            assert (left, await count(here.it, "status_facts")) == ([], 0)

    asyncio.run(tell())


def fact(here: Kept, provider_id: str, message_id: str | None) -> NewFact:
    now = here.clock.now()
    return NewFact(here.it.account_id, provider_id, "sent", here.it.number_id, message_id, now, now, None)


def test_posts_facts_of_nobody_and_tier_uses_go_after_theirs(tmp_path: Path, store_url: str) -> None:
    async def tell() -> None:
        async with kept(tmp_path, store_url) as here:
            account_id, now = here.it.account_id, here.clock.now()
            posts = [
                Post(account_id, ids.new_id(ids.INBOX), "whatsapp_cloud", bytes([n]), b"{}", now)
                for n in range(3)
            ]

            async def fill(tx: Tx) -> None:
                await keep_many(tx, posts)
                await finish_many(
                    tx, [(account_id, posts[0].id, None), (account_id, posts[1].id, "odd")], now
                )
                await status_facts.insert_many(
                    tx, [fact(here, "wamid.9", None), fact(here, "wamid.8", "msg_1")]
                )
                text = f"INSERT INTO tier_uses VALUES ('{account_id}', '{here.it.number_id}', '1555', {now})"
                await tx.execute(Query("use", (), text, text))

            await here.it.store.really.write(fill)
            names = [chore.name for chore in chores.CHORES if chore.name != "messages"]
            for day, left in ((0, (3, 2, 1)), (2, (3, 2, 0)), (6, (1, 2, 0)), (23, (1, 1, 0))):
                here.clock.advance(day * DAY)
                await here.round(*names)
                tables = ("inbox", "status_facts", "tier_uses")
                assert tuple([await count(here.it, table) for table in tables]) == left
            [open_one] = await here.it.store.really.read(lambda tx: open_posts(tx, account_id, "", 10))
            assert open_one.id == posts[2].id

    asyncio.run(tell())


def test_zero_days_is_for_ever(tmp_path: Path) -> None:
    async def tell() -> None:
        async with kept(tmp_path, "") as here:
            never = Settings(retention=Retention(0, 0, 0, 0))
            here.it.runtime = msgspec.structs.replace(here.it.runtime, settings=never)
            message = here.message(State.CANCELED)
            await here.it.keep(message)
            here.clock.advance(390 * DAY)
            await here.round()
            assert (await here.it.row(message)).content == message.content

    asyncio.run(tell())


def test_a_process_does_only_the_chores_that_are_its_own_and_stops_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tell() -> None:
        async with kept(tmp_path, "") as here:
            steps: dict[str, int] = {"ours": 0, "theirs": 0}
            busy = asyncio.Event()

            def chore(name: str) -> chores.Chore:
                async def step(runtime: object) -> int:
                    steps[name] += 1
                    busy.set()
                    return 1  # there is always more

                return chores.Chore(name, 60.0, step)

            monkeypatch.setattr(chores, "CHORES", [])
            tasks = chores.start(
                here.it.runtime, lambda name: name == "ours", [chore("ours"), chore("theirs")]
            )
            await asyncio.wait_for(busy.wait(), 30)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=30)
            assert all(task.done() for task in tasks)
            assert steps["ours"] >= 1
            assert steps["theirs"] == 0

    asyncio.run(tell())
