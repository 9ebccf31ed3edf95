"""Lines to records: the cells of one row, or why it has none.

A line without quotes is split at once. Others go through the standard reader, which may take more lines;
if the quote proves to be a lone one, only its own line is bad, and the lines behind it are read again.
"""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple

from trunkline.table_files.found import Reason
from trunkline.table_files.lines import MOST_LINE, CutLine, Lines


class Fault(NamedTuple):
    reason: Reason
    detail: str
    place: int | None
    """Of the cell, from 1."""
    found: str


class Record(NamedTuple):
    line: int
    cells: list[str]
    is_plain: bool = False
    """Its cells need no closer look."""
    fault: Fault | None = None


_ODD = re.compile("[\x00\N{REPLACEMENT CHARACTER}'=]|\\.0|[eE]\\+")
"""What a cell needs a closer look for: see cells.py."""

_LOOKED_AT = 4_096
_SAID = {
    Reason.LINE_TOO_LONG: f"The line has more than {MOST_LINE:,} letters.",
    Reason.CELL_TOO_LONG: "The cell is too long.",
    Reason.QUOTE_NOT_CLOSED: "A quote is opened here and not closed. Write a quote within quotes twice.",
    Reason.TEXT_AFTER_QUOTE: "Text follows a closing quote. Write a quote within quotes twice.",
}


class Quoting(NamedTuple):
    delimiter: str
    quote: str
    skips_spaces: bool
    most_lines: int
    longest_plain: int


def records(lines: Lines, quoting: Quoting) -> Iterator[Record]:
    """Empty lines are none."""
    delimiter, quote = quoting.delimiter, quoting.quote or "\n"  # no line has this one in it
    between = quote + delimiter + quote
    longest, is_odd = quoting.longest_plain, _ODD.search
    for number, line in lines:
        if type(line) is CutLine:
            yield _bad(number, Reason.LINE_TOO_LONG, 0, line)
        elif quote not in line:
            if line:
                yield Record(number, line.split(delimiter), len(line) <= longest and is_odd(line) is None)
        elif (cells := _all_quoted(line, quote, between)) is not None:
            yield Record(number, cells, len(line) <= longest and is_odd(line) is None)
        else:
            yield _with_quotes(number, line, lines, quoting)


def _all_quoted(line: str, quote: str, between: str) -> list[str] | None:
    """The cells, where each stands in quotes and none has a quote in it, as programs write."""
    if line[0] != quote or line[-1] != quote or len(line) < 2:
        return None
    cells = line[1:-1].split(between)
    return cells if line.count(quote) == 2 * len(cells) else None


def _with_quotes(number: int, line: str, lines: Lines, quoting: Quoting) -> Record:
    taken: list[tuple[int, str]] = []
    try:
        cells = next(_reader(_more(line, lines, taken, quoting.most_lines), quoting, strict=True))
        return Record(number, cells)
    except csv.Error as error:
        reason = _reason(str(error), is_one_line=not taken)
    lines.give_back(taken)
    cells = _before_fault(line, reason, quoting)
    return _bad(number, reason, len(cells), cells[-1] if cells else line)


def _more(line: str, lines: Lines, taken: list[tuple[int, str]], most: int) -> Iterator[str]:
    yield line + "\n"
    size = len(line)
    for further in lines:
        taken.append(further)
        size += len(further[1])
        if len(taken) >= most or size > MOST_LINE or type(further[1]) is CutLine:
            return
        yield further[1] + "\n"


def _reason(error: str, *, is_one_line: bool) -> Reason:
    """Where the quote was opened lines before, it is the one to blame: what follows may be right."""
    if is_one_line and "expected after" in error:
        return Reason.TEXT_AFTER_QUOTE
    return Reason.CELL_TOO_LONG if is_one_line and "limit" in error else Reason.QUOTE_NOT_CLOSED


def _before_fault(line: str, reason: Reason, quoting: Quoting) -> list[str]:
    """The cells up to the one to blame."""
    if reason is Reason.TEXT_AFTER_QUOTE:
        line = line[: _where_text_follows(line[:_LOOKED_AT], quoting)]
    try:
        return next(_reader(iter([line]), quoting, strict=False), [])
    except csv.Error:
        return []


def _where_text_follows(line: str, quoting: Quoting) -> int:
    low, high = 0, len(line)
    while low < high:
        middle = (low + high) // 2
        try:
            next(_reader(iter([line[: middle + 1]]), quoting, strict=True), None)
            is_after = False
        except csv.Error as error:
            is_after = "expected after" in str(error)
        low, high = (low, middle) if is_after else (middle + 1, high)
    return low


def _bad(number: int, reason: Reason, index: int, found: str) -> Record:
    return Record(number, [], False, Fault(reason, _SAID[reason], index or None, found))


def _reader(lines: Iterator[str], quoting: Quoting, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(
        lines,
        delimiter=quoting.delimiter,
        quotechar=quoting.quote,
        skipinitialspace=quoting.skips_spaces,
        strict=strict,
    )
