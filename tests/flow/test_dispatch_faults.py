"""What dispatch does when the store or an operator comes in between: nothing is stuck, nothing is lost."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories import HOUR
from tests.flow.rig import Rig, rig, taken
from trunkline import admin
from trunkline.channels.contract import Outcome, Outgoing
from trunkline.housekeeping import expire
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.outbound import line, number
from trunkline.store import attempts, leases, numbers, settlement

Tell = Callable[[Rig], Awaitable[None]]


def story(folder: Path, tell: Tell, url: str = "", **more: Any) -> None:
    async def run() -> None:
        async with rig(folder, url, **more) as running:
            await tell(running)

    asyncio.run(run())


def test_a_store_that_is_away_between_intent_and_send_leaves_nothing_in_sending(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        first = rig.message()
        await rig.accept(first)
        await rig.until(first, "submitted")
        reply = rig.message(context_id=first.id)
        rig.store.refuse("read")
        await rig.accept(reply)
        await rig.until(reply, "submitted")

    story(tmp_path, tell)


def test_a_number_removed_between_intent_and_send_leaves_nothing_in_sending(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        message = rig.message()
        rig.runtime.directory._opened.clear()
        await rig.accept(message)
        await asyncio.sleep(0.3)
        assert (await rig.row(message)).state == "queued"
        assert rig.provider.sent == []

    story(tmp_path, tell)


def test_a_message_whose_life_ended_holds_nobody_up(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        old, young = rig.message(expires_at=rig.runtime.clock.now() - 1), rig.message()
        await rig.accept(old, young)
        await rig.until(young, "submitted")
        assert len(rig.provider.sent) == 1

    story(tmp_path, tell)


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD, State.SCHEDULED])
def test_what_waits_for_a_number_that_was_removed_comes_to_an_end(
    state: State, store_url: str, tmp_path: Path
) -> None:
    async def tell(rig: Rig) -> None:
        life = rig.runtime.settings.dispatch.message_life_hours * HOUR
        end = rig.runtime.clock.now() - 1000
        born = State.SCHEDULED if state is State.SCHEDULED else State.QUEUED
        old = rig.message(
            id=ids.first_id(ids.MESSAGE, end - life), due_at=end - life, expires_at=end, state=born
        )
        young = rig.message("15550003333")
        await rig.keep(old, young)
        if state is State.HELD:
            await rig.store.write(lambda tx: refuse_and_hold(tx, rig, old))
        await admin.remove_number(rig.office, rig.account_id, rig.number_id)
        await rig.runtime.directory.reload()
        while await expire.step(rig.runtime):
            pass
        assert [(await rig.row(one)).state for one in (old, young)] == ["expired", "queued"]

    story(tmp_path, tell, store_url)


def test_a_number_that_could_not_be_taken_over_at_once_is_taken_over_later(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        second = await rig.add_number("15550001001")
        rig.store.refuse("write")
        with contextlib.suppress(Exception):
            await rig.dispatcher.sync_numbers()
        message = rig.message(number_id=second)
        await rig.accept(message)
        await rig.until(message, "submitted")

    story(tmp_path, tell)


async def refuse_and_hold(tx: Any, rig: Rig, message: Any) -> None:
    """One attempt, refused in a way that holds the number."""
    epoch = await leases.take(tx, rig.account_id, rig.number_id, "before", is_alone=True)
    number, now = rig.number_id, message.created_at
    intent = attempts.Intent(rig.account_id, message.id, number, message.recipient, epoch, now - 1000 * HOUR)
    assert await attempts.open_intents(tx, [intent]) == [1]
    outcome = attempts.Outcome(
        account_id=rig.account_id, message_id=message.id, n=1, outcome="refused", is_open=False,
        finished_at=now, state=State.HELD, state_reason="number_held:190", due_at=now,
    )  # fmt: skip
    await settlement.record_outcomes(tx, [outcome])


def test_what_was_held_goes_on_when_the_number_was_released_while_the_server_was_stopped(
    tmp_path: Path,
) -> None:
    async def tell(rig: Rig) -> None:
        held = rig.message()
        await rig.keep(held)

        await rig.store.write(lambda tx: refuse_and_hold(tx, rig, held))
        await rig.store.write(
            lambda tx: numbers.hold(tx, rig.account_id, rig.number_id, "number_held:190", held.created_at)
        )
        await admin.release_number(rig.office, rig.account_id, rig.number_id)
        await rig.runtime.directory.reload()
        await rig.start()
        await rig.until(held, "submitted")

    story(tmp_path, tell)


def test_a_new_message_does_not_overtake_an_older_one_that_waits_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "IN_MEMORY", 10)
    monkeypatch.setattr(number, "LOOK_SECONDS", 0.05)

    async def tell(rig: Rig) -> None:
        may_go = asyncio.Event()

        async def when_told(message: Outgoing) -> Outcome:
            await may_go.wait()
            return await taken(message)

        rig.provider.answer = when_told
        await rig.start()
        waiting = [rig.message("15550009999") for _ in range(12)]
        late: list[Any] = []
        for message in waiting:
            await rig.accept(message)

        async def another() -> None:
            message = rig.message("15550009999")
            await rig.accept(message)
            late.append(message)

        number = rig.dispatcher._numbers[rig.number_id]
        read = rig.store.read

        async def overtaken(work: Any) -> Any:
            """Before each of the reads that look for the rest of the line, a new message comes."""
            if len(late) < 4 and len(number.line._lanes) < 5:
                await another()
            return await read(work)

        rig.store.read = overtaken  # type: ignore[method-assign]
        may_go.set()
        while len(late) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await rig.until(late[-1], "submitted")
        order = [read_id(message) for message in rig.provider.sent]
        assert order == sorted(order)
        assert len(order) == 16

    story(tmp_path, tell)


def read_id(message: Outgoing) -> str:
    return message.token.split(".")[1]


def test_a_doubt_that_ends_while_the_line_is_made_does_not_block_its_lane(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        dead, next_one = rig.message(), rig.message()
        await rig.keep(dead, next_one)

        async def intend(tx: Any) -> None:
            epoch = await leases.take(tx, rig.account_id, rig.number_id, "before", is_alone=True)
            intent = attempts.Intent(
                rig.account_id, dead.id, rig.number_id, dead.recipient, epoch, dead.created_at
            )
            await attempts.open_intents(tx, [intent])

        await rig.store.write(intend)

        async def settle() -> None:
            await rig.store.write(
                lambda tx: settlement.settle_attempts(tx, rig.account_id, [dead.id], "token", dead.created_at)
            )
            rig.dispatcher.settled(rig.number_id, dead.recipient, dead.id)

        rig.store.after_read = settle
        await rig.start()
        await rig.until(next_one, "submitted")

    story(tmp_path, tell)


def test_a_fault_of_ours_in_the_scan_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged_errors: list[str]
) -> None:
    monkeypatch.setattr(number, "LOOK_SECONDS", 0.05)

    async def tell(rig: Rig) -> None:
        await rig.start()
        rig.store.refuse("read", fault=ZeroDivisionError("on purpose"))
        now = rig.runtime.clock.now()
        later = rig.message(state=State.SCHEDULED, due_at=now + 200)
        await rig.accept(later)
        await rig.until(later, "submitted")
        assert len(logged_errors) == 1
        logged_errors.clear()

    story(tmp_path, tell)


def test_a_lane_that_the_store_knows_to_be_in_doubt_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged_errors: list[str]
) -> None:
    monkeypatch.setattr(number, "FAULT_RETRY_SECONDS", 0.1)

    async def tell(rig: Rig) -> None:
        await rig.start()
        stranger, message = rig.message(), rig.message()
        await rig.keep(stranger)
        epoch = rig.dispatcher._numbers[rig.number_id].owned.lease.epoch
        intent = attempts.Intent(
            rig.account_id, stranger.id, rig.number_id, stranger.recipient, epoch, stranger.due_at
        )
        await rig.store.write(lambda tx: attempts.open_intents(tx, [intent]))
        await rig.accept(message)
        await asyncio.sleep(0.2)
        await rig.store.write(
            lambda tx: settlement.settle_attempts(tx, rig.account_id, [stranger.id], "token", stranger.due_at)
        )
        await rig.until(message, "submitted")
        assert logged_errors
        logged_errors.clear()

    story(tmp_path, tell)


def test_a_message_that_nobody_handed_over_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(line, "RESCUE_SECONDS", 0.1)

    async def tell(rig: Rig) -> None:
        await rig.start()
        message = rig.message()
        await rig.keep(message)
        await rig.until(message, "submitted")
        assert len(rig.provider.sent) == 1

    story(tmp_path, tell)


def test_an_outcome_that_the_store_refuses_leaves_the_message_in_doubt_and_visible(
    tmp_path: Path, logged_errors: list[str]
) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        message = rig.message()

        async def odd(outgoing: Outgoing) -> Outcome:
            rig.store.refuse("batch", fault=ValueError("on purpose"))
            return await taken(outgoing)

        rig.provider.answer = odd
        await rig.accept(message)
        await rig.until(message, "unknown")
        assert logged_errors
        logged_errors.clear()

    story(tmp_path, tell)


def test_one_recipient_with_a_long_line_keeps_nobody_else_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "IN_MEMORY", 100)
    monkeypatch.setattr(number, "LOOK_SECONDS", 0.05)

    async def tell(rig: Rig) -> None:
        never = asyncio.Event()

        async def slow_for_one(message: Outgoing) -> Outcome:
            if message.recipient == "15550009999":
                await never.wait()
            return await taken(message)

        rig.provider.answer = slow_for_one
        await rig.start()
        for _ in range(150):
            await rig.accept(rig.message("15550009999"))
        other = rig.message("15550003333")
        await rig.accept(other)
        await rig.until(other, "submitted")
        never.set()

    story(tmp_path, tell)


def test_news_of_an_ended_doubt_that_come_twice_start_one_send(tmp_path: Path) -> None:
    async def tell(rig: Rig) -> None:
        async def slow(outgoing: Outgoing) -> Outcome:
            await asyncio.sleep(1)
            return await taken(outgoing)

        rig.provider.answer = slow
        await rig.start()
        again, behind = rig.message(), rig.message()
        rig.store.refuse("batch")  # its intent waits
        await rig.accept(again, behind)
        await asyncio.sleep(0.1)
        await rig.dispatcher.again(rig.number_id, again.id)
        await rig.until(behind, "submitted")
        assert [message.token.split(".")[1][:-2] for message in rig.provider.sent] == [
            one.id.removeprefix("msg_") for one in (again, behind)
        ]

    story(tmp_path, tell)


def test_a_fault_of_ours_before_a_send_leaves_nothing_in_sending(
    tmp_path: Path, logged_errors: list[str]
) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        odd = rig.message(content="{")
        await rig.accept(odd)
        while not (await rig.row(odd)).attempts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await rig.until(odd, "queued")
        assert rig.provider.sent == []
        logged_errors.clear()

    story(tmp_path, tell)


def test_a_fault_of_ours_while_news_are_read_costs_nobody_a_minute(
    tmp_path: Path, logged_errors: list[str]
) -> None:
    async def tell(rig: Rig) -> None:
        await rig.start()
        message = rig.message()
        await rig.keep(message)
        rig.store.refuse("read", fault=ZeroDivisionError("on purpose"))
        rig.dispatcher.refresh(rig.number_id)
        await rig.until(message, "submitted")
        assert len(logged_errors) == 1
        logged_errors.clear()

    story(tmp_path, tell)
