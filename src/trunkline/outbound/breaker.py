"""A breaker: when a provider answers nothing that can be used, a few sends find out when it does again.

Each send without a usable answer leaves a message in doubt, and each that was not sent costs an attempt. So
after a few in a row nothing goes but single probes, with growing waits. Pure arithmetic over a clock reading.
"""

import random

IN_A_ROW = 5
"""Sends without a usable answer until the breaker opens."""

CALM = 20
"""Usable answers until an opening is forgotten; before that a single bad one opens it again."""

FIRST_SECONDS = 1.0
DOUBT_SECONDS = 60.0
"""The longest wait while probes end in doubt: each is a message whose fate is open."""

NOT_SENT_SECONDS = 5.0
"""The longest wait while probes are not even sent: they harm nobody."""

LOST_SECONDS = 30.0
"""Later than this no answer of a probe comes: it never became a send."""

LOOK_SECONDS = 0.1
"""How often is asked whether a probe has its answer."""


class Breaker:
    """Of one number. `now` is a clock's monotonic reading."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._bad = 0
        self._calm = CALM
        self._seconds = 0.0  # the last wait; 0 when there was none lately
        self._probe_at = 0.0
        self._probe: str | None = None  # the message that is out as one
        self.is_open = False

    def wait(self, now: float) -> float:
        """Seconds until something may go; 0 when it may now."""
        if not self.is_open:
            return 0.0
        if self._probe is not None and now < self._probe_at + LOST_SECONDS:
            return LOOK_SECONDS
        return max(0.0, self._probe_at - now)

    def begin(self, message_id: str, now: float) -> None:
        """A message goes out."""
        if self.is_open:
            self._probe, self._probe_at = message_id, now

    def withdraw(self, message_id: str) -> None:
        """It did not go after all."""
        if self._probe == message_id:
            self._probe = None

    def good(self) -> None:
        """An answer that says yes or no."""
        self.is_open, self._probe, self._bad = False, None, 0
        self._calm += 1
        if self._calm >= CALM:
            self._seconds = 0.0

    def bad(self, message_id: str, now: float, longest: float) -> None:
        """No usable answer, or it was not even sent. While it is open only the probe counts."""
        self._bad += 1
        if self.is_open:
            if self._probe == message_id:
                self._rest(now, longest)
        elif self._bad >= IN_A_ROW or self._seconds > 0:
            self._rest(now, longest)

    def _rest(self, now: float, longest: float) -> None:
        """With jitter: numbers of one provider must not come back together."""
        self.is_open, self._probe, self._calm = True, None, 0
        self._seconds = min(longest, max(FIRST_SECONDS, self._seconds * 2))
        self._probe_at = now + self._seconds * self._chance.uniform(0.75, 1.0)
