"""The short form of `python -m tests.chaos.kill`."""

import asyncio
from pathlib import Path

from tests.chaos.ending import Patience
from tests.chaos.kill import Plan, run_plan

SHORT = Patience(quiet_seconds=2, doubt_seconds=3)

COUNTS = {"sqlite": (3000, 3), "postgres": (1500, 2)}
"""Messages and kills."""


def test_kills_in_the_middle_of_sends_lose_nothing_and_double_nothing(
    engine: str, store_url: str, tmp_path: Path
) -> None:
    messages, kills = COUNTS[engine]
    plan = Plan(messages=messages, kills=kills, patience=SHORT)
    verdict = asyncio.run(run_plan(plan, tmp_path, store_url))
    assert verdict is not None
    assert verdict.is_clean(), verdict
    assert verdict.accepted == messages
    assert verdict.exposed > 0


def test_kills_leave_the_order_within_a_lane_as_it_is(tmp_path: Path) -> None:
    plan = Plan(messages=900, kills=2, per_lane=3, standstill_seconds=2, patience=SHORT)
    verdict = asyncio.run(run_plan(plan, tmp_path))
    assert verdict is not None
    assert verdict.is_clean(), verdict
    assert verdict.accepted == 900
