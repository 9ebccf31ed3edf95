"""OPEN a table: what kind of file it is, how it is written, and then its rows.

In comes a path, and what the caller states about it; out goes `Opened`, or a `TableError` that names what was
found instead. Opening reads a file of text once to its end, and unpacks a workbook once.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from trunkline.table_files import text_table, workbook_table
from trunkline.table_files.found import BadRow, Dialect, Limits, Row, Sheet, TableError
from trunkline.table_files.kinds import is_workbook

_HEAD = 65_536


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    """`csv` or `xlsx`."""
    columns: tuple[str, ...]
    """As the header names them, made different from each other; `column N` where it does not."""
    dialect: Dialect
    """What was stated, and what was guessed. Of a workbook only `has_header`."""
    notes: tuple[str, ...]
    """For people: what was changed or left out without being an error."""
    sheets: tuple[Sheet, ...] = ()
    sheet: str | None = None
    """Which one is read."""
    source: "text_table.TextTable | workbook_table.WorkbookTable"

    def rows(self) -> Iterator[Row | BadRow]:
        """From the first row of data, anew with each call. A row of nothing is none.

        `TableError` where a workbook's XML is damaged further down: nothing behind it can be read.
        """
        return self.source.rows()


def open_table(
    path: Path, stated: Dialect | None = None, *, sheet: str | None = None, limits: Limits | None = None
) -> Opened:
    """Blocks for as long as reading the file takes: call it in a thread. `OSError` comes as it is."""
    stated, limits = stated or Dialect(), limits or Limits()
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise TableError("too_large", f"The file has {size:,} bytes; {limits.file_bytes:,} are the most.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if is_workbook(path, head):
        book = workbook_table.WorkbookTable(path, stated, sheet, limits)
        return Opened(
            kind="xlsx",
            columns=book.columns,
            dialect=book.dialect,
            notes=book.notes,
            sheets=book.sheets,
            sheet=book.sheet,
            source=book,
        )
    if sheet is not None:
        raise TableError("no_such_sheet", f"The file is text and has no sheets, so none is called {sheet}.")
    text = text_table.TextTable(path, head, stated, limits)
    return Opened(kind="csv", columns=text.columns, dialect=text.dialect, notes=text.notes, source=text)
