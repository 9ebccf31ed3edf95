"""The bytes of a table → a header and its rows, each with the line it begins in. Pure.

UTF-8 with or without a mark, or UTF-16 with one; `,`, `;` or tabs between cells; any line ends.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

_MOST_BYTES = 1 << 20
_HEADER_WITHIN = 20
_SHOWN = 60
_HEADER = re.compile(r"^(?>[ \ufeff]*)(?:\" *+)?market *+(?:\" *+)?([,;\t])", re.IGNORECASE | re.MULTILINE)


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with a file."""

    line: int
    """From 1; 0 for the file as a whole."""
    column: str
    """The name in the header; empty for the whole line."""
    reason: str
    found: str = ""


class Row(msgspec.Struct, frozen=True):
    line: int
    cells: dict[str, str]
    has_decimal_comma: bool

    def __getitem__(self, name: str) -> str:
        return self.cells[name]

    def get(self, name: str, default: str) -> str:
        return self.cells.get(name, default)

    def number(self, name: str) -> str:
        """With a point, also where `;` parts the cells because a comma stands in the numbers."""
        text = self.cells[name]
        return text.replace(",", ".") if self.has_decimal_comma else text

    def fault(self, column: str, reason: str) -> Fault:
        return Fault(self.line, column, reason, self.cells.get(column, "")[:_SHOWN])


class Table(msgspec.Struct, frozen=True):
    line: int
    """Of the header."""
    names: tuple[str, ...]
    body: tuple[tuple[int, list[str]], ...]
    has_decimal_comma: bool

    def rows(self, faults: list[Fault]) -> Iterator[Row]:
        """Those that have as many cells as the header; the others are named in `faults`."""
        for line, cells in self.body:
            if len(cells) == len(self.names):
                yield Row(line, dict(zip(self.names, cells, strict=True)), self.has_decimal_comma)
            else:
                reason = f"it has {len(cells)} cells, and the header has {len(self.names)}"
                faults.append(Fault(line, "", reason, " ".join(cells)[:_SHOWN]))


def table_of(data: bytes, faults: list[Fault]) -> Table | None:
    """None where there is no header; `faults` says why."""
    text = _text_of(data, faults)
    if text is None:
        return None
    mark = _separator(text)
    rows = list(_lines(text, mark, faults))
    for place, (line, cells) in enumerate(rows[:_HEADER_WITHIN]):
        names = tuple(plain(cell) for cell in cells)
        if names[0] == "market":
            return _table(line, names, rows[place + 1 :], mark, faults)
    faults.append(Fault(0, "", f"no header: none of the first {_HEADER_WITHIN} lines begins with Market"))
    return None


def _text_of(data: bytes, faults: list[Fault]) -> str | None:
    if len(data) > _MOST_BYTES:
        faults.append(Fault(0, "", f"the file has {len(data):,} bytes, and at most {_MOST_BYTES:,} are read"))
        return None
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        faults.append(Fault(line, "", "the file is neither UTF-8 nor UTF-16 with a mark"))
        return None


def _separator(text: str) -> str:
    """What stands behind Market in the header."""
    header = _HEADER.search(text)
    return "," if header is None else header[1]


def _lines(text: str, mark: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as fault:
        faults.append(Fault(line, "", f"from here on the file is no table: {fault}"))


def _table(
    line: int, names: tuple[str, ...], body: list[tuple[int, list[str]]], mark: str, faults: list[Fault]
) -> Table | None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        faults.extend(Fault(line, name, "the header names this column twice") for name in twice)
        return None
    return Table(line, names, tuple(body), mark == ";")


def plain(cell: str) -> str:
    """Names compare in this form. A header may break a line inside its words."""
    return " ".join(cell.strip().strip('"').lower().replace("-", " ").replace("_", " ").split())
