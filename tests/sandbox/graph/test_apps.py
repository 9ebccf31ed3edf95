"""The app: where its webhooks go and which fields it wants, asked for with its own token."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import Graph, story, values_of, visit
from tests.sandbox.rig import PHONE, Receiver
from trunkline.sandbox import Identity

EDGE = "/{app}/subscriptions"
OBJECT = "whatsapp_business_account"


def subscription(receiver: Receiver, fields: object = "messages,account_update") -> dict[str, Any]:
    return {
        "object": OBJECT,
        "callback_url": receiver.url,
        "verify_token": receiver.verify_token,
        "fields": fields,
    }


async def subscribe(graph: Graph, fields: object = "messages,account_update") -> None:
    body = subscription(graph.receiver, fields)
    status, answer = await graph.ask("POST", EDGE, body, token=graph.app_token)
    assert (status, answer) == (200, {"success": True})


def test_the_app_describes_itself_to_both_kinds_of_token(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert (await graph.get("/{app}"))["id"] == graph.identity.app_id
        status, answer = await graph.ask("GET", "/app?fields=name", token=graph.app_token)
        assert (status, answer) == (200, {"name": "Sandbox app", "id": graph.identity.app_id})

    story(tmp_path, tell)


def test_the_callback_of_the_app_is_the_third_level(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await subscribe(graph)
        await graph.tools.sent(PHONE)
        await graph.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
        number = await graph.get("/{phone}")
        assert number["webhook_configuration"] == {"application": graph.receiver.url}
        status, answer = await graph.ask("GET", EDGE, token=graph.app_token)
        (row,) = answer["data"]
        assert (status, row["object"], row["active"]) == (200, OBJECT, True)
        assert row["callback_url"] == graph.receiver.url
        assert [field["name"] for field in row["fields"]] == ["messages", "account_update"]

    story(tmp_path, tell, subscribed=False)


def test_only_the_fields_that_were_asked_for_are_posted(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await subscribe(graph, ["account_update"])
        await graph.tools.sent(PHONE)
        for field, event in (("account_alerts", "A"), ("account_update", "B")):
            await graph.done("POST", "/_sandbox/announce", {"field": field, "value": {"event": event}})
        assert await graph.heard("account_update") == [{"event": "B"}]
        await subscribe(graph, ["account_alerts"])
        await graph.done("POST", "/_sandbox/announce", {"field": "account_alerts", "value": {"event": "C"}})
        assert await graph.heard("account_alerts") == [{"event": "C"}]
        assert values_of(graph.receiver.envelopes, "messages") == []

    story(tmp_path, tell, subscribed=False)


def test_some_fields_or_all_of_them_are_taken_back(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await subscribe(graph)
        body = {"object": OBJECT, "fields": "account_update"}
        assert (await graph.ask("DELETE", EDGE, body, token=graph.app_token))[0] == 200
        _, answer = await graph.ask("GET", EDGE, token=graph.app_token)
        assert [field["name"] for field in answer["data"][0]["fields"]] == ["messages"]
        assert (await graph.ask("DELETE", EDGE, token=graph.app_token))[0] == 200
        assert await graph.ask("GET", EDGE, token=graph.app_token) == (200, {"data": []})
        assert (await graph.get("/{phone}"))["webhook_configuration"] == {}

    story(tmp_path, tell, subscribed=False)


def test_a_subscription_survives_a_restart(tmp_path: Path) -> None:
    async def before(graph: Graph) -> None:
        await subscribe(graph, "security")

    async def after(graph: Graph) -> None:
        _, answer = await graph.ask("GET", EDGE, token=graph.app_token)
        assert [field["name"] for field in answer["data"][0]["fields"]] == ["security"]

    story(tmp_path, before, subscribed=False)
    story(tmp_path, after, subscribed=False)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_users_token_is_not_the_apps(known: Identity, method: str) -> None:
    async def tell(graph: Graph) -> None:
        body = None if method == "GET" else subscription(graph.receiver)
        assert await graph.refused(method, EDGE, body) == (400, 15)

    visit(known, tell)


def test_a_callback_that_fails_the_handshake_is_refused_with_2200(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        for odd in ({"verify_token": "wrong"}, {"callback_url": "ftp://x"}, {"callback_url": "http://["}):
            body = subscription(graph.receiver) | odd
            assert await graph.refused("POST", EDGE, body, token=graph.app_token) == (400, 2200), odd
        assert await graph.ask("GET", EDGE, token=graph.app_token) == (200, {"data": []})

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "members",
    [
        {"object": "page"},
        {"object": None},
        {"callback_url": None},
        {"callback_url": 5},
        {"fields": None},
        {"fields": "messages,nonsense"},
        {"fields": [1]},
        {"fields": {"messages": True}},
        {"verify_token": None},
    ],
)
def test_what_a_subscription_needs(known: Identity, members: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        body = subscription(graph.receiver) | members
        assert await graph.refused("POST", EDGE, body, token=graph.app_token) == (400, 100)

    visit(known, tell)
