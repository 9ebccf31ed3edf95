"""Every wait of the gateway that means business time ends when its clock is put forward, and not before."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.flow.rig import Rig, rig, taken
from trunkline.channels.contract import Outcome, Outgoing, Refused, SendError
from trunkline.clock import VirtualClock
from trunkline.loops import for_ever
from trunkline.model.message import State

MINUTE = 60_000
Tell = Callable[[Rig, VirtualClock], Awaitable[None]]


def story(folder: Path, tell: Tell, url: str = "") -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(folder, url, clock=clock) as running:
            await running.start()
            await tell(running, clock)

    asyncio.run(run())


def refuse_once(effect: str, retry_after: float) -> Callable[[Outgoing], Awaitable[Outcome]]:
    no = SendError(1, "Not now", "It is busy.", "nobody", "Wait.", effect=effect, retry_after=retry_after)
    refusals = [Refused(no)]

    async def answer(message: Outgoing) -> Outcome:
        return refusals.pop() if refusals else await taken(message)

    return answer


async def is_left_alone(rig: Rig, sends: int) -> None:
    """Nothing is to happen, so there is nothing to wait for but time."""
    await asyncio.sleep(0.2)
    assert len(rig.provider.sent) == sends


def test_the_backoff_of_a_refused_send_ends_with_the_advance(store_url: str, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        rig.provider.answer = refuse_once("retry", 3600)
        message = rig.message(expires_at=clock.now() + 600 * MINUTE)
        await rig.accept(message)
        while (await rig.row(message)).attempts == 0 or (await rig.row(message)).state != "queued":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        clock.advance(50 * MINUTE)
        await is_left_alone(rig, 1)
        clock.advance(11 * MINUTE)
        assert (await rig.until(message, "submitted")).attempts == 2

    story(tmp_path, tell, store_url)


def test_a_number_that_must_slow_down_goes_on_with_the_advance(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        rig.provider.answer = refuse_once("slow_number", 3600)
        first = rig.message("15550002222", expires_at=clock.now() + 600 * MINUTE)
        other = rig.message("15550003333", expires_at=clock.now() + 600 * MINUTE)
        await rig.accept(first)
        while (await rig.row(first)).attempts == 0 or (await rig.row(first)).state != "queued":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await rig.accept(other)
        await is_left_alone(rig, 1)
        clock.advance(70 * MINUTE)
        await rig.until(first, "submitted")
        await rig.until(other, "submitted")

    story(tmp_path, tell)


def test_the_pace_to_one_recipient_is_kept_in_the_clocks_time(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        messages = [rig.message() for _ in range(46)]  # one more than the burst
        await rig.accept(*messages)
        await rig.until(messages[-2], "submitted")
        await is_left_alone(rig, 45)
        clock.advance(7_000)
        await rig.until(messages[-1], "submitted", seconds=5)  # in real time it would take six

    story(tmp_path, tell)


def test_a_schedule_is_kept_in_the_clocks_time(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        now = clock.now()
        due = {hours: now + hours * 60 * MINUTE for hours in (24, 6, 12, 48)}
        later = {
            hours: rig.message(
                f"155500022{hours:02}", state=State.SCHEDULED, send_at=at, due_at=at, expires_at=at + 9**12
            )
            for hours, at in due.items()
        }
        await rig.accept(*later.values())
        clock.advance(5 * 60 * MINUTE)
        await is_left_alone(rig, 0)
        clock.advance(20 * 60 * MINUTE)
        for hours in (6, 12, 24):
            await rig.until(later[hours], "submitted")
        assert (await rig.row(later[48])).state == "scheduled"

    story(tmp_path, tell)


def test_what_nobody_handed_over_is_found_in_the_clocks_time(tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: VirtualClock) -> None:
        message = rig.message()
        await rig.keep(message)
        await is_left_alone(rig, 0)
        clock.advance(2 * MINUTE)
        await rig.until(message, "submitted")

    story(tmp_path, tell)


def test_a_chore_takes_its_next_turn_with_the_advance() -> None:
    async def run() -> None:
        clock, turns = VirtualClock(), asyncio.Queue[None]()

        async def chore() -> None:
            turns.put_nowait(None)

        task = asyncio.create_task(for_ever(clock, "a chore", chore, 3600))
        for _ in range(3):
            await asyncio.wait_for(turns.get(), 30)
            await asyncio.sleep(0)
            assert turns.empty()
            clock.advance(61 * MINUTE)
        task.cancel()

    asyncio.run(run())
