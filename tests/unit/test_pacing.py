import pytest

from trunkline.outbound.pacing import NumberPace, PairPace


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
    pace.pause(5.0, 1.0)
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
