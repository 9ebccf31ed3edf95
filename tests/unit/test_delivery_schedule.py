"""Ten tries over about 75 hours, with jitter, and never sooner than the endpoint asked for."""

import random

import pytest

from trunkline.delivery.schedule import STEPS, TRIES, next_try


def test_ten_tries_take_about_75_hours() -> None:
    now, chance = 0, random.Random(1)
    for tries in range(1, TRIES):
        at = next_try(tries, now, chance)
        assert at is not None
        assert STEPS[tries - 1] * 800 <= at - now <= STEPS[tries - 1] * 1200
        now = at
    assert next_try(TRIES, now, chance) is None
    assert TRIES == 10
    assert 60 < now / 3_600_000 < 91
    assert 75 < sum(STEPS) / 3600 < 76


def test_what_failed_together_does_not_come_back_together() -> None:
    moments = {next_try(2, 0, random.Random(seed)) for seed in range(50)}
    assert len(moments) > 40


@pytest.mark.parametrize(("asked", "least"), [(3600.0, 3_600_000), (1.0, 4_000), (None, 4_000)])
def test_what_the_endpoint_asks_for_is_a_floor(asked: float | None, least: int) -> None:
    at = next_try(1, 0, random.Random(3), asked)
    assert at is not None
    assert least <= at <= max(least, 6_000)
