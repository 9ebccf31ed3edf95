"""Text as lines with their numbers, as an editor counts them: `\\n`, `\\r\\n` and `\\r` each end one.

A line may be given back to be read again. One that is longer than any honest line comes cut, as `CutLine`.
"""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from trunkline.table_files.encoding import Encoded

MOST_LINE = 1024 * 1024
_CHUNK = 65_536
_KEPT = 200
_ENDLESS = 1 << 62


class CutLine(str):
    """The beginning of a line that is too long."""

    __slots__ = ()


class Lines:
    """Numbered from 1."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._again: list[tuple[int, str]] = []
        self._numbered = enumerate(lines, 1)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """All who walk here share one place in the file."""
        again = self._again
        while again:
            yield again.pop()
        for line in self._numbered:
            yield line
            while again:
                yield again.pop()

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._again.extend(reversed(lines))


def read_lines(path: Path, encoded: Encoded, most_letters: int = _ENDLESS) -> Iterator[str]:
    tail, is_cut = "", False
    for chunk in _chunks(path, encoded, most_letters):
        lines = (tail + chunk).split("\n")
        tail = lines.pop()
        if is_cut and lines:
            del lines[0]
            is_cut = False
        for line in lines:
            yield line if len(line) <= MOST_LINE else CutLine(line[:_KEPT])
        if is_cut:
            tail = ""
        elif len(tail) > MOST_LINE:
            yield CutLine(tail[:_KEPT])
            tail, is_cut = "", True
    if tail:
        yield tail


def _chunks(path: Path, encoded: Encoded, most_letters: int) -> Iterator[str]:
    """Line ends of every kind come as `\\n`."""
    left = most_letters
    with path.open("rb") as raw:
        raw.seek(encoded.start)
        file = io.TextIOWrapper(raw, encoded.encoding, errors="replace", newline=None)
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
