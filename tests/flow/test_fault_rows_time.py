"""The wall clock jumps, as after a wrong setting or its correction; the monotonic one does not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.flow.rig import Rig, rig, taken
from trunkline.channels.contract import Outcome, Outgoing, Refused, SendError
from trunkline.clock import SystemClock

HOUR = 3_600_000
FORWARD = [HOUR, 24 * HOUR]
JUMPS = [*FORWARD, -HOUR, -24 * HOUR]


class JumpingClock(SystemClock):
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.jumped = 0

    def now(self) -> int:
        return super().now() + self.jumped


Tell = Callable[[Rig, JumpingClock], Awaitable[None]]


def story(folder: Path, tell: Tell) -> None:
    async def run() -> None:
        clock = JumpingClock()
        async with rig(folder, clock=clock) as running:
            await running.start()
            await tell(running, clock)

    asyncio.run(run())


@pytest.mark.parametrize("jump", JUMPS)
def test_after_a_jump_what_is_accepted_goes_at_once_and_once(jump: int, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: JumpingClock) -> None:
        before = rig.message("15550002222")
        await rig.accept(before)
        await rig.until(before, "submitted")
        clock.jumped = jump
        after = [rig.message("15550002222"), rig.message("15550003333")]
        await rig.accept(*after)
        for message in after:
            await rig.until(message, "submitted")
        assert sorted(rig.provider.recipients()) == ["15550002222", "15550002222", "15550003333"]

    story(tmp_path, tell)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_does_not_bring_a_retry_forward_or_make_it_many(jump: int, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: JumpingClock) -> None:
        busy = SendError(1, "Not now", "It is busy.", "nobody", "Wait.", effect="retry", retry_after=3)
        no: list[Outcome] = [Refused(busy)]
        at: list[float] = []

        async def answer(message: Outgoing) -> Outcome:
            at.append(clock.monotonic())
            return no.pop() if no else await taken(message)

        rig.provider.answer = answer
        message = rig.message(expires_at=clock.now() + 100 * HOUR)
        await rig.accept(message)
        while not at or (await rig.row(message)).state != "queued":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        clock.jumped = jump
        await rig.until(message, "submitted")
        assert len(at) == 2
        assert at[1] - at[0] > 2

    story(tmp_path, tell)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_within_its_life_ends_no_life(jump: int, tmp_path: Path) -> None:
    async def tell(rig: Rig, clock: JumpingClock) -> None:
        gate = asyncio.Event()

        async def answer(message: Outgoing) -> Outcome:
            await gate.wait()
            return await taken(message)

        rig.provider.answer = answer
        life = clock.now() + 100 * HOUR
        first, second = rig.message(expires_at=life), rig.message(expires_at=life)
        await rig.accept(first, second)  # one lane: the second waits
        while not rig.provider.sent:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        clock.jumped = jump
        gate.set()
        await rig.until(first, "submitted")
        await rig.until(second, "submitted")

    story(tmp_path, tell)
