"""A running campaign with a real store and a scripted provider: who gets a message, and who does not."""

import asyncio
from pathlib import Path

import pytest

from tests.flow.campaign_desk import desk
from trunkline.campaigns import actions
from trunkline.campaigns.worker import CampaignWorker
from trunkline.clock import VirtualClock
from trunkline.errors import Refusal
from trunkline.housekeeping import campaigns as chore
from trunkline.store import campaigns


def test_everybody_who_is_ready_gets_one_message_and_the_campaign_finishes(
    store_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        async with desk(tmp_path, store_url) as here:
            campaign_id = await here.add(60)
            await here.start(campaign_id)
            row = await here.until(campaign_id, "finished")
            assert sorted(here.texts()) == sorted(f"Hello number {n}" for n in range(1, 61))
            assert await here.states(campaign_id) == {"submitted": 60}
            found = await here.recipients(campaign_id)
            assert {one.state for one in found} == {"created"} and len(
                {one.message_id for one in found}
            ) == 60
            assert row.started_at and row.ended_at

    asyncio.run(run())


def test_an_address_that_stands_there_twice_gets_one_message(tmp_path: Path) -> None:
    """The check sees to it; but two people may become one while it writes them down."""

    async def run() -> None:
        async with desk(tmp_path) as here:
            addresses = ["15550100001", "15550100002", "15550100001"]
            addresses += [str(15550200000 + n) for n in range(600)] + ["15550100002"]  # in a later chunk
            campaign_id = await here.add(addresses)
            await here.start(campaign_id)
            await here.until(campaign_id, "finished")
            sent = [message.recipient for message in here.provider.sent]
            assert sorted(sent) == sorted(set(addresses))
            skipped = [one for one in await here.recipients(campaign_id) if one.state == "skipped"]
            assert [(one.n, one.reason) for one in skipped] == [(3, "duplicate"), (604, "duplicate")]

    asyncio.run(run())


def test_a_pause_stops_it_a_resume_sends_the_rest_and_a_cancel_leaves_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            campaign_id = await here.add(1_000)
            key = (here.runtime, here.rig.account_id, campaign_id)
            await here.start(campaign_id)
            await here.until_sent(20)  # hundreds are queued then
            await actions.pause(*key)
            told_at = here.runtime.clock.now()
            await asyncio.sleep(0.3)
            assert max(await here.attempts(campaign_id)) <= told_at
            assert "queued" not in await here.states(campaign_id)
            await actions.resume(*key)
            await here.until_sent(len(here.provider.sent) + 50)
            await actions.cancel(*key)
            async with asyncio.timeout(2):
                while (await here.row(campaign_id)).ended_at is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert set(await here.states(campaign_id)) <= {"submitted", "canceled"}
            assert {one.state for one in await here.recipients(campaign_id)} == {"created", "canceled"}
            assert len(set(here.texts())) == len(here.texts()) < 1_000
            with pytest.raises(Refusal, match="is canceled"):
                await actions.resume(*key)

    asyncio.run(run())


def test_two_who_run_the_same_campaign_at_once_harm_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as here:
            other = CampaignWorker(
                here.runtime, here.membership, here.rig.dispatcher, here.book, here.worker._check
            )
            campaign_id = await here.add(400)
            await here.start(campaign_id)
            other.start()
            await here.until(campaign_id, "finished")
            await other.stop()
            assert sorted(here.texts()) == sorted(f"Hello number {n}" for n in range(1, 401))
            assert {one.state for one in await here.recipients(campaign_id)} == {"created"}

    asyncio.run(run())


def test_an_old_campaign_forgets_what_it_said_and_then_leaves(tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with desk(tmp_path, clock=clock) as here:
            campaign_id = await here.add(5)
            await here.start(campaign_id)
            await here.until(campaign_id, "finished")
            await chore.step(here.runtime)
            assert {one.vars for one in await here.recipients(campaign_id)} != {"{}"}
            clock.advance(31 * 86_400_000)
            while await chore.step(here.runtime):
                pass
            assert {one.vars for one in await here.recipients(campaign_id)} == {"{}"}
            assert (await here.row(campaign_id)).state == "finished"
            clock.advance(340 * 86_400_000)
            while await chore.step(here.runtime):
                pass
            account_id = here.rig.account_id
            assert await here.recipients(campaign_id) == []
            assert (
                await here.runtime.store.read(lambda tx: campaigns.get(tx, account_id, campaign_id)) is None
            )

    asyncio.run(run())
