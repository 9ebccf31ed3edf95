"""Pace: how fast one number may send, in all and to one recipient.

Pure arithmetic over a clock reading. Meta allows a number 80 messages a second (up to 1,000 after an
upgrade), and one message in 6 seconds to the same person with a burst of 45 borrowed from the future (Cloud
API, "Throughput", "Send messages"). We stay below these, so that Meta seldom has to say no, and go slower
for a while when it does. How fast an app may manage is in `templates/pace.py`.
"""

BURST_SECONDS = 0.05
"""How much of a second's allowance may go at once after a pause: enough to be smooth, too little to hurt."""

SLOWER = 0.5
"""What is left of the rate after a provider's no."""

RECOVERY_SECONDS = 120.0
"""From nothing back to the whole rate, by equal steps."""

SLOWEST = 1.0
"""Messages a second that are left, however often a provider says no."""

DEAF_SECONDS = 1.0
"""So long after a no, or for the pause that it asked for, others are about the same excess."""

_FEW = 10_000
"""Recipients whose pace is remembered before any is forgotten."""

_WHOLE = 1.0 - 1e-6  # a wait that is rounded must not leave a token forever a hair short


class NumberPace:
    """A token bucket for one number. It starts empty, so that a restart never doubles the rate.

    The rate is halved at a provider's no and comes back by equal steps (additive increase, multiplicative
    decrease), never above what is set.
    """

    def __init__(self, per_second: float, now: float) -> None:
        self.most = per_second
        self.per_second = per_second
        self._tokens = 0.0
        self._at = now
        self._deaf_until = now

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 when there is one."""
        if now > self._at:
            self._refill(now - self._at)
            self._at = now
        if self._at > now:  # paused until then
            return self._at - now
        return 0.0 if self._tokens >= _WHOLE else (1.0 - self._tokens) / self.per_second

    def take(self, now: float) -> float:
        """Take one token: 0 when there was one, else the seconds until there will be."""
        wait = self.wait(now)
        if wait == 0:
            self._tokens -= 1.0
        return wait

    def paused(self, now: float) -> float:
        """Seconds until a pause ends that the provider asked for."""
        return max(0.0, self._at - now)

    def slow_down(self, seconds: float, now: float) -> None:
        """The provider said: too fast. Nothing for so long, then from empty again, at half the rate.

        Many sends are on the wire when it says so the first time: their answers halve it only once.
        """
        if now >= self._deaf_until:
            self.per_second = max(min(SLOWEST, self.most), self.per_second * SLOWER)
        self._tokens = 0.0
        self._at = max(self._at, now + seconds)
        self._deaf_until = max(self._at, now + DEAF_SECONDS)

    def set_rate(self, per_second: float) -> None:
        self.most = per_second
        self.per_second = min(self.per_second, per_second)

    def _refill(self, seconds: float) -> None:
        if self.per_second < self.most:
            step = seconds * self.most / RECOVERY_SECONDS
            self.per_second = min(self.most, self.per_second + step)
        burst = max(1.0, self.per_second * BURST_SECONDS)
        self._tokens = min(burst, self._tokens + seconds * self.per_second)


class PairPace:
    """For each recipient: a burst, refilled by one in `interval` seconds."""

    def __init__(self, interval: float, burst: int) -> None:
        self._interval = interval
        self._burst = burst
        self._full_at: dict[str, float] = {}
        self._look_at = _FEW

    def wait(self, recipient: str, now: float) -> float:
        """Seconds until the recipient may get one more; 0 takes it."""
        full_at = max(self._full_at.get(recipient, now), now)
        wait = full_at - now - (self._burst - 1) * self._interval
        if wait > 0:
            return wait
        self._full_at[recipient] = full_at + self._interval
        if len(self._full_at) > self._look_at:
            self._forget_full(now)
        return 0.0

    def give_back(self, recipient: str) -> None:
        """What was taken was not used: nothing went to the recipient."""
        if recipient in self._full_at:
            self._full_at[recipient] -= self._interval

    def delay(self, recipient: str, seconds: float, now: float) -> None:
        """The provider said: too fast for this one. Nothing for so long, and no burst after it."""
        full_at = now + seconds + (self._burst - 1) * self._interval
        self._full_at[recipient] = max(self._full_at.get(recipient, now), full_at)

    def _forget_full(self, now: float) -> None:
        self._full_at = {recipient: at for recipient, at in self._full_at.items() if at > now}
        self._look_at = max(_FEW, 2 * len(self._full_at))  # or a long list is gone through at every send
