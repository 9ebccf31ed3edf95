"""A rig with a campaign worker: campaigns with recipients as a check leaves them, and what became of both."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.flow.rig import Rig, rig
from trunkline.bulletin import Bulletin
from trunkline.campaigns import actions
from trunkline.campaigns.worker import CampaignWorker
from trunkline.inbound.process import Processor
from trunkline.membership import Membership
from trunkline.model import ids
from trunkline.model.campaign import Audience, CampaignState, Content, Definition, RecipientState
from trunkline.runtime import Runtime
from trunkline.store import Tx, attempts, campaigns, recipients
from trunkline.store.campaigns import CampaignRow
from trunkline.store.recipients import NewRecipient, RecipientRow
from trunkline.templates.book import TemplateBook

BODY = {"type": "text", "text": {"body": "Hello {{name}}"}}


class Desk:
    """Of one account and its first number."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.runtime: Runtime = rig.runtime
        self.provider = rig.provider
        self.membership = Membership(rig.runtime)
        self.book = TemplateBook(rig.runtime)
        self.worker = CampaignWorker(rig.runtime, self.membership, rig.dispatcher, self.book, self._check)
        self.checked: list[str] = []

    async def _check(self, runtime: Runtime, book: TemplateBook, account_id: str, campaign_id: str) -> None:
        """A check that finds everybody as they are."""
        self.checked.append(campaign_id)
        row = await self.row(campaign_id)
        done = msgspec.structs.replace(row, state=CampaignState.CHECKED)
        await runtime.store.write(lambda tx: campaigns.put(tx, done))

    async def add(self, people: int | Sequence[str], start_at: int | None = None, **changes: Any) -> str:
        """A checked campaign to so many people, all due."""
        values = {"numbers": (self.rig.number_id,), "content": Content(body=BODY)} | changes
        addresses = [str(15550100001 + n) for n in range(people)] if isinstance(people, int) else people
        return await add_campaign(self.runtime, self.rig.account_id, addresses, start_at, **values)

    async def start(self, campaign_id: str) -> CampaignRow:
        return await actions.start(self.runtime, self.rig.account_id, campaign_id)

    async def row(self, campaign_id: str) -> CampaignRow:
        found = await self.runtime.store.read(lambda tx: campaigns.get(tx, self.rig.account_id, campaign_id))
        assert found is not None
        return found

    async def until(self, campaign_id: str, state: str, seconds: float = 20) -> CampaignRow:
        try:
            async with asyncio.timeout(seconds):
                while (row := await self.row(campaign_id)).state != state:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"it is {await self.row(campaign_id)}, not {state}") from None
        return row

    async def until_sent(self, count: int, seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while len(self.provider.sent) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def recipients(self, campaign_id: str) -> list[RecipientRow]:
        return await self.runtime.store.read(
            lambda tx: recipients.page(tx, self.rig.account_id, campaign_id, "", "", 0, 100_000)
        )

    async def states(self, campaign_id: str) -> dict[str, int]:
        """Of its messages."""
        return await self.runtime.store.read(
            lambda tx: campaigns.count_messages(tx, self.rig.account_id, campaign_id)
        )

    async def attempts(self, campaign_id: str) -> list[int]:
        """When each send of its messages began."""
        found = [one.message_id for one in await self.recipients(campaign_id) if one.message_id]

        async def work(tx: Tx) -> list[int]:
            every = [await attempts.of_message(tx, self.rig.account_id, one) for one in found]
            return [attempt.started_at for tries in every for attempt in tries]

        return await self.runtime.store.read(work)

    def texts(self) -> list[str]:
        return [message.content["text"]["body"] for message in self.provider.sent]


async def add_campaign(
    runtime: Runtime,
    account_id: str,
    addresses: Sequence[str],
    start_at: int | None = None,
    report: str | None = None,
    **members: Any,
) -> str:
    """As a check leaves it: everybody is ready and due."""
    now, campaign_id = runtime.clock.now(), ids.new_id(ids.CAMPAIGN)
    definition = Definition(**({"name": "news", "audience": Audience()} | members))
    row = CampaignRow(
        account_id=account_id, id=campaign_id, name="news", state=CampaignState.DRAFT,
        state_reason=None, definition=msgspec.json.encode(definition).decode(), start_at=start_at,
        position="", report=None, run="{}", parent_id=None, version=0, created_at=now, updated_at=now,
    )  # fmt: skip

    async def work(tx: Tx) -> None:
        await campaigns.insert(tx, row)
        await campaigns.put(
            tx, msgspec.structs.replace(row, state=CampaignState.CHECKED, report=report, checked_at=now)
        )
        await recipients.insert_many(
            tx, [_recipient(row, n, address, definition) for n, address in enumerate(addresses, 1)]
        )

    await runtime.store.write(work)
    return campaign_id


def _recipient(row: CampaignRow, n: int, address: str, definition: Definition) -> NewRecipient:
    variants = [one.name for one in definition.variants]
    in_test = definition.winner is None or n % 100 < definition.winner.percent
    return NewRecipient(
        account_id=row.account_id, campaign_id=row.id, n=n, contact_id=f"con_{n}", address=address,
        state=RecipientState.READY, vars=msgspec.json.encode({"name": f"number {n}"}).decode(),
        number_id=definition.numbers[n % len(definition.numbers)],
        variant=variants[n % len(variants)] if variants and in_test else None,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def desk(folder: Path, url: str = "", **more: Any) -> AsyncIterator[Desk]:
    async with rig(folder, url, **more) as running:
        made = Desk(running)
        runtime = running.runtime
        hearing = Bulletin(
            runtime, running.dispatcher, Processor(runtime, running.dispatcher.settled), campaigns=made.worker
        )
        hearing.start()
        await running.start()
        made.worker.start()
        try:
            yield made
        finally:
            await made.worker.stop()
