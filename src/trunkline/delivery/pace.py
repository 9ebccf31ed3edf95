"""How many posts a second an endpoint's owner allows. Pure arithmetic over a clock reading."""


class Pace:
    """A bucket that holds one second's posts. None is no bound."""

    def __init__(self, per_second: int | None, now: float) -> None:
        self.per_second = per_second
        self._tokens = 1.0
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until a post may start; 0 when it may now."""
        if self.per_second is None:
            return 0.0
        self._fill(self.per_second, now)
        return max(0.0, 1.0 - self._tokens) / self.per_second

    def take(self, now: float) -> None:
        if self.per_second is not None:
            self._fill(self.per_second, now)
            self._tokens -= 1.0

    def _fill(self, per_second: int, now: float) -> None:
        self._tokens = min(float(per_second), self._tokens + max(0.0, now - self._at) * per_second)
        self._at = now
