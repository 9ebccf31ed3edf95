"""The sandbox's virtual time: waits end by an advance and not before; the route exists only there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import Rig, rig
from trunkline.sandbox.clock import Clock, SystemClock, VirtualClock, open_clock

HOUR = 3_600_000
ADVANCE = "/_sandbox/clock/advance"


def story(folder: Path, tell: Callable[[Rig], Awaitable[None]], clock: Clock | None, **settings: Any) -> None:
    async def run() -> None:
        async with rig(folder, clock=clock, **settings) as running:
            await tell(running)

    asyncio.run(run())


def test_a_wait_ends_at_its_moment_when_time_is_moved_and_not_before() -> None:
    async def run() -> None:
        clock = VirtualClock()
        wakes = {hours: asyncio.Event() for hours in (3, 1, 9, 2)}
        order: list[int] = []

        async def wait(hours: int) -> None:
            await clock.wait(clock.now() + hours * HOUR, wakes[hours])
            order.append(hours)

        waiting = {hours: asyncio.create_task(wait(hours)) for hours in wakes}
        await asyncio.sleep(0)
        clock.advance(HOUR // 2)
        await asyncio.sleep(0.02)
        assert order == []
        clock.advance(3 * HOUR)
        await asyncio.wait_for(asyncio.gather(*(waiting[hours] for hours in (1, 2, 3))), 30)
        await asyncio.sleep(0.02)
        assert order == [1, 2, 3]
        wakes[9].set()
        await asyncio.wait_for(waiting[9], 30)

    asyncio.run(run())


def test_what_is_left_of_a_wait_passes_by_itself() -> None:
    async def run() -> None:
        clock = VirtualClock()
        until = clock.now() + HOUR + 100
        waiting = asyncio.create_task(clock.wait(until, asyncio.Event()))
        await asyncio.sleep(0)
        clock.advance(HOUR)
        await asyncio.wait_for(waiting, 30)
        assert clock.now() >= until - 1

    asyncio.run(run())


def test_statuses_that_are_due_tomorrow_come_when_tomorrow_is_made_today(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        wamid = await rig.sent()
        await rig.receiver.wait_for(lambda it: it.words_of(wamid) == ["sent"])
        moved = await (await rig.call("POST", ADVANCE, {"seconds": 25 * 3600})).json()
        assert moved["offset_seconds"] == 90_000
        await rig.receiver.wait_for(lambda it: it.words_of(wamid) == ["sent", "delivered"])
        sent, delivered = (int(status["timestamp"]) for status in rig.receiver.statuses)
        assert delivered - sent >= 86_400
        assert rig.receiver.words_of(wamid) == ["sent", "delivered"]  # `read` is due a day later

    story(tmp_path, tell, VirtualClock(tmp_path), status_delay_seconds=(0.0, 86_400.0, 2 * 86_400.0))


def test_a_callback_that_was_down_is_tried_again_when_time_is_moved(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        rig.receiver.answer = lambda post: 500 if post == 1 else 200
        wamid = await rig.sent()
        await rig.receiver.wait_for(lambda it: it.posts == 1)
        await rig.eventually("/_sandbox/health", lambda health: health["pending"])
        await asyncio.sleep(0.1)
        assert rig.receiver.posts == 1
        await rig.call("POST", ADVANCE, {"seconds": 3600})
        await rig.receiver.wait_for(lambda it: "sent" in it.words_of(wamid))

    story(tmp_path, tell, VirtualClock(tmp_path), retry_ladder_seconds=(3600,))


def test_time_does_not_run_backward_over_a_restart(tmp_path: Path) -> None:
    VirtualClock(tmp_path).advance(HOUR)
    again = VirtualClock(tmp_path)
    assert again.offset_ms == HOUR
    assert again.now() - SystemClock().now() > HOUR - 1000
    with pytest.raises(ValueError, match="virtual-time"):
        open_clock(tmp_path, virtual=False)
    assert isinstance(open_clock(tmp_path / "another", virtual=False), SystemClock)
    (tmp_path / "clock.json").write_text("{")
    for virtual in (True, False):
        with pytest.raises(ValueError, match=r"clock\.json"):
            open_clock(tmp_path, virtual=virtual)


def test_what_is_no_step_forward_is_refused_and_moves_nothing(tmp_path: Path) -> None:
    bad: list[Any] = [
        {"seconds": seconds} for seconds in (0, -1, 0.0001, 34_560_001, 10**30, "1", None, True)
    ]
    bad += [{}, [], "x", {"seconds": 1, "more": 1}, b"", b"{", b'{"seconds": NaN}', b'{"seconds": 1e999}']
    bad += [b'{"seconds": ' + b"[" * 100_000, b"\xff", b'{"seconds": "\\ud800"}', b'{"seconds": 1}\x00']

    async def tell(rig: Rig) -> None:
        for body in bad:
            answer = await rig.call("POST", ADVANCE, body)
            assert answer.status == 400, body
            assert (await answer.json())["error"]["message"]
        assert (await (await rig.call("GET", "/_sandbox/clock")).json())["offset_seconds"] == 0

    story(tmp_path, tell, VirtualClock())


def test_time_has_an_end(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        for _ in range(91):
            assert (await rig.call("POST", ADVANCE, {"seconds": 34_560_000})).status == 200
        assert (await rig.call("POST", ADVANCE, {"seconds": 34_560_000})).status == 400

    story(tmp_path, tell, VirtualClock())


def test_on_real_time_the_routes_do_not_exist(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        assert (await rig.call("GET", "/_sandbox/clock")).status == 404
        assert (await rig.call("POST", ADVANCE, {"seconds": 1})).status == 404

    story(tmp_path, tell, None)
