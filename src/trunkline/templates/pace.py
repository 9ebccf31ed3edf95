"""How often an app may ask about templates. Pure arithmetic over a clock reading.

Meta allows 200 management calls an hour for each app and business account (Cloud API, "Rate limits").
"""

from collections import deque

HOUR = 3600.0


class CallPace:
    """Management calls: so many within any hour, for each app and business account."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def take(self, app_id: str, waba_id: str, now: float) -> float:
        """0 when the call may be made, and is counted; else the seconds until the next one may."""
        calls = self._calls.setdefault((app_id, waba_id), deque())
        while calls and calls[0] <= now - HOUR:
            calls.popleft()
        if len(calls) >= self._per_hour:
            return calls[0] + HOUR - now
        calls.append(now)
        return 0.0
