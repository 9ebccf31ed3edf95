"""GUESS how a CSV file is written: delimiter, quotes, and whether its first row names the columns.

Comes in: the first lines, and what was stated. Goes out: a whole `Dialect`. The delimiter is the one that
cuts most rows into as many cells as the first.
"""

import re
from collections.abc import Sequence

import msgspec

from trunkline.table_files.found import Dialect, Limits
from trunkline.table_files.lines import Lines
from trunkline.table_files.mapping import is_known_word
from trunkline.table_files.records import Quoting, records

DELIMITERS = (",", ";", "\t", "|")
_STATED_IN_FILE = re.compile(r"sep=(.)", re.IGNORECASE)
_DATA = re.compile(
    r"[+(]?[0-9][0-9 ().,/:+-]*(?:[eE]\+[0-9]+)?"  # numbers, phones, dates
    r"|[^@\s]+@[^@\s]+\.[^@\s]+"
    r"|true|false|yes|no|https?://\S+",
    re.IGNORECASE,
)


def said_in_file(line: str) -> str | None:
    """`sep=;`, a first line that some spreadsheets write and all of them obey."""
    said = _STATED_IN_FILE.fullmatch(line.strip('"'))
    return None if said is None else said[1]


def guess_dialect(lines: Sequence[str], stated: Dialect, limits: Limits) -> Dialect:
    quote = stated.quote if stated.quote is not None else _guess_quote(lines)
    dialect = msgspec.structs.replace(stated, quote=quote)
    delimiter = stated.delimiter or max(DELIMITERS, key=lambda one: _fitness(lines, one, dialect, limits))
    if stated.skips_spaces is None:
        spaced = re.compile(re.escape(delimiter) + " +" + re.escape(quote)) if quote else None
        skips = spaced is not None and any(spaced.search(line) for line in lines)
        dialect = msgspec.structs.replace(dialect, skips_spaces=skips)
    return msgspec.structs.replace(dialect, delimiter=delimiter)


def quoting_of(dialect: Dialect, limits: Limits) -> Quoting:
    return Quoting(
        dialect.delimiter or ",",
        dialect.quote or "",
        bool(dialect.skips_spaces),
        limits.record_lines,
        limits.cell,
    )


def _guess_quote(lines: Sequence[str]) -> str:
    """Single quotes only where most lines have a cell within them, and none has the usual ones."""
    if any('"' in line for line in lines):
        return '"'
    wrapped = re.compile(r"(?:^|[,;\t|])'[^']*'(?=$|[,;\t|])")
    return "'" if lines and sum(bool(wrapped.search(line)) for line in lines) * 2 > len(lines) else '"'


def _fitness(lines: Sequence[str], delimiter: str, dialect: Dialect, limits: Limits) -> tuple[float, int]:
    tried = msgspec.structs.replace(dialect, delimiter=delimiter, skips_spaces=True)
    widths = [len(record.cells) for record in records(Lines(lines), quoting_of(tried, limits))]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return widths.count(widths[0]) / len(widths), widths[0]


def guess_header(first: Sequence[str]) -> bool:
    """A row that holds data names no columns, unless most of it says otherwise."""
    data = sum(_DATA.fullmatch(cell.strip()) is not None for cell in first)
    known = sum(is_known_word(cell) for cell in first)
    return data == 0 or (known > 0 and data * 2 < len(first))
