"""Strict order holds also where the log is read just as the event before turns out not to be taken."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.flow.delivery_desk import Desk, make_desk
from tests.flow.receiver import Receiver
from trunkline.delivery.backlog import Backlog, Job
from trunkline.store import Tx, deliveries
from trunkline.store.deliveries import Kept, Tried


class LateStore:
    """What it reads is handed out a while later."""

    def __init__(self, running: Desk) -> None:
        self._store = running.store
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def read(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        found = await self._store.read(work)
        await self.may_go_on.wait()
        return found


def test_no_event_overtakes_one_that_fails_while_it_is_read(tmp_path: Path) -> None:
    async def tell() -> None:
        running = await make_desk(tmp_path, "")
        endpoint = await running.endpoint(Receiver(), is_ordered=1)
        store = LateStore(running)
        backlog = Backlog(store, endpoint, "", "")  # type: ignore[arg-type]
        now = running.runtime.clock.now()

        async def look(want: int) -> list[Job]:
            await backlog.look(lambda _: True, want, now, at_any_time=False)
            return backlog.take(1)

        await running.happen(2, lane="a")
        [first] = await look(1)
        store.may_go_on.clear()
        looking = asyncio.create_task(look(10))
        await asyncio.sleep(0.1)  # long enough for what it reads, if it reads

        kept = Kept(
            event_id=first.event_id, lane="a", state="waiting", tries=1, first_at=now, next_at=now + 5
        )
        tried = Tried(
            account_id=running.account_id, endpoint_id=endpoint.id, epoch=0, now=now, position=first.event_id,
            failing_since=now, failures=1, probe_at=None, kept=[kept],
        )  # fmt: skip
        assert await running.store.batch(deliveries.record, tried)
        assert backlog.window.take_followers({"a"}) == []
        backlog.done([first], [], None)
        store.may_go_on.set()
        assert await looking == []
        followers = await backlog.look(lambda _: True, 10, now, at_any_time=False)
        assert [event.lane for event in followers] == ["a"]
        assert backlog.take(1) == []
        await running.store.close()

    asyncio.run(tell())
