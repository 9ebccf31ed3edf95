"""How fast messages of a campaign are made, when it has a pace of its own. Pure."""

BURST_SECONDS = 1.0


class Pace:
    """A bucket of so many messages a second; `now` is a monotonic reading."""

    def __init__(self, now: float) -> None:
        self._at = now
        self._left = 1.0
        self._rate: float | None = None

    def allowed(self, rate: float | None, now: float) -> int:
        """How many may be made now. The rate may be another than before."""
        if rate is None:
            self._rate, self._at = None, now
            return 1_000_000_000
        if self._rate is None:  # it begins with one
            self._left, self._at = 1.0, now
        self._rate = rate
        self._left = min(max(1.0, rate * BURST_SECONDS), self._left + max(0.0, now - self._at) * rate)
        self._at = now
        return int(self._left)

    def take(self, count: int) -> None:
        self._left -= count
