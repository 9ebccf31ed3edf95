"""What the governor lets go, and what it learns; the tier over a restart on both engines."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.factories import ACCOUNT, NOW, NUMBER, make_account, make_message, make_number, make_waiting
from trunkline.channels.contract import Ambiguous, NotSent, Outcome, Refused, SendError, Taken
from trunkline.config import Settings
from trunkline.model.message import Priority, State
from trunkline.outbound.accept import as_waiting
from trunkline.outbound.breaker import IN_A_ROW, NOT_SENT_SECONDS
from trunkline.outbound.governor import Governor
from trunkline.outbound.tier import DAY
from trunkline.outbound.verdict import judge
from trunkline.store import Store, accounts, attempts, messages, numbers, open_store, settlement, tier_uses
from trunkline.store.contract import Tx
from trunkline.store.messages import NewMessage, Waiting
from trunkline.store.queries import load
from trunkline.store.tier_uses import TierUse

CHANCE = random.Random(1)


def governor(**changes: object) -> Governor:
    return Governor(Settings(), make_number(**changes), 0.0, random.Random(1))


def template(recipient: str, priority: int = Priority.NORMAL) -> Waiting:
    return make_waiting(recipient, kind="template", priority=priority)


def refusal(code: int, effect: str, retry_after: float | None = None) -> Refused:
    return Refused(SendError(code, "t", "c", "nobody", "r", effect, retry_after=retry_after))


def told(one: Governor, message: Waiting, outcome: Outcome, now: float) -> None:
    one.learn(message, judge(outcome, message.type, 1, CHANCE), now)


def sends(
    one: Governor, answer: Callable[[float], Outcome], seconds: float, start: float = 10.0
) -> list[float]:
    """When an eager sender sends, one at a time, each answered at once."""
    now, at = start, []
    while now < start + seconds:
        wait = one.wait(now)
        if wait == 0:
            message = make_waiting(str(len(at)))
            assert one.admit(message, now) == 0
            at.append(now)
            told(one, message, answer(now), now)
        now += max(wait, 0.001)
    return at


def test_in_an_outage_a_few_probes_go_and_their_waits_grow_to_a_minute() -> None:
    at = sends(governor(), lambda now: Ambiguous("timeout"), 600.0)
    waits = [later - former for former, later in zip(at[IN_A_ROW - 1 :], at[IN_A_ROW:], strict=False)]
    assert len(at) < IN_A_ROW + 18
    assert all(
        0.7 * wished < wait < 1.2 * wished
        for wait, wished in zip(waits, (1, 2, 4, 8, 16, 32, 60), strict=False)
    )
    assert max(waits) < 61


def test_what_is_not_even_sent_makes_no_storm_and_is_tried_oftener_than_a_doubt() -> None:
    at = sends(governor(), lambda now: NotSent("refused"), 600.0)
    assert 120 < len(at) < 170
    assert at[-1] - at[-2] <= NOT_SENT_SECONDS + 1


def test_an_answer_closes_the_breaker_even_a_no() -> None:
    one = governor()

    def answer(now: float) -> Outcome:
        return Ambiguous("timeout") if now < 60 else refusal(131026, "fail")

    at = sends(one, answer, 120.0)
    assert not one.state(130.0).is_broken
    assert len([moment for moment in at if moment > 120]) > 600  # 80 a second


def test_a_provider_that_comes_back_only_for_a_moment_breaks_it_at_the_first_bad_answer() -> None:
    one, answers = governor(), iter([*[Ambiguous("timeout")] * 5, Taken("x"), *[Ambiguous("timeout")] * 100])
    at = sends(one, lambda now: next(answers), 5.0)
    assert len(at) <= 10


def test_only_one_probe_is_out_until_its_answer_and_a_lost_one_does_not_block_for_ever() -> None:
    one = governor()
    for index in range(IN_A_ROW):
        told(one, make_waiting(str(index)), Ambiguous("timeout"), 10.0)
    assert one.wait(10.5) > 0
    assert one.wait(11.0) == 0
    probe = make_waiting("probe")
    one.admit(probe, 11.0)
    assert one.wait(31.0) > 0
    assert one.wait(41.1) == 0
    one.admit(probe, 41.1)
    one.withdraw(probe)  # its intent was refused
    assert one.wait(42.0) == 0


def test_a_status_of_a_message_in_doubt_says_that_the_provider_is_there() -> None:
    one = governor()
    for index in range(IN_A_ROW):
        told(one, make_waiting(str(index)), Ambiguous("timeout"), 10.0)
    assert one.wait(10.0) > 0
    one.settled()
    assert one.wait(10.1) == 0


def test_answers_of_sends_from_before_the_outage_do_not_lengthen_the_wait() -> None:
    one = governor()
    for index in range(300):
        told(one, make_waiting(str(index)), Ambiguous("timeout"), 10.0)
    assert one.wait(11.1) == 0


def test_too_fast_pauses_the_number_and_halves_its_rate_and_retry_after_is_a_floor_of_an_hour_at_most() -> (
    None
):
    one = governor()
    told(one, make_waiting("a"), refusal(130429, "slow_number", retry_after=90.0), 10.0)
    assert one.wait(10.0) > 0
    assert one.state(10.0).paused_seconds >= 90
    assert (one.state(10.0).per_second, one.state(10.0).most_per_second) == (40, 80)
    told(one, make_waiting("a"), refusal(4, "slow_number", retry_after=9e9), 10.0)
    assert 3600 <= one.state(10.0).paused_seconds <= 3601


def test_too_fast_for_one_recipient_delays_that_one_alone() -> None:
    one = governor()
    told(one, make_waiting("a"), refusal(131056, "delay_lane"), 10.0)
    assert one.wait(10.1) == 0
    assert one.admit(make_waiting("a"), 10.1) == pytest.approx(5.9)
    assert one.admit(make_waiting("b"), 10.1) == 0


def test_what_never_began_leaves_its_place_with_the_recipient_to_the_next() -> None:
    one, message = governor(), make_waiting("a")
    for _ in range(Settings().dispatch.pair_burst):
        assert one.admit(message, 10.0) == 0
    assert one.admit(message, 10.0) > 0
    one.never_began(message)
    assert one.admit(message, 10.0) == 0


def test_a_tier_lets_so_many_new_people_in_a_day_and_known_ones_and_replies_always() -> None:
    one = governor(daily_recipients=3)
    for index in range(3):
        assert one.admit(template(f"p{index}"), index * 100.0) == 0
        told(one, template(f"p{index}"), Taken("x"), index * 100.0)
    assert one.admit(template("new"), 1000.0) == pytest.approx(DAY - 1000, abs=2)
    assert one.admit(template("p1"), 1000.0) == 0
    assert one.admit(make_waiting("new"), 1000.0) == 0  # an answer within the customer service window
    assert (one.state(1000.0).tier_used, one.state(1000.0).tier_limit) == (3, 3)
    assert one.admit(template("new"), DAY + 2) == 0


def test_who_is_written_to_again_is_counted_from_then_on() -> None:
    one = governor(daily_recipients=2)
    for recipient, at in (("a", 0.0), ("b", 100.0), ("a", DAY - 100)):
        assert one.admit(template(recipient), at) == 0
        told(one, template(recipient), Taken("x"), at)
    assert one.admit(template("c"), DAY + 50) == pytest.approx(50, abs=2)
    assert one.admit(template("c"), DAY + 102) == 0
    assert one.admit(template("d"), DAY + 102) == pytest.approx(DAY - 202, abs=2)


def test_what_was_not_taken_uses_no_place_and_what_may_have_been_does() -> None:
    one = governor(daily_recipients=1)
    for recipient, outcome in (("a", refusal(131026, "fail")), ("b", NotSent("refused")), ("c", None)):
        assert one.admit(template(recipient), 10.0) == 0
        if outcome is None:
            one.withdraw(template(recipient))
        else:
            told(one, template(recipient), outcome, 10.0)
    assert one.admit(template("d"), 10.0) == 0
    told(one, template("d"), Ambiguous("timeout"), 10.0)
    assert one.admit(template("e"), 10.0) > 0


def test_those_who_wait_for_the_tier_come_back_one_for_each_place() -> None:
    one = governor(daily_recipients=100)
    for index in range(100):
        one.admit(template(f"p{index}"), float(index))
        told(one, template(f"p{index}"), Taken("x"), float(index))
    waits = [one.admit(template(f"new{index}"), 200.0) for index in range(100)]
    assert len({round(wait) for wait in waits}) == 100
    assert one.admit(template("code", Priority.HIGH), 200.0) == min(waits)


def test_bulk_leaves_a_tenth_of_the_tier_to_others_or_what_the_number_says() -> None:
    for changes, most in (({}, 18), ({"tier_reserve": 5}, 15), ({"tier_reserve": 50}, 0)):
        one = governor(daily_recipients=20, **changes)
        gone = [one.admit(template(str(n), Priority.BULK), 10.0 + n) == 0 for n in range(20)]
        assert gone.count(True) == most
        rest = [one.admit(template(f"n{n}"), 100.0 + n) == 0 for n in range(21)]
        assert rest.count(True) == 20 - most


def test_a_number_without_a_tier_counts_nobody() -> None:
    one = governor()
    assert all(one.admit(template(str(index)), 10.0) == 0 for index in range(1000))
    told(one, template("a"), Taken("x"), 10.0)
    assert one.state(10.0).tier_used == 0
    assert one.use_of(template("a"), "taken", NOW) is None


async def stored(store: Store) -> None:
    """One account with a number."""

    async def work(tx: Tx) -> None:
        await accounts.insert(tx, make_account())
        await numbers.insert(tx, make_number(daily_recipients=3))

    await store.write(work)


def test_a_new_owner_knows_who_was_written_to_within_a_day(store_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        store = await open_store(store_url or None, tmp_path, NOW)
        try:
            await stored(store)
            uses = [TierUse(ACCOUNT, NUMBER, name, NOW - ago) for name, ago in
                    (("old", 90_000_000), ("earlier", 50_000_000), ("last", 5_000))]  # fmt: skip
            await store.write(lambda tx: tier_uses.record(tx, [*uses, uses[1]]))
            one = governor(daily_recipients=3)
            await one.load(store, NOW, 1000.0)
            assert one.state(1000.0).tier_used == 2
            assert one.admit(template("last"), 1000.0) == 0
            assert one.admit(template("new"), 1000.0) == 0
            assert one.admit(template("another"), 1000.0) == pytest.approx(DAY - 50_000, abs=2)
        finally:
            await store.close()

    asyncio.run(story())


def test_a_send_that_counts_is_kept_with_its_outcome_and_an_open_one_counts_at_once(
    store_url: str, tmp_path: Path
) -> None:
    async def story() -> None:
        store = await open_store(store_url or None, tmp_path, NOW)
        try:
            await stored(store)
            first, second, third = (
                make_message(recipient, type=kind)
                for recipient, kind in (("a", "template"), ("b", "template"), ("c", "text"))
            )
            third_person = make_message("d", type="template")
            await store.write(lambda tx: messages.insert_many(tx, [first, second, third]))
            await begun(store, first, second, third)
            before = governor(daily_recipients=3)
            await before.load(store, NOW, 1000.0)
            assert before.state(1000.0).tier_used == 2  # the process died while both were on the wire
            assert before.admit(as_waiting(third_person), 1000.0) == 0
            assert before.use_of(as_waiting(third_person), "taken", NOW) is not None
            before.withdraw(as_waiting(third_person))  # a status came first, and there is no verdict
            assert before.state(1000.0).tier_used == 3
            use = before.use_of(as_waiting(first), "taken", NOW)
            await store.batch(settlement.record_outcomes, taken(first, use))
            await store.write(lambda tx: settlement.settle_attempts(tx, ACCOUNT, [second.id], "token", NOW))
            after = governor(daily_recipients=3)
            await after.load(store, NOW, 1000.0)
            assert after.state(1000.0).tier_used == 1
            assert after.admit(template("a"), 1000.0) == 0
            assert after.state(1000.0).tier_used == 1
        finally:
            await store.close()

    asyncio.run(story())


async def begun(store: Store, *new: NewMessage) -> None:
    """Each has an open attempt, as a process leaves it that dies while it sends."""

    async def work(tx: Tx) -> None:
        for message in new:
            values = (ACCOUNT, message.id, 1, NUMBER, message.recipient, 1, NOW)
            await tx.execute_many(load("attempts")["insert"], [values])

    await store.write(work)


def taken(message: NewMessage, use: TierUse | None) -> attempts.Outcome:
    return attempts.Outcome(
        account_id=ACCOUNT, message_id=message.id, n=1, outcome="taken", is_open=False, finished_at=NOW,
        state=State.SUBMITTED, due_at=NOW, provider_id="wamid.1", submitted_at=NOW, tier_use=use,
    )  # fmt: skip
