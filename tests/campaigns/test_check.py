"""A check from its first page to its report: on a real store, with people on lists, interrupted, stopped."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.flow.rig import Rig, rig
from trunkline.audiences import merge, people
from trunkline.audiences.people import Given
from trunkline.campaigns import check
from trunkline.campaigns.report_types import CheckReport
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.model import ids
from trunkline.model.campaign import (
    Audience,
    Budget,
    CampaignState,
    Content,
    Definition,
    StopRules,
    Variant,
    Winner,
)
from trunkline.store import Tx, campaigns, erasure, lists, recipients
from trunkline.store.campaigns import CampaignRow
from trunkline.store.lists import ListRow, OnList
from trunkline.store.recipients import RecipientRow
from trunkline.templates.book import TemplateBook

BODY = {"type": "image", "image": {"link": "https://example.com/a.jpg", "caption": "Hello {{name}}"}}
CONTENT = Content(body=BODY)


class Desk:
    """One account, one number; a campaign at a time."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.book = TemplateBook(rig.runtime)

    async def list_of(self, given: Sequence[Given]) -> str:
        list_id, account_id, now = ids.new_id(ids.LIST), self.rig.account_id, self.rig.runtime.clock.now()

        async def work(tx: Tx) -> None:
            await lists.insert(tx, ListRow(account_id, list_id, list_id, now, now))
            entered = await people.upsert(tx, account_id, given, now)
            rows = [OnList(one.contact_id, row.phone or "") for one, row in zip(entered, given, strict=True)]
            await lists.add(tx, account_id, list_id, rows, now)

        await self.rig.store.really.write(work)
        return list_id

    async def campaign(self, *list_ids: str, **changes: Any) -> str:
        now, campaign_id = self.rig.runtime.clock.now(), ids.new_id(ids.CAMPAIGN)
        values: dict[str, Any] = {
            "name": "news",
            "numbers": (self.rig.number_id,),
            "audience": Audience(lists=list_ids),
            "content": CONTENT,
            "needs_consent": False,
        }
        row = CampaignRow(
            account_id=self.rig.account_id, id=campaign_id, name="news", state=CampaignState.CHECKING,
            state_reason=None, definition=msgspec.json.encode(Definition(**(values | changes))).decode(),
            start_at=None, position="", report=None, run="{}", parent_id=None, version=0, created_at=now,
            updated_at=now,
        )  # fmt: skip
        await self.rig.store.really.write(lambda tx: campaigns.insert(tx, row))
        return campaign_id

    async def check(self, campaign_id: str) -> None:
        await check.run(self.rig.runtime, self.book, self.rig.account_id, campaign_id)

    async def checked(self, *list_ids: str, **changes: Any) -> tuple[CheckReport, list[RecipientRow]]:
        campaign_id = await self.campaign(*list_ids, **changes)
        await self.check(campaign_id)
        return await self.report(campaign_id), await self.recipients(campaign_id)

    async def row(self, campaign_id: str) -> CampaignRow:
        found = await self.rig.store.really.read(
            lambda tx: campaigns.get(tx, self.rig.account_id, campaign_id)
        )
        assert found is not None
        return found

    async def report(self, campaign_id: str) -> CheckReport:
        row = await self.row(campaign_id)
        assert row.state is CampaignState.CHECKED and row.report is not None and row.checked_at is not None
        return msgspec.json.decode(row.report, type=CheckReport)

    async def recipients(self, campaign_id: str) -> list[RecipientRow]:
        return await self.rig.store.really.read(
            lambda tx: recipients.page(tx, self.rig.account_id, campaign_id, "", "", 0, 100_000)
        )


@contextlib.asynccontextmanager
async def desk(folder: Path, url: str) -> AsyncIterator[Desk]:
    async with rig(folder, url) as running:
        running.runtime.connectors["whatsapp_cloud"] = WhatsAppCloud(None)
        yield Desk(running)


def story(folder: Path, url: str, tell: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        async with desk(folder, url) as here:
            await tell(here)

    asyncio.run(run())


def crowd(count: int, **more: Any) -> list[Given]:
    return [Given(phone=str(15557000001 + n), name=f"Person {n}", **more) for n in range(count)]


def test_a_check_that_was_interrupted_begins_anew_and_leaves_everybody_once(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAGE", 20)
    monkeypatch.setattr(check, "_CLEARED_AT_ONCE", 15)

    async def tell(here: Desk) -> None:
        campaign_id = await here.campaign(await here.list_of(crowd(100)))
        interrupted = asyncio.create_task(here.check(campaign_id))
        while len(await here.recipients(campaign_id)) < 40:  # noqa: ASYNC110
            await asyncio.sleep(0)
        interrupted.cancel()
        await asyncio.wait([interrupted])
        assert (await here.row(campaign_id)).state is CampaignState.CHECKING
        await here.check(campaign_id)
        rows = await here.recipients(campaign_id)
        assert [row.n for row in rows] == list(range(1, 101))
        assert len({row.address for row in rows}) == 100
        assert (await here.report(campaign_id)).ready == 100

    story(tmp_path, store_url, tell)


def test_of_two_checks_of_a_campaign_one_goes_on(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAGE", 20)

    async def tell(here: Desk) -> None:
        campaign_id = await here.campaign(await here.list_of(crowd(100)))
        await asyncio.gather(here.check(campaign_id), here.check(campaign_id))
        assert [row.n for row in await here.recipients(campaign_id)] == list(range(1, 101))
        assert (await here.report(campaign_id)).recipients == 100

    story(tmp_path, store_url, tell)


def test_a_canceled_check_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "PAGE", 20)

    async def tell(here: Desk) -> None:
        campaign_id = await here.campaign(await here.list_of(crowd(200)))
        running = asyncio.create_task(here.check(campaign_id))
        while not await here.recipients(campaign_id):  # noqa: ASYNC110
            await asyncio.sleep(0)

        async def cancel(tx: Tx) -> None:
            row = await campaigns.lock(tx, here.rig.account_id, campaign_id)
            assert row is not None
            await campaigns.put(tx, msgspec.structs.replace(row, state=CampaignState.CANCELED))

        await here.rig.store.really.write(cancel)
        seen = len(await here.recipients(campaign_id))
        await running
        assert len(await here.recipients(campaign_id)) == seen < 200
        assert (await here.row(campaign_id)).state is CampaignState.CANCELED

    story(tmp_path, "", tell)


def test_somebody_on_two_lists_or_spelt_in_two_ways_gets_one_message(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAGE", 1)

    async def tell(here: Desk) -> None:
        spelt = [Given(phone="5511987654321", name="Ana"), Given(phone="551187654321", name="Ana")]
        with monkeypatch.context() as unseen:  # as two people, one of whom wrote first
            unseen.setattr("trunkline.phones.spellings", lambda _: [])
            one = await here.list_of([*crowd(3), *spelt])
        two = await here.list_of(crowd(5)[2:])
        report, rows = await here.checked(one, two)
        assert report.ready == 6 and report.skipped == {"duplicate": 2}
        assert [row.address for row in rows if row.reason == "duplicate"] == ["551187654321", "15557000003"]

    story(tmp_path, store_url, tell)


def test_two_who_are_found_to_be_one_while_it_goes_on_get_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAGE", 2)
    insert = recipients.insert_many

    async def tell(here: Desk) -> None:
        list_id, account_id = await here.list_of(crowd(6)), here.rig.account_id

        async def merged(tx: Tx, rows: Sequence[recipients.NewRecipient]) -> None:
            await insert(tx, rows)
            if rows[0].n == 1:
                last = (await lists.members(tx, account_id, list_id, "", 6))[-1].contact.id
                await merge.merge(tx, account_id, rows[0].contact_id, last, here.rig.runtime.clock.now())

        monkeypatch.setattr(recipients, "insert_many", merged)
        report, _ = await here.checked(list_id)
        assert report.ready == 5 and report.skipped == {"duplicate": 1}

    story(tmp_path, "", tell)


def test_variants_are_shared_by_weight_and_the_rest_waits_for_the_winner(tmp_path: Path) -> None:
    async def tell(here: Desk) -> None:
        list_id = await here.list_of(crowd(400))
        variants = (Variant(name="A", content=CONTENT), Variant(name="B", content=CONTENT, weight=3))
        winner = Winner(percent=50, by="read", after_minutes=60)
        report, rows = await here.checked(list_id, content=None, variants=variants, winner=winner)
        shares = Counter(row.variant for row in rows)
        assert 150 < shares[None] < 250 and 100 < shares["B"] < 200 and 25 < shares["A"] < 80
        assert {(one.variant, one.ready) for one in report.shares} == set(shares.items())
        assert report.ready == 400

    story(tmp_path, "", tell)


def test_the_report_shows_samples_and_what_to_do(tmp_path: Path) -> None:
    async def tell(here: Desk) -> None:
        given = [
            Given(phone="15557000001", name="Bo"),
            Given(phone="15557000002", name="Maximiliane Alexandra", language="de"),
            Given(phone="15557000003", name="أمينة"),
            Given(phone="15557000004", name="Eve 🎉"),
            Given(phone="15557000005"),
        ]
        content = Content(
            body=BODY, languages={"de": {"type": "image", "image": {"link": "https://example.com/b.jpg"}}}
        )
        list_id = await here.list_of(given)
        report, rows = await here.checked(list_id, content=content)
        texts = {why: sample.text for sample in report.samples for why in sample.why}
        assert texts["longest"].endswith("أمينة") or texts["longest"].endswith("Eve 🎉")
        assert texts["script:arabic"] == "Hello أمينة" and texts["script:emoji"] == "Hello Eve 🎉"
        assert texts["first"] == "Hello Bo" and texts["language:de"] == ""
        [missing] = [one for one in report.findings if one.rule == "missing_variable"]
        assert (
            missing.count == 1 and missing.examples == [5] and "name" in missing.detail and not missing.blocks
        )
        assert rows[4].detail == "name" and rows[4].state == "skipped"
        assert [row.language for row in rows] == [None, "de", None, None, None]
        assert report.plan is not None and report.plan.recipients == report.ready == 4

    story(tmp_path, "", tell)


def test_whoever_is_erased_is_in_no_sample(store_url: str, tmp_path: Path) -> None:
    async def tell(here: Desk) -> None:
        given = [Given(phone="15557000001", name="Bo"), Given(phone="15557000002", name="Maximiliane")]
        campaign_id = await here.campaign(await here.list_of(given))
        await here.check(campaign_id)
        [_, gone] = await here.recipients(campaign_id)
        key = (here.rig.account_id, gone.contact_id)
        await here.rig.store.really.write(lambda tx: erasure.forget_recipients(tx, *key))
        row = await here.row(campaign_id)
        assert row.report is not None and "Maximiliane" not in row.report and "Hello Bo" in row.report

    story(tmp_path, store_url, tell)


def test_what_would_send_nothing_or_stop_nothing_blocks_the_start(tmp_path: Path) -> None:
    async def tell(here: Desk) -> None:
        def blocking(report: CheckReport) -> set[str]:
            return {one.rule for one in report.findings if one.blocks}

        nobody = await here.list_of([])
        assert blocking((await here.checked(nobody))[0]) == {"nobody"}
        list_id = await here.list_of(crowd(3))
        assert blocking((await here.checked(list_id, needs_consent=True))[0]) == {"nobody_ready"}
        assert not blocking((await here.checked(list_id))[0])
        budget = StopRules(budget=Budget(currency="XTS", micros=1))
        assert blocking((await here.checked(list_id, stop=budget))[0]) == {"budget_currency"}
        report, rows = await here.checked(list_id, numbers=("num_gone",))
        assert blocking(report) == {"number_removed", "nobody_ready"}
        assert len(rows) == 3

    story(tmp_path, "", tell)
