"""The conversation that statuses name: of sends through v23 and older; later only of free entry points."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.sandbox.rig import PHONE, rig
from tests.sandbox.shapes import webhooks
from tests.sandbox.shapes.shape import check
from tests.sandbox.shapes.stage import Stage, Theatre
from tests.sandbox.shapes.test_webhooks import REFERRAL
from tests.sandbox.templates.drafts import template
from trunkline.sandbox.webhooks.statuses import Plan

HOUR = 3_600_000
FREE = {
    "billable": False,
    "pricing_model": "PMP",
    "type": "free_entry_point",
    "category": "referral_conversion",
}


async def told_of(the: Stage, person: str, version: str = "v25.0", **members: Any) -> list[dict[str, Any]]:
    """`sent`, `delivered` and `read` of a message."""
    return await the.statuses_of(await the.sent(person, version, **members), "read")


async def come_through_an_ad(the: Stage) -> str:
    person = the.somebody()
    await the.tools.act("send", person, type="text", text={"body": "Hi"}, referral=REFERRAL)
    return person


@pytest.mark.parametrize("version", ["v23.0", "v21.0", "v12.0"])
@pytest.mark.parametrize(("name", "category"), [(None, "service"), ("hello_world", "utility")])
def test_a_send_through_an_older_version_has_a_conversation_of_its_own(
    stage: Theatre, version: str, name: str | None, category: str
) -> None:
    async def tell(the: Stage) -> None:
        person = the.somebody()
        message = template(name) if name else {}
        sent, delivered, read = await told_of(the, person, version, **message)
        check(sent, webhooks.SENT_IN_CONVERSATION)
        check(delivered, webhooks.DELIVERED_IN_CONVERSATION)
        check(read, webhooks.READ)
        assert sent["conversation"]["origin"] == {"type": category}
        assert sent["conversation"]["id"] == delivered["conversation"]["id"]
        length = int(sent["conversation"]["expiration_timestamp"]) - int(sent["timestamp"])
        assert length == 86_400
        (other, *_) = await told_of(the, person, version)
        assert other["conversation"]["id"] != sent["conversation"]["id"]

    stage.play(tell)


@pytest.mark.parametrize("version", ["v24.0", "v25.0", "v26.0"])
def test_a_send_through_a_newer_version_has_none(stage: Theatre, version: str) -> None:
    async def tell(the: Stage) -> None:
        sent, delivered, read = await told_of(the, the.somebody(), version)
        check(sent, webhooks.SENT)
        check(delivered, webhooks.DELIVERED)
        check(read, webhooks.READ)

    stage.play(tell)


def test_an_answer_to_somebody_who_came_through_an_ad_opens_72_free_hours(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = await come_through_an_ad(the)
        sent, delivered, _ = await told_of(the, person)
        check(sent, webhooks.SENT_IN_CONVERSATION)
        check(delivered, webhooks.DELIVERED_IN_CONVERSATION)
        assert sent["pricing"] == FREE
        assert sent["conversation"]["origin"] == {"type": "referral_conversion"}
        length = int(sent["conversation"]["expiration_timestamp"]) - int(sent["timestamp"])
        assert 72 * 3600 - 1 <= length <= 72 * 3600
        the.clock.advance(71 * HOUR)
        later, *_ = await told_of(the, person, **template("hello_world"))
        assert later["conversation"] == sent["conversation"]
        assert later["pricing"] == FREE
        the.clock.advance(2 * HOUR)
        after, *_ = await told_of(the, person, **template("hello_world"))
        assert "conversation" not in after
        assert after["pricing"]["type"] == "regular"

    stage.play(tell)


def test_an_answer_after_a_day_opens_nothing(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = await come_through_an_ad(the)
        the.clock.advance(25 * HOUR)
        sent, *_ = await told_of(the, person)
        assert "conversation" not in sent and sent["pricing"]["type"] == "free_customer_service"

    stage.play(tell)


def test_a_message_that_does_not_come_from_an_ad_opens_nothing(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = the.somebody()
        other = {**REFERRAL, "source_type": "post"}
        for more in ({}, {"referral": other}):
            await the.tools.act("send", person, type="text", text={"body": "Hi"}, **more)
            sent, *_ = await told_of(the, person)
            assert "conversation" not in sent

    stage.play(tell)


def test_a_send_that_fails_opens_nothing(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person = await come_through_an_ad(the)
        await the.do("POST", "/_sandbox/faults", {"code": 131026, "how": "status"})
        await the.statuses_of(await the.sent(person), "failed")
        the.clock.advance(23 * HOUR)
        sent, *_ = await told_of(the, person)
        length = int(sent["conversation"]["expiration_timestamp"]) - int(sent["timestamp"])
        assert length >= 72 * 3600 - 1

    stage.play(tell)


def test_the_window_goes_along_to_a_new_number_and_is_known_by_user_id(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        person, new = await come_through_an_ad(the), the.somebody()
        sent, *_ = await told_of(the, person)
        user_id = (await the.do("GET", f"/_sandbox/handsets/{person}"))["user_id"]
        body = {"messaging_product": "whatsapp", "recipient": user_id, "text": {"body": "Hi"}}
        answer = await the.do("POST", "/{phone}/messages", body)
        by_id, *_ = await the.statuses_of(answer["messages"][0]["id"], "read")
        assert by_id["conversation"] == sent["conversation"] and by_id["pricing"] == FREE
        await the.tools.act("change_number", person, to=new)
        moved, *_ = await told_of(the, new)
        ends = "expiration_timestamp"
        assert moved["conversation"][ends] == sent["conversation"][ends] == by_id["conversation"][ends]

    stage.play(tell)


def test_an_open_window_outlives_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen = []
        for _ in range(2):
            async with rig(tmp_path) as tools:
                if not seen:
                    await tools.act("send", type="text", text={"body": "Hi"}, referral=REFERRAL)
                wamid = await tools.sent(PHONE)
                await tools.receiver.wait_for(lambda got, wamid=wamid: "sent" in got.words_of(wamid))
                seen.append(next(one for one in tools.receiver.statuses if one["id"] == wamid))
        assert seen[0]["conversation"] == seen[1]["conversation"]

    asyncio.run(scenario())


def test_analytics_count_free_entry_points_apart(stage: Theatre) -> None:
    async def tell(the: Stage) -> None:
        await told_of(the, await come_through_an_ad(the))
        now = the.clock.now() // 1000
        query = f"pricing_analytics.start({now - 3600}).end({now + 60}).granularity(DAILY)"
        answer = await the.do("GET", f"/{{waba}}?fields={query}.pricing_types([FREE_ENTRY_POINT])")
        (point,) = answer["pricing_analytics"]["data"][0]["data_points"]
        assert point["volume"] >= 1

    stage.play(tell)


def test_a_plan_of_an_older_ledger_can_be_read() -> None:
    plan = msgspec.json.decode(b'[[["sent",0,0,0,""]],true,"utility"]', type=Plan)
    assert (plan.category, plan.conversation, plan.free_until) == ("utility", False, 0)
