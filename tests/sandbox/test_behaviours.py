"""Every magic recipient does what its row says; the same rows can be given to any number by name."""

import asyncio
from pathlib import Path

import pytest
from pyreqwest.exceptions import PyreqwestError

from tests.sandbox.rig import Rig, rig
from trunkline.sandbox.sends.behaviours import (
    TABLE,
    USUAL,
    Answer,
    Behaviour,
    magic_behaviour,
    markdown_table,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandbox.md"


def to(row: Behaviour) -> str:
    return f"1555555{row.suffix}"


async def post_and_look(tools: Rig, row: Behaviour) -> tuple[int, int] | str:
    """What the caller saw: HTTP status and code, or a word."""
    try:
        response = await tools.send(to(row), seconds=2.5)
    except TimeoutError:
        return "hung"
    except PyreqwestError:
        return "cut"
    if response.status != 200:
        return await tools.error_of(response)
    return "ok" if (response.get_header("content-type") or "").startswith("application/json") else "garbage"


def expected_sight(row: Behaviour) -> tuple[int, int] | str:
    statuses = {190: 401, 2: 503, 131000: 500, 131031: 403}
    if row.answer is Answer.ERROR:
        return row.http_status or statuses.get(row.code, 400), row.code
    return {Answer.HANG: "hung", Answer.CUT: "cut", Answer.GARBAGE: "garbage"}.get(row.answer, "ok")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_magic_recipient_does_what_its_row_says(tmp_path: Path, row: Behaviour) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, late_seconds=0.1, slow_answer_seconds=0.1) as tools:
            assert await post_and_look(tools, row) == expected_sight(row)
            ledger = await tools.ledger(to(row))
            assert len(ledger) == row.taken
            if not row.taken:
                return
            wamid = ledger[0]["wamid"]
            words = [word.partition(":")[0] for word in row.statuses]
            if words:
                await tools.receiver.wait_for(lambda seen: len(seen.words_of(wamid)) >= len(words))
            else:
                await tools.sent()  # an ordinary message goes all the way, so ours had its chance
                await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            assert tools.receiver.words_of(wamid) == words
            codes = [
                error["code"] for status in tools.receiver.statuses for error in status.get("errors", [])
            ]
            assert codes == [int(word.partition(":")[2]) for word in row.statuses if ":" in word]
            assert tools.receiver.forged == 0

    asyncio.run(scenario())


def test_a_row_that_refuses_every_other_send_lets_the_second_through(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            for suffix, refusal in (("9005", (429, 130429)), ("9006", (400, 131056))):
                seen = [await tools.send(f"1555555{suffix}") for _ in range(4)]
                assert [response.status for response in seen] == [refusal[0], 200, refusal[0], 200]
                assert await tools.error_of(seen[2]) == refusal
                assert len(await tools.ledger(f"1555555{suffix}")) == 2

    asyncio.run(scenario())


def test_an_early_status_is_there_before_the_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            wamid = await tools.sent("15555559012")
            assert "sent" in tools.receiver.words_of(wamid)

    asyncio.run(scenario())


def test_a_late_recipient_is_reported_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, late_seconds=0.4) as tools:
            late = await tools.sent("15555559009")
            usual = await tools.sent()
            await tools.receiver.wait_for(lambda seen: seen.words_of(usual) == list(USUAL))
            assert tools.receiver.words_of(late) == []
            await tools.receiver.wait_for(lambda seen: seen.words_of(late) == list(USUAL))

    asyncio.run(scenario())


def test_reordered_statuses_keep_their_true_timestamps(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, status_delay_seconds=(0.0, 1.0, 2.0)) as tools:
            wamid = await tools.sent("15555559008")
            await tools.receiver.wait_for(lambda seen: len(seen.words_of(wamid)) == 3)
            stamps = {status["status"]: int(status["timestamp"]) for status in tools.receiver.statuses}
            assert stamps["sent"] + 1 == stamps["delivered"] == stamps["read"] - 1

    asyncio.run(scenario())


def test_another_wa_id_stands_in_the_answer_and_in_the_statuses(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            answer = await (await tools.send("15555559029")).json()
            assert answer["contacts"] == [{"input": "15555559029", "wa_id": "155515559029"}]
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 3)
            assert {status["recipient_id"] for status in tools.receiver.statuses} == {"155515559029"}
            assert [row["to"] for row in await tools.ledger()] == ["15555559029"]

    asyncio.run(scenario())


def test_callback_data_is_echoed_unless_the_row_leaves_it_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            await tools.sent("15555559030", biz_opaque_callback_data="order-1")
            await tools.sent(biz_opaque_callback_data="order-2")
            await tools.receiver.wait_for(lambda seen: len(seen.statuses) == 6)
            echoed = [status.get("biz_opaque_callback_data") for status in tools.receiver.statuses]
            assert sorted(filter(None, echoed)) == ["order-2"] * 3
            assert {row["callback_data"] for row in await tools.ledger()} == {"order-1", "order-2"}

    asyncio.run(scenario())


def test_a_handset_can_be_given_a_behaviour_by_name(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            rule = await tools.call(
                "POST", "/_sandbox/handsets/+1 555 000-4321", {"behaviour": "unreachable"}
            )
            assert (await rule.json())["address"] == "15550004321"
            wamid = await tools.sent("15550004321")
            await tools.receiver.wait_for(lambda seen: seen.words_of(wamid))
            assert tools.receiver.statuses[0]["errors"][0]["code"] == 131026
            assert (await tools.call("DELETE", "/_sandbox/handsets/15550004321")).status == 204
            wamid = await tools.sent("15550004321")
            await tools.receiver.wait_for(lambda seen: len(seen.words_of(wamid)) == 3)

    asyncio.run(scenario())


def test_magic_recipients_can_be_switched_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, magic_recipients=False) as tools:
            assert (await tools.send("15555559003")).status == 200

    asyncio.run(scenario())


def test_only_one_narrow_range_is_magic() -> None:
    assert magic_behaviour("15555559001") is not None
    assert magic_behaviour("15550009001") is None
    assert magic_behaviour("155555509001") is None
    assert len({row.suffix for row in TABLE}) == len({row.name for row in TABLE}) == len(TABLE)


def test_the_documentation_has_the_table() -> None:
    assert markdown_table() in DOCUMENT.read_text("utf-8")
