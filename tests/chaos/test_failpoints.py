"""The short form of `python -m tests.chaos.failpoints`: each place of docs/reliability.md once."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.ending import Patience
from tests.chaos.failpoints import DRAIN, NOT_BUILT, ON_THE_WAY_BACK, POINTS, Plan, run_plan
from trunkline.config import ConfigError, load


@pytest.mark.timeout(400)
def test_a_crash_at_each_place_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    plan = Plan(times=1, is_short=True, patience=Patience(quiet_seconds=2, doubt_seconds=2))
    verdict = asyncio.run(run_plan(plan, tmp_path))
    assert verdict is not None
    assert verdict.is_clean(), verdict
    assert {point: fault.times for point, fault in verdict.faults.items()} == dict.fromkeys(POINTS, 1)


def test_a_failpoint_that_can_not_be_armed_stops_the_start() -> None:
    assert load({"failpoints": "C9:kill:3,C6:stop"}, environ={}).failpoints == "C9:kill:3,C6:stop"
    for wrong in ("C9", "C9:crash", "C9:kill:0", "C9:kill;C6:stop"):
        with pytest.raises(ConfigError, match="failpoints"):
            load({"failpoints": wrong}, environ={})


def test_every_place_is_struck_or_has_a_reason() -> None:
    assert {*POINTS, *NOT_BUILT, *ON_THE_WAY_BACK} - {DRAIN} == {f"C{n}" for n in range(1, 22)}
