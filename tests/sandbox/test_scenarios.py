"""Scenarios in a file, and conversations that are recorded and played again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import PHONE, Rig, rig
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.scenarios.script import read_scenario, seconds_of

OTHER = "15550009876"
SCENARIO = b"""
name = "orders"
start = [{ handset = "15550001234", do = "rename", name = "Ada" }]

[[rule]]
when = { type = "interactive", contains = "SHALL we" }
then = [
  { do = "tap", title = "Yes" },
  { wait = "20ms" },
  { do = "send", type = "text", text = { body = "Fine" } },
]
times = 1

[[rule]]
when = { type = "text" }
then = [{ do = "react", emoji = "\xf0\x9f\x91\x8d" }]
"""
QUESTION = {
    "type": "button",
    "body": {"text": "Shall we send it?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
}


async def _ask(tools: Rig, to: str = PHONE) -> str:
    return await tools.sent(to, type="interactive", text=None, interactive=QUESTION)


async def _play(tools: Rig, scenario: Any) -> dict[str, Any]:
    response = await tools.call("POST", "/_sandbox/scenarios", scenario)
    answer = await response.json()
    assert response.status == 201, answer
    return answer


def test_a_scenario_answers_as_it_says(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            made = await _play(tools, SCENARIO)
            asked = await _ask(tools)
            await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
            tapped, said = tools.receiver.messages
            assert tapped["context"]["id"] == asked
            assert tapped["interactive"]["button_reply"] == {"id": "y", "title": "Yes"}
            assert said["text"] == {"body": "Fine"}
            profile = tools.receiver.facts_of("messages")[-1]["contacts"][0]["profile"]
            assert profile == {"name": "Ada"}
            await _ask(tools)
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: len(got.messages) == 3)
            assert tools.receiver.messages[2]["reaction"]["message_id"] == wamid
            listed = (await (await tools.call("GET", "/_sandbox/scenarios")).json())["data"]
            assert listed == [{"id": made["id"], "name": "orders", "met": [1, 1], "problems": []}]

    asyncio.run(walk())


def test_what_a_person_could_not_do_stands_with_the_scenario(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _play(tools, {"rule": [{"then": [{"do": "tap", "title": "Yes"}]}]})
            await tools.sent()
            path = "/_sandbox/scenarios"
            told = await tools.eventually(path, lambda answer: answer["data"][0]["problems"])
            assert "no buttons" in told["data"][0]["problems"][0]

    asyncio.run(walk())


def test_a_scenario_sets_rules_and_faults(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _play(tools, {"rules": {"recipients": [PHONE]}, "faults": [{"code": 131016, "to": PHONE}]})
            waiting = (await (await tools.call("GET", "/_sandbox/faults")).json())["data"]
            assert [fault["id"] for fault in waiting] == ["scenario-1-fault-1"]
            assert await tools.error_of(await tools.send()) == (500, 131016)
            assert await tools.error_of(await tools.send(OTHER)) == (400, 131030)
            assert (await tools.send()).status == 200

    asyncio.run(walk())


@pytest.mark.parametrize(
    "scenario",
    [
        b"name = ",
        b"{",
        b'{"rule": [{"then": [{"dance": true}]}]}',
        b'{"rule": [{"then": [{"do": "dance"}]}]}',
        b'{"rule": [{"then": [{"wait": "soon"}]}]}',
        b'{"start": [{"do": "open"}]}',
        b'{"rules": {"colour": true}}',
        b'{"faults": [{"kind": "explode"}]}',
        b'{"rule": [{"then": [], "times": 0}]}',
        b"\xff",
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_whole(tmp_path: Path, scenario: bytes) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            before = await (await tools.call("GET", "/_sandbox/rules")).json()
            response = await tools.call("POST", "/_sandbox/scenarios", scenario)
            assert response.status == 400 and (await response.json())["error"]["message"]
            assert (await (await tools.call("GET", "/_sandbox/scenarios")).json())["data"] == []
            assert await (await tools.call("GET", "/_sandbox/rules")).json() == before

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("text", "seconds"), [("2s", 2), ("1m30s", 90), ("25h", 90_000), ("250ms", 0.25), (1.5, 1.5)]
)
def test_durations_are_read(text: object, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "s", "2x", "2s ", -1, True, None, float("nan"), float("inf")])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(GraphError):
        seconds_of(text)


def test_toml_and_json_say_the_same() -> None:
    assert read_scenario(b'name = "a"\n[[rule]]\nthen = [{ do = "open" }]') == read_scenario(
        b'{"name": "a", "rule": [{"then": [{"do": "open"}]}]}'
    )


async def _converse(tools: Rig) -> None:
    await tools.act("send", type="text", text={"body": "Hello?"})
    asked = await _ask(tools)
    await tools.act("tap", message_id=asked, title="Yes")
    await tools.sent()


async def _answer_as_business(tools: Rig, to: str) -> None:
    """The program under test: asks when it is greeted, thanks when it is answered."""
    await tools.receiver.wait_for(lambda got: got.messages)
    await _ask(tools, to)
    await tools.receiver.wait_for(lambda got: len(got.messages) == 2)
    await tools.sent(to)


def test_a_recorded_conversation_is_played_again_with_another_person(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path / "first") as tools:
            await _converse(tools)
            path = f"/_sandbox/chats/{PHONE}/{tools.identity.phone_number_id}/recording"
            recording = await (await tools.call("GET", path)).json()
            assert [step["from"] for step in recording["steps"]] == [
                "handset",
                "business",
                "handset",
                "business",
            ]
        async with rig(tmp_path / "second") as tools:
            path = f"/_sandbox/chats/{OTHER}/{tools.identity.phone_number_id}/replay?speed=1000&patience=10"
            business = asyncio.create_task(_answer_as_business(tools, OTHER))
            replayed = await (await tools.call("POST", path, recording)).json()
            await business
            assert replayed == {"done": 4, "of": 4, "problem": None}
            greeted, tapped = tools.receiver.messages
            assert greeted["from"] == OTHER and greeted["text"] == {"body": "Hello?"}
            asked = next(view for view in await tools.chat(OTHER) if view["type"] == "interactive")
            assert tapped["context"]["id"] == asked["id"], "the answer points at the new message"

    asyncio.run(walk())


def test_a_replay_says_what_the_business_did_not_do(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _converse(tools)
            chat = f"/_sandbox/chats/{PHONE}/{tools.identity.phone_number_id}"
            recording = await (await tools.call("GET", f"{chat}/recording")).json()
            replayed = await (
                await tools.call("POST", f"{chat}/replay?speed=1000&patience=0.1", recording)
            ).json()
            assert replayed["done"] == 1 and "did not send its interactive" in replayed["problem"]
            for bad in (b"{}", b"[", {"handset": PHONE, "steps": [{"from": "moon"}]}):
                assert (await tools.call("POST", f"{chat}/replay", bad)).status == 400
            assert (await tools.call("POST", f"{chat}/replay?speed=0", recording)).status == 400

    asyncio.run(walk())
