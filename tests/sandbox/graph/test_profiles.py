"""The business profile, the settings of a number, its username and the control of its conversations."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import Graph, listen, story, visit
from trunkline.sandbox import Identity

EDGE = "/{phone}/whatsapp_business_profile"
PROFILE = {
    "about": "Flowers since 1987",
    "address": "1 Market Square",
    "description": "All kinds of flowers",
    "email": "shop@example.com",
    "websites": ["https://example.com", "http://example.org/shop"],
    "vertical": "RETAIL",
}


def test_a_profile_is_read_back_as_it_was_set(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.get(EDGE) == {"data": [{"messaging_product": "whatsapp"}]}
        body = {"messaging_product": "whatsapp", **PROFILE}
        assert await graph.done("POST", EDGE, body) == {"success": True}
        fields = "about,address,description,email,profile_picture_url,websites,vertical"
        assert await graph.get(f"{EDGE}?fields={fields}") == {"data": [body]}
        only = {"data": [{"about": PROFILE["about"], "messaging_product": "whatsapp"}]}
        assert await graph.get(f"{EDGE}?fields=about") == only

    story(tmp_path, tell)


def test_only_what_is_given_is_changed_and_empty_takes_away(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("POST", EDGE, {"messaging_product": "whatsapp", **PROFILE})
        emptied = {"address": "", "vertical": "", "websites": []}
        await graph.done("POST", EDGE, {"messaging_product": "whatsapp", **emptied})
        (profile,) = (await graph.get(EDGE))["data"]
        assert set(profile) == {"about", "description", "email", "messaging_product"}

    story(tmp_path, tell)


@pytest.mark.parametrize(
    "members",
    [
        {"messaging_product": None},
        {"messaging_product": "sms"},
        {"about": ""},
        {"about": "  "},
        {"about": "a" * 140},
        {"about": 5},
        {"address": "a" * 257},
        {"description": "a" * 513},
        {"email": f"{'a' * 120}@example.com"},
        {"email": "nobody"},
        {"email": ["shop@example.com"]},
        {"websites": "https://example.com"},
        {"websites": ["https://a.example", "https://b.example", "https://c.example"]},
        {"websites": ["example.com"]},
        {"websites": ["http://["]},
        {"websites": [None]},
        {"websites": [f"https://example.com/{'a' * 256}"]},
        {"vertical": "FLOWERS"},
        {"vertical": {"a": 1}},
        {"profile_picture_handle": "not-a-handle"},
        {"profile_picture_handle": 4},
    ],
)
def test_each_limit_of_a_profile(known: Identity, members: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        body = {"messaging_product": "whatsapp", **PROFILE, **members}
        assert await graph.refused("POST", EDGE, body) == (400, 100)
        assert await graph.get(EDGE) == {"data": [{"messaging_product": "whatsapp"}]}

    visit(known, tell)


def test_a_picture_is_an_upload_and_can_be_looked_at(tmp_path: Path) -> None:
    picture = b"\xff\xd8\xff\xe0 picture"

    async def tell(graph: Graph) -> None:
        announced = {"file_length": len(picture), "file_type": "image/jpeg", "file_name": "shop.jpg"}
        session = await graph.done("POST", "/{app}/uploads", announced)
        handle = (await graph.done("POST", "/" + session["id"], picture))["h"]
        body = {"messaging_product": "whatsapp", "profile_picture_handle": handle}
        await graph.done("POST", EDGE, body)
        (profile,) = (await graph.get(f"{EDGE}?fields=profile_picture_url"))["data"]
        url = profile["profile_picture_url"].removeprefix(graph.identity.url)
        response = await graph.tools.call("GET", url, token=None)
        assert (response.get_header("content-type"), bytes(await response.bytes())) == ("image/jpeg", picture)
        assert (await graph.tools.call("GET", "/cdn/pictures/1", token=None)).status == 404

    story(tmp_path, tell)


def test_settings_are_changed_one_feature_at_a_time(tmp_path: Path) -> None:
    edge = "/{phone}/settings"

    async def tell(graph: Graph) -> None:
        assert (await graph.get(edge))["calling"]["status"] == "DISABLED"
        await graph.done("POST", edge, {"calling": {"status": "ENABLED"}})
        await graph.done("POST", edge, {"user_identity_change": {"enable_identity_key_check": True}})
        settings = await graph.get(edge)
        assert settings["calling"] == {
            "status": "ENABLED",
            "call_icon_visibility": "DEFAULT",
            "callback_permission_status": "DISABLED",
        }
        assert settings["user_identity_change"] == {"enable_identity_key_check": True}
        both = {"calling": {"status": "ENABLED"}, "payload_encryption": {"status": "DISABLED"}}
        for odd in (
            {},
            both,
            {"calling": 5},
            {"calling": {}},
            {"calling": {"status": "MAYBE"}},
            {"user_identity_change": {"enable_identity_key_check": "sure"}},
        ):
            assert await graph.refused("POST", edge, odd) == (400, 100), odd

    story(tmp_path, tell)


def test_a_username_is_taken_moved_and_dropped(tmp_path: Path) -> None:
    edge = "/{phone}/username"

    async def tell(graph: Graph) -> None:
        await listen(graph)
        assert await graph.get(edge) == {}
        (row,) = (await graph.get("/{phone}/username_suggestions"))["data"]
        assert "trunkline_sandbox_official" in row["username_suggestions"]
        assert await graph.done("POST", edge, {"username": "Flower.Shop"}) == {"status": "approved"}
        assert (await graph.get("/{phone}?fields=username"))["username"] == "flower.shop"
        other = (await graph.done("POST", "/_sandbox/numbers"))["phone_number_id"]
        body = {"username": "flower.shop"}
        assert await graph.refused("POST", "/{id}/username", body, id=other) == (400, 147005)
        await graph.done("POST", "/{id}/username", body | {"transfer_action": "force_transfer"}, id=other)
        assert await graph.get(edge) == {}
        await graph.done("DELETE", "/{id}/username", id=other)
        statuses = [value["status"] for value in await graph.heard("business_username_update", 3)]
        assert statuses.count("deleted") == 1

    story(tmp_path, tell)


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("ab", 100),
        ("a" * 36, 100),
        ("with space", 100),
        (".dot", 100),
        ("two..dots", 100),
        ("12345", 100),
        ("www_shop", 100),
        ("shop.com", 100),
        (7, 100),
        (None, 100),
        ("taken_already", 147001),
    ],
)
def test_usernames_that_are_refused(known: Identity, username: object, code: int) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", "/{phone}/username", {"username": username}) == (400, code)

    visit(known, tell)


def test_a_number_that_may_not_have_a_username(tmp_path: Path) -> None:
    body = {"username": "flower_shop"}

    async def tell(graph: Graph) -> None:
        await graph.done("POST", "/_sandbox/account", {"do": "review", "decision": "PENDING"})
        assert await graph.refused("POST", "/{phone}/username", body) == (400, 147002)
        await graph.done("POST", "/{phone}/deregister")
        assert await graph.refused("POST", "/{phone}/username", body) == (400, 133010)

    story(tmp_path, tell)


def test_control_of_a_conversation_is_answered(tmp_path: Path) -> None:
    edge = "/{phone}/thread_control"

    async def tell(graph: Graph) -> None:
        body = {"messaging_product": "whatsapp", "to": "+15550001234", "action": "release"}
        assert await graph.done("POST", edge, body) == {"success": True}
        for odd in ({"action": "steal"}, {"action": None}, {"to": None}, {"messaging_product": None}):
            assert await graph.refused("POST", edge, body | odd) == (400, 100)

    story(tmp_path, tell)
