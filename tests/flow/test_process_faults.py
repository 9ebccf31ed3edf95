"""What becomes of kept webhook posts when the store or memory fails them: each is applied in the end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.flow.rig import Rig, rig
from trunkline.channels.contract import StatusFact
from trunkline.inbound import process
from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.store.messages import NewMessage


def story(folder: Path, tell: Callable[[Rig, Processor], Awaitable[None]]) -> None:
    async def run() -> None:
        async with rig(folder) as running:
            processor = Processor(running.runtime, running.dispatcher.settled)
            await running.start()
            try:
                await tell(running, processor)
            finally:
                await processor.stop()

    asyncio.run(run())


async def submitted(rig: Rig, count: int) -> list[NewMessage]:
    new = [rig.message(f"1555000{n:04}") for n in range(count)]
    await rig.accept(*new)
    for message in new:
        await rig.until(message, "submitted")
    return new


async def post(rig: Rig, message: NewMessage) -> Any:
    row = await rig.row(message)
    assert row.provider_id is not None
    fact = StatusFact(row.provider_id, "read", row.created_at, "15550001000")
    return await receive(rig.runtime, rig.account_id, "whatsapp_cloud", msgspec.json.encode([fact]))


def test_more_posts_than_memory_takes_are_all_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "IN_MEMORY", 5)

    async def tell(rig: Rig, processor: Processor) -> None:
        new = await submitted(rig, 20)
        await processor.start()
        posts = [await post(rig, message) for message in new]
        for one in posts:
            processor.hand_over(one)
        for message in new:
            await rig.until(message, "read")

    story(tmp_path, tell)


def test_a_store_that_is_away_while_posts_are_looked_for_does_not_end_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "IN_MEMORY", 1)

    async def tell(rig: Rig, processor: Processor) -> None:
        new = await submitted(rig, 4)
        await processor.start()
        rig.store.refuse("read")
        posts = [await post(rig, message) for message in new]
        for one in posts:
            processor.hand_over(one)
        for message in new:
            await rig.until(message, "read")

    story(tmp_path, tell)


def test_a_post_that_nobody_handed_over_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RESCUE_SECONDS", 0.1, raising=False)

    async def tell(rig: Rig, processor: Processor) -> None:
        [message] = await submitted(rig, 1)
        await processor.start()
        await post(rig, message)
        await rig.until(message, "read")

    story(tmp_path, tell)


def test_a_fault_of_ours_does_not_end_the_processor(tmp_path: Path, logged_errors: list[str]) -> None:
    async def tell(rig: Rig, processor: Processor) -> None:
        first, second = await submitted(rig, 2)
        await processor.start()
        rig.store.refuse("write", times=2, fault=ZeroDivisionError("on purpose"))
        processor.hand_over(await post(rig, first))
        await asyncio.sleep(0.1)
        processor.hand_over(await post(rig, second))
        await rig.until(second, "read")
        assert logged_errors
        logged_errors.clear()

    story(tmp_path, tell)
