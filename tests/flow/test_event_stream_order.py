"""A stream while two processes append to the same log, on PostgreSQL: their commits take uneven time."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.flow.cluster import cluster
from trunkline.api import event_stream
from trunkline.api.event_stream import Streams, follow
from trunkline.cli.sse import Reader
from trunkline.model.events import NewEvent
from trunkline.runtime import Runtime
from trunkline.store import Tx, events
from trunkline.store.contract import MISSED

EACH = 40


async def hear(runtime: Runtime) -> None:
    """What the bulletin of a whole process does. Returns when it listens."""
    listens = asyncio.Event()

    def heard(news: str) -> None:
        if news == MISSED:
            listens.set()
        else:
            runtime.bell.ring(news.split(" ")[1])

    runtime.store.hear(heard)
    await asyncio.wait_for(listens.wait(), 30)


async def write(runtime: Runtime, account_id: str, name: str) -> None:
    for n in range(EACH):
        event = NewEvent(
            account_id=account_id, type="message.sent", object_id="msg_1", at=n, data=f'"{name} {n}"'
        )

        async def work(tx: Tx, event: NewEvent = event) -> None:
            tx.emit(event)

        await runtime.store.write(work)


async def read(streams: Streams, account_id: str, count: int, begun: asyncio.Event) -> list[str]:
    tail, newest = await streams.enter(account_id)
    begun.set()
    reader, seen = Reader(), []
    parts = follow(streams, tail, newest, lambda row: row.data.encode(), welcome)
    async with asyncio.timeout(30), contextlib.aclosing(parts):
        async for part in parts:
            seen += [block.data.strip('"') for block in reader.feed(part) if block.data]
            if len(seen) >= count:
                break
    streams.leave(account_id)
    return seen


async def welcome() -> bool:
    return True


def test_a_stream_misses_nothing_of_what_two_processes_append(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """News alone wake it: it looks by itself only much later than this test may take."""
    append, chance = events.append, random.Random(3)

    async def slowly(tx: Tx, new: Sequence[NewEvent]) -> None:
        await append(tx, new)
        await asyncio.sleep(chance.choice((0.0, 0.0, 0.01)))

    monkeypatch.setattr(events, "append", slowly)
    monkeypatch.setattr(event_stream, "LOOK_SECONDS", 60.0)

    async def story() -> None:
        async with cluster(tmp_path, postgres_url, members=2, numbers=0) as gateways:
            runtimes = [member.runtime for member in gateways.members]
            await asyncio.gather(*map(hear, runtimes))
            account_id = gateways.account_id
            begun = [asyncio.Event() for _ in range(6)]
            streams = [Streams(runtime) for runtime in runtimes]
            reading = [
                asyncio.create_task(read(streams[n % 2], account_id, 2 * EACH, event))
                for n, event in enumerate(begun)
            ]
            await asyncio.gather(*(event.wait() for event in begun))
            await asyncio.gather(*(write(runtime, account_id, f"{n}") for n, runtime in enumerate(runtimes)))
            seen = await asyncio.gather(*reading)
            assert all(names == seen[0] for names in seen)
            assert len(seen[0]) == 2 * EACH
            for n in range(2):
                mine = [name for name in seen[0] if name.startswith(f"{n} ")]
                assert mine == [f"{n} {i}" for i in range(EACH)]

    asyncio.run(story())
