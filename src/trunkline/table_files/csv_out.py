"""Rows out as CSV that a spreadsheet opens without running any of it, and that we read back as it was.

A cell that a spreadsheet would take for a formula gets `'` before it, which spreadsheets take for "this is
text". One that has this look already gets one more, so that nothing is lost on the way back: `as_written`.
"""

import csv
import re
from collections.abc import Iterable
from typing import TextIO

_DANGEROUS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""As OWASP lists them (CSV Injection), the full-width forms too."""
_BLANKS = " \u00a0\u3000"
"""Dropped by some programs before they look."""

_CAN_RUN = re.compile(f"'*[{_BLANKS}]*[{_DANGEROUS}]")
_MADE_HARMLESS = re.compile(f"'+[{_BLANKS}]*[{_DANGEROUS}]")


def harmless(cell: str) -> str:
    return "'" + cell if _CAN_RUN.match(cell) is not None else cell


def as_written(cell: str) -> str:
    """What `harmless` was given."""
    return cell[1:] if cell.startswith("'") and _MADE_HARMLESS.match(cell) is not None else cell


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
