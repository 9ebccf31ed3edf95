"""Review, rating, pauses and recategorisation: by rule, by hand and by the clock, each with its webhook."""

import asyncio
from pathlib import Path

from tests.sandbox.rig import PHONE
from tests.sandbox.templates.drafts import (
    STATUS,
    account,
    approved,
    ask,
    draft,
    edge,
    events_of,
    field_of,
    refusal,
    review,
    sample_id,
    submit,
    template,
)
from trunkline.sandbox.clock import VirtualClock

HOUR = 3_600_000


def test_a_template_is_approved_after_the_delay_and_told_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        async with account(tmp_path, clock=clock, review_seconds=3600.0) as tools:
            id_ = await submit(tools, draft())
            assert await field_of(tools, id_, "status") == "PENDING"
            clock.advance(HOUR)
            await tools.receiver.wait_for(lambda seen: events_of(seen, id_))
            (fact,) = tools.receiver.facts_of(STATUS)
            assert fact == {
                "event": "APPROVED",
                "message_template_id": int(id_),
                "message_template_name": "parcel_update",
                "message_template_language": "en_US",
                "reason": "NONE",
                "message_template_category": "UTILITY",
            }
            entry = tools.receiver.envelopes[-1]["entry"][0]
            assert entry["id"] == tools.identity.waba_id
            assert entry["time"]
            assert await field_of(tools, id_, "status") == "APPROVED"

    asyncio.run(scenario())


def test_a_review_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, review_seconds=0.2) as tools:
            id_ = await submit(tools, draft())
        async with account(tmp_path) as tools:
            await tools.eventually(f"/{id_}?fields=status", lambda node: node["status"] == "APPROVED")

    asyncio.run(scenario())


def test_a_name_can_choose_its_fate(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            scam = await submit(tools, draft(name="reject_scam_offer"))
            plain = await submit(tools, draft(name="reject_this"))
            waits = await submit(tools, draft(name="pending_this"))
            flipped = await ask(tools, "POST", edge(tools), draft(name="news_as_marketing"))
            assert flipped["category"] == "MARKETING"
            await tools.receiver.wait_for(lambda seen: len(seen.facts_of(STATUS)) == 3)
            facts = {fact["message_template_id"]: fact for fact in tools.receiver.facts_of(STATUS)}
            assert (facts[int(scam)]["event"], facts[int(scam)]["reason"]) == ("REJECTED", "SCAM")
            assert facts[int(plain)]["reason"] == "INVALID_FORMAT"
            assert facts[int(plain)]["rejection_info"]["recommendation"]
            assert await field_of(tools, scam, "rejected_reason") == "SCAM"
            assert await field_of(tools, waits, "status") == "PENDING"

    asyncio.run(scenario())


def test_names_are_only_names_when_the_setting_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, magic_templates=False) as tools:
            await approved(tools, draft(name="reject_this"))
            await approved(tools, draft(name="pending_this"))
            answer = await ask(tools, "POST", edge(tools), draft(name="news_as_marketing"))
            assert answer["category"] == "UTILITY"

    asyncio.run(scenario())


def test_somebody_decides_by_hand(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, review_seconds=None) as tools:
            id_ = await submit(tools, draft())
            assert (await review(tools, id_, "REJECTED", reason="PROMOTIONAL"))["status"] == "REJECTED"
            assert (await review(tools, id_, "APPROVED"))["status"] == "APPROVED"
            assert (await review(tools, id_, "FLAGGED"))["status"] == "APPROVED"
            assert (await review(tools, id_, "DISABLED"))["status"] == "DISABLED"
            assert (await review(tools, id_, "REINSTATED"))["status"] == "APPROVED"
            await tools.receiver.wait_for(lambda seen: len(events_of(seen, id_)) == 5)
            events = events_of(tools.receiver, id_)
            assert sorted(events) == ["APPROVED", "DISABLED", "FLAGGED", "REINSTATED", "REJECTED"]
            disabled = next(fact for fact in tools.receiver.facts_of(STATUS) if fact["event"] == "DISABLED")
            assert disabled["disable_info"]["disable_date"]
            listed = (await ask(tools, "GET", "/_sandbox/templates"))["data"]
            assert next(row for row in listed if row["id"] == id_)["status"] == "APPROVED"
            for path, given in (
                (f"{id_}/review", {"status": "LOST"}),
                (f"{id_}/review", {"status": "REJECTED", "reason": 7}),
                (f"{id_}/quality", {"score": None}),
                (f"{id_}/category", {"category": "MARKETING", "at_once": "yes"}),
                (f"{id_}/category", []),
            ):
                await refusal(tools, "POST", f"/_sandbox/templates/{path}", given)
            assert (await refusal(tools, "GET", "/_sandbox/templates/5"))["status"] == 404

    asyncio.run(scenario())


def test_a_third_pause_disables(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        async with account(tmp_path, clock=clock) as tools:
            id_ = await sample_id(tools, "hello_world")
            for hours, title in ((3, "FIRST_PAUSE"), (6, "SECOND_PAUSE")):
                await review(tools, id_, "PAUSED")
                await tools.receiver.wait_for(lambda seen: events_of(seen, id_)[-1:] == ["PAUSED"])
                assert tools.receiver.facts_of(STATUS)[-1]["other_info"]["title"] == title
                clock.advance(hours * HOUR - 60_000)
                assert await field_of(tools, id_, "status") == "PAUSED"
                clock.advance(60_000)
                await tools.receiver.wait_for(lambda seen: events_of(seen, id_)[-1:] == ["APPROVED"])
                assert tools.receiver.facts_of(STATUS)[-1]["other_info"]["title"] == "UNPAUSE"
            await review(tools, id_, "PAUSED")
            assert await field_of(tools, id_, "status") == "DISABLED"

    asyncio.run(scenario())


def test_a_paused_template_is_unpaused_by_a_call(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            id_ = await sample_id(tools, "hello_world")
            assert (await ask(tools, "POST", f"/{id_}/unpause"))["success"] is False
            await review(tools, id_, "PAUSED")
            assert await ask(tools, "POST", f"/{id_}/unpause") == {"success": True}
            assert await field_of(tools, id_, "status") == "APPROVED"

    asyncio.run(scenario())


def test_a_rating_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            id_ = await sample_id(tools, "hello_world")
            await ask(tools, "POST", f"/_sandbox/templates/{id_}/quality", {"score": "YELLOW"})
            await tools.receiver.wait_for(lambda seen: seen.facts_of("message_template_quality_update"))
            (fact,) = tools.receiver.facts_of("message_template_quality_update")
            assert (fact["previous_quality_score"], fact["new_quality_score"]) == ("UNKNOWN", "YELLOW")
            assert (await field_of(tools, id_, "quality_score"))["score"] == "YELLOW"
            rows = (await ask(tools, "GET", edge(tools, "?quality_score=YELLOW")))["data"]
            assert [row["name"] for row in rows] == ["hello_world"]

    asyncio.run(scenario())


def test_a_category_changes_a_day_after_the_notice_and_with_it_the_price(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        field = "template_category_update"
        async with account(tmp_path, clock=clock) as tools:
            id_ = await sample_id(tools, "hello_world")
            await ask(tools, "POST", f"/_sandbox/templates/{id_}/category", {"category": "MARKETING"})
            await tools.receiver.wait_for(lambda seen: seen.facts_of(field))
            (notice,) = tools.receiver.facts_of(field)
            assert (notice["correct_category"], notice["new_category"]) == ("MARKETING", "UTILITY")
            assert abs(notice["category_update_timestamp"] - clock.now() // 1000 - 24 * 3600) < 60
            assert await field_of(tools, id_, "correct_category") == "MARKETING"
            assert await field_of(tools, id_, "category") == "UTILITY"
            clock.advance(24 * HOUR)
            await tools.receiver.wait_for(lambda seen: len(seen.facts_of(field)) == 2)
            done = tools.receiver.facts_of(field)[1]
            assert (done["previous_category"], done["new_category"]) == ("UTILITY", "MARKETING")
            assert "correct_category" not in done
            wamid = await tools.sent(PHONE, **template("hello_world"))
            await tools.receiver.wait_for(lambda seen: seen.words_of(wamid))
            assert tools.receiver.statuses[0]["pricing"]["category"] == "marketing"
            path = f"/_sandbox/templates/{id_}/category"
            now = await ask(tools, "POST", path, {"category": "UTILITY", "at_once": True})
            assert now["category"] == "UTILITY"

    asyncio.run(scenario())
