"""What a provider tells of numbers, templates and accounts: recorded once, and acted upon."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.flow.inbound_desk import DIGITS, WABA, Desk, desk, envelope, value
from trunkline import admin
from trunkline.admin import Admin
from trunkline.api.views import show_number
from trunkline.clock import VirtualClock
from trunkline.housekeeping.chores import CHORES, do_round
from trunkline.store import numbers

QUALITY = {"display_phone_number": DIGITS, "event": "UPGRADE"}
BAN = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
HOLDS = next(chore for chore in CHORES if chore.name == "holds")
LIMIT = "max_daily_conversations_per_business"
REINSTATE = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}


def story(folder: Path, url: str, tell: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        async with desk(folder / "data", url) as made:
            await tell(made)

    asyncio.run(run())


async def number(desk: Desk) -> Any:
    await desk.runtime.directory.reload()
    return desk.number


def test_a_notice_is_an_event_of_what_it_is_about(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        template = {"event": "APPROVED", "message_template_id": 7, "message_template_name": "hello"}
        await desk.tell("message_template_status_update", template, time=1_795_366_800)
        await desk.tell("phone_number_quality_update", QUALITY, time=1_795_366_800)
        await desk.tell("account_review_update", {"decision": "APPROVED"}, time=1_795_366_800)
        events = [(one["event"], one["object_id"], one["value"]) for one in await desk.events()]
        assert events == [
            ("template.changed", "template_7", template),
            ("number.changed", desk.number.id, QUALITY),
            ("account.changed", f"waba_{WABA}", {"decision": "APPROVED"}),
        ]
        assert {one["at"] for one in await desk.events()} == {1_795_366_800_000}

    story(tmp_path, store_url, tell)


def test_the_same_news_in_another_post_is_told_once(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        change = ("account_review_update", {"decision": "APPROVED"})
        await desk.post(envelope(change, change, time=1_795_366_800))
        await desk.post(envelope(change, time=1_795_366_800))
        await desk.post(envelope(change, time=1_795_366_801))
        assert [one["sequence"] for one in await desk.events()] == [1, 2]

    story(tmp_path, store_url, tell)


def test_the_same_trouble_of_two_numbers_is_told_of_both(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        other = await desk.add_number("15550001001", "999")
        trouble = [{"code": 131051, "title": "Unsupported"}]
        both = ("messages", value(errors=trouble)), ("messages", value("999", errors=trouble))
        await desk.post(envelope(*both, time=1_795_366_800))
        assert {one["number_id"] for one in await desk.events()} == {desk.number.id, other}

    story(tmp_path, "", tell)


def test_a_limit_counts_from_now_on_and_older_news_does_not(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        limit = {LIMIT: "TIER_2K"}
        await desk.tell("phone_number_quality_update", QUALITY | limit, time=2000)
        assert (await number(desk)).daily_recipients == 2000
        await desk.tell("business_capability_update", {LIMIT: 250}, time=1000)
        row = await number(desk)
        assert row.daily_recipients == 2000
        info = show_number(row).provider_info
        assert (info["limit"].value, info["quality_event"].value) == ("TIER_2K", "UPGRADE")
        assert info["limit"].told_at == "1970-01-01T00:33:20.000Z"
        await desk.tell("business_capability_update", {LIMIT: -1}, time=3000)
        assert (await number(desk)).daily_recipients is None

    story(tmp_path, store_url, tell)


def test_the_numbers_owner_learns_of_a_limit(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        desk.bulletin.start()
        await desk.tell("business_capability_update", {LIMIT: 250})
        async with asyncio.timeout(30):
            while desk.number.daily_recipients != 250:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    story(tmp_path, "", tell)


def test_a_ban_holds_every_number_of_the_account_until_it_is_lifted(store_url: str, tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.add_number("15550001001", "2")
        await desk.add_number("15550001002", "3", waba="elsewhere")
        await desk.tell("account_update", BAN, time=1)
        held = {row.digits: row.held_reason for row in await desk.store.read(numbers.active)}
        assert held[DIGITS] == held["15550001001"] == "told by the provider: the business account is disabled"
        assert held["15550001002"] is None
        await desk.tell("account_update", REINSTATE, time=2)
        assert {row.held_reason for row in await desk.store.read(numbers.active)} == {None}
        names = [one["event"] for one in await desk.events()]
        assert names.count("number.held") == names.count("number.released") == 2

    story(tmp_path, store_url, tell)


def test_a_restriction_that_ends_by_itself_releases_the_number(store_url: str, tmp_path: Path) -> None:
    async def tell() -> None:
        clock = VirtualClock()
        async with desk(tmp_path / "data", store_url, clock=clock) as made:
            kinds = ("RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")
            until = clock.now() // 1000 + 3600
            told = [{"restriction_type": kind, "expiration": until} for kind in kinds]
            await made.tell("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": told})
            reasons = []
            for seconds in (0, 3500, 200):
                clock.advance(seconds * 1000)
                await made.runtime.directory.reload()
                await do_round(made.runtime, HOLDS, lambda name: True)
                reasons.append((await number(made)).held_reason)
            assert reasons[0] == reasons[1]
            assert reasons[0].startswith("told by the provider: the business account is restricted")
            assert reasons[2] is None
            assert [one["event"] for one in await made.events()][-1] == "number.released"

    asyncio.run(tell())


def test_a_hold_for_another_reason_outlasts_a_reinstatement(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        own = desk.number
        await desk.store.write(lambda tx: numbers.hold(tx, own.account_id, own.id, "the token is wrong", 1))
        await desk.tell("account_update", BAN)
        await desk.tell("account_update", REINSTATE)
        assert (await number(desk)).held_reason == "the token is wrong"
        await admin.release_number(
            Admin(desk.store, desk.runtime.vault, desk.runtime.clock), own.account_id, own.id
        )
        told = [
            (one["event"], one.get("reason")) for one in await desk.events("number.held", "number.released")
        ]
        assert told == [("number.held", "the token is wrong"), ("number.released", "the token is wrong")]

    story(tmp_path, "", tell)


def test_news_of_somebody_elses_account_or_number_changes_nothing(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.tell("account_update", BAN, waba="999")
        await desk.tell("phone_number_quality_update", QUALITY | {"display_phone_number": "15559990000"})
        await desk.tell("anything", {"metadata": {"phone_number_id": "999"}})
        assert await desk.events() == []
        assert (await number(desk)).held_reason is None

    story(tmp_path, "", tell)
