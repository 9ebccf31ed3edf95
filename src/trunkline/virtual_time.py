"""Virtual time: a server whose clock an operator may put forward, and the built-in sandbox's with it.

How far it is ahead is on disk before anything moves, so that time does not run backward after a restart. For
the same reason a folder that is ahead is not opened on real time; and a number of Meta's is never served on
virtual time: what is sent there happens in the world.
"""

from pathlib import Path
from typing import Protocol

from trunkline.channels.registry import is_real
from trunkline.clock import Clock, SystemClock, VirtualClock
from trunkline.data_folder import keep_offset, read_offset
from trunkline.errors import Problem, Refusal
from trunkline.runtime import Directory

DAY_MS = 86_400_000
MOST_MS = 400 * DAY_MS
"""Of one advance: whoever means more has most likely slipped in the unit."""

FARTHEST_MS = 100 * 366 * DAY_MS
"""Of all together. Dates have an end, and so has what can be tested with them."""


class VirtualTimeError(Exception):
    """The server is not started: real and virtual time would meet."""


class OtherClock(Protocol):
    """The built-in sandbox's clock, which is put forward together with ours."""

    offset_ms: int

    def now(self) -> int: ...

    def advance(self, ms: int) -> None: ...


class VirtualTime:
    """Made once by `app.py`. Both clocks move in one step of the event loop: nobody sees one moved alone."""

    def __init__(self, folder: Path, clock: VirtualClock, sandbox: OtherClock | None) -> None:
        self._folder = folder
        self.clock = clock
        self.sandbox = sandbox

    def bring_together(self) -> None:
        """At the start: both to the later of the two, whatever one of them did alone before."""
        if self.sandbox is not None:
            behind = self.sandbox.offset_ms - self.clock.offset_ms
            self._move(max(0, behind), max(0, -behind))

    def advance(self, ms: int) -> None:
        """`Refusal` when the disk does not take it, or when it is too far."""
        if self.clock.offset_ms + ms > FARTHEST_MS:
            detail = "Time can not be moved more than a hundred years ahead in all."
            raise Refusal("invalid_request", detail, problems=[Problem("/seconds", "out_of_range", detail)])
        try:
            self._move(ms, ms)
        except OSError as error:
            raise Refusal("unavailable", f"The clock did not move: {error.strerror}.") from error

    def _move(self, ours: int, sandboxs: int) -> None:
        """When the second writing fails, the next start still brings both together: never back."""
        if ours:
            keep_offset(self._folder, self.clock.offset_ms + ours)
        if self.sandbox is not None and sandboxs:
            self.sandbox.advance(sandboxs)
        self.clock.advance(ours)


def open_clock(folder: Path, *, virtual: bool) -> Clock:
    """A data folder's clock. `VirtualTimeError` when the folder is ahead of the real time that is wanted."""
    try:
        offset_ms = read_offset(folder)
    except ValueError as error:
        raise VirtualTimeError(str(error)) from error
    if virtual:
        return VirtualClock(offset_ms)
    if offset_ms:
        raise VirtualTimeError(
            f"the time of the data folder {folder} is {offset_ms / DAY_MS:.1f} days ahead, and must not run "
            "backward; start it with --virtual-time, or take another folder with --data"
        )
    return SystemClock()


def refuse_real_numbers(directory: Directory) -> None:
    """`VirtualTimeError` names those that a server on virtual time must not serve."""
    real = [row for row in directory.numbers.values() if is_real(row.base_url)]
    if real:
        named = ", ".join(f"{row.digits} at {row.base_url}" for row in real)
        raise VirtualTimeError(
            f"virtual time can not be used with real numbers ({named}); remove them, or start without "
            "--virtual-time"
        )
