"""The pace of a campaign, and which variant wins its test."""

from trunkline.campaigns.pace import Pace
from trunkline.campaigns.report import FunnelPart
from trunkline.campaigns.winner import best


def made(pace: Pace, rate: float | None, begin: float, seconds: int) -> int:
    """How many are made by somebody who looks ten times a second."""
    count = 0
    for tick in range(seconds * 10):
        allowed = pace.allowed(rate, begin + tick / 10)
        pace.take(allowed)
        count += allowed
    return count


def test_a_pace_is_kept_over_time_and_is_low_ones_too() -> None:
    assert 48 <= made(Pace(0), 5, 0, 10) <= 52
    assert 5 <= made(Pace(0), 0.5, 0, 10) <= 6


def test_another_pace_holds_from_the_next_look_on_and_what_was_not_used_is_not_made_up_for() -> None:
    pace = Pace(0)
    made(pace, 5, 0, 10)
    assert 980 <= made(pace, 100, 10, 10) <= 1_010
    assert pace.allowed(100, 1_000) == 100  # after a long pause a second's worth
    pace.take(100)
    assert pace.allowed(None, 1_000) > 1_000_000
    assert pace.allowed(5, 1_001) == 1


def test_the_highest_share_of_those_who_were_sent_to_wins_and_of_equals_the_first() -> None:
    parts = [
        FunnelPart(name="A", accepted=100, read=50, clicked=9),
        FunnelPart(name="B", accepted=10, read=6, clicked=0),
    ]
    assert best(["A", "B"], parts, "read") == "B"
    assert best(["A", "B"], parts, "clicked") == "A"
    assert best(["B", "A"], parts, "replied") == "B"
    assert best(["C", "A"], parts, "read") == "A"  # nobody was sent C
