"""The account as a node, and what Meta decides about it: restrictions, bans, reviews, alerts."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import HOUR, Graph, listen, story, visit
from tests.sandbox.rig import PHONE, text_to
from trunkline.sandbox import Identity

TEMPLATE = {"name": "hello_world", "language": {"code": "en_US"}}


def template_to(to: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "template", "template": TEMPLATE}


def test_the_fields_of_an_account(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        account = await graph.get("/{waba}")
        assert set(account) == {"id", "name", "timezone_id", "message_template_namespace"}
        fields = (
            "id,name,currency,timezone_id,status,country,business_verification_status,account_review_status,"
            "health_status,primary_business_location,marketing_messages_lite_api_status,is_enabled_for_insights"
        )
        more = await graph.get(f"/{{waba}}?fields={fields}")
        assert set(more) == set(fields.split(","))
        assert (more["status"], more["is_enabled_for_insights"]) == ("ACTIVE", False)

    story(tmp_path, tell)


def test_the_portfolio_owns_the_account(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        owner = (await graph.get("/{waba}?fields=owner_business_info"))["owner_business_info"]
        business = await graph.get("/{id}?fields=name,verification_status", id=owner["id"])
        assert business["verification_status"] == "verified"
        listed = await graph.get("/{id}/owned_whatsapp_business_accounts", id=owner["id"])
        assert [row["id"] for row in listed["data"]] == [graph.identity.waba_id]

    story(tmp_path, tell)


def test_insights_are_enabled_once_and_for_good(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", "/{waba}") == (400, 100)
        assert await graph.refused("POST", "/{waba}?is_enabled_for_insights=perhaps") == (400, 100)
        await graph.done("POST", "/{waba}?is_enabled_for_insights=true")
        assert (await graph.get("/{waba}?fields=is_enabled_for_insights"))["is_enabled_for_insights"] is True
        assert await graph.refused("POST", "/{waba}", {"is_enabled_for_insights": False}) == (400, 200006)

    story(tmp_path, tell)


def test_an_account_that_is_locked_sends_nothing_until_it_is_reinstated(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        await graph.done("POST", "/_sandbox/account", {"do": "ban", "state": "SCHEDULE_FOR_DISABLE"})
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))
        await graph.done("POST", "/_sandbox/account", {"do": "ban", "state": "DISABLE"})
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (403, 131031)
        health = (await graph.get("/{waba}?fields=status,health_status"))["health_status"]
        assert health["can_send_message"] == "BLOCKED"
        assert health["entities"][0]["errors"][0]["error_code"] == 141014
        await graph.done("POST", "/_sandbox/account", {"do": "ban", "state": "REINSTATE"})
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))
        values = await graph.heard("account_update", 3)
        assert {value["ban_info"]["waba_ban_state"] for value in values} == {
            "SCHEDULE_FOR_DISABLE",
            "DISABLE",
            "REINSTATE",
        }

    story(tmp_path, tell)


def test_a_restriction_bites_its_kind_of_message_and_ends_by_itself(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        restrict = {"do": "restrict", "kind": "RESTRICTED_BIZ_INITIATED_MESSAGING", "seconds": 3600}
        await graph.done("POST", "/_sandbox/account", restrict)
        assert await graph.refused("POST", "/{phone}/messages", template_to(PHONE)) == (403, 368)
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))
        (value,) = await graph.heard("account_update")
        assert value["event"] == "ACCOUNT_RESTRICTION"
        assert value["restriction_info"][0]["restriction_type"] == restrict["kind"]
        graph.clock.advance(2 * HOUR)
        await graph.done("POST", "/{phone}/messages", template_to(PHONE))
        everything = restrict | {"kind": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "seconds": None}
        await graph.done("POST", "/_sandbox/account", everything)
        graph.clock.advance(1000 * HOUR)
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (403, 368)
        health = (await graph.get("/{phone}?fields=health_status"))["health_status"]
        assert health["can_send_message"] == "LIMITED"
        await graph.done("POST", "/_sandbox/account", {"do": "lift"})
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))

    story(tmp_path, tell)


def test_a_restricted_account_adds_no_numbers(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        restrict = {"do": "restrict", "kind": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}
        await graph.done("POST", "/_sandbox/account", restrict)
        body = {"cc": "1", "phone_number": "5550107777", "verified_name": "Second Shop"}
        assert await graph.refused("POST", "/{waba}/phone_numbers", body) == (403, 368)
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))

    story(tmp_path, tell)


def test_reviews_violations_and_alerts_are_told(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        for deed in (
            {"do": "review", "decision": "REJECTED"},
            {"do": "violate", "type": "SCAM"},
            {"do": "alert", "severity": "WARNING", "description": "Look at this"},
        ):
            await graph.done("POST", "/_sandbox/account", deed)
        assert await graph.heard("account_review_update") == [{"decision": "REJECTED"}]
        (violation,) = await graph.heard("account_update")
        assert violation == {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}}
        (alert,) = await graph.heard("account_alerts")
        assert alert["alert_info"]["alert_severity"] == "WARNING"
        assert (await graph.get("/{waba}?fields=account_review_status"))[
            "account_review_status"
        ] == "REJECTED"
        assert (await graph.get("/_sandbox/account"))["review"] == "REJECTED"

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "explode"},
        {"do": ["ban"]},
        {"do": "ban"},
        {"do": "ban", "state": 5},
        {"do": "restrict", "kind": "X"},
        {"do": "restrict", "kind": "RESTRICTED_BIZ_INITIATED_MESSAGING", "seconds": -1},
        {"do": "limit", "tier": 0},
        {"do": "limit", "tier": True},
        {"do": "limit", "tier": 10**30},
    ],
)
def test_a_senseless_decision_is_refused(known: Identity, body: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        assert (await graph.ask("POST", "/_sandbox/account", body))[0] == 400

    visit(known, tell)


def test_any_fact_of_the_account_can_be_announced(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        value = {"event": "PARTNER_ADDED", "waba_info": {"waba_id": "1"}}
        await graph.done("POST", "/_sandbox/announce", {"field": "account_update", "value": value})
        assert await graph.heard("account_update") == [value]
        (entry,) = graph.receiver.envelopes[-1]["entry"]
        assert entry["id"] == graph.identity.waba_id and isinstance(entry["time"], int)
        for odd in (
            {"field": "messages", "value": {}},
            {"field": "x", "value": {}},
            {"field": "flows"},
            {"field": []},
        ):
            assert (await graph.ask("POST", "/_sandbox/announce", odd))[0] == 400

    story(tmp_path, tell)


def test_an_app_that_is_not_subscribed_hears_nothing(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        await graph.done("DELETE", "/{waba}/subscribed_apps")
        assert await graph.get("/{waba}/subscribed_apps") == {"data": []}
        await graph.tools.sent(PHONE)
        await graph.tools.eventually("/_sandbox/health", lambda answer: answer["pending"] == 0)
        assert graph.receiver.posts == 0, "the number has a callback of its own"
        silent = {"field": "account_update", "value": {"event": "ACCOUNT_DELETED"}}
        await graph.done("POST", "/_sandbox/announce", silent)
        await graph.tools.eventually("/_sandbox/webhooks", lambda answer: answer["data"] == [])
        await listen(graph)
        heard = {"field": "account_update", "value": {"event": "PARTNER_ADDED"}}
        await graph.done("POST", "/_sandbox/announce", heard)
        assert {value["event"] for value in await graph.heard("account_update")} == {"PARTNER_ADDED"}

    story(tmp_path, tell)
