"""Pace: how fast one number may send, in all and to one recipient. Pure arithmetic over a clock reading.

Meta allows a number 80 messages a second (up to 1,000 after an upgrade), and one message in 6 seconds to
the same person with a burst of 45 borrowed from the future (Cloud API, "Throughput" and "Send messages").
We stay below both, so that Meta never has to say no.
"""

BURST_SECONDS = 0.05
"""How much of a second's allowance may go at once after a pause: enough to be smooth, too little to hurt."""

_FEW = 10_000
"""Recipients whose pace is remembered before any is forgotten."""

_WHOLE = 1.0 - 1e-6  # a wait that is rounded must not leave a token forever a hair short


class NumberPace:
    """A token bucket for one number. It starts empty, so that a restart never doubles the rate."""

    def __init__(self, per_second: float, now: float) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second * BURST_SECONDS)
        self._tokens = 0.0
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 when there is one."""
        if now > self._at:
            self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._per_second)
            self._at = now
        if self._at > now:  # paused until then
            return self._at - now
        return 0.0 if self._tokens >= _WHOLE else (1.0 - self._tokens) / self._per_second

    def take(self, now: float) -> float:
        """Take one token: 0 when there was one, else the seconds until there will be."""
        wait = self.wait(now)
        if wait == 0:
            self._tokens -= 1.0
        return wait

    def pause(self, seconds: float, now: float) -> None:
        """The provider asked to slow down: nothing for so long, then from empty again."""
        self._tokens = 0.0
        self._at = max(self._at, now + seconds)

    def set_rate(self, per_second: float) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second * BURST_SECONDS)


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

    def _forget_full(self, now: float) -> None:
        self._full_at = {recipient: at for recipient, at in self._full_at.items() if at > now}
        self._look_at = max(_FEW, 2 * len(self._full_at))  # or a long list is gone through at every send
