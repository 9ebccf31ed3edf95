"""Priorities, news of other processes and the breaker, with a real store and a scripted provider."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.flow.rig import Rig, rig, taken
from trunkline import admin
from trunkline.admin import NumberForm
from trunkline.channels.contract import Ambiguous, NotSent, Outcome, Outgoing, Refused, SendError
from trunkline.clock import VirtualClock
from trunkline.model import ids
from trunkline.model.message import Priority
from trunkline.outbound import line
from trunkline.outbound.accept import as_waiting
from trunkline.outbound.breaker import IN_A_ROW
from trunkline.outbound.verdict import MAX_RETRIES
from trunkline.store import messages
from trunkline.store.messages import NewMessage

Tell = Callable[[Rig], Awaitable[None]]


def story(folder: Path, tell: Tell, **more: Any) -> None:
    async def run() -> None:
        async with rig(folder, **more) as running:
            await tell(running)

    asyncio.run(run())


def many(rig: Rig, count: int, priority: Priority, start: int = 0) -> list[NewMessage]:
    return [rig.message(str(15550100000 + start + n), priority=priority) for n in range(count)]


async def slowly(rig: Rig, per_second: int) -> None:
    """Few sends are on their way at a time."""
    number = rig.dispatcher._numbers[rig.number_id]
    await number.change(msgspec.structs.replace(number._row, messages_per_second=per_second))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_a_one_time_code_behind_fifty_thousand_of_bulk_is_among_the_next_few(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        await rig.keep(*many(rig, 50_000, Priority.BULK))
        await rig.start()
        await slowly(rig, 100)
        await until(lambda: len(rig.provider.sent) > 20)
        code = rig.message("15559999999", priority=Priority.HIGH)
        await rig.accept(code)
        before = len(rig.provider.sent)
        await until(lambda: code.recipient in rig.provider.recipients())
        assert rig.provider.recipients().index(code.recipient) - before <= 10

    story(tmp_path, tell)


def test_normal_and_bulk_share_four_to_one_and_both_end(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        bulk, normal = many(rig, 150, Priority.BULK), many(rig, 150, Priority.NORMAL, 1000)
        await rig.keep(*bulk, *normal)
        await rig.start()
        await until(lambda: len(rig.provider.sent) == 300)
        names = {message.recipient for message in bulk}
        first = Counter("bulk" if name in names else "normal" for name in rig.provider.recipients()[:100])
        assert first == {"normal": 80, "bulk": 20}

    story(tmp_path, tell)


def test_a_line_that_is_full_of_bulk_has_room_for_what_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "IN_MEMORY", 20)
    monkeypatch.setattr(line, "RESCUE_SECONDS", 3600.0)

    async def tell(rig: Rig) -> None:
        may_go = asyncio.Event()

        async def when_told(message: Outgoing) -> Outcome:
            if message.recipient != "15559999999":
                await may_go.wait()
            return await taken(message)

        rig.provider.answer = when_told
        await rig.keep(*many(rig, 1000, Priority.BULK))
        await rig.start()
        await until(lambda: len(rig.provider.sent) == 300)  # as many as may wait for an answer
        may_go.set()
        code = rig.message("15559999999", priority=Priority.HIGH)
        await rig.accept(code)
        await rig.until(code, "submitted")
        assert len(rig.provider.sent) < 700

    story(tmp_path, tell)


def test_what_another_process_queued_is_read_on_news_even_when_its_id_is_older(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        first = rig.message("15550000001")
        await rig.accept(first)
        await rig.until(first, "submitted")
        slow = ids.first_id(ids.MESSAGE, ids.made_at(first.id) - 30_000)  # its commit took so long
        late = [rig.message("15550000002", id=slow), rig.message("15550000003", priority=Priority.BULK)]
        await rig.keep(*late)
        rig.dispatcher.refresh(rig.number_id, slow)
        for message in late:
            await rig.until(message, "submitted", 1.0)

    story(tmp_path, tell)


def test_a_storm_of_news_makes_few_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        number, read, began = rig.dispatcher._numbers[rig.number_id], rig.store.read, []

        async def counted(work: Any) -> Any:
            began.append(asyncio.get_running_loop().time())
            return await read(work)

        rig.store.read = counted  # type: ignore[method-assign]
        for _ in range(200):
            number.line.refresh()
            await asyncio.sleep(0.001)
        seconds = began[-1] - began[0]
        assert 3 <= len(began) <= 3 * (seconds / line.NEWS_SECONDS + 1) + 4  # of three priorities; two looks

    story(tmp_path, tell)


def test_in_an_outage_few_messages_get_into_doubt_and_all_others_go_after_it(tmp_path: Path) -> None:
    clock = VirtualClock()

    async def tell(rig: Rig) -> None:
        at: list[float] = []

        async def out(message: Outgoing) -> Outcome:
            at.append(clock.monotonic())
            return Ambiguous("HTTP 503", 503)

        rig.provider.answer = out
        await rig.start()
        await slowly(rig, 50)
        await rig.accept(*many(rig, 300, Priority.NORMAL))
        await until(lambda: len(at) >= IN_A_ROW)
        for _ in range(600):  # ten minutes
            clock.advance(1000)
            for _ in range(4):
                await asyncio.sleep(0.001)
        assert IN_A_ROW + 5 <= len(at) <= IN_A_ROW + 25
        # Once a minute. On a busy machine the clock is moved while the store still writes, so a bit more.
        assert max(later - former for former, later in pairwise(at)) <= 110

        rig.provider.answer = taken
        async with asyncio.timeout(30):
            while len(rig.provider.sent) < 300:
                clock.advance(1000)
                await asyncio.sleep(0.005)
        assert len(at) <= IN_A_ROW + 25

    story(tmp_path, tell, clock=clock)


def test_an_outage_uses_up_no_patience_with_refusals(tmp_path: Path) -> None:
    clock = VirtualClock()
    busy = SendError(code=131016, title="t", cause="c", actor="nobody", remedy="r", effect="retry")

    async def tell(rig: Rig) -> None:
        async def out(message: Outgoing) -> Outcome:
            tries = len(rig.provider.sent)
            if tries <= MAX_RETRIES + 1:
                return NotSent("connection refused")
            return Refused(busy) if tries == MAX_RETRIES + 2 else await taken(message)

        rig.provider.answer = out
        await rig.start()
        message = rig.message(expires_at=clock.now() + 24 * 3_600_000)
        await rig.accept(message)
        async with asyncio.timeout(30):
            while (await rig.row(message)).state not in ("submitted", "failed"):
                clock.advance(10_000)
                await asyncio.sleep(0.002)
        assert (await rig.row(message)).state == "submitted"

    story(tmp_path, tell, clock=clock)


def test_a_doubt_that_is_given_up_does_not_say_that_the_provider_is_back(tmp_path: Path) -> None:
    clock = VirtualClock()

    async def tell(rig: Rig) -> None:
        async def out(message: Outgoing) -> Outcome:
            return Ambiguous("HTTP 503", 503)

        rig.provider.answer = out
        await rig.start()
        await slowly(rig, 50)
        await rig.accept(*many(rig, 30, Priority.NORMAL))
        async with asyncio.timeout(30):
            while len(rig.provider.sent) < IN_A_ROW:
                clock.advance(20)
                await asyncio.sleep(0.002)
        number = rig.dispatcher._numbers[rig.number_id]
        await until(lambda: number.in_doubt >= IN_A_ROW)
        message_id, recipient = next(iter(number._doubts.items()))
        rig.dispatcher.free(rig.number_id, recipient, message_id)  # as after `abandon`
        assert number._governor.state(clock.monotonic()).is_broken
        message_id, recipient = next(iter(number._doubts.items()))
        rig.dispatcher.settled(rig.number_id, recipient, message_id)
        assert not number._governor.state(clock.monotonic()).is_broken

    story(tmp_path, tell, clock=clock)


def test_a_raised_tier_lets_those_go_who_waited_for_it(tmp_path: Path) -> None:
    clock = VirtualClock()

    async def tell(rig: Rig) -> None:
        await rig.start()
        await tier(rig, 1)
        first, second = (rig.message(f"1555000010{n}", type="template") for n in range(2))
        await rig.accept(first, second)
        async with asyncio.timeout(30):
            while not rig.provider.sent:
                clock.advance(20)
                await asyncio.sleep(0.002)
        await until(lambda: (rig.dispatcher._numbers[rig.number_id].line.seconds_to_next() or 0) > 60)
        await tier(rig, 2)
        async with asyncio.timeout(30):
            for _ in range(360):
                clock.advance(1000)
                await asyncio.sleep(0.002)
        assert rig.provider.recipients() == [first.recipient, second.recipient]

    story(tmp_path, tell, clock=clock)


async def tier(rig: Rig, recipients: int) -> None:
    number = rig.dispatcher._numbers[rig.number_id]
    await number.change(msgspec.structs.replace(number._row, daily_recipients=recipients))


def test_the_tier_of_a_number_is_kept_to_after_a_restart(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        form = NumberForm(
            digits="15550001000", phone_number_id="15550001000", waba_id="1", token="t", app_id="1",
            app_secret="s", base_url="http://127.0.0.1:9", messages_per_second=1000, daily_recipients=3,
        )  # fmt: skip
        await admin.register_number(rig.office, rig.account_id, form)
        await rig.runtime.directory.reload()
        await rig.start()

    async def first(rig: Rig) -> None:
        await tell(rig)
        known = [rig.message(f"1555000000{n}", type="template") for n in range(2)]
        gone = rig.message("15550000008", type="template")
        await rig.store.really.write(lambda tx: messages.insert_many(tx, [gone]))
        assert await rig.store.really.write(
            lambda tx: messages.cancel(tx, rig.account_id, gone.id, gone.created_at)
        )
        rig.dispatcher.hand_over([as_waiting(gone)])  # canceled while it waits in memory
        await rig.accept(*known)
        for message in known:
            await rig.until(message, "submitted")

    async def second(rig: Rig) -> None:
        await tell(rig)
        third, fourth = (rig.message(f"1555000010{n}", type="template") for n in range(2))
        again, reply = rig.message("15550000000", type="template"), rig.message("15550000109")
        await rig.accept(third)
        await rig.until(third, "submitted")
        await rig.accept(fourth, again, reply)
        for message in (again, reply):
            await rig.until(message, "submitted")
        assert (await rig.row(fourth)).state == "queued"
        assert fourth.recipient not in rig.provider.recipients()

    story(tmp_path, first)
    story(tmp_path, second)
