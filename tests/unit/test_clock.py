"""Both clocks keep the same promises of waiting; the virtual one also when it is put forward."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from trunkline.clock import Clock, SystemClock, VirtualClock

CLOCKS = pytest.mark.parametrize("make", [SystemClock, VirtualClock])
HOUR = 3_600_000


def story(tell: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(30):
            await tell()

    asyncio.run(run())


@CLOCKS
def test_a_wait_says_whether_the_event_came_or_the_time_ended(make: Callable[[], Clock]) -> None:
    async def tell() -> None:
        clock, event = make(), asyncio.Event()
        assert await clock.wait(event, 0.02) is False
        event.clear()
        asyncio.get_running_loop().call_later(0.01, event.set)
        assert await clock.wait(event, 60) is True
        assert await clock.wait(event, 0) is True
        event.clear()
        asyncio.get_running_loop().call_later(0.01, event.set)
        assert await clock.wait(event, None) is True

    story(tell)


@CLOCKS
def test_a_wait_that_is_over_already_still_lets_others_have_their_turn(make: Callable[[], Clock]) -> None:
    async def tell() -> None:
        clock, had_its_turn = make(), asyncio.Event()
        asyncio.get_running_loop().call_soon(had_its_turn.set)
        assert await clock.wait(asyncio.Event(), -1) is False
        assert had_its_turn.is_set()

    story(tell)


@CLOCKS
def test_a_wait_that_is_canceled_leaves_its_event_alone(make: Callable[[], Clock]) -> None:
    async def tell() -> None:
        clock, event = make(), asyncio.Event()
        waiting = asyncio.create_task(clock.wait(event, 0.02))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await clock.sleep(0.04)
        assert not event.is_set()

    story(tell)


def test_an_advance_moves_both_readings_alike() -> None:
    clock, real = VirtualClock(), SystemClock()
    clock.advance(25 * HOUR)
    assert abs(clock.now() - real.now() - 25 * HOUR) < 30_000
    assert abs(clock.monotonic() - real.monotonic() - 25 * 3600) < 30
    assert VirtualClock(clock.offset_ms).now() >= clock.now()


def test_time_does_not_run_backward() -> None:
    with pytest.raises(ValueError, match="backward"):
        VirtualClock().advance(-1)


def test_an_advance_ends_the_sleep_of_those_whose_moment_has_come_in_its_order_and_of_no_others() -> None:
    async def tell() -> None:
        clock = VirtualClock()
        woken: list[int] = []

        async def sleep(hours: int) -> None:
            await clock.sleep(hours * 3600)
            woken.append(hours)

        sleepers = [asyncio.create_task(sleep(hours)) for hours in (3, 1, 9, 2)]
        await asyncio.sleep(0)
        clock.advance(HOUR // 2)
        await asyncio.sleep(0.02)
        assert woken == []
        clock.advance(3 * HOUR)
        await asyncio.gather(*sleepers[:2], sleepers[3])
        assert woken == [1, 2, 3]
        await asyncio.sleep(0.02)
        assert not sleepers[2].done()
        clock.advance(6 * HOUR)
        await sleepers[2]

    story(tell)


def test_what_is_left_of_a_sleep_after_an_advance_passes_by_itself() -> None:
    async def tell() -> None:
        clock, began = VirtualClock(), time.monotonic()
        sleeping = asyncio.create_task(clock.sleep(3600.1))
        await asyncio.sleep(0)
        clock.advance(HOUR)
        await sleeping
        assert 0.09 < time.monotonic() - began < 30

    story(tell)


def test_an_event_that_came_before_the_advance_is_not_taken_for_the_end_of_the_time() -> None:
    async def tell() -> None:
        clock, event = VirtualClock(), asyncio.Event()
        waiting = asyncio.create_task(clock.wait(event, 60))
        await asyncio.sleep(0)
        event.set()
        clock.advance(HOUR)
        assert await waiting is True

    story(tell)
