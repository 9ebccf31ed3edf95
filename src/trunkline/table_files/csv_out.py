"""Rows out as CSV that a spreadsheet opens without running any of it, and that we read back as it was.

A cell that a spreadsheet would take for a formula gets `'` before it, which spreadsheets take for "this is
text". So does what follows a delimiter or a line end within a cell: a spreadsheet set to another delimiter
cuts there, and what it finds behind is a cell to it. What has this look already gets one more, so that
nothing is lost on the way back: `as_written`.
"""

import csv
import re
from collections.abc import Iterable
from typing import TextIO

_RUNS = r"=+\-@\x00\t\uff1d\uff0b\uff0d\uff20"
"""First letters of formulas as OWASP lists them (CSV Injection, ASVS 1.2.10), with the full-width forms."""
_START = rf"'*[ \u00a0\u3000\"]*[{_RUNS}\r\n]"
_WITHIN = rf"'*[ \u00a0\u3000\"]*[{_RUNS}]"
"""Blanks and quotes are dropped by some programs before they look."""

_STARTS = re.compile(_START)
_CUTS = re.compile(r"[,;|\t\r\n]")
_CAN_RUN = re.compile(rf"\A(?={_START})|(?<=[,;|\t\r\n])(?={_WITHIN})")
_MADE_HARMLESS = re.compile(rf"\A'(?={_START})|(?<=[,;|\t\r\n])'(?={_WITHIN})")


def harmless(cell: str) -> str:
    if _CUTS.search(cell) is None:  # most cells: only how they start counts, and that is soon looked at
        return f"'{cell}" if _STARTS.match(cell) else cell
    return _CAN_RUN.sub("'", cell)


def as_written(cell: str) -> str:
    """What `harmless` was given."""
    return _MADE_HARMLESS.sub("", cell) if "'" in cell else cell


class TableWriter:
    """Open the file with `newline=""`. Every cell is quoted, so that no other dialect cuts it in two."""

    def __init__(self, file: TextIO, columns: Iterable[str], *, delimiter: str = ",") -> None:
        self._csv = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self.write(columns)

    def write(self, cells: Iterable[str | int | float | bool | None]) -> None:
        self._csv.writerow([harmless(_text(cell)) for cell in cells])


def _text(cell: str | float | bool | None) -> str:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
