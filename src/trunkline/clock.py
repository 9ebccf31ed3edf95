"""The only place that asks for the time, and that waits for it.

Everything else is given a `Clock`, so that tests, and a gateway beside its sandbox, can run on virtual time.
Every name that ends in `_at` is a moment in whole milliseconds since 1970-01-01 UTC; it is turned into
RFC 3339 text only where people or their programs read it.
"""

import asyncio
import time
from datetime import UTC, datetime
from operator import itemgetter
from typing import Protocol


class Clock(Protocol):
    """What the rest of the program may know of time."""

    def now(self) -> int:
        """Milliseconds since the epoch: for what is stored and shown."""

    def monotonic(self) -> float:
        """Seconds that never run backward: for deadlines and pacing."""

    async def sleep(self, seconds: float) -> None:
        """Return when so much of this clock's time has passed."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        """Return when the event is set: True; or when the time is over: False. None is for ever.

        Either way the event is set then: who waits again clears it first, and looks what there is to do.
        """


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        if event.is_set() or seconds is None:
            return await event.wait()
        # A timer that sets the event costs half of `asyncio.wait_for`, and this is on every message's way.
        alarm = _Alarm(event)
        alarm.set(seconds)
        try:
            await event.wait()
        finally:
            alarm.cancel()
        return not alarm.rang


class VirtualClock(SystemClock):
    """The machine's clocks plus an offset that only grows. `advance` wakes whoever's moment has come by it.

    An advance is one jump: what would have happened in between happens now, in the order of its moments.
    Belongs to one event loop.
    """

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms
        self._alarms: dict[_Alarm, float] = {}  # alarm → its moment on the virtual clock, in order of coming

    def now(self) -> int:
        return super().now() + self.offset_ms

    def monotonic(self) -> float:
        return super().monotonic() + self.offset_ms / 1000

    def advance(self, ms: int) -> None:
        if ms < 0:
            raise ValueError("time does not run backward")
        self.offset_ms += ms
        now = self.monotonic()
        for alarm, at in sorted(self._alarms.items(), key=itemgetter(1)):
            if at <= now:
                alarm.ring()
            else:
                alarm.set(at - now)

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        if event.is_set() or seconds is None:
            return await event.wait()
        alarm = _Alarm(event)
        self._alarms[alarm] = self.monotonic() + seconds
        alarm.set(seconds)
        try:
            await event.wait()
        finally:
            del self._alarms[alarm]
            alarm.cancel()
        return not alarm.rang


class _Alarm:
    """Sets an event after so much real time, which may be set anew."""

    __slots__ = ("_event", "_timer", "rang")

    def __init__(self, event: asyncio.Event) -> None:
        self._event = event
        self._timer: asyncio.TimerHandle | None = None
        self.rang = False

    def set(self, seconds: float) -> None:
        self.cancel()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self.ring)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def ring(self) -> None:
        if not self._event.is_set():
            self.rang = True
            self._event.set()


def to_rfc3339(at: int) -> str:
    """`1795366800123` → `2026-11-22T17:00:00.123Z`."""
    moment = datetime.fromtimestamp(at // 1000, UTC).isoformat()[:19]
    return f"{moment}.{at % 1000:03d}Z"


def parse_rfc3339(text: str) -> int:
    """RFC 3339 with an offset → milliseconds. `ValueError` when it is no such moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time needs an offset, as in 2026-11-22T17:00:00Z")
    return int(moment.timestamp() * 1000)
