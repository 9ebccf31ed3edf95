"""The short form of `python -m tests.chaos.campaign`."""

import asyncio
from pathlib import Path

from tests.chaos.campaign import Plan, run_plan
from tests.chaos.ending import Patience


def test_everybody_gets_one_message_or_none_whatever_is_killed_paused_and_canceled(
    store_url: str, tmp_path: Path
) -> None:
    patience = Patience(quiet_seconds=1, doubt_seconds=3)
    plan = Plan(people=200, kills=0, pauses=1, strikes=1, per_second=100, patience=patience)
    verdict = asyncio.run(run_plan(plan, tmp_path, store_url))
    assert verdict is not None
    assert verdict.is_clean(), verdict
    assert verdict.kills == 2 and verdict.pauses == 1
    assert sum(verdict.created.values()) < 2 * plan.people  # the cancel came in time
