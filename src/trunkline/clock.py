"""The only place that asks for the time.

Everything else is given a `Clock`, so that tests (and later the sandbox) can run on virtual time.
Every name that ends in `_at` is a moment in whole milliseconds since 1970-01-01 UTC; it is turned into
RFC 3339 text only where people or their programs read it.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the rest of the program may know of time."""

    def now(self) -> int:
        """Milliseconds since the epoch: for what is stored and shown."""

    def monotonic(self) -> float:
        """Seconds that never run backward: for waits, deadlines and pacing."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


def to_rfc3339(at: int) -> str:
    """`1795366800123` → `2026-11-22T17:00:00.123Z`."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def parse_rfc3339(text: str) -> int:
    """RFC 3339 with an offset → milliseconds. `ValueError` when it is no such moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time needs an offset, as in 2026-11-22T17:00:00Z")
    return int(moment.timestamp() * 1000)
