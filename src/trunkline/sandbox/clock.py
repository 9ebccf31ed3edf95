"""The sandbox's own time: it imports nothing of the gateway, so it has its own clocks as well.

On virtual time `advance` puts the clock forward and ends every wait whose moment has come by it. How far it
is ahead is kept in `clock.json` of the sandbox's folder, so that time does not run backward after a restart.
"""

import asyncio
import os
import time
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

_DAY = 86_400_000
_FARTHEST = 100 * 366 * _DAY


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


class VirtualClock(SystemClock):
    """The machine's clock plus an offset that only grows; without a folder it is kept nowhere.

    Belongs to one event loop. An advance is one jump: what would have happened in between happens now, in the
    order of its moments.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.offset_ms = 0 if folder is None else read_offset(folder)
        self._alarms: dict[_Alarm, int] = {}  # alarm → its moment

    def now(self) -> int:
        return super().now() + self.offset_ms

    def advance(self, ms: int) -> None:
        """`ValueError` when it is no step forward, or too far; `OSError` when it can not be kept."""
        if not 0 <= ms <= _FARTHEST - self.offset_ms:
            raise ValueError("time moves forward, and at most a hundred years in all")
        if self._folder is not None:
            _keep_offset(self._folder, self.offset_ms + ms)
        self.offset_ms += ms
        now = self.now()
        for alarm, until in sorted(self._alarms.items(), key=itemgetter(1)):
            if until <= now:
                alarm.wake.set()
            else:
                alarm.set(until - now)

    async def wait(self, until: int | None, wake: asyncio.Event) -> None:
        if until is None:
            await wake.wait()
            return
        alarm = _Alarm(wake)
        self._alarms[alarm] = until
        alarm.set(until - self.now())
        try:
            await wake.wait()
        finally:
            del self._alarms[alarm]
            alarm.cancel()


class _Alarm:
    """Sets `wake` after so much real time, which may be set anew."""

    __slots__ = ("_timer", "wake")

    def __init__(self, wake: asyncio.Event) -> None:
        self.wake = wake
        self._timer: asyncio.TimerHandle | None = None

    def set(self, ms: int) -> None:
        self.cancel()
        self._timer = asyncio.get_running_loop().call_later(max(0, ms) / 1000, self.wake.set)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def open_clock(folder: Path, *, virtual: bool) -> Clock:
    """A folder's clock. `ValueError` when the folder is ahead of the real time that is wanted."""
    if virtual:
        return VirtualClock(folder)
    ahead = read_offset(folder)
    if ahead:
        raise ValueError(
            f"the time of the sandbox in {folder} is {ahead / _DAY:.1f} days ahead, and must not run "
            "backward; start it with --virtual-time, or take another folder with --data"
        )
    return SystemClock()


class _Ahead(msgspec.Struct, frozen=True):
    offset_ms: Annotated[int, msgspec.Meta(ge=0, le=_FARTHEST)]


def read_offset(folder: Path) -> int:
    """Milliseconds that the folder's time is ahead. `ValueError` when that can not be read."""
    path = folder / "clock.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Ahead).offset_ms
    except FileNotFoundError:
        return 0
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{path} can not be read: {error}") from error


def _keep_offset(folder: Path, offset_ms: int) -> None:
    """On disk when this returns; whole, or as it was."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / "clock.json.new"
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(_Ahead(offset_ms)))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / "clock.json")


def to_rfc3339(at: int) -> str:
    """`1795366800123` → `2026-11-22T17:00:00.123Z`."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
