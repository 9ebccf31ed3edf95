"""Templates that somebody else changes at the provider: noticed by its webhooks at once, and else in time."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flow.template_desk import OTHER_BODY, Desk, components, desk, template


def story(
    folder: Path, url: str, tell: Callable[[Desk], Awaitable[None]], *, webhooks: bool = False, **how: Any
) -> None:
    async def run() -> None:
        async with desk(folder / "data", url, webhooks=webhooks, **how) as made:
            await tell(made)

    asyncio.run(run())


async def approved(desk: Desk, name: str = "order_update") -> dict[str, Any]:
    made = await desk.did("POST", "/v1/templates", template(name))
    await desk.decide(made, "review", status="APPROVED")
    return dict(made)


async def noticed(desk: Desk, *, webhooks: bool) -> None:
    """Without webhooks what happened is found when the interval is over."""
    if not webhooks:
        await desk.pass_interval()


@pytest.mark.parametrize("webhooks", [True, False], ids=["by webhook", "by the interval"])
def test_what_is_done_behind_our_back_is_noticed(store_url: str, tmp_path: Path, *, webhooks: bool) -> None:
    async def tell(desk: Desk) -> None:
        await desk.synced()
        one = await approved(desk)
        await noticed(desk, webhooks=webhooks)
        assert (await desk.until("order_update", status="APPROVED"))["is_sendable"]
        await desk.decide(one, "category", category="MARKETING", at_once=True)
        await noticed(desk, webhooks=webhooks)
        await desk.until("order_update", category="MARKETING")
        await desk.decide(one, "quality", score="RED")
        await noticed(desk, webhooks=webhooks)
        await desk.until("order_update", quality="RED")
        await desk.decide(one, "review", status="PAUSED")
        await noticed(desk, webhooks=webhooks)
        assert not (await desk.until("order_update", status="PAUSED"))["is_sendable"]
        await desk.meta("POST", f"/{one['provider_id']}", {"components": components(OTHER_BODY)})
        await noticed(desk, webhooks=webhooks)
        await desk.until_text("order_update", OTHER_BODY)
        waba = desk.sandbox.identity.waba_id
        await desk.meta("DELETE", f"/{waba}/message_templates", name="order_update")
        await noticed(desk, webhooks=webhooks)
        await desk.until_gone("order_update")
        life = await desk.did("GET", f"/v1/templates/{one['id']}")
        assert life["removed_at"] is not None
        told = [set(step["changes"]) for step in reversed(life["history"])][1:]
        assert [change - {"detail"} for change in told[:4]] == [
            {"status"}, {"category"}, {"quality"}, {"status"},
        ]  # fmt: skip
        assert {"definition"} < set.union(*told[4:-1])
        assert "removed_at" in told[-1]
        events = [event for event in await desk.events() if event["object_id"] == one["id"]]
        assert [set(event["data"]["changes"]) for event in events][1:] == told
        assert {event["data"]["source"] for event in events[1:]} == {"webhook" if webhooks else "sync"}

    story(tmp_path, store_url, tell, webhooks=webhooks)


def test_what_we_do_ourselves_is_one_fact_and_one_event(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        await desk.synced()
        one = await approved(desk)
        await desk.until("order_update", status="APPROVED")
        path = f"/v1/templates/{one['id']}"
        await desk.did("PATCH", path, {"components": components(OTHER_BODY)})
        await desk.did("DELETE", path)
        await desk.did("POST", "/v1/templates", template("last"))
        await desk.decide(await desk.until("last"), "review", status="REJECTED", reason="SCAM")
        rejected = await desk.until(
            "last", status="REJECTED"
        )  # webhooks come in order: those before are read
        assert rejected["rejected_reason"] == "SCAM"
        told = [(event["data"]["name"], event["data"]["source"]) for event in await desk.events()]
        assert told == [
            ("order_update", "answer"), ("order_update", "webhook"), ("order_update", "answer"),
            ("order_update", "answer"), ("last", "answer"), ("last", "webhook"),
        ]  # fmt: skip

    story(tmp_path, "", tell, webhooks=True)


def test_news_of_a_template_that_nobody_knew_is_told_at_once_and_it_is_read(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(desk: Desk) -> None:
        await desk.synced()
        waba = desk.sandbox.identity.waba_id
        made = await desk.meta("POST", f"/{waba}/message_templates", template("theirs"))
        await desk.decide({"provider_id": made["id"]}, "review", status="APPROVED")
        known = await desk.until("theirs", status="APPROVED")
        assert known["provider_id"] == made["id"]
        await desk.decide(known, "review", status="PAUSED")
        paused = await desk.until("theirs", status="PAUSED")
        first, second = await desk.events()
        assert (first["object_id"], first["data"]["id"]) == (f"template_{made['id']}", None)
        assert (first["data"]["name"], first["data"]["status"]) == ("theirs", "APPROVED")
        assert first["data"]["value"]["event"] == "APPROVED"
        assert (second["object_id"], second["data"]["changes"]["status"]) == (
            known["id"], ["APPROVED", "PAUSED"],
        )  # fmt: skip
        assert second["data"]["field"] == "message_template_status_update"
        assert "quality" in paused["detail"]

    story(tmp_path, store_url, tell, webhooks=True)


def test_late_news_does_not_bring_back_what_was(tmp_path: Path) -> None:
    async def tell(desk: Desk) -> None:
        one = await approved(desk)
        await desk.synced()
        status = {
            "event": "REJECTED", "message_template_id": int(one["provider_id"]), "reason": "SCAM",
            "message_template_name": "order_update", "message_template_language": "en_US",
        }  # fmt: skip
        change = {"field": "message_template_status_update", "value": status}
        entry = {"id": desk.sandbox.identity.waba_id, "time": 1_700_000_000, "changes": [change]}
        await desk.post({"object": "whatsapp_business_account", "entry": [entry]})
        await desk.decide(one, "quality", score="GREEN")
        known = await desk.until("order_update", quality="GREEN")
        assert (known["status"], known["rejected_reason"]) == ("APPROVED", None)

    story(tmp_path, "", tell, webhooks=True)
