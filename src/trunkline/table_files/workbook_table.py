"""A workbook's sheet as a table: opened once to find sheet, header and merged cells, then a stream."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from trunkline.table_files.cells import Judge
from trunkline.table_files.columns import name_columns
from trunkline.table_files.dialect import guess_header
from trunkline.table_files.found import BadRow, Dialect, Limits, Reason, Row, Sheet, TableError
from trunkline.table_files.merges import Merges, blank_of, find_areas
from trunkline.table_files.parts import Book, Part
from trunkline.table_files.sheet import SheetReader, SheetRow
from trunkline.table_files.strings import Strings
from trunkline.table_files.styles import Styles


class WorkbookTable:
    def __init__(self, path: Path, stated: Dialect, sheet: str | None, limits: Limits) -> None:
        self._limits = limits
        self._book = Book(path, limits)
        self.sheets: tuple[Sheet, ...] = tuple(part.sheet for part in self._book.parts)
        self._part = _chosen(self._book.parts, sheet)
        self.sheet = self._part.sheet.name
        with self._book.archive() as archive:
            self._areas = find_areas(self._book.data(archive, self._part.name))
        self._styles = Styles(self._book)
        self._strings = Strings(limits.cell)
        self._strings.read(self._book)
        reader = self._reader()
        first = next(reader.rows(), None)
        if first is None:
            raise TableError("empty", f"The sheet {self.sheet} has no row.")
        self._first = first
        if len(first.cells) > limits.columns:
            raise TableError("too_many_columns", f"There are more than {limits.columns:,} columns.")
        has_header = stated.has_header if stated.has_header is not None else guess_header(first.cells)
        self.dialect = msgspec.structs.replace(Dialect(), has_header=has_header)
        self.columns, notes = name_columns(first.cells if has_header else [""] * len(first.cells))
        if not has_header:
            notes = ("The first row holds data, so the columns have no names.",)
        self.notes = (*notes, *self._more_notes(reader))

    def rows(self) -> Iterator[Row | BadRow]:
        judge, merges = Judge(self.columns, self._limits), Merges(self._areas)
        width, left = len(self.columns), self._limits.rows
        for found in self._reader().rows():
            if self.dialect.has_header and found.line == self._first.line:
                continue
            if left == 0:
                yield judge.too_many_rows(found.line)
                return
            left -= 1
            blank = next(
                (at for area in merges.of(found.line) if (at := blank_of(area, found.line)) is not None), None
            )
            if blank is not None and blank < width:
                detail = "The cell is merged with others, and only the first of them holds the value."
                yield judge.bad(found.line, Reason.MERGED, detail, blank, "")
            elif (row := _judged(judge, found, width)) is not None:
                yield row

    def _reader(self) -> SheetReader:
        return SheetReader(self._book, self._part.name, self._strings, self._styles, self._limits)

    def _more_notes(self, reader: SheetReader) -> Iterator[str]:
        if len(self.sheets) > 1:
            others = ", ".join(sheet.name for sheet in self.sheets if sheet.name != self.sheet)
            yield f"The sheet {self.sheet} is read; there are others: {others[:200]}."
        hidden = [name for at, name in enumerate(self.columns) if at in reader.hidden_columns]
        if hidden:
            yield f"Hidden columns are read, too: {', '.join(hidden)[:200]}."


def _judged(judge: Judge, found: SheetRow, width: int) -> Row | BadRow | None:
    if (wrong := found.wrong) is not None and wrong.at < width:
        return judge.bad(found.line, wrong.reason, wrong.detail, wrong.at, wrong.found)
    if len(found.cells) < width:
        found.cells.extend([""] * (width - len(found.cells)))  # a sheet has no end of a row
    row = judge.row(found.line, found.cells)
    if isinstance(row, Row) and (found.formulas or found.is_hidden):
        formulas = tuple(sorted({*row.formulas, *(at for at in found.formulas if at < width)}))
        return Row(row.line, row.cells, formulas, found.is_hidden)
    return row


def _chosen(parts: list[Part], name: str | None) -> Part:
    if name is None:
        return next((part for part in parts if not part.sheet.is_hidden), parts[0])
    for part in parts:
        if part.sheet.name == name:
            return part
    names = ", ".join(part.sheet.name for part in parts)
    raise TableError("no_such_sheet", f"No sheet is called {name}. There are: {names[:500]}.")
