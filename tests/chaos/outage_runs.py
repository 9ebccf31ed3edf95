"""The outage of an endpoint with a few thousand events, on both engines, and in strict order."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.outage import Plan, outage


@pytest.mark.parametrize("is_ordered", [False, True], ids=["as they come", "in order"])
def test_after_six_hours_without_an_answer_an_endpoint_gets_everything(
    tmp_path: Path, store_url: str, is_ordered: bool
) -> None:
    plan = Plan(events=2_000, objects=200, runs=0, is_ordered=is_ordered, step_seconds=0.02)
    verdict = asyncio.run(outage(plan, tmp_path, store_url))
    assert verdict.faults_found() == []
    assert verdict.delivered == 2_000
    assert verdict.most_in_memory < 200
