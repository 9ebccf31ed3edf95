"""Blocking users: each alone, with Meta's answer when some fail, and what it does to sends."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.calls import Graph, story, visit
from tests.sandbox.rig import PHONE, text_to
from trunkline.sandbox import Identity, block_list

EDGE = "/{phone}/block_users"


def users(*numbers: object) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "block_users": [{"user": number} for number in numbers]}


def test_a_blocked_user_gets_nothing_until_unblocked(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        blocked = await graph.done("POST", EDGE, users(f"+{PHONE}"))
        assert blocked["block_users"] == {"added_users": [{"input": f"+{PHONE}", "wa_id": PHONE}]}
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (400, 130403)
        listed = await graph.get(EDGE)
        assert listed["data"] == [{"messaging_product": "whatsapp", "wa_id": PHONE}]
        removed = await graph.done("DELETE", EDGE, users(PHONE))
        assert removed["block_users"] == {"removed_users": [{"input": PHONE, "wa_id": PHONE}]}
        await graph.done("POST", "/{phone}/messages", text_to(PHONE))

    story(tmp_path, tell)


def test_a_block_is_of_one_number_only(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        other = (await graph.done("POST", "/_sandbox/numbers"))["phone_number_id"]
        await graph.done("POST", EDGE, users(PHONE))
        await graph.done("POST", "/{id}/messages", text_to(PHONE), id=other)

    story(tmp_path, tell)


def test_when_some_fail_the_answer_has_both_the_users_and_the_error(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        own = graph.identity.display_phone_number
        status, answer = await graph.ask("POST", EDGE, users(PHONE, "nobody", own))
        assert (status, answer["error"]["code"]) == (400, 139100)
        assert answer["block_users"]["added_users"] == [{"input": PHONE, "wa_id": PHONE}]
        invalid, business = answer["block_users"]["failed_users"]
        assert "wa_id" not in invalid and invalid["errors"][0]["code"] == 131009
        assert business["wa_id"] == own
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (400, 130403)

    story(tmp_path, tell)


def test_where_windows_count_only_users_who_wrote_lately_can_be_blocked(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        await graph.done("PATCH", "/_sandbox/rules", {"windows": True})
        status, answer = await graph.ask("POST", EDGE, users(PHONE))
        assert (status, answer["error"]["code"]) == (400, 139100)
        (failed,) = answer["block_users"]["failed_users"]
        assert (failed["wa_id"], failed["errors"][0]["code"]) == (PHONE, 131047)
        await graph.done("POST", f"/_sandbox/handsets/{PHONE}", {"window_open": True})
        await graph.done("POST", EDGE, users(PHONE))

    story(tmp_path, tell)


def test_a_full_list_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_list, "MOST_BLOCKED", 2)

    async def tell(graph: Graph) -> None:
        await graph.done("POST", EDGE, users("15550001001", "15550001002"))
        await graph.done("POST", EDGE, users("15550001001"))
        _, answer = await graph.ask("POST", EDGE, users("15550001003"))
        assert answer["block_users"]["failed_users"][0]["errors"][0]["code"] == 139101

    story(tmp_path, tell)


def test_the_list_pages_and_says_when_it_was_changed_meanwhile(tmp_path: Path) -> None:
    async def tell(graph: Graph) -> None:
        numbers = [f"1555000100{place}" for place in range(5)]
        await graph.done("POST", EDGE, users(*numbers))
        page = await graph.get(f"{EDGE}?limit=2")
        assert [row["wa_id"] for row in page["data"]] == numbers[:2]
        after = page["paging"]["cursors"]["after"]
        await graph.done("DELETE", EDGE, users(numbers[0]))
        rest = await graph.get(f"{EDGE}?limit=9&after={after}")
        assert [row["wa_id"] for row in rest["data"]] == numbers[2:]
        await graph.done("DELETE", EDGE, users(numbers[1]))
        assert await graph.refused("GET", f"{EDGE}?after={after}") == (400, 139102)

    story(tmp_path, tell)


def test_a_block_survives_a_restart(tmp_path: Path) -> None:
    async def block(graph: Graph) -> None:
        await graph.done("POST", EDGE, users(PHONE))

    async def send(graph: Graph) -> None:
        assert await graph.refused("POST", "/{phone}/messages", text_to(PHONE)) == (400, 130403)

    story(tmp_path, block)
    story(tmp_path, send)


@pytest.mark.parametrize(
    "body",
    [
        {},
        users(),
        {"messaging_product": "whatsapp", "block_users": "15550001001"},
        {"messaging_product": "whatsapp", "block_users": ["15550001001"]},
        {"messaging_product": "whatsapp", "block_users": [{}]},
        users(True),
        users(["1"]),
        {**users("15550001001"), "messaging_product": "sms"},
        users(*["15550001001"] * 1001),
    ],
)
def test_a_body_without_users_is_refused(known: Identity, body: dict[str, Any]) -> None:
    async def tell(graph: Graph) -> None:
        assert await graph.refused("POST", EDGE, body) == (400, 100)

    visit(known, tell)
