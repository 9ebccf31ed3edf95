"""How an endpoint does: how many posts it may have at once, when it is only probed, whether it is slow. Pure.

In come the results of tries with clock readings; out comes what may start now. A few failures in a row make
it *failing*: then single probes with growing waits ask whether it is back, so that an endpoint that is down
costs one event now and then, and the rest stays in the log, untouched.
"""

import random

import msgspec

from trunkline.delivery.slots import Kind

START = 2
"""Posts at once, until it is known what the endpoint can do."""

IN_A_ROW = 5
"""Failures until it is only probed."""

FIRST_PROBE_SECONDS = 1.0
LONGEST_PROBE_SECONDS = 60.0

SLOW_SECONDS = 1.0
"""On average, or one post that has no answer for as long: it is slow."""

BUSY_SECONDS = 1.0
"""What 429 without a `Retry-After` asks for."""

HOPELESS_MS = 24 * 3_600_000
HOPELESS_FAILURES = 10
PROBE_MS = 15 * 60_000
"""While it is paused."""

_FADING = 0.8


class Streak(msgspec.Struct, frozen=True):
    """Nothing but failures since a moment, as it is kept with the endpoint's progress."""

    since: int | None = None
    failures: int = 0
    probe_at: int | None = None
    """When a paused endpoint is probed next."""

    def longer(self, now: int, *, is_paused: bool) -> "Streak":
        """Another failure."""
        since = now if self.since is None else self.since
        return Streak(since, self.failures + 1, now + PROBE_MS if is_paused else None)

    def is_hopeless(self, now: int) -> bool:
        return (
            self.since is not None and self.failures >= HOPELESS_FAILURES and now - self.since >= HOPELESS_MS
        )

    def paused(self, now: int) -> "Streak":
        return Streak(self.since, self.failures, now + PROBE_MS)


class Health:
    """Of one endpoint, in the process that delivers to it. `now` is a clock's monotonic reading."""

    def __init__(self, most: int, chance: random.Random, *, has_failed: bool = False) -> None:
        self.most = most
        self.limit = min(START, most)
        self.is_failing = False
        self._chance = chance
        self._run = 0  # successes since the limit last changed
        self._bad = int(has_failed)  # failures in a row
        self._probe_at = 0.0
        self._probe_seconds = 0.0
        self._hold_until = 0.0
        self._average: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until a post may start; 0 when it may now."""
        until = max(self._hold_until, self._probe_at if self.is_failing else 0.0)
        return max(0.0, until - now)

    @property
    def kind(self) -> Kind:
        """What share of the slots it has."""
        if self._bad or self.is_failing:
            return "slow"
        if self._average is None:
            return "new"
        return "slow" if self._average > SLOW_SECONDS else "quick"

    def succeeded(self, seconds: float) -> None:
        self._measure(seconds)
        self.is_failing, self._bad, self._probe_seconds = False, 0, 0.0
        self.limit = min(max(self.limit, START), self.most)
        self._run += 1
        if self._run >= self.limit:
            self._run = 0
            self.limit = min(self.limit + 1, self.most)

    def failed(self, seconds: float, now: float) -> None:
        self._measure(seconds)
        self._run = 0
        self._bad += 1
        self.limit = max(1, self.limit // 2)
        if self._bad >= IN_A_ROW and not (self.is_failing and now < self._probe_at):  # or it began before
            self._rest(now)

    def hold(self, seconds: float | None, now: float) -> None:
        """It asked for a pause."""
        self._hold_until = max(self._hold_until, now + (seconds or BUSY_SECONDS))

    def forget(self) -> None:
        """Its owner says that it is mended."""
        self.is_failing, self._bad, self._probe_seconds, self._hold_until = False, 0, 0.0, 0.0
        self.limit = min(START, self.most)

    def _rest(self, now: float) -> None:
        self.is_failing, self.limit = True, 1
        longer = max(FIRST_PROBE_SECONDS, self._probe_seconds * 2)
        self._probe_seconds = min(LONGEST_PROBE_SECONDS, longer)
        self._probe_at = now + self._probe_seconds * self._chance.uniform(0.75, 1.0)

    def _measure(self, seconds: float) -> None:
        known = seconds if self._average is None else self._average
        self._average = known * _FADING + seconds * (1 - _FADING)
