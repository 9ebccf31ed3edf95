"""Campaigns that are paused, resumed, canceled, stopped by their own rules, or lose what they need: the right
rest is sent."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from tests.flow.campaign_desk import Desk, desk
from trunkline.campaigns import actions
from trunkline.campaigns.cost_report import CostLine, CostReport, CostTier
from trunkline.campaigns.report_types import CheckReport
from trunkline.channels.contract import NotSent, Outcome, Outgoing, Refused, SendError, Taken
from trunkline.clock import VirtualClock
from trunkline.errors import Refusal
from trunkline.model.campaign import Budget, Content, Schedule, StopRules, Variant, Winner
from trunkline.store import Tx, consents, numbers, suppressions
from trunkline.store.consents import Consent
from trunkline.store.suppressions import Suppression


def key(here: Desk, campaign_id: str) -> tuple[object, str, str]:
    return here.runtime, here.rig.account_id, campaign_id


def test_nothing_leaves_after_a_pause_is_told_and_a_resume_sends_the_rest(
    store_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            campaign_id = await here.add(3_000)
            await here.start(campaign_id)
            for sent in (200, 700, 1_500):
                await here.until_sent(sent)
                await actions.pause(*key(here, campaign_id))
                await asyncio.sleep(0.05)  # what had its intent
                count = len(here.provider.sent)
                await asyncio.sleep(0.6)
                assert len(here.provider.sent) == count
                states = await here.states(campaign_id)
                assert states.get("queued", 0) == 0
                await actions.resume(*key(here, campaign_id))
            await here.until(campaign_id, "finished", 40)
            assert sorted(here.texts()) == sorted(f"Hello number {n}" for n in range(1, 3_001))

    asyncio.run(run())


def test_a_cancel_leaves_nothing_behind(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            campaign_id = await here.add(4_000)
            await here.start(campaign_id)
            await here.until_sent(300)
            await actions.cancel(*key(here, campaign_id))
            await asyncio.sleep(0.05)
            count = len(here.provider.sent)
            async with asyncio.timeout(2):
                while (await here.row(campaign_id)).ended_at is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            states = await here.states(campaign_id)
            assert set(states) <= {"submitted", "canceled"} and states["submitted"] == count
            found = await here.recipients(campaign_id)
            assert {one.state for one in found} == {"created", "canceled"}
            await asyncio.sleep(0.3)
            assert len(here.provider.sent) == count
            with pytest.raises(Refusal, match="is canceled"):
                await actions.resume(*key(here, campaign_id))

    asyncio.run(run())


def test_a_message_refused_for_now_waits_for_the_resume_too(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            on_wire, paused = asyncio.Event(), asyncio.Event()

            async def away(message: Outgoing) -> Outcome:
                on_wire.set()
                await paused.wait()
                return NotSent("not now")

            here.provider.answer = away
            campaign_id = await here.add(1)
            await here.start(campaign_id)
            await on_wire.wait()
            await actions.pause(*key(here, campaign_id))
            here.provider.answer = taken
            paused.set()
            await asyncio.sleep(2.5)
            assert len(here.provider.sent) == 1 and await here.states(campaign_id) == {"held": 1}
            await actions.resume(*key(here, campaign_id))
            await here.until(campaign_id, "finished")
            assert len(here.provider.sent) == 2

    asyncio.run(run())


async def refused(message: Outgoing) -> Outcome:
    return Refused(SendError(131026, "Undeliverable", "It can not be delivered.", "recipient", "None."))


async def taken(message: Outgoing) -> Outcome:
    return Taken(f"wamid.{message.token}")


def test_a_canary_goes_alone_and_is_waited_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            campaign_id = await here.add(40, canary=5)
            await here.start(campaign_id)
            row = await here.until(campaign_id, "paused")
            assert row.state_reason == "canary" and len(here.provider.sent) == 5
            await actions.resume(*key(here, campaign_id))
            await here.until(campaign_id, "finished")
            assert len(here.provider.sent) == 40

    asyncio.run(run())


def test_a_pace_holds_and_can_be_changed_while_it_runs(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            campaign_id = await here.add(200, per_second=10)
            await here.start(campaign_id)
            await asyncio.sleep(2)
            assert 10 <= len(here.provider.sent) <= 31
            await actions.set_pace(*key(here, campaign_id), 500)
            await here.until(campaign_id, "finished", 5)
            assert len(here.provider.sent) == 200

    asyncio.run(run())


def test_too_many_failures_pause_it_and_after_a_resume_only_new_ones_count(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            here.provider.answer = refused
            rules = StopRules(failure_rate=0.2, after=50)
            campaign_id = await here.add(2_000, stop=rules, per_second=100)
            await here.start(campaign_id)
            row = await here.until(campaign_id, "paused")
            assert row.state_reason == "failure_rate" and len(here.provider.sent) < 600
            here.provider.answer = taken
            await actions.resume(*key(here, campaign_id))
            await actions.set_pace(*key(here, campaign_id), 1000)
            await here.until(campaign_id, "finished")
            assert len(here.provider.sent) == 2_000

    asyncio.run(run())


def test_who_says_stop_meanwhile_gets_nothing(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            campaign_id = await here.add(300, per_second=100)
            await here.start(campaign_id)
            await here.until_sent(20)
            last, now = "15550100300", here.runtime.clock.now()

            async def stop(tx: object) -> None:
                await suppressions.lock(tx, here.rig.account_id)
                await suppressions.add_many(
                    tx, here.rig.account_id, [Suppression(last, "all", "message", None, now)]
                )

            await here.runtime.store.write(stop)
            await here.until(campaign_id, "finished")
            assert len(here.provider.sent) == 299 and last not in here.provider.recipients()
            found = (await here.recipients(campaign_id))[-1]
            assert (found.state, found.reason) == ("skipped", "opted_out")

    asyncio.run(run())


def test_who_takes_a_consent_back_after_the_check_gets_nothing(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            people, account_id = ["15550100001", "15550100002", "15550100003"], here.rig.account_id
            campaign_id = await here.add(people)
            said = [("15550100001", "granted"), ("15550100002", "granted"), ("15550100002", "withdrawn")]
            entries = [
                Consent(f"cns_{n}", address, "marketing", action, "import", None, n, n)
                for n, (address, action) in enumerate(said)
            ]
            await here.runtime.store.write(lambda tx: consents.append_many(tx, account_id, entries))
            await here.start(campaign_id)
            await here.until(campaign_id, "finished")
            assert sorted(here.provider.recipients()) == ["15550100001", "15550100003"]
            assert (await here.recipients(campaign_id))[1].reason == "no_consent"

    asyncio.run(run())


def test_a_held_number_pauses_it(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            campaign_id = await here.add(2_000, per_second=200)
            await here.start(campaign_id)
            await here.until_sent(50)
            held = (here.rig.account_id, here.rig.number_id, "by hand", here.runtime.clock.now())

            async def hold(tx: object) -> None:
                await numbers.hold(tx, *held)
                await tx.tell("directory")

            await here.runtime.store.write(hold)
            row = await here.until(campaign_id, "paused", 3)
            assert row.state_reason == "number"

    asyncio.run(run())


def test_a_test_finds_the_winner_and_the_rest_gets_it(store_url: str, tmp_path: Path) -> None:
    def text(words: str) -> Content:
        return Content(body={"type": "text", "text": {"body": words}})

    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            campaign_id = await here.add(
                100,
                content=None,
                variants=(
                    Variant(name="A", content=text("first")),
                    Variant(name="B", content=text("second")),
                ),
                winner=Winner(percent=20, by="delivered", after_minutes=0),
            )
            await here.start(campaign_id)
            row = await here.until(campaign_id, "finished")
            run = actions.run_of(row)
            assert run.winner == "A" and run.test_ended_at
            texts = here.texts()
            assert len(texts) == 100 and 5 <= texts.count("second") <= 15

    asyncio.run(run())


def test_whose_validity_or_campaign_is_over_gets_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with desk(tmp_path, clock=clock) as here:
            late = await here.add(10, schedule=Schedule(validity_minutes=5), per_second=0.01)
            await here.start(late)
            await here.until_sent(1)
            clock.advance(10 * 60_000)
            await here.until(late, "finished")
            ended = await here.add(10, schedule=Schedule(end_at=clock.now() - 1))
            await here.start(ended)
            await here.until(ended, "finished")
            assert len(here.provider.sent) == 1
            found = [*(await here.recipients(late))[1:], *await here.recipients(ended)]
            assert {(one.state, one.reason) for one in found} == {("skipped", "too_late")}

    asyncio.run(run())


def test_a_scheduled_one_starts_by_itself(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            campaign_id = await here.add(5, start_at=here.runtime.clock.now() + 700)
            row = await here.start(campaign_id)
            assert row.state == "scheduled"
            await asyncio.sleep(0.3)
            assert here.provider.sent == []
            await here.until(campaign_id, "finished", 3)
            assert len(here.provider.sent) == 5

    asyncio.run(run())


def test_a_number_whose_quality_falls_pauses_it_and_a_low_one_from_before_does_not(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            await told(here, "FLAGGED")
            first = await here.add(20)
            await here.start(first)
            await here.until(first, "finished")
            await told(here, "UNFLAGGED")
            second = await here.add(2_000, per_second=200)
            await here.start(second)
            await here.until_sent(60)
            await told(here, "FLAGGED")
            row = await here.until(second, "paused", 3)
            assert row.state_reason == "quality"
            await actions.resume(*key(here, second))
            await here.until_sent(len(here.provider.sent) + 300)

    asyncio.run(run())


async def told(here: Desk, word: str) -> None:
    now = here.runtime.clock.now()

    async def learn(tx: Tx) -> None:
        about = (here.rig.account_id, here.rig.number_id, {"quality_event": word}, None)
        await numbers.learn(tx, *about, now, now)
        await tx.tell("directory")

    await here.runtime.store.write(learn)
    await here.runtime.directory.reload()


def test_too_many_who_opt_out_pause_it(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            here.provider.answer = refused  # an end that is known at once
            rules = StopRules(failure_rate=None, block_rate=0.01, after=10)
            campaign_id = await here.add(2_000, per_second=100, stop=rules)
            await here.start(campaign_id)
            await here.until_sent(40)
            now = here.runtime.clock.now()

            async def stop(tx: Tx) -> None:
                await suppressions.lock(tx, here.rig.account_id)
                first = here.provider.recipients()[:5]
                people = [Suppression(one, "all", "message", None, now) for one in first]
                await suppressions.add_many(tx, here.rig.account_id, people)

            await here.runtime.store.write(stop)
            row = await here.until(campaign_id, "paused", 5)
            assert row.state_reason == "block_rate"

    asyncio.run(run())


def test_a_budget_is_never_exceeded_and_a_resume_needs_a_higher_one(store_url: str, tmp_path: Path) -> None:
    report = CheckReport(
        checked_at=0, took_seconds=0, recipients=200, ready=200, skipped={}, findings=[], samples=[],
        shares=[],
        cost=CostReport(
            currency="EUR", total="20", total_micros=20_000_000, count=200, charged=200, unpriced=0,
            time_zone="UTC", rules=None, cards=[],
            lines=[
                CostLine(
                    market="India", category="utility", count=200, charged=200, unpriced=0, amount="20",
                    free={},
                    tiers=[CostTier(first=1, last=None, rate="0.10", count=200, amount="20")],
                )
            ],
        ),
    )  # fmt: skip

    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            stop = StopRules(budget=Budget(currency="EUR", micros=8_000_000))  # 80 of them
            campaign_id = await here.add(200, stop=stop, report=msgspec.json.encode(report).decode())
            await here.start(campaign_id)
            for sent, euros in ((80, 16), (160, 20)):  # that is enough for all of them, and no more
                row = await here.until(campaign_id, "paused")
                assert row.state_reason == "budget"
                states = await here.states(campaign_id)
                assert sum(states.values()) == sent
                with pytest.raises(Refusal, match="raise that first"):
                    await actions.resume(*key(here, campaign_id))
                raised = Budget(currency="EUR", micros=euros * 1_000_000)
                await actions.set_budget(*key(here, campaign_id), raised)
                await actions.resume(*key(here, campaign_id))
            await here.until(campaign_id, "finished")
            assert len(here.provider.sent) == 200
            with pytest.raises(Refusal, match="is finished"):
                await actions.set_budget(*key(here, campaign_id), raised)


def test_a_canceled_one_has_ended_when_what_was_on_its_way_can_not_come_back(
    store_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            on_wire, refuse = asyncio.Event(), asyncio.Event()

            async def away(message: Outgoing) -> Outcome:
                on_wire.set()
                await refuse.wait()
                return NotSent("not now")

            here.provider.answer = away
            campaign_id = await here.add(1)
            await here.start(campaign_id)
            await on_wire.wait()
            await actions.cancel(*key(here, campaign_id))
            await asyncio.sleep(0.5)
            assert (await here.row(campaign_id)).ended_at is None
            refuse.set()
            async with asyncio.timeout(5):
                while (await here.row(campaign_id)).ended_at is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert await here.states(campaign_id) == {"canceled": 1} and len(here.provider.sent) == 1

    asyncio.run(run())


def test_a_slow_one_and_one_whose_number_was_removed_finish_when_nobody_is_left(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            slow = await here.add(1, per_second=0.01)
            await here.start(slow)
            await here.until(slow, "finished", 5)
            alone = await here.add(1)
            await here.start(alone)
            await here.until_sent(2)
            gone = (here.rig.account_id, here.rig.number_id, here.runtime.clock.now())

            async def remove(tx: Tx) -> None:
                await numbers.remove(tx, *gone)
                await tx.tell("directory")

            await here.runtime.store.write(remove)
            await here.until(alone, "finished", 5)
            assert [await here.states(each) for each in (slow, alone)] == [{"submitted": 1}] * 2

    asyncio.run(run())
