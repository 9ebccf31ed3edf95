"""A campaign on several processes: one of them makes its messages, another may send them, any may stop it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.flow.campaign_desk import BODY, add_campaign
from tests.flow.cluster import Cluster, Member
from trunkline.campaigns import actions
from trunkline.model.campaign import Content
from trunkline.store import campaigns

PEOPLE = [str(15550100001 + n) for n in range(2_000)]


@contextlib.asynccontextmanager
async def cluster(folder: Path, url: str, members: int) -> AsyncIterator[Cluster]:
    made = Cluster(folder, url)
    await made.join()
    await made.furnish(numbers=2)
    for _ in range(members - 1):
        await made.join()
    try:
        for member in made.members:
            await member.start()
            member.worker.start()
        yield made
    finally:
        for member in made.members:
            await member.stop()


def sent(cluster: Cluster) -> list[str]:
    return [one.recipient for member in cluster.members for one in member.provider.sent]


async def begun(cluster: Cluster, through: Member) -> str:
    campaign_id = await add_campaign(
        through.runtime, cluster.account_id, PEOPLE, numbers=tuple(cluster.numbers),
        content=Content(body=BODY), per_second=500,
    )  # fmt: skip
    await actions.start(through.runtime, cluster.account_id, campaign_id)
    return campaign_id


async def until_finished(cluster: Cluster, campaign_id: str) -> None:
    async with asyncio.timeout(40):
        while True:
            row = await cluster.store.read(lambda tx: campaigns.get(tx, cluster.account_id, campaign_id))
            if row is not None and row.state == "finished":
                return
            await asyncio.sleep(0.1)


async def until_sent(cluster: Cluster, count: int) -> None:
    async with asyncio.timeout(30):
        while len(sent(cluster)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_whoever_stops_it_nothing_leaves_any_process_afterwards(postgres_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path, postgres_url, 3) as here:
            campaign_id = await begun(here, here.members[0])
            for member, count in zip(here.members, (200, 600, 1_000), strict=True):
                await until_sent(here, count)
                await actions.pause(member.runtime, here.account_id, campaign_id)
                await asyncio.sleep(0.05)  # what had its intent
                before = len(sent(here))
                await asyncio.sleep(0.5)
                assert len(sent(here)) == before
                await actions.resume(member.runtime, here.account_id, campaign_id)
            await until_finished(here, campaign_id)
            assert sorted(sent(here)) == PEOPLE

    asyncio.run(run())


def test_when_the_process_that_runs_it_leaves_another_goes_on(postgres_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path, postgres_url, 2) as here:
            campaign_id = await begun(here, here.members[0])
            await until_sent(here, 300)
            [busy] = [member for member in here.members if member.worker._runs]
            await busy.worker.stop()
            await busy.dispatcher.stop()
            await busy.membership.leave()
            here.members.remove(busy)
            gone = [one.recipient for one in busy.provider.sent]
            await until_finished(here, campaign_id)
            assert sorted([*gone, *sent(here)]) == PEOPLE
            await busy.processor.stop()
            await busy.runtime.store.close()

    asyncio.run(run())
