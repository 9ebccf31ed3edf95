"""Business numbers as nodes: their fields, how they come into the account, and what is decided about them."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import DAY, Graph, listen, story, visit
from tests.sandbox.rig import PHONE, text_to
from trunkline.sandbox import Identity

NEW = {"cc": "1", "phone_number": "5550107777", "verified_name": "Second Shop"}


def test_the_fields_of_a_number_without_and_with_fields(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        number = await graph.get("/{phone}")
        assert set(number) == {
            "verified_name",
            "code_verification_status",
            "display_phone_number",
            "quality_rating",
            "platform_type",
            "throughput",
            "webhook_configuration",
            "id",
        }
        asked = (
            "status,name_status,account_mode,is_official_business_account,health_status,messaging_limit_tier"
        )
        more = await graph.get(f"/{{phone}}?fields={asked},whatsapp_business_manager_messaging_limit")
        assert (more["status"], more["name_status"], more["account_mode"]) == (
            "CONNECTED",
            "APPROVED",
            "SANDBOX",
        )
        assert more["is_official_business_account"] is False
        assert more["whatsapp_business_manager_messaging_limit"] == "TIER_UNLIMITED"
        kinds = [entity["entity_type"] for entity in more["health_status"]["entities"]]
        assert kinds == ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]
        assert more["health_status"]["can_send_message"] == "AVAILABLE"
        assert "username" not in await graph.get("/{phone}?fields=username")

    story(tmp_path, tell)


def test_a_number_added_by_the_api_is_not_verified_and_cannot_send(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        added = await graph.done("POST", "/{waba}/phone_numbers", NEW)
        number = await graph.get("/{id}?fields=status,code_verification_status,health_status", **added)
        assert (number["status"], number["code_verification_status"]) == ("PENDING", "NOT_VERIFIED")
        assert number["health_status"]["can_send_message"] == "BLOCKED"
        status, answer = await graph.ask("POST", "/{id}/messages", text_to(PHONE), **added)
        assert (status, answer["error"]["code"]) == (400, 133010)
        listed = await graph.get("/{waba}/phone_numbers?limit=1")
        assert len(listed["data"]) == 1
        rest = await graph.get(f"/{{waba}}/phone_numbers?after={listed['paging']['cursors']['after']}")
        assert [row["display_phone_number"] for row in rest["data"]] == ["+1 555-010-7777"]

    story(tmp_path, tell)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"phone_number": None}, (400, 100)),
        ({"phone_number": "abc"}, (400, 100)),
        ({"phone_number": "12"}, (400, 100)),
        ({"phone_number": {"a": 1}}, (400, 100)),
        ({"phone_number": 5550107777}, None),
        ({"phone_number": "+1 (555) 010-7777"}, None),
        ({"verified_name": ""}, (400, 100)),
        ({"verified_name": "n" * 76}, (400, 100)),
        ({"verified_name": 7}, (400, 100)),
        ({"cc": [1]}, (400, 100)),
    ],
)
def test_what_a_new_number_needs(
    tmp_path: Path, members: dict[str, Any], expected: tuple[int, int] | None
) -> None:
    async def tell(graph: Graph) -> None:
        if expected is None:
            await graph.done("POST", "/{waba}/phone_numbers", NEW | members)
            assert await graph.refused("POST", "/{waba}/phone_numbers", NEW) == (400, 100), (
                "it is there already"
            )
        else:
            assert await graph.refused("POST", "/{waba}/phone_numbers", NEW | members) == expected

    story(tmp_path, tell)


def test_numbers_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        await graph.done("POST", "/_sandbox/account", {"do": "limit", "tier": 250, "numbers": 1})
        status, answer = await graph.ask("POST", "/{waba}/phone_numbers", NEW)
        assert (status, answer["error"]["code"], answer["error"]["error_subcode"]) == (403, 200, 1349175)
        (value,) = await graph.heard("business_capability_update")
        assert value == {"max_daily_conversations_per_business": 250, "max_phone_numbers_per_business": 1}
        field = "whatsapp_business_manager_messaging_limit"
        assert (await graph.get(f"/{{phone}}?fields={field}"))[field] == "TIER_250"

    story(tmp_path, tell)


def test_a_number_of_the_admin_route_sends_at_once_and_has_its_own_window(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        added = await graph.done("POST", "/_sandbox/numbers", {"digits": "15550108888", "name": "Other"})
        listed = await graph.get("/_sandbox/numbers")
        assert [row["digits"] for row in listed["data"]][1:] == ["15550108888"]
        assert listed["waba_id"] == graph.identity.waba_id
        await graph.done("POST", "/{id}/messages", text_to(PHONE), id=added["phone_number_id"])
        assert await graph.ask("POST", "/_sandbox/numbers", {"digits": "15550108888"}) == (
            409,
            {"error": {"message": "a number with these digits exists already"}},
        )
        for odd in ({"digits": "x"}, {"digits": 3}, {"name": []}, {"digits": "1" * 40}):
            assert (await graph.ask("POST", "/_sandbox/numbers", odd))[0] == 400
        assert (await graph.done("POST", "/_sandbox/numbers"))["digits"].startswith("15558")

    story(tmp_path, tell)


def test_a_change_of_quality_is_shown_and_told(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        path = "/_sandbox/numbers/{phone}/quality"
        await graph.done("POST", path, {"quality": "RED", "throughput": "high"})
        values = await graph.heard("phone_number_quality_update", 3)
        assert {value["event"] for value in values} == {"FLAGGED", "DOWNGRADE", "THROUGHPUT_UPGRADE"}
        assert values[0]["display_phone_number"] == graph.identity.display_phone_number
        number = await graph.get("/{phone}")
        assert (number["quality_rating"], number["throughput"]) == ("RED", {"level": "HIGH"})
        assert (await graph.ask("POST", path, {"quality": "PINK"}))[0] == 400
        assert (await graph.ask("POST", path, {"score": "GREEN"}))[0] == 400
        assert (await graph.ask("POST", "/_sandbox/numbers/1/quality", {}))[0] == 404
        await graph.done("POST", path, {"standing": "BANNED"})
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (403, 131031)

    story(tmp_path, tell)


def test_a_new_display_name_is_approved_and_shown_after_a_registration(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        await graph.done("POST", "/{phone}", {"new_display_name": "Better Name"})
        (value,) = await graph.heard("phone_number_name_update")
        assert (value["decision"], value["requested_verified_name"]) == ("APPROVED", "Better Name")
        number = await graph.get("/{phone}?fields=verified_name,new_display_name,new_name_status")
        assert (number["verified_name"], number["new_name_status"]) == ("Trunkline Sandbox", "APPROVED")
        await graph.done("POST", "/{phone}/register", {"messaging_product": "whatsapp", "pin": "123456"})
        assert (await graph.get("/{phone}"))["verified_name"] == "Better Name"

    story(tmp_path, tell)


def test_a_display_name_that_is_registered_too_late_has_expired(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("POST", "/{phone}", {"new_display_name": "Better Name"})
        graph.clock.advance(15 * DAY)
        await graph.done("POST", "/{phone}/register", {"messaging_product": "whatsapp", "pin": "123456"})
        number = await graph.get("/{phone}?fields=verified_name,new_name_status")
        assert (number["verified_name"], number["new_name_status"]) == ("Trunkline Sandbox", "EXPIRED")

    story(tmp_path, tell)


def test_a_person_may_decide_about_a_display_name(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await listen(graph)
        await graph.done("PATCH", "/_sandbox/rules", {"names_by_hand": True})
        path = "/_sandbox/numbers/{phone}/name"
        assert (await graph.ask("POST", path, {"decision": "APPROVED"}))[0] == 409
        await graph.done("POST", "/{phone}", {"new_display_name": "Doubtful"})
        assert (await graph.get("/{phone}?fields=new_name_status"))["new_name_status"] == "PENDING_REVIEW"
        assert (await graph.ask("POST", path, {"decision": "PERHAPS"}))[0] == 400
        await graph.done("POST", path, {"decision": "REJECTED", "reason": "NAME_NOT_CONSISTENT"})
        (value,) = await graph.heard("phone_number_name_update")
        assert (value["decision"], value["rejection_reason"]) == ("REJECTED", "NAME_NOT_CONSISTENT")
        assert (await graph.get("/{phone}?fields=new_name_status"))["new_name_status"] == "DECLINED"

    story(tmp_path, tell)


def test_an_eleventh_display_name_within_thirty_days_is_refused(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        for place in range(10):
            await graph.done("POST", "/{phone}", {"new_display_name": f"Name {place}"})
        assert await graph.refused("POST", "/{phone}", {"new_display_name": "One more"}) == (400, 100)
        graph.clock.advance(31 * DAY)
        await graph.done("POST", "/{phone}", {"new_display_name": "One more"})

    story(tmp_path, tell)


@pytest.mark.parametrize("name", ["", "x", "n" * 76, 5, ["a"]])
def test_a_senseless_display_name_is_refused(known: Identity, name: object) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", "/{phone}", {"new_display_name": name}) == (400, 100)

    visit(known, tell)


def test_numbers_and_what_was_decided_survive_a_restart(tmp_path: Path) -> None:
    async def before(graph: Graph) -> None:
        await graph.done("POST", "/_sandbox/numbers", {"digits": "15550108888"})
        await graph.done("POST", "/_sandbox/numbers/{phone}/quality", {"quality": "YELLOW"})
        await graph.done("POST", "/_sandbox/account", {"do": "ban", "state": "DISABLE"})

    async def after(graph: Graph) -> None:
        assert len((await graph.get("/{waba}/phone_numbers"))["data"]) == 2
        assert (await graph.get("/{phone}"))["quality_rating"] == "YELLOW"
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (403, 131031)

    story(tmp_path, before)
    story(tmp_path, after)
