import random

import pytest

from trunkline.channels.contract import Ambiguous, NotSent, Refused, SendError, Taken
from trunkline.model.message import State
from trunkline.outbound.verdict import CAP_SECONDS, LONGEST_PAUSE, MAX_RETRIES, Verdict, backoff, judge

CHANCE = random.Random(1)


def refused(effect: str, n: int = 1, **more: object) -> Verdict:
    error = SendError(code=1, title="t", cause="c", actor="sender", remedy="r", effect=effect, **more)  # type: ignore[arg-type]
    return judge(Refused(error), "text", n, CHANCE)


def test_what_was_taken_is_submitted() -> None:
    verdict = judge(Taken("wamid.x"), "text", 1, CHANCE)
    assert (verdict.state, verdict.is_open, verdict.retry_seconds) == (State.SUBMITTED, False, None)


def test_what_is_proven_not_sent_goes_again() -> None:
    verdict = judge(NotSent("refused"), "text", 500, CHANCE)
    assert verdict.state is State.QUEUED
    assert verdict.retry_seconds is not None
    assert verdict.retry_seconds > 0


def test_what_may_have_arrived_is_never_sent_again_on_a_guess() -> None:
    verdict = judge(Ambiguous("reset", 500), "text", 1, CHANCE)
    assert (verdict.state, verdict.is_open, verdict.retry_seconds) == (State.UNKNOWN, True, None)


def test_a_read_mark_may_simply_be_repeated() -> None:
    verdict = judge(Ambiguous("reset"), "read", 1, CHANCE)
    assert (verdict.state, verdict.is_open) == (State.QUEUED, False)
    assert verdict.retry_seconds is not None


@pytest.mark.parametrize("effect", ["fail", "a word from the future"])
def test_a_definite_no_fails_the_message(effect: str) -> None:
    assert refused(effect).state is State.FAILED


def test_a_no_that_may_pass_is_tried_again_and_not_for_ever() -> None:
    assert refused("retry").state is State.QUEUED
    assert refused("retry", MAX_RETRIES + 1).state is State.FAILED


@pytest.mark.parametrize("effect", ["slow_number", "delay_lane"])
def test_what_was_only_too_fast_is_delayed_and_never_fails_by_it(effect: str) -> None:
    late = refused(effect, 300)
    assert late.slow_number_seconds is None or late.slow_number_seconds <= LONGEST_PAUSE
    assert late.state is State.QUEUED
    assert late.retry_seconds is not None
    assert 0 < late.retry_seconds <= CAP_SECONDS


def test_a_number_that_may_not_send_is_held_and_nothing_fails_by_it() -> None:
    verdict = refused("hold_number")
    assert (verdict.state, verdict.hold_number, verdict.reason) == (State.HELD, "1", "number_held:1")


def test_the_providers_wait_is_a_floor() -> None:
    verdict = refused("slow_number", retry_after=120.0)
    assert verdict.retry_seconds == verdict.slow_number_seconds
    assert verdict.retry_seconds is not None
    assert verdict.retry_seconds >= 120.0


def test_a_lane_told_to_wait_waits_at_least_six_seconds_and_longer_each_time() -> None:
    waits = [refused("delay_lane", n).retry_seconds for n in (1, 2, 3)]
    assert waits == [6.0, 24.0, 96.0]


def test_backoff_grows_is_spread_and_has_an_end() -> None:
    assert all(0.1 <= backoff(1, CHANCE) <= 1.0 for _ in range(100))
    assert all(CAP_SECONDS / 10 <= backoff(1000, CHANCE) <= CAP_SECONDS for _ in range(100))
    assert len({backoff(5, CHANCE) for _ in range(100)}) > 90
