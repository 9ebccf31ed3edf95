"""A CSV file as a table: looked at once to learn how it is written, then read as often as one likes."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from trunkline.table_files.cells import Judge
from trunkline.table_files.columns import name_columns
from trunkline.table_files.dialect import guess_dialect, guess_header, quoting_of, said_in_file
from trunkline.table_files.encoding import SAMPLE, Encoded, look_at_encoding
from trunkline.table_files.found import BadRow, Dialect, Limits, Row, TableError
from trunkline.table_files.lines import Lines, read_lines
from trunkline.table_files.records import Record, records

_SAMPLE_LINES = 200


class TextTable:
    def __init__(self, path: Path, head: bytes, stated: Dialect, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._encoded = look_at_encoding(path, head, stated.encoding)
        sample = _sample(path, self._encoded)
        said = said_in_file(sample[0])
        if said is not None and stated.delimiter is None:
            stated = msgspec.structs.replace(stated, delimiter=said)
        guessed = guess_dialect(sample[1:] if said else sample, stated, limits)
        self.dialect = msgspec.structs.replace(guessed, encoding=self._encoded.encoding)
        self._begin = 1 if said else 0  # lines before the table
        first = self._first()
        has_header = stated.has_header if stated.has_header is not None else guess_header(first.cells)
        self.dialect = msgspec.structs.replace(self.dialect, has_header=has_header)
        self.columns, self.notes = name_columns(
            _trimmed(first.cells) if has_header else [""] * len(first.cells)
        )
        if not has_header:
            self.notes = ("The first row holds data, so the columns have no names.",)

    def rows(self) -> Iterator[Row | BadRow]:
        judge = Judge(self.columns, self._limits)
        found = self._records()
        if self.dialect.has_header:
            next(found, None)
        width, left = len(self.columns), self._limits.rows
        for record in found:
            line, cells, is_plain, fault = record
            if is_plain and len(cells) == width and any(cells):
                row: Row | BadRow | None = Row(line, cells)
            elif fault is not None:
                at = None if fault.place is None else fault.place - 1
                row = judge.bad(line, fault.reason, fault.detail, at, fault.found)
            else:
                row = judge.row(line, cells)
            if row is None:
                continue
            if left == 0:
                yield judge.too_many_rows(line)
                return
            left -= 1
            yield row

    def _first(self) -> Record:
        first = next(self._records(), None)
        if first is None:
            raise TableError("empty", "The file has no row.")
        if first.fault is not None:
            raise TableError("header", f"Line {first.line} can not be read: {first.fault.detail}")
        if len(first.cells) > self._limits.columns:
            detail = f"There are {len(first.cells):,} columns; {self._limits.columns:,} are the most."
            raise TableError("too_many_columns", detail)
        if any("\x00" in cell or len(cell) > self._limits.cell for cell in first.cells):
            raise TableError(
                "header", f"Line {first.line} can not be read: NUL bytes, or a cell that is too long."
            )
        return first

    def _records(self) -> Iterator[Record]:
        lines = Lines(read_lines(self._path, self._encoded))
        for _ in range(self._begin):
            next(iter(lines), None)
        return records(lines, quoting_of(self.dialect, self._limits))


def _sample(path: Path, encoded: Encoded) -> list[str]:
    """The last one may be cut where the sample ends, so it is left out where there are others."""
    lines = list(islice(read_lines(path, encoded, SAMPLE), _SAMPLE_LINES + 1))
    whole = [
        line for line in (lines[:-1] if len(lines) > 1 and path.stat().st_size > SAMPLE else lines) if line
    ]
    if not whole:
        raise TableError("empty", "The file has no row.")
    return whole


def _trimmed(header: list[str]) -> list[str]:
    """Without the empty names at its end, which a spreadsheet leaves for columns that were emptied."""
    width = len(header)
    while width > 1 and not header[width - 1].strip():
        width -= 1
    return header[:width]
