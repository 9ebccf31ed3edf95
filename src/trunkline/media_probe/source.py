"""A file read by seeks: a window of it in memory, and bounds on all that is read of it.

Whatever a file says of itself, a look through it ends: `Broken` is raised where it is not whole, and also
where it leads in circles or has more parts than any honest file.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

WINDOW = 65_536
"""The most that one read gives."""

MOST_STEPS = 500_000
_SPARE_READS = 4 * 1024 * 1024


class Broken(Exception):
    """Why the file is not whole or not sound, in words."""


class Source:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._window, self._start = b"", 0
        self._steps = MOST_STEPS
        self._reads = 4 * size + _SPARE_READS  # bytes; each format goes through a file once or twice

    def at(self, place: int, length: int) -> bytes:
        """At most `WINDOW` bytes; fewer where the file ends."""
        self.spend(1)
        begin = place - self._start
        if begin < 0 or begin + length > len(self._window):
            self._fill(place)
            begin = 0
        return self._window[begin : begin + length]

    def need(self, place: int, length: int, what: str) -> bytes:
        """All of these bytes. `what` is a noun: `its header`."""
        data = self.at(place, length)
        if len(data) < length:
            raise Broken(f"it ends in the middle of {what}")
        return data

    def spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise Broken("it has more parts than can be looked through")

    def parts(self, start: int, end: int) -> Iterator[bytes]:
        """What lies between two places, a window at a time."""
        while start < end and (part := self.at(start, min(WINDOW, end - start))):
            yield part
            start += len(part)

    def find(self, pattern: re.Pattern[bytes], place: int, *, longest: int) -> int | None:
        """Where the pattern is met next; no match of it is longer than `longest`."""
        while place < self.size:
            part = self.at(place, WINDOW)
            if (match := pattern.search(part)) is not None:
                return place + match.start()
            if place + len(part) >= self.size:
                return None
            place += len(part) - longest + 1
        return None

    def _fill(self, place: int) -> None:
        self._file.seek(place)
        self._window, self._start = self._file.read(WINDOW), place
        self._reads -= len(self._window)
        if self._reads < 0:
            raise Broken("it leads to and fro and can not be looked through")


def number(data: bytes) -> int:
    """Big end first."""
    return int.from_bytes(data, "big")


def small_end(data: bytes) -> int:
    return int.from_bytes(data, "little")
