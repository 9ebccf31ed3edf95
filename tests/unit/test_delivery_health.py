"""An endpoint gets more while it takes everything, less when it fails, only probes when it takes nothing."""

import random

from trunkline.delivery import health
from trunkline.delivery.health import Health, Streak
from trunkline.delivery.pace import Pace

HOUR = 3_600_000


def make(most: int = 20) -> Health:
    return Health(most, random.Random(1))


def test_it_starts_with_two_and_grows_by_one_a_run_up_to_its_cap() -> None:
    one = make(4)
    assert one.limit == 2
    one.succeeded(0.01)
    assert one.limit == 2
    one.succeeded(0.01)
    assert one.limit == 3
    for _ in range(100):
        one.succeeded(0.01)
    assert one.limit == 4


def test_a_failure_halves_it_and_ends_the_run() -> None:
    one = make()
    for _ in range(500):
        one.succeeded(0.01)
    assert one.limit == 20
    one.failed(0.01, 0.0)
    assert one.limit == 10
    one.succeeded(0.01)
    assert one.limit == 10
    assert one.wait(0.0) == 0


def test_after_five_failures_in_a_row_only_probes_go_and_ever_more_seldom() -> None:
    one, now, waits = make(), 0.0, []
    for _ in range(4):
        one.failed(0.01, now)
    assert not one.is_failing
    for _ in range(10):
        one.failed(0.01, now)
        waits.append(one.wait(now))
        now += waits[-1]
    assert one.is_failing
    assert one.limit == 1
    assert 0.75 <= waits[0] <= 1.0
    assert waits[:6] == sorted(waits[:6])
    assert 45 <= waits[-1] <= 60


def test_answers_to_what_was_out_before_make_no_probe_wait_longer() -> None:
    one = make()
    for _ in range(5):
        one.failed(0.01, 0.0)
    wait = one.wait(0.0)
    for _ in range(20):
        one.failed(0.01, 0.0)
    assert one.wait(0.0) == wait


def test_one_success_ends_it() -> None:
    one = make()
    for _ in range(9):
        one.failed(0.01, 0.0)
    one.succeeded(0.01)
    assert one.wait(0.0) == 0
    assert one.limit == 2
    assert not one.is_failing


def test_it_is_new_until_it_has_answered_and_slow_whenever_it_fails_or_takes_long() -> None:
    one = make()
    assert one.kind == "new"
    one.succeeded(0.02)
    assert one.kind == "quick"
    one.failed(0.02, 0.0)
    assert one.kind == "slow"
    one.succeeded(0.02)
    assert one.kind == "quick"
    for _ in range(10):
        one.succeeded(3.0)
    assert one.kind == "slow"
    assert Health(20, random.Random(1), has_failed=True).kind == "slow"


def test_what_it_asks_for_holds_everything() -> None:
    one = make()
    one.hold(30, 100.0)
    one.hold(None, 100.0)
    assert one.wait(100.0) == 30
    assert one.wait(130.0) == 0


def test_a_streak_is_hopeless_after_a_day_and_ten_failures() -> None:
    streak = Streak()
    for n in range(10):
        assert not streak.is_hopeless(48 * HOUR)
        streak = streak.longer(n * 1000, is_paused=False)
    assert not streak.is_hopeless(24 * HOUR - 1)
    assert streak.is_hopeless(24 * HOUR)
    assert streak.probe_at is None
    assert streak.paused(7).probe_at == 7 + health.PROBE_MS
    assert streak.longer(9, is_paused=True).probe_at == 9 + health.PROBE_MS


def test_a_rate_is_kept_with_a_second_of_patience_at_most() -> None:
    pace, now, went = Pace(5, 0.0), 0.0, 0
    while now < 10:
        wait = pace.wait(now)
        if wait > 0:
            now += wait + 1e-9
        else:
            pace.take(now)
            went += 1
    assert 49 <= went <= 52
    now += 60
    burst = 0
    while pace.wait(now) == 0:
        pace.take(now)
        burst += 1
    assert burst == 5
    assert Pace(None, 0.0).wait(0.0) == 0
