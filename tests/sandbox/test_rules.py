"""The rules that bite when they are switched on, and that leave the newcomer alone when they are not."""

import asyncio
from pathlib import Path
from typing import Any

from tests.sandbox.rig import PHONE, Rig, rig


def template(name: str = "hello_world", language: str = "en_US", **more: Any) -> dict[str, Any]:
    return {
        "type": "template",
        "text": None,
        "template": {"name": name, "language": {"code": language}, **more},
    }


async def codes_of(tools: Rig, wamid: str) -> list[int]:
    """Wait for the first status and answer its error codes."""
    await tools.receiver.wait_for(lambda seen: seen.words_of(wamid))
    first = next(status for status in tools.receiver.statuses if status["id"] == wamid)
    return [error["code"] for error in first.get("errors", [])]


async def rule(tools: Rig, to: str = PHONE, **members: Any) -> None:
    assert (await tools.call("POST", f"/_sandbox/handsets/{to}", members)).status == 200


def test_strict_knows_only_the_handsets_it_was_told_of(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, strict=True) as tools:
            assert await codes_of(tools, await tools.sent()) == [131026]
            await rule(tools, window_open=True)
            assert await codes_of(tools, await tools.sent()) == []
            await rule(tools, window_open=True, reachable=False)
            assert await codes_of(tools, await tools.sent()) == [131026]

    asyncio.run(scenario())


def test_strict_wants_a_template_outside_the_window(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, strict=True) as tools:
            await rule(tools)
            assert await codes_of(tools, await tools.sent()) == [131047]
            assert await codes_of(tools, await tools.sent(**template())) == []

    asyncio.run(scenario())


def test_a_rule_for_one_handset_bites_without_strict(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path) as tools:
            await rule(tools, window_open=False)
            assert await codes_of(tools, await tools.sent()) == [131047]
            assert await codes_of(tools, await tools.sent("15550004321")) == []
            await rule(tools, reachable=False)
            assert await codes_of(tools, await tools.sent()) == [131026]

    asyncio.run(scenario())


def test_strict_knows_only_the_sample_template(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, strict=True, subscribed=False) as tools:
            body = {"components": [{"type": "body", "parameters": [{"type": "text", "text": "x"}]}]}
            for members, expected in (
                (template("order_shipped"), (404, 132001)),
                (template(language="es"), (404, 132001)),
                (template(**body), (400, 132000)),
            ):
                assert await tools.error_of(await tools.send(**members)) == expected
            assert (await tools.send(**template())).status == 200

    asyncio.run(scenario())


def test_the_tier_counts_recipients_and_survives_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, strict=True, tier=2, subscribed=False) as tools:
            for to in ("15550001001", "15550001002", "15550001001"):
                assert (await tools.send(to, **template())).status == 200
            refused = await tools.send("15550001003", **template())
            assert await tools.error_of(refused) == (400, 131048)
            await rule(tools, "15550001004", window_open=True)
            assert (await tools.send("15550001004", **template())).status == 200
        async with rig(tmp_path, strict=True, tier=3, subscribed=False) as tools:
            refused = await tools.send("15550001005", **template())
            assert await tools.error_of(refused) == (400, 131048)

    asyncio.run(scenario())


def test_a_rule_that_counts_takes_no_number_below_zero(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            hourly = ("management_per_hour", "app_calls_per_hour")
            for name in ("throughput", "tier", "marketing_per_day", *hourly):
                assert (await tools.call("PATCH", "/_sandbox/rules", {name: -1})).status == 400

    asyncio.run(scenario())


def test_throughput_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, throughput=5, subscribed=False) as tools:
            responses = await asyncio.gather(*(tools.send(str(15_550_100_000 + n)) for n in range(8)))
            assert sorted(response.status for response in responses) == [200] * 5 + [400] * 3
            refused = next(response for response in responses if response.status == 400)
            assert await tools.error_of(refused) == (400, 130429)

    asyncio.run(scenario())


def test_the_forty_sixth_message_of_a_burst_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, pair_limit=True, subscribed=False) as tools:
            statuses = [(await tools.send()).status for _ in range(46)]
            assert statuses == [200] * 45 + [400]
            assert await tools.error_of(await tools.send()) == (400, 131056)
            assert (await tools.send("15550004321")).status == 200

    asyncio.run(scenario())


def test_strict_knows_somebody_who_wrote_by_phone_and_by_user_id(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rig(tmp_path, strict=True) as tools:
            answer = await tools.act("send", type="text", text={"body": "Hi"})
            assert await codes_of(tools, await tools.sent()) == []
            by_id = await tools.sent(to=None, recipient=answer["handset"]["user_id"])
            assert await codes_of(tools, by_id) == []
            assert await codes_of(tools, await tools.sent("15550004321")) == [131026]

    asyncio.run(scenario())
