"""The short form of `python -m tests.chaos.tier`."""

import asyncio
from pathlib import Path

from tests.chaos.tier import Plan, run_plan


def test_a_campaign_larger_than_the_tier_is_sent_over_days_as_planned_without_a_refusal(
    tmp_path: Path,
) -> None:
    verdict = asyncio.run(run_plan(Plan(people=100, tier=60), tmp_path))
    assert not verdict.faults, verdict
    assert (verdict.planned, verdict.others, verdict.refused) == ([54, 46], 12, 0)
