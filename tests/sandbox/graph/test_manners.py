"""How Graph speaks whatever the node: fields in fields, methods, headers, and what it does not have."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import HOUR, Graph, story, visit
from trunkline.sandbox import Identity

HEADERS = {
    "facebook-api-version": "v25.0",
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "access-control-allow-origin": "*",
}


def test_fields_may_have_inner_fields_and_edges_their_arguments(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        for _ in range(2):
            await graph.done("POST", "/_sandbox/numbers")
        nested = (
            "name,phone_numbers.limit(2){verified_name, throughput{level}},health_status{can_send_message}"
        )
        account = await graph.get(f"/{{waba}}?fields={nested}".replace(" ", "%20"))
        assert set(account) == {"id", "name", "phone_numbers", "health_status"}
        first, second = account["phone_numbers"]["data"]
        assert first["throughput"] == {"level": "STANDARD"}
        assert set(second) == {"verified_name", "throughput", "id"}
        assert "next" in account["phone_numbers"]["paging"]
        assert account["health_status"] == {"can_send_message": "AVAILABLE"}
        only = await graph.get("/{phone}?fields=whatsapp_business_profile{about}")
        assert only["whatsapp_business_profile"] == {"data": [{"messaging_product": "whatsapp"}]}

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "fields",
    [
        "name{",
        "name}",
        "{name}",
        "name,phone_numbers.limit",
        "a.b(",
        'a.b("',
        "name.",
        "a{b{c}",
        "a b",
        "é",
        "a;b",
    ],
)
def test_fields_that_cannot_be_read_are_a_syntax_error(known: Identity, fields: str) -> None:
    async def tell(graph: Graph) -> None:
        path = f"/{{waba}}?fields={fields}".replace(" ", "%20").replace("é", "%C3%A9").replace(";", "%3B")
        assert await graph.refused("GET", path) == (400, 2500)

    visit(known, tell)


@pytest.mark.parametrize("fields", ["nonsense", "id,nonsense", "phone_numbers{nonsense}", "nonsense{id}"])
def test_fields_that_do_not_exist_are_refused(known: Identity, fields: str) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("GET", f"/{{waba}}?fields={fields}") == (400, 100)

    visit(known, tell)


def test_fields_nested_without_end_are_refused(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        deep = "a{" * 3000 + "b" + "}" * 3000
        assert await graph.refused("GET", f"/{{waba}}?fields={deep}") == (400, 2500)

    story(tmp_path, tell)


def test_empty_names_among_fields_do_not_count(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert set(await graph.get("/{waba}?fields=,name,,")) == {"name", "id"}
        assert set(await graph.get("/{waba}?fields=")) == {"id"}

    story(tmp_path, tell)


@pytest.mark.parametrize("path", ["/{waba}", "/{waba}?fields=nonsense", "/1", "/{waba}/nonsense"])
def test_every_answer_has_graphs_headers(known: Identity, path: str) -> None:
    async def tell(graph: Graph) -> None:
        _, _, headers = await graph.ask_with_headers("GET", f"/v25.0{path}")
        assert HEADERS.items() <= headers.items()
        assert {"x-fb-request-id", "x-fb-trace-id", "x-fb-rev", "x-fb-debug"} <= set(headers)
        (usage,) = json.loads(headers["x-business-use-case-usage"])[graph.identity.waba_id]
        assert usage["type"] == "whatsapp_business_management" and usage["call_count"] >= 1

    visit(known, tell)


def test_a_method_may_be_named_by_a_parameter(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("POST", "/{waba}/subscribed_apps?method=delete")
        assert await graph.get("/{waba}/subscribed_apps") == {"data": []}
        assert (await graph.done("POST", "/{waba}?method=get"))["id"] == graph.identity.waba_id

    story(tmp_path, tell)


def test_head_and_options_are_answered_without_a_body(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        status, body, headers = await graph.ask_with_headers("HEAD", "/{waba}")
        assert (status, body) == (200, {}) and "x-fb-trace-id" in headers
        status, body, headers = await graph.ask_with_headers("OPTIONS", "/{phone}/messages", token=None)
        assert (status, body) == (200, {})
        assert "POST" in headers["access-control-allow-methods"]

    story(tmp_path, tell)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (400, 2500)),
        ("GET", "/?ids=1,2", (400, 100)),
        ("POST", "/?batch=[]", (400, 3)),
        ("GET", "/{waba}?date_format=U", (400, 100)),
        ("GET", "/1234567890", (400, 100)),
        ("POST", "/{waba}/message_history", (400, 2500)),
        ("GET", "/{waba}/assigned_users", (400, 2500)),
        ("GET", "/{waba}/register", (400, 100)),
        ("DELETE", "/{phone}", (400, 100)),
        ("PUT", "/{phone}", (400, 100)),
        ("PATCH", "/{waba}", (400, 100)),
        ("GET", "/oauth/nonsense", (400, 2500)),
        ("GET", "/%00", (400, 100)),
        ("GET", "/../etc/passwd", (404, 803)),
    ],
)
def test_what_graph_does_not_have(known: Identity, method: str, path: str, expected: tuple[int, int]) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused(method, path) == expected

    visit(known, tell)


def test_pretty_debug_and_if_none_match_change_nothing(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        plain = await graph.get("/{waba}")
        assert await graph.get("/{waba}?pretty=1&debug=all") == plain

    story(tmp_path, tell)


def test_management_calls_beyond_their_limit_are_refused_with_80007(tmp_path: Path) -> None:
    async def usage_of(graph: Graph) -> tuple[int, dict[str, Any]]:
        status, _, headers = await graph.ask_with_headers("GET", "/{waba}")
        return status, json.loads(headers["x-business-use-case-usage"])[graph.identity.waba_id][0]

    async def tell(graph: Graph) -> None:
        await graph.done("PATCH", "/_sandbox/rules", {"management_per_hour": 4})
        seen = [await usage_of(graph) for _ in range(3)]
        assert [usage["call_count"] for _, usage in seen] == [25, 50, 75]
        assert seen[0][1]["estimated_time_to_regain_access"] == 0
        graph.clock.advance(HOUR // 2)
        assert (await usage_of(graph))[1]["call_count"] == 100
        assert await graph.refused("GET", "/{phone}") == (400, 80007)
        status, usage = await usage_of(graph)
        assert (status, usage["call_count"]) == (400, 100)
        assert 25 <= usage["estimated_time_to_regain_access"] <= 31
        await graph.tools.sent()
        graph.clock.advance(HOUR // 2 + 60_000)
        assert (await usage_of(graph))[0] == 200

    story(tmp_path, tell, subscribed=False)


def test_calls_about_the_app_have_a_limit_of_their_own(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("PATCH", "/_sandbox/rules", {"app_calls_per_hour": 2})
        assert (await graph.ask("GET", "/{app}", token=graph.app_token))[0] == 200
        _, _, headers = await graph.ask_with_headers("GET", "/me")
        assert json.loads(headers["x-app-usage"])["call_count"] == 100
        status, answer = await graph.ask("GET", "/debug_token?input_token=x")
        assert (status, answer["error"]["code"], answer["error"]["is_transient"]) == (400, 4, True)
        assert (await graph.ask("GET", "/{waba}"))[0] == 200

    story(tmp_path, tell)
