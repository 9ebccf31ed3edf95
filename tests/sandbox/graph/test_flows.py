"""Flows: from a draft to the end, with what Meta says of each wrong step."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.sandbox.graph.forms import field, file, post_form
from tests.sandbox.rig import Rig, rig
from trunkline.sandbox.clock import VirtualClock

SCREEN: dict[str, Any] = {
    "id": "WELCOME",
    "title": "Welcome",
    "terminal": True,
    "layout": {
        "type": "SingleColumnLayout",
        "children": [
            {"type": "TextHeading", "text": "Hello"},
            {"type": "Form", "name": "form", "children": [{"type": "TextInput", "name": "a", "label": "A"}]},
            {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete", "payload": {}}},
        ],
    },
}
FLOW: dict[str, Any] = {"version": "7.3", "screens": [SCREEN]}


async def make(tools: Rig, name: str = "Survey", **members: Any) -> dict[str, Any]:
    body = {"name": name, "categories": ["SURVEY"], **members}
    response = await tools.call("POST", f"/v25.0/{tools.identity.waba_id}/flows", body)
    answer = await response.json()
    assert response.status == 200, answer
    return answer


async def upload(tools: Rig, id_: str, text: str) -> dict[str, Any]:
    parts = (
        file(text.encode(), "application/json"),
        field("name", "flow.json"),
        field("asset_type", "FLOW_JSON"),
    )
    response = await post_form(tools, f"/v25.0/{id_}/assets", *parts)
    answer = await response.json()
    assert response.status == 200, answer
    return answer


async def get(tools: Rig, path: str) -> dict[str, Any]:
    return await (await tools.call("GET", path)).json()


async def refusal(tools: Rig, method: str, path: str, body: Any = None) -> tuple[int, str]:
    response = await tools.call(method, path, body)
    error = (await response.json())["error"]
    assert response.status == 400, error
    return error["code"], error["error_user_title"]


def test_a_flow_goes_from_draft_to_published_to_deprecated_and_tells_of_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as tools:
            response = await tools.call(
                "POST",
                f"/{tools.identity.waba_id}/subscribed_apps",
                {
                    "override_callback_uri": tools.receiver.url,
                    "verify_token": tools.receiver.verify_token,
                },
            )
            assert response.status == 200
            made = await make(tools)
            id_ = made["id"]
            assert made == {"id": id_, "success": True, "validation_errors": []}
            assert await get(tools, f"/{id_}") == {
                "id": id_,
                "name": "Survey",
                "status": "DRAFT",
                "categories": ["SURVEY"],
                "validation_errors": [],
            }
            assert await upload(tools, id_, json.dumps(FLOW)) == {"success": True, "validation_errors": []}
            for step, state in (("publish", "PUBLISHED"), ("deprecate", "DEPRECATED")):
                assert await (await tools.call("POST", f"/{id_}/{step}")).json() == {"success": True}
                assert (await get(tools, f"/{id_}?fields=status"))["status"] == state
            await tools.receiver.wait_for(lambda receiver: len(told(receiver)) == 2)
            published, deprecated = told(tools.receiver)
            assert published["flow_id"] == id_
            assert published["event"] == "FLOW_STATUS_CHANGE"
            assert (published["old_status"], published["new_status"]) == ("DRAFT", "PUBLISHED")
            assert (deprecated["old_status"], deprecated["new_status"]) == ("PUBLISHED", "DEPRECATED")

    asyncio.run(run())


def test_wrong_steps_are_refused_with_the_codes_of_flows(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            draft = (await make(tools))["id"]
            no_json = (139002, "Publishing Flow with validation errors")
            assert await refusal(tools, "POST", f"/{draft}/publish") == no_json
            early = (139003, "Can't deprecate unpublished flow")
            assert await refusal(tools, "POST", f"/{draft}/deprecate") == early
            live = (await make(tools, "Live", flow_json=json.dumps(FLOW), publish=True))["id"]
            again = (139002, "Publishing Flow in invalid state")
            assert await refusal(tools, "POST", f"/{live}/publish") == again
            assert await refusal(tools, "POST", f"/{live}", {"name": "x"}) == (
                139001,
                "Flow can't be updated",
            )
            assert await refusal(tools, "DELETE", f"/{live}") == (139004, "Can't delete published Flow")
            parts = (
                file(b"{}", "application/json"),
                field("name", "flow.json"),
                field("asset_type", "FLOW_JSON"),
            )
            response = await post_form(tools, f"/{live}/assets", *parts)
            assert await tools.error_of(response) == (400, 139001)
            assert (await tools.call("POST", f"/{live}/deprecate")).status == 200
            late = (139003, "Flow is already deprecated")
            assert await refusal(tools, "POST", f"/{live}/deprecate") == late
            assert await tools.error_of(await tools.call("GET", f"/{live}?fields=metric.name(x)")) == (
                400,
                139006,
            )
            assert await (await tools.call("DELETE", f"/{draft}")).json() == {"success": True}
            assert (await get(tools, f"/{draft}"))["error"]["error_subcode"] == 33

    asyncio.run(run())


def test_a_flow_with_an_endpoint_needs_its_address_and_a_key(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            flow = {**FLOW, "data_api_version": "3.0", "routing_model": {}}
            id_ = (await make(tools, flow_json=json.dumps(flow)))["id"]
            missing = (139002, "Publishing without specifying endpoint_uri is forbidden")
            assert await refusal(tools, "POST", f"/{id_}/publish") == missing
            response = await tools.call("POST", f"/{id_}", {"endpoint_uri": "https://example.com/flow"})
            assert await response.json() == {"success": True}
            no_key = (139002, "Missing Flows Signed Public Key")
            assert await refusal(tools, "POST", f"/{id_}/publish") == no_key
            key = rsa.generate_private_key(65537, 2048).public_key()
            pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            path = f"/{tools.identity.phone_number_id}/whatsapp_business_encryption"
            assert (await tools.call("POST", path, {"business_public_key": pem})).status == 200
            assert (await tools.call("POST", f"/{id_}/publish")).status == 200
            found = await get(tools, f"/{id_}?fields=endpoint_uri,json_version,data_api_version")
            assert found == {
                "id": id_,
                "endpoint_uri": "https://example.com/flow",
                "json_version": "7.3",
                "data_api_version": "3.0",
            }

    asyncio.run(run())


@pytest.mark.parametrize(
    ("flow", "errors"),
    [
        ("no json", [("INVALID_FLOW_JSON", "")]),
        ("[]", [("INVALID_FLOW_JSON", "")]),
        ("[" * 100_000, [("INVALID_FLOW_JSON", "")]),
        ({}, [("REQUIRED_PROPERTY_MISSING", ""), ("REQUIRED_PROPERTY_MISSING", "")]),
        ({**FLOW, "version": "1.0"}, [("INVALID_PROPERTY_VALUE", "version")]),
        ({**FLOW, "more": 1}, [("INVALID_PROPERTY_KEY", "more")]),
        ({**FLOW, "screens": []}, [("INVALID_PROPERTY_VALUE", "screens")]),
        ({**FLOW, "data_api_version": "3.0"}, [("REQUIRED_PROPERTY_MISSING", "")]),
        (
            {**FLOW, "screens": [{**SCREEN, "id": "1 x", "terminal": False}]},
            [("INVALID_PROPERTY_VALUE", "screens[0].id"), ("MISSING_TERMINAL_SCREEN", "screens")],
        ),
        ({**FLOW, "screens": [SCREEN, SCREEN]}, [("DUPLICATE_SCREEN_ID", "screens[1].id")]),
        (
            {**FLOW, "screens": [{**SCREEN, "layout": {"type": "Grid"}}]},
            [("INVALID_PROPERTY_VALUE", "screens[0].layout.type")],
        ),
        (
            {
                **FLOW,
                "screens": [{**SCREEN, "layout": {**SCREEN["layout"], "children": [{"type": "Blink"}, 7]}}],
            },
            [
                ("INVALID_PROPERTY_VALUE", "screens[0].layout.children[0].type"),
                ("REQUIRED_PROPERTY_MISSING", "screens[0].layout.children[1]"),
            ],
        ),
    ],
)
def test_faults_of_flow_json_are_listed_and_stand_against_publishing(
    tmp_path: Path, flow: Any, errors: list[tuple[str, str]]
) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            id_ = (await make(tools))["id"]
            text = flow if isinstance(flow, str) else json.dumps(flow)
            found = (await upload(tools, id_, text))["validation_errors"]
            told_of = [(error["error"], (error["pointers"] or [{"path": ""}])[0]["path"]) for error in found]
            assert told_of == errors
            assert (await get(tools, f"/{id_}"))["validation_errors"] == found
            assert (await refusal(tools, "POST", f"/{id_}/publish"))[0] == 139002

    asyncio.run(run())


def test_a_fault_is_told_with_its_line_and_column(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            text = '{\n  "version": "7.3",\n  "screens": [{"id": "a b", "terminal": true, "layout":\n'
            text += '    {"type": "SingleColumnLayout", "children": []}}]\n}'
            (error,) = (await make(tools, flow_json=text))["validation_errors"]
            assert error["message"] == "Invalid value found for property 'id'."
            assert error["error_type"] == "FLOW_JSON_ERROR"
            where = {"line_start": 3, "line_end": 3, "column_start": 22, "column_end": 26}
            assert {name: error[name] for name in where} == where
            assert error["pointers"] == [{**where, "path": "screens[0].id"}]

    asyncio.run(run())


def test_flows_are_listed_in_pages_and_cloned(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            first = (await make(tools, flow_json=json.dumps(FLOW)))["id"]
            second = (await make(tools, "Copy", clone_flow_id=first))["id"]
            await make(tools, "Third", categories=["OTHER", "SIGN_UP"])
            page = await get(tools, f"/{tools.identity.waba_id}/flows?limit=2&fields=id,json_version")
            assert page["data"] == [
                {"id": first, "json_version": "7.3"},
                {"id": second, "json_version": "7.3"},
            ]
            after = page["paging"]["cursors"]["after"]
            rest = await get(tools, f"/{tools.identity.waba_id}/flows?after={after}")
            assert [row["name"] for row in rest["data"]] == ["Third"]

    asyncio.run(run())


def test_the_asset_and_the_preview_can_be_opened_without_a_token_for_thirty_days(tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, subscribed=False, clock=clock) as tools:
            id_ = (await make(tools, "<b>"))["id"]
            assert await get(tools, f"/{id_}/assets") == {"data": []}
            await upload(tools, id_, json.dumps(FLOW))
            (asset,) = (await get(tools, f"/{id_}/assets"))["data"]
            assert (asset["name"], asset["asset_type"]) == ("flow.json", "FLOW_JSON")
            assert await (await open_url(tools, asset["download_url"])).json() == FLOW
            preview = (await get(tools, f"/{id_}?fields=preview.invalidate(false)"))["preview"]
            page = await (await open_url(tools, preview["preview_url"])).text()
            assert "&lt;b&gt;" in page and "<b>" not in page
            assert (await get(tools, f"/{id_}?fields=preview"))["preview"] == preview
            anew = (await get(tools, f"/{id_}?fields=preview.invalidate(true)"))["preview"]
            assert (await open_url(tools, preview["preview_url"])).status == 404
            clock.advance(31 * 86_400_000)
            assert (await open_url(tools, anew["preview_url"])).status == 404

    asyncio.run(run())


def test_a_flow_says_whether_it_can_be_sent(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            id_ = (await make(tools, flow_json=FLOW))["id"]
            path = f"/{id_}?fields=health_status,application,whatsapp_business_account"
            found = await get(tools, path)
            assert found["health_status"]["can_send_message"] == "BLOCKED"
            assert found["application"]["id"] == tools.identity.app_id
            assert found["whatsapp_business_account"]["id"] == tools.identity.waba_id
            await tools.call("POST", f"/{id_}/publish")
            assert (await get(tools, path))["health_status"]["can_send_message"] == "AVAILABLE"

    asyncio.run(run())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "categories": ["OTHER"]},
        {"name": "x" * 201, "categories": ["OTHER"]},
        {"name": "Taken", "categories": ["OTHER"]},
        {"name": "x", "categories": []},
        {"name": "x", "categories": ["COOKING"]},
        {"name": "x", "categories": [None]},
        {"name": "x", "categories": {"a": 1}},
        {"name": "x", "categories": ["OTHER"], "endpoint_uri": "ftp://example.com"},
        {"name": "x", "categories": ["OTHER"], "clone_flow_id": "1"},
        {"name": "x", "categories": ["OTHER"], "clone_flow_id": {"a": 1}},
    ],
)
def test_a_flow_that_meta_would_not_make_is_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            await make(tools, "Taken")
            response = await tools.call("POST", f"/{tools.identity.waba_id}/flows", body)
            assert response.status == 400, await response.text()
            assert len((await get(tools, f"/{tools.identity.waba_id}/flows"))["data"]) == 1

    asyncio.run(run())


def test_an_asset_needs_its_name_its_type_and_a_file(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            id_ = (await make(tools))["id"]
            name, kind = field("name", "flow.json"), field("asset_type", "FLOW_JSON")
            content = file(b"{}", "application/json")
            for parts in (
                (name, kind),
                (name, content),
                (kind, content),
                (field("name", "x"), kind, content),
            ):
                assert await tools.error_of(await post_form(tools, f"/{id_}/assets", *parts)) == (400, 100)
            body = {"source_waba_id": "1", "source_flow_names": ["x"]}
            response = await tools.call("POST", f"/{tools.identity.waba_id}/migrate_flows", body)
            assert await tools.error_of(response) == (400, 100)

    asyncio.run(run())


def told(receiver: Any) -> list[dict[str, Any]]:
    changes = [change for envelope in receiver.envelopes for change in envelope["entry"][0]["changes"]]
    return [change["value"] for change in changes if change["field"] == "flows"]


async def open_url(tools: Rig, url: str) -> Any:
    return await tools.call("GET", url.removeprefix(tools.identity.url), token=None)


async def send_flow(tools: Rig, name: str, mode: str | None = None) -> Any:
    parameters = {"flow_message_version": "3", "flow_name": name, "flow_cta": "Begin"}
    if mode is not None:
        parameters["mode"] = mode
    action = {"name": "flow", "parameters": parameters}
    interactive = {"type": "flow", "body": {"text": "A few questions"}, "action": action}
    return await tools.send(type="interactive", text=None, interactive=interactive)


def test_a_send_asks_for_the_state_of_its_flow(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            made = await make(tools, flow_json=json.dumps(FLOW))
            assert await tools.error_of(await send_flow(tools, "Survey")) == (400, 131009)
            assert (await send_flow(tools, "Survey", "draft")).status == 200
            assert (await send_flow(tools, "Of another account")).status == 200
            await tools.call("POST", f"/v25.0/{made['id']}/publish")
            assert (await send_flow(tools, "Survey")).status == 200
            for state, code in (("THROTTLED", 132069), ("BLOCKED", 132068)):
                changed = await tools.call("POST", f"/_sandbox/flows/{made['id']}", {"state": state})
                assert changed.status == 200
                assert await tools.error_of(await send_flow(tools, "Survey")) == (400, code)
            refused = await tools.call("POST", f"/_sandbox/flows/{made['id']}", {"state": "LOST"})
            assert refused.status == 400

    asyncio.run(walk())
