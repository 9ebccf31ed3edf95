"""What is known of a table: how it was understood, its rows, and what is wrong with a row or the file."""

from enum import StrEnum
from typing import Literal

import msgspec

_SHOWN = 60

Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "windows-1252"]


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is understood. What is stated by the caller (not None) is not guessed."""

    encoding: Encoding | None = None
    delimiter: str | None = None
    """One of `,` `;` tab `|`, or another single character if stated."""
    quote: str | None = None
    """`"` or `'`; empty: quotes are letters like others."""
    has_header: bool | None = None
    skips_spaces: bool | None = None
    """A space behind the delimiter, before a quote, belongs to neither."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    file_bytes: int = 1024 * 1024 * 1024
    unpacked_bytes: int = 4 * 1024 * 1024 * 1024
    """Of one part of a workbook."""
    rows: int = 5_000_000
    columns: int = 1_000
    cell: int = 32_767
    """Letters; spreadsheets hold no more either."""
    record_lines: int = 100
    """How many lines a row with quoted line ends may have, before a quote counts as never closed."""


class Reason(StrEnum):
    """Why a row can not be used. Stable words."""

    TOO_FEW_CELLS = "too_few_cells"
    TOO_MANY_CELLS = "too_many_cells"
    CELL_TOO_LONG = "cell_too_long"
    LINE_TOO_LONG = "line_too_long"
    TOO_MANY_ROWS = "too_many_rows"
    NUL = "nul"
    NOT_TEXT = "not_text"
    QUOTE_NOT_CLOSED = "quote_not_closed"
    TEXT_AFTER_QUOTE = "text_after_quote"
    NUMBER_SHORTENED = "number_shortened"
    NUMBER_ROUNDED = "number_rounded"
    ERROR_CELL = "error_cell"
    MERGED = "merged"
    BROKEN = "broken"


class Row(msgspec.Struct, frozen=True, gc=False):
    """As many cells as there are columns."""

    line: int
    """Of the file, as an editor counts, where the row begins; of the sheet for XLSX."""
    cells: list[str]
    formulas: tuple[int, ...] = ()
    """Places of cells that are formulas, from 0. Their text is what was last computed, else the formula."""
    is_hidden: bool = False


class BadRow(msgspec.Struct, frozen=True, gc=False):
    line: int
    reason: Reason
    detail: str
    """For people: what is wrong and what helps."""
    column: str | None = None
    """Its name, where one cell is to blame and has a column."""
    index: int | None = None
    """Of the cell in its row, from 1."""
    found: str = ""
    """Shortened, one line."""


class Sheet(msgspec.Struct, frozen=True):
    name: str
    is_hidden: bool


class TableError(Exception):
    """The file as a whole can not be read. `reason` is a stable word, `detail` is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


def shorten(text: str) -> str:
    """One line for a report, with nothing in it that could move a terminal's cursor."""
    line = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_SHOWN]
    )
    return line + "..." if len(text) > _SHOWN else line
