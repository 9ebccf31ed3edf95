"""The short form of `python -m tests.chaos.deliveries`; longer than `make test` has time for."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.deliveries import POINTS, Plan, run_plan

_LITTLE = {"batch": 5, "most_ahead": 60, "most_behind": 100, "per_second": 10}
SHORT = {
    "sqlite": Plan(kills=1, times=1, **_LITTLE),
    # After each kill the endpoint waits for the lease of the dead process to end.
    "postgres": Plan(kills=0, times=1, points=("C14", "C17"), **_LITTLE),
}


@pytest.mark.timeout(400)
def test_crashes_on_the_way_back_lose_no_event_and_repeat_it_under_its_own_id(
    engine: str, store_url: str, tmp_path: Path
) -> None:
    plan = SHORT[engine]
    verdict = asyncio.run(run_plan(plan, tmp_path, store_url))
    assert verdict is not None
    assert verdict.is_clean(), verdict
    at_random = {"at random": plan.kills} if plan.kills else {}
    assert verdict.kills == dict.fromkeys(plan.points, plan.times) | at_random
    assert min(verdict.written, verdict.statuses, verdict.repeated) > 0


def test_the_places_are_those_of_the_way_back() -> None:
    assert set(POINTS) == {"C11", "C12", "C13", "C14", "C15", "C16", "C17", "C19"}
