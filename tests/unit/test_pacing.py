from itertools import pairwise

import pytest

from trunkline.outbound.pacing import NumberPace, PairPace
from trunkline.templates.pace import CallPace


def sends_within(pace: NumberPace, seconds: float, start: float = 0.0) -> int:
    """How many tokens an eager sender gets."""
    now, sent = start, 0
    while now < start + seconds:
        wait = pace.take(now)
        if wait == 0:
            sent += 1
        else:
            now += wait
    return sent


@pytest.mark.parametrize("rate", [1, 80, 1000])
def test_a_number_never_exceeds_its_rate(rate: int) -> None:
    pace = NumberPace(rate, 0.0)
    assert sends_within(pace, 10.0) <= rate * 10 + 1
    assert sends_within(pace, 10.0, 10.0) == pytest.approx(rate * 10, abs=2)


def test_a_new_owner_starts_with_nothing_so_that_a_restart_never_doubles_the_rate() -> None:
    assert NumberPace(80, 0.0).take(0.0) > 0


def test_a_long_pause_allows_only_a_small_burst() -> None:
    pace = NumberPace(80, 0.0)
    burst = 0
    while pace.take(3600.0) == 0:
        burst += 1
    assert burst == 4  # 50 ms worth


def test_after_the_provider_said_slow_down_nothing_goes_until_then() -> None:
    pace = NumberPace(80, 0.0)
    pace.slow_down(5.0, 1.0)
    assert pace.take(5.9) == pytest.approx(0.1)
    assert pace.take(6.0) > 0  # from empty again
    assert pace.take(6.1) == 0


def test_a_recipient_gets_the_burst_and_then_one_in_six_seconds() -> None:
    pairs = PairPace(6.0, 45)
    assert [pairs.wait("a", 0.0) for _ in range(45)] == [0.0] * 45
    assert pairs.wait("a", 0.0) == pytest.approx(6.0)
    assert pairs.wait("a", 6.0) == 0.0
    assert pairs.wait("a", 6.0) == pytest.approx(6.0)
    assert pairs.wait("b", 6.0) == 0.0


def test_recipients_who_are_at_rest_are_forgotten() -> None:
    pairs = PairPace(6.0, 45)
    for index in range(20_000):
        pairs.wait(str(index), index * 10.0)
    assert len(pairs._full_at) <= 10_001


def test_a_no_halves_the_rate_and_it_comes_back_in_equal_steps_and_never_above() -> None:
    pace = NumberPace(80, 0.0)
    pace.slow_down(1.0, 10.0)
    assert pace.per_second == 40
    curve = []
    for second in range(11, 131):
        pace.wait(float(second))
        curve.append(pace.per_second)
    steps = {round(later - former, 6) for former, later in pairwise(curve) if later < 80}
    assert steps == {round(80 / 120, 6)}
    assert curve[-1] == 80
    assert sends_within(pace, 10.0, 200.0) <= 80 * 10 + 4  # the burst


def test_answers_that_were_on_the_wire_halve_the_rate_once_and_later_ones_again() -> None:
    pace = NumberPace(80, 0.0)
    for at in (10.0, 10.1, 10.9):
        pace.slow_down(0.5, at)
    assert pace.per_second == 40
    pace.slow_down(0.5, 12.5)
    assert pace.per_second == pytest.approx(20, abs=0.6)


@pytest.mark.parametrize("rate", [1, 80])
def test_however_often_a_provider_says_no_one_a_second_is_left(rate: int) -> None:
    pace = NumberPace(rate, 0.0)
    for minute in range(100):
        pace.slow_down(3.0, minute * 3.1)
    assert 1.0 <= pace.per_second <= 2.5


def test_a_new_rate_is_kept_to_while_the_number_goes_slower() -> None:
    pace = NumberPace(80, 0.0)
    pace.slow_down(1.0, 0.0)
    pace.set_rate(10)
    assert pace.per_second == 10
    pace.set_rate(1000)
    pace.wait(1.5)
    assert 10 < pace.per_second < 20


def test_a_recipient_that_the_provider_delays_has_no_burst_after_it_and_others_do_not_wait() -> None:
    pairs = PairPace(6.0, 45)
    pairs.delay("a", 24.0, 0.0)
    assert pairs.wait("a", 0.0) == pytest.approx(24.0)
    assert pairs.wait("b", 0.0) == 0.0
    assert pairs.wait("a", 24.0) == 0.0
    assert pairs.wait("a", 24.0) == pytest.approx(6.0)


def test_management_calls_keep_within_any_hour_for_each_app_and_account() -> None:
    calls = CallPace(200)
    assert {calls.take("app", "waba", float(second)) for second in range(200)} == {0.0}
    assert calls.take("app", "waba", 200.0) == pytest.approx(3400.0)
    assert calls.take("app", "other", 200.0) == 0.0
    assert calls.take("app", "waba", 3600.0) == 0.0
    assert calls.take("app", "waba", 3600.0) == pytest.approx(1.0)
