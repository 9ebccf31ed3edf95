"""The sandbox's own time: it imports nothing of the gateway, so it has its own clock as well."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the sandbox may know of time. A virtual clock only has to answer these two."""

    def now(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""

    async def wait(self, until: int | None, wake: asyncio.Event) -> None:
        """Return at `until` (None: never by itself) or as soon as `wake` is set, whichever is first."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    async def wait(self, until: int | None, wake: asyncio.Event) -> None:
        if until is None:
            await wake.wait()
            return
        alarm = asyncio.get_running_loop().call_later(max(0, until - self.now()) / 1000, wake.set)
        try:
            await wake.wait()
        finally:
            alarm.cancel()


def to_rfc3339(at: int) -> str:
    """`1795366800123` → `2026-11-22T17:00:00.123Z`."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
