"""Templates as nodes: made once, edited now and then, listed, deleted, and counted."""

import asyncio
from pathlib import Path
from typing import Any

from tests.sandbox.templates.drafts import (
    BODY_2,
    IMAGE,
    account,
    approved,
    ask,
    body,
    draft,
    edge,
    events_of,
    field_of,
    header,
    login,
    refusal,
    review,
    sample_id,
    submit,
)
from trunkline.sandbox.clock import VirtualClock

HOUR = 3_600_000
DAY = 24 * HOUR


def test_a_template_is_found_by_id_with_the_fields_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            definition = draft(header("Order {{1}}", "A-1"), BODY_2, message_send_ttl_seconds=60)
            id_ = await approved(tools, definition)
            node = await ask(tools, "GET", f"/v25.0/{id_}")
            assert node["components"] == definition["components"]
            assert set(node) == {
                "id", "name", "language", "status", "category", "components", "parameter_format",
            }  # fmt: skip
            fields = "quality_score,rejected_reason,message_send_ttl_seconds,health_status,last_updated_time"
            node = await ask(tools, "GET", f"/{id_}?fields={fields}")
            assert node["quality_score"]["score"] == "UNKNOWN"
            assert node["rejected_reason"] == "NONE"
            assert node["message_send_ttl_seconds"] == 60
            assert node["health_status"]["can_send_message"] == "AVAILABLE"
            assert node["last_updated_time"].endswith("+0000")
            assert (await refusal(tools, "GET", f"/{id_}?fields=colour"))["code"] == 100

    asyncio.run(scenario())


def test_a_name_is_unique_in_a_language_and_of_one_category(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            await submit(tools, draft())
            assert (await refusal(tools, "POST", edge(tools), draft()))["error_subcode"] == 2388024
            await submit(tools, draft(language="de"))
            error = await refusal(tools, "POST", edge(tools), draft(language="fr", category="MARKETING"))
            assert "MARKETING" in error["error_user_msg"]

    asyncio.run(scenario())


def test_an_authentication_template_is_given_back_with_its_texts(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            parts = [
                {"type": "BODY", "add_security_recommendation": True},
                {"type": "FOOTER", "code_expiration_minutes": 5},
                login()["components"][-1],
            ]
            id_ = await approved(tools, login(components=parts, language="es"))
            text, footer, buttons = await field_of(tools, id_, "components")
            assert text["text"].startswith("*{{1}}* es tu código")
            assert "5" in footer["text"]
            assert buttons["buttons"][0]["type"] == "URL"
            assert buttons["buttons"][0]["url"].endswith("&code=otp{{1}}")

    asyncio.run(scenario())


def test_the_quota_of_the_account_is_2388019(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, template_quota=7) as tools:  # six samples are there
            await submit(tools, draft())
            error = await refusal(tools, "POST", edge(tools), draft(name="one_more"))
            assert error["error_subcode"] == 2388019

    asyncio.run(scenario())


def test_creates_in_an_hour_can_be_limited(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        async with account(tmp_path, clock=clock, template_creates_per_hour=1) as tools:
            await submit(tools, draft())
            assert (await refusal(tools, "POST", edge(tools), draft(name="b")))["code"] == 80007
            clock.advance(HOUR + 1)
            await submit(tools, draft(name="b"))

    asyncio.run(scenario())


def test_lists_are_filtered_and_paged(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, review_seconds=None) as tools:
            for language in ("de", "fr", "es"):
                await submit(tools, draft(body("Your parcel is here."), language=language))
            await submit(tools, draft(name="parcel_update_2", category="MARKETING"))

            async def names(query: str) -> list[str]:
                rows = (await ask(tools, "GET", edge(tools, query)))["data"]
                return [f"{row['name']}/{row['language']}" for row in rows]

            assert await names("?status=APPROVED&language=en_US&name=hello_world") == ["hello_world/en_US"]
            assert await names("?status=PENDING&language=de,fr") == ["parcel_update/fr", "parcel_update/de"]
            assert await names('?status=["PENDING"]&category=MARKETING') == ["parcel_update_2/en_US"]
            assert len(await names("?content=parcel")) == 3
            assert (await names("?name=parcel_update"))[-1] == "parcel_update_2/en_US"
            assert await names("?quality_score=RED") == []
            first = await ask(tools, "GET", edge(tools, "?limit=3&fields=name&summary=total_count"))
            assert len(first["data"]) == 3
            assert first["summary"] == {"total_count": 10}
            after = first["paging"]["cursors"]["after"]
            second = await ask(tools, "GET", edge(tools, f"?limit=100&after={after}&fields=name"))
            assert len(second["data"]) == 7
            assert set(second["data"][0]) == {"id", "name"}
            assert (await refusal(tools, "GET", edge(tools, "?after=nothing")))["code"] == 131059
            assert (await refusal(tools, "GET", edge(tools, "?status=LOST")))["code"] == 100

    asyncio.run(scenario())


def test_an_approved_template_is_edited_once_a_day_and_ten_times_a_month(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        async with account(tmp_path, clock=clock) as tools:
            id_ = await approved(tools, draft())

            async def edit(text: str) -> None:
                assert (await ask(tools, "POST", f"/{id_}", {"components": [body(text)]}))["success"]
                await tools.eventually(f"/{id_}?fields=status", lambda node: node["status"] == "APPROVED")

            for count in range(10):
                await edit(f"Edit {count}")
                again = await refusal(tools, "POST", f"/{id_}", {"components": [body("Again")]})
                assert (again["error_subcode"], again["code"]) == (2388039, 100)
                clock.advance(DAY + 1)
            error = await refusal(tools, "POST", f"/{id_}", {"components": [body("Eleventh")]})
            assert "30 days" in error["error_user_msg"]
            clock.advance(21 * DAY)
            await edit("A month later")

    asyncio.run(scenario())


def test_only_some_states_and_members_can_be_edited(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, review_seconds=None) as tools:
            id_ = await submit(tools, draft())
            given: dict[str, Any] = {"components": [body("Better words.")], "category": "MARKETING"}
            assert (await refusal(tools, "POST", f"/{id_}", given))["error_subcode"] == 2388039
            await review(tools, id_, "REJECTED")
            await ask(tools, "POST", f"/{id_}", given)
            assert await field_of(tools, id_, "category") == "MARKETING"
            await review(tools, id_, "APPROVED")
            error = await refusal(tools, "POST", f"/{id_}", {**given, "category": "UTILITY"})
            assert error["error_subcode"] == 2388039
            assert (await refusal(tools, "POST", f"/{id_}", {"name": "x"}))["code"] == 100
            await tools.receiver.wait_for(lambda seen: seen.facts_of("message_template_components_update"))
            (fact,) = tools.receiver.facts_of("message_template_components_update")
            assert fact["message_template_element"] == "Better words."
            assert "message_template_title" not in fact

    asyncio.run(scenario())


def test_a_deleted_name_is_taken_for_30_days(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = VirtualClock()
        async with account(tmp_path, clock=clock) as tools:
            ids = [await approved(tools, draft(language=language)) for language in ("en_US", "de")]
            assert await ask(tools, "DELETE", edge(tools, "?name=parcel_update")) == {"success": True}
            assert await field_of(tools, ids[0], "status") == "PENDING_DELETION"
            assert (await ask(tools, "GET", edge(tools, "?name=parcel_update")))["data"] == []
            going = await ask(tools, "GET", edge(tools, "?status=PENDING_DELETION"))
            assert {row["id"] for row in going["data"]} == set(ids)
            for language in ("en_US", "fr"):
                error = await refusal(tools, "POST", edge(tools), draft(language=language))
                assert error["error_subcode"] == 2388023
            clock.advance(30 * DAY)
            await tools.receiver.wait_for(lambda seen: "DELETED" in events_of(seen, ids[0]))
            await submit(tools, draft())

    asyncio.run(scenario())


def test_one_language_or_many_ids_are_deleted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            ids = [await approved(tools, draft(name=name)) for name in ("a", "b", "c")]
            german = await approved(tools, draft(name="a", language="de"))
            await ask(tools, "DELETE", edge(tools, f"?name=a&hsm_id={german}"))
            assert await field_of(tools, ids[0], "status") == "APPROVED"
            error = await refusal(tools, "DELETE", edge(tools, f'?hsm_ids=["{ids[1]}","5"]'))
            assert error["error_subcode"] == 2593002
            await ask(tools, "DELETE", edge(tools, f'?hsm_ids=["{ids[1]}","{ids[2]}"]'))
            assert await field_of(tools, ids[2], "status") == "PENDING_DELETION"
            assert (await refusal(tools, "DELETE", edge(tools, "?name=b")))["error_subcode"] == 2593002
            assert (await refusal(tools, "DELETE", edge(tools)))["code"] == 100
            await review(tools, ids[0], "DISABLED")
            assert (await refusal(tools, "DELETE", edge(tools, "?name=a")))["code"] == 100

    asyncio.run(scenario())


def test_a_template_that_was_never_approved_is_gone_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path, review_seconds=None) as tools:
            id_ = await submit(tools, draft())
            await ask(tools, "DELETE", edge(tools, "?name=parcel_update"))
            assert (await refusal(tools, "GET", f"/{id_}"))["error_subcode"] == 33
            await submit(tools, draft())

    asyncio.run(scenario())


def test_authentication_templates_are_upserted_in_many_languages(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            path = f"/{tools.identity.waba_id}/upsert_message_templates"
            given = login(language=None, languages=["en_US", "de"])
            rows = (await ask(tools, "POST", path, given))["data"]
            assert [row["language"] for row in rows] == ["en_US", "de"]
            given["components"][0] = {"type": "BODY", "add_security_recommendation": False}
            again = (await ask(tools, "POST", path, given))["data"]
            assert [row["id"] for row in again] == [row["id"] for row in rows]
            german = await field_of(tools, rows[1]["id"], "components")
            assert german[0]["text"].endswith("Bestätigungscode.")
            assert (await refusal(tools, "POST", path, draft(languages=["de"])))["code"] == 100

    asyncio.run(scenario())


def test_previews_library_and_comparison_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            waba = tools.identity.waba_id
            query = "category=AUTHENTICATION&languages=en_US,es&code_expiration_minutes=7&button_types=OTP"
            rows = (await ask(tools, "GET", f"/{waba}/message_template_previews?{query}"))["data"]
            assert [row["language"] for row in rows] == ["en_US", "es"]
            assert "7" in rows[0]["footer"]
            assert rows[0]["buttons"][0]["text"]
            (found,) = (await ask(tools, "GET", "/v25.0/message_template_library?search=delivery"))["data"]
            inputs = [
                {"type": "URL", "url": {"base_url": "https://me.example/{{1}}", "url_suffix_example": "7"}}
            ]
            made = await ask(
                tools,
                "POST",
                edge(tools),
                draft(
                    components=None,
                    library_template_name=found["name"],
                    library_template_button_inputs=inputs,
                ),
            )
            assert made["status"] == "APPROVED"
            ids = [made["id"], await sample_id(tools, "hello_world")]
            path = f"/{ids[0]}/compare?template_ids=[{ids[1]}]&start=1700000000&end=1700604800"
            metrics = (await ask(tools, "GET", path))["data"]
            assert [row["metric"] for row in metrics] == ["BLOCK_RATE", "MESSAGE_SENDS", "TOP_BLOCK_REASON"]
            assert (await refusal(tools, "GET", f"/{ids[0]}/compare?template_ids=[1]"))["code"] == 100

    asyncio.run(scenario())


def test_templates_survive_a_restart_and_deleted_samples_stay_away(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with account(tmp_path) as tools:
            id_ = await approved(tools, draft(IMAGE, BODY_2))
            await ask(tools, "DELETE", edge(tools, "?name=sample_carousel"))
        async with account(tmp_path) as tools:
            assert await field_of(tools, id_, "components") == [IMAGE, BODY_2]
            assert (await ask(tools, "GET", edge(tools, "?name=sample_carousel")))["data"] == []

    asyncio.run(scenario())


def test_odd_parameters_never_break_the_sandbox(tmp_path: Path) -> None:
    odd = (None, 0, -1, 10**30, 1.5, True, "", "[", "x\x00y", [], [None], [[]], {}, "9" * 400, "[1")
    keys = (
        *(
            "name",
            "status",
            "category",
            "language",
            "languages",
            "content",
            "quality_score",
            "limit",
            "after",
        ),
        *("hsm_id", "hsm_ids", "template_ids", "start", "end", "button_types", "code_expiration_minutes"),
        *("search", "summary", "components", "message_send_ttl_seconds", "library_template_button_inputs"),
    )

    async def scenario() -> None:
        async with account(tmp_path) as tools:
            id_ = await approved(tools, draft())
            waba = f"/{tools.identity.waba_id}"
            calls = [
                ("GET", edge(tools), {}),
                ("DELETE", edge(tools), {"name": "nothing"}),
                ("POST", f"/{id_}", {"components": [BODY_2]}),
                ("GET", f"/{id_}/compare", {"template_ids": [id_], "start": 0, "end": 604_800}),
                ("GET", f"{waba}/message_template_previews", {"category": "AUTHENTICATION"}),
                ("POST", f"{waba}/upsert_message_templates", login(languages=["de"])),
                ("GET", "/message_template_library", {}),
                ("POST", edge(tools), draft(components=None, library_template_name="delivery_update_1")),
            ]
            for method, path, usual in calls:
                for key in keys:
                    for value in odd:
                        response = await tools.call(method, path, {**usual, key: value})
                        assert response.status in {200, 400}, (method, path, key, value)

    asyncio.run(scenario())
