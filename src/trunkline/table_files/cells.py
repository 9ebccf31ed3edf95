"""JUDGE a row: are there as many cells as columns, and is what stands in them whole?

Comes in: the cells of a line. Goes out: a `Row`, a `BadRow`, or None for a row of nothing.
"""

from trunkline.table_files.csv_out import as_written
from trunkline.table_files.found import BadRow, Limits, Reason, Row, shorten
from trunkline.table_files.numbers import Lost, typed

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
LOST = {
    Lost.SHORTENED: (
        Reason.NUMBER_SHORTENED,
        "A spreadsheet shortened this number. Format the column as text there and enter it anew.",
    ),
    Lost.ROUNDED: (
        Reason.NUMBER_ROUNDED,
        "A spreadsheet keeps 15 digits of a number, this one has more. Format the column as text there.",
    ),
}


class Judge:
    def __init__(self, columns: tuple[str, ...], limits: Limits) -> None:
        self._columns = columns
        self._limits = limits

    def row(self, line: int, cells: list[str]) -> Row | BadRow | None:
        if not any(cells):
            return None
        width = len(self._columns)
        if len(cells) > width:
            if (extra := next((at for at in range(width, len(cells)) if cells[at]), None)) is not None:
                detail = f"There are {width} columns, and more cells in this row."
                return self.bad(line, Reason.TOO_MANY_CELLS, detail, extra, cells[extra])
            cells = cells[:width]
        if len(cells) < width:
            detail = f"There are {width} columns, and only {len(cells)} cells in this row."
            return self.bad(line, Reason.TOO_FEW_CELLS, detail, len(cells), "")
        return self._settled(line, cells)

    def bad(self, line: int, reason: Reason, detail: str, at: int | None, found: str) -> BadRow:
        """`at` is the place of the cell, from 0."""
        column = self._columns[at] if at is not None and at < len(self._columns) else None
        return BadRow(line, reason, detail, column, None if at is None else at + 1, shorten(found))

    def too_many_rows(self, line: int) -> BadRow:
        detail = f"The file has more than {self._limits.rows:,} rows. What follows was not read."
        return self.bad(line, Reason.TOO_MANY_ROWS, detail, None, "")

    def _settled(self, line: int, cells: list[str]) -> Row | BadRow:
        formulas: tuple[int, ...] = ()
        for at, cell in enumerate(cells):
            if (fault := self.fault_of(cell)) is not None:
                return self.bad(line, *fault, at, cell)
            text = typed(cell)
            if isinstance(text, Lost):
                return self.bad(line, *LOST[text], at, cell)
            if text.startswith("="):
                formulas += (at,)
            cells[at] = as_written(text)
        return Row(line, cells, formulas)

    def fault_of(self, cell: str) -> tuple[Reason, str] | None:
        if "\x00" in cell:
            return Reason.NUL, "There is a NUL byte in the cell."
        if UNKNOWN in cell:
            return (
                Reason.NOT_TEXT,
                "Some bytes are no text in the file's encoding. State the encoding, or save as UTF-8.",
            )
        if len(cell) > self._limits.cell:
            return (
                Reason.CELL_TOO_LONG,
                f"The cell has {len(cell):,} letters; {self._limits.cell:,} are the most.",
            )
        return None
