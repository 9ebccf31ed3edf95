"""The short form of `python -m tests.chaos.failpoints`: each place of docs/reliability.md once."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.ending import Patience
from tests.chaos.failpoints import POINTS, Plan, run_plan


@pytest.mark.timeout(400)
def test_a_crash_at_each_place_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    plan = Plan(times=1, is_short=True, patience=Patience(quiet_seconds=2, doubt_seconds=2))
    verdict = asyncio.run(run_plan(plan, tmp_path))
    assert verdict is not None
    assert verdict.is_clean(), verdict
    assert {point: fault.times for point, fault in verdict.faults.items()} == dict.fromkeys(POINTS, 1)
