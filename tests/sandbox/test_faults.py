"""Webhooks and sends that misbehave on demand, batching, and the switches of the rules."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import PHONE, Rig, rig

OTHER = "15550009876"


async def _ask(tools: Rig, **fault: Any) -> str:
    response = await tools.call("POST", "/_sandbox/faults", fault)
    answer = await response.json()
    assert response.status == 201, answer
    return str(answer["id"])


async def _all_posted(tools: Rig) -> None:
    await tools.eventually("/_sandbox/health", lambda answer: not answer["pending"])


async def _journal(tools: Rig) -> list[dict[str, Any]]:
    return (await (await tools.call("GET", "/_sandbox/webhooks")).json())["data"]


def test_a_doubled_webhook_comes_twice_and_the_next_one_once(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, kind="duplicate", status="delivered")
            first, second = await tools.sent(), await tools.sent(OTHER)
            await tools.receiver.wait_for(lambda got: len(got.statuses) == 7)
            assert tools.receiver.words_of(first) == ["sent", "delivered", "delivered", "read"]
            assert tools.receiver.words_of(second) == ["sent", "delivered", "read"]

    asyncio.run(walk())


def test_a_dropped_webhook_never_comes_but_stands_in_the_journal(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, kind="drop", status="delivered")
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            assert tools.receiver.words_of(wamid) == ["sent", "read"]
            dropped = [row for row in await _journal(tools) if row["fault"] == "drop"]
            assert len(dropped) == 1 and "delivered" in dropped[0]["body"] and dropped[0]["status"] is None

    asyncio.run(walk())


def test_a_late_webhook_lets_those_of_others_go_first(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, kind="delay", status="sent", seconds=0.5, handset=PHONE)
            late = await tools.sent()
            other = await tools.sent(OTHER)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(other))
            assert tools.receiver.words_of(late) == []
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(late))
            assert tools.receiver.words_of(late) == ["sent", "delivered", "read"]

    asyncio.run(walk())


def test_statuses_of_a_message_change_places(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, kind="reorder", status="sent")
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: len(got.words_of(wamid)) == 3)
            assert tools.receiver.words_of(wamid) == ["delivered", "sent", "read"]

    asyncio.run(walk())


def test_a_message_of_a_person_is_overtaken_by_the_next(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, kind="reorder", seconds=30)
            await tools.act("send", type="text", text={"body": "first"})
            await tools.act("send", type="text", text={"body": "second"})
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            assert [message["text"]["body"] for message in tools.receiver.messages] == ["second", "first"]

    asyncio.run(walk())


def test_a_badly_signed_webhook_is_posted_again_with_the_right_signature(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            tools.receiver.answer = lambda post: 401 if tools.receiver.forged == post else 200
            await _ask(tools, kind="bad_signature")
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            assert tools.receiver.forged == 1
            assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]
            assert [row["status"] for row in await _journal(tools)] == [401, 200, 200, 200]

    asyncio.run(walk())


def test_an_oversized_webhook_is_larger_than_meta_allows_and_rightly_signed(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, kind="oversize", status="read")
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            assert len(tools.receiver.bodies[-1]) > 3 * 1024 * 1024 and tools.receiver.forged == 0

    asyncio.run(walk())


def test_a_fault_that_was_removed_does_nothing(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            removed = await _ask(tools, kind="drop", times=None)
            await _ask(tools, kind="duplicate", status="read")
            assert (await tools.call("DELETE", f"/_sandbox/faults/{removed}")).status == 204
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: len(got.words_of(wamid)) == 4)
            assert (await (await tools.call("GET", "/_sandbox/faults")).json())["data"] == []

    asyncio.run(walk())


def test_webhooks_are_batched_into_one_post(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, batch=50) as tools:
            wamids = [await tools.sent(f"1555000{place:04d}") for place in range(20)]
            await tools.receiver.wait_for(lambda got: len(got.statuses) == 60)
            assert max(len(body["entry"][0]["changes"]) for body in tools.receiver.envelopes) > 1
            for wamid in wamids:
                assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]

    asyncio.run(walk())


def test_a_batch_that_was_not_taken_comes_again_whole(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, batch=50, batch_wait_seconds=0.1) as tools:
            tools.receiver.answer = lambda post: 500 if post <= 2 else 200
            wamids = [await tools.sent(f"1555000{place:04d}") for place in range(5)]
            await _all_posted(tools)
            for wamid in wamids:
                assert tools.receiver.words_of(wamid) == ["sent", "delivered", "read"]

    asyncio.run(walk())


def test_facts_about_the_account_survive_a_restart_until_somebody_takes_them(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            tools.receiver.answer = lambda post: 500
            await tools.act("send", type="text", text={"body": "kept"})
            await tools.receiver.wait_for(lambda got: got.posts)
        async with rig(tmp_path) as tools:
            await tools.receiver.wait_for(lambda got: got.messages)
            assert tools.receiver.messages[0]["text"] == {"body": "kept"}
        async with rig(tmp_path) as tools:
            await tools.act("send", type="text", text={"body": "next"})
            await tools.receiver.wait_for(lambda got: got.messages)
            assert [message["text"]["body"] for message in tools.receiver.messages] == ["next"]

    asyncio.run(walk())


def test_messages_of_one_person_come_in_their_order(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            tools.receiver.answer = lambda post: 500 if post == 1 else 200
            for place in range(12):
                await tools.act("send", type="text", text={"body": str(place)})
            await tools.receiver.wait_for(lambda got: len(got.messages) == 12)
            assert [message["text"]["body"] for message in tools.receiver.messages] == [
                str(place) for place in range(12)
            ]

    asyncio.run(walk())


def test_a_send_can_be_made_to_fail_in_the_answer_and_in_its_status(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, code=131016, to=PHONE)
            await _ask(tools, code=131049, how="status", type="text", details="Not this week.")
            assert await tools.error_of(await tools.send()) == (500, 131016)
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: got.words_of(wamid))
            error = tools.receiver.statuses[0]["errors"][0]
            assert (error["code"], error["error_data"]["details"]) == (131049, "Not this week.")
            reached = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(reached))

    asyncio.run(walk())


def test_every_third_send_can_be_made_to_fail(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _ask(tools, code=130429, every=3, times=None)
            assert [(await tools.send()).status for _ in range(6)] == [200, 200, 400, 200, 200, 400]

    asyncio.run(walk())


@pytest.mark.parametrize(
    "fault",
    [{}, {"kind": "explode"}, {"code": "x"}, {"code": 1, "every": 0}, {"kind": "drop", "colour": 1}, []],
)
def test_a_fault_that_makes_no_sense_is_refused(tmp_path: Path, fault: Any) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            assert (await tools.call("POST", "/_sandbox/faults", fault)).status == 400
            assert (await (await tools.call("GET", "/_sandbox/faults")).json())["data"] == []

    asyncio.run(walk())


def test_rules_are_switched_one_by_one_while_the_sandbox_runs(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            assert (await tools.send()).status == 200
            changed = await tools.call("PATCH", "/_sandbox/rules", {"recipients": [OTHER]})
            assert (await changed.json())["recipients"] == [OTHER]
            assert await tools.error_of(await tools.send()) == (400, 131030)
            await tools.call("PATCH", "/_sandbox/rules", {"recipients": None, "windows": True})
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: "failed" in got.words_of(wamid))
            for nonsense in ({"windows": "maybe"}, {"colour": True}):
                assert (await tools.call("PATCH", "/_sandbox/rules", nonsense)).status == 400

    asyncio.run(walk())
