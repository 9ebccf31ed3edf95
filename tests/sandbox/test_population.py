"""Crowds of people: seeded chance, and what follows from it."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.rig import PHONE, Rig, rig
from trunkline.sandbox.population.traits import FIRST, Population, draw


async def _populate(tools: Rig, **members: Any) -> dict[str, Any]:
    response = await tools.call("POST", "/_sandbox/populations", {"within_seconds": 0.1, **members})
    answer = await response.json()
    assert response.status == 201, answer
    return answer


def test_the_shares_of_a_large_population_are_those_that_were_asked_for() -> None:
    asked = Population(
        count=20_000, read=0.7, reply=0.05, stop=0.01, block=0.002, offline=0.1, unreachable=0.03
    )
    moods = [draw(asked, str(int(FIRST) + place), 1) for place in range(asked.count)]
    ends = Counter(mood.words[-1] for mood in moods)
    reached = ends["read"] + ends["delivered"]
    assert ends["failed:131026"] == pytest.approx(0.03 * asked.count, rel=0.15)
    assert ends["sent"] == pytest.approx(0.97 * 0.1 * asked.count, rel=0.1)
    assert ends["read"] == pytest.approx(0.7 * reached, rel=0.03)
    assert sum(mood.reply is not None for mood in moods) == pytest.approx(0.05 * ends["read"], rel=0.2)
    assert sum(mood.stops for mood in moods) == pytest.approx(0.01 * ends["read"], rel=0.35)


def test_a_seed_gives_the_same_crowd_again_and_another_seed_another() -> None:
    def fates(seed: int) -> list[tuple[str, ...]]:
        asked = Population(count=200, seed=seed, offline=0.3)
        return [draw(asked, str(int(FIRST) + place), 1).words for place in range(200)]

    assert fates(7) == fates(7) != fates(8)


def test_people_of_a_population_read_answer_stop_and_block(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, strict=False) as tools:
            made = await _populate(tools, count=3, read=1, reply=1, stop=1, block=1, replies=["Tell me more"])
            wamid = await tools.sent(made["first"])
            await tools.receiver.wait_for(lambda got: got.messages and got.facts_of("user_preferences"))
            assert tools.receiver.words_of(wamid)[0] == "sent"
            assert tools.receiver.messages[0]["text"] == {"body": "Tell me more"}
            path = f"/_sandbox/handsets/{made['first']}"
            await tools.eventually(path, lambda handset: handset["blocked"])
            blocked = await tools.sent(made["first"])
            await tools.receiver.wait_for(lambda got: "failed" in got.words_of(blocked))
            other = await tools.sent(PHONE)
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(other))

    asyncio.run(walk())


def test_numbers_of_a_population_are_given_as_csv_and_survive_a_restart(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            made = await _populate(tools, count=25_000)
            listed = await tools.call("GET", f"/_sandbox/populations/{made['id']}/numbers")
            lines = (await listed.text()).splitlines()
            assert lines[:2] == ["phone", f"+{FIRST}"] and len(lines) == 25_001
            assert lines[-1] == f"+{made['last']}"
        async with rig(tmp_path) as tools:
            kept = (await (await tools.call("GET", "/_sandbox/populations")).json())["data"]
            assert [row["id"] for row in kept] == [made["id"]]
            assert (await tools.call("DELETE", f"/_sandbox/populations/{made['id']}")).status == 204
            assert (await (await tools.call("GET", "/_sandbox/populations")).json())["data"] == []

    asyncio.run(walk())


@pytest.mark.parametrize(
    "members",
    [
        {"count": 0},
        {"count": "many"},
        {"count": 1, "read": 1.5},
        {"count": 1, "read": None},
        {"count": 1, "first": "+1555"},
        {"count": 1, "colour": "blue"},
        {"count": 10_000_000, "first": "9999999"},
        {},
    ],
)
def test_a_population_that_makes_no_sense_is_refused(tmp_path: Path, members: dict[str, Any]) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            response = await tools.call("POST", "/_sandbox/populations", members)
            assert response.status == 400 and (await response.json())["error"]["message"]

    asyncio.run(walk())


def test_two_populations_do_not_share_numbers(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path) as tools:
            await _populate(tools, count=100)
            again = await tools.call("POST", "/_sandbox/populations", {"count": 100})
            assert again.status == 400
            await _populate(tools, count=100, first=str(int(FIRST) + 100))

    asyncio.run(walk())


def test_without_bodies_a_send_leaves_its_row_and_no_content(tmp_path: Path) -> None:
    async def walk() -> None:
        async with rig(tmp_path, keep_bodies=False) as tools:
            wamid = await tools.sent()
            await tools.receiver.wait_for(lambda got: "read" in got.words_of(wamid))
            kept = await (await tools.call("GET", f"/_sandbox/messages/{wamid}")).json()
            assert kept["to"] == PHONE and kept["body"] is None

    asyncio.run(walk())
