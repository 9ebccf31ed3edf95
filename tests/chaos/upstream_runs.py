"""The short form of `python -m tests.chaos.upstream`."""

import asyncio
from pathlib import Path

from tests.chaos.ending import Patience
from tests.chaos.upstream import BEHAVIOURS, SETTLED_SECONDS, Plan, misbehave, never_report


def test_whatever_the_upstream_does_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    plan = Plan(messages=4 * len(BEHAVIOURS), patience=Patience(quiet_seconds=1, doubt_seconds=1))
    verdict = asyncio.run(misbehave(plan, tmp_path))
    assert verdict.is_clean(), verdict
    assert verdict.settled["token"] > 10
    assert verdict.slowest_settling_seconds < SETTLED_SECONDS


def test_a_doubt_without_any_evidence_ends_unconfirmed_and_is_never_sent_again(tmp_path: Path) -> None:
    verdict = asyncio.run(never_report(tmp_path))
    assert verdict.is_clean(), verdict
    assert verdict.states == {"unconfirmed": 30}
    assert verdict.taken == 30
