"""As what a message is priced: its day, the window, and the free quota of a number's month."""

import asyncio
from pathlib import Path
from typing import Any

from tests.sandbox.rig import PHONE, Rig, rig
from tests.sandbox.templates.drafts import template
from trunkline.sandbox.clock import VirtualClock

DAY = 86_400_000
SEPTEMBER, OCTOBER = 1_789_992_000_000, 1_792_584_000_000  # 21 September and 21 October 2026, noon UTC


def clock_at(moment: int) -> VirtualClock:
    clock = VirtualClock()
    clock.offset_ms = moment - clock.now()
    return clock


async def type_of(tools: Rig, to: str = PHONE, **send: Any) -> str:
    wamid = await tools.sent(to, **send)
    await tools.receiver.wait_for(lambda seen: seen.words_of(wamid))
    status = next(status for status in tools.receiver.statuses if status["id"] == wamid)
    assert status["pricing"]["billable"] is (status["pricing"]["type"] == "regular")
    return str(status["pricing"]["type"])


def test_a_number_has_so_many_free_service_messages_a_month_also_after_a_restart(tmp_path: Path) -> None:
    clock = clock_at(OCTOBER)

    async def types(*sends: dict[str, Any]) -> list[str]:
        async with rig(tmp_path, clock=clock) as tools:
            await tools.call("PATCH", "/_sandbox/rules", {"free_service": 2})
            return [await type_of(tools, **send) for send in sends]

    reaction = {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "\N{THUMBS UP SIGN}"}}
    assert asyncio.run(types({}, reaction, {})) == ["free_customer_service"] * 3
    assert asyncio.run(types({})) == ["regular"]
    clock.advance(11 * DAY)
    assert asyncio.run(types({}, {}, {})) == ["free_customer_service"] * 2 + ["regular"]


def test_before_october_2026_all_service_messages_are_free(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, clock=clock_at(SEPTEMBER)) as tools:
            await tools.call("PATCH", "/_sandbox/rules", {"free_service": 0})
            assert await type_of(tools) == "free_customer_service"

    asyncio.run(run())


def test_a_utility_template_in_an_open_window_is_priced_by_its_day_and_the_rule(tmp_path: Path) -> None:
    async def run(moment: int, free_utility: bool) -> list[str]:
        async with rig(tmp_path / f"{moment}{free_utility}", clock=clock_at(moment)) as tools:
            await tools.call("PATCH", "/_sandbox/rules", {"free_utility": free_utility})
            outside = await type_of(tools, **template("hello_world"))
            await tools.act("send", PHONE, type="text", text={"body": "Hi"})
            return [outside, await type_of(tools, **template("hello_world"))]

    assert asyncio.run(run(SEPTEMBER, False)) == ["regular", "free_customer_service"]
    assert asyncio.run(run(OCTOBER, False)) == ["regular", "regular"]
    assert asyncio.run(run(OCTOBER, True)) == ["regular", "free_customer_service"]
