"""When an event that an endpoint did not take is tried again: ten tries over about 75 hours. Pure.

The steps are those that Standard Webhooks proposes, each longer or shorter by up to a fifth, so that what
failed together does not come back together.
"""

import random

_MINUTE, _HOUR = 60, 3600
STEPS = (
    5,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Seconds after the first try, the second, and so on."""

TRIES = len(STEPS) + 1
_JITTER = 0.2


def next_try(tries: int, now: int, chance: random.Random, at_least: float | None = None) -> int | None:
    """The moment of the next try after so many; None when there is none. `at_least` is how many seconds the
    endpoint asked for."""
    if tries >= TRIES:
        return None
    seconds = STEPS[tries - 1] * chance.uniform(1 - _JITTER, 1 + _JITTER)
    return now + int(max(seconds, at_least or 0.0) * 1000)
