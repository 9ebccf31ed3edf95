"""Merged cells of a sheet: only the first one of each area holds a value. They stand behind the rows, so they
are looked for before the rows are read, which also shows whether the sheet is whole.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_AREA = re.compile(rb'mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_LONGEST = 200
_MOST = 100_000


class Area(NamedTuple):
    top: int
    left: int
    """From 0."""
    bottom: int
    right: int


class Merges:
    """Rows are asked for from the first to the last."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._coming = sorted(areas, reverse=True)
        self._now: list[Area] = []

    def of(self, line: int) -> list[Area]:
        if not self._coming and not self._now:
            return self._now
        while self._coming and self._coming[-1].top <= line:
            self._now.append(self._coming.pop())
        self._now = [area for area in self._now if area.bottom >= line]
        return self._now


def blank_of(area: Area, line: int) -> int | None:
    """The first cell of the area in this line that holds no value of its own."""
    if line > area.top:
        return area.left
    return area.left + 1 if area.right > area.left else None


def find_areas(pieces: Iterable[bytes]) -> list[Area]:
    found: set[Area] = set()
    before = b""
    for piece in pieces:
        data = before + piece
        if b"mergeCell" in data and len(found) < _MOST:
            for left, top, right, bottom in _AREA.findall(data):
                found.add(Area(int(top), column_of(left.decode()), int(bottom), column_of(right.decode())))
        before = data[-_LONGEST:]
    return sorted(found)


def column_of(letters: str) -> int:
    """`A` is 0, `AB` is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
