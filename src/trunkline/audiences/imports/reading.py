"""A process of its own that reads a table: in comes one order, out go frames until all is told.

It has a processor, a memory and an end of its own: a million rows cost the rest of the program only what it
makes of them. Whoever started it reads at their own pace; this waits in between.
"""

import gc
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from trunkline.audiences.imports import frames, mapping
from trunkline.audiences.imports.frames import (
    LETTERS,
    ROWS,
    Bad,
    Batch,
    Ended,
    Good,
    Look,
    Order,
    Read,
    Refused,
    Seen,
)
from trunkline.audiences.imports.options import LIMITS, Found
from trunkline.audiences.imports.rows import RowReader
from trunkline.table_files import BadRow, Opened, Row, TableError, open_table

_SAMPLE = 200
_POLITENESS = 10
_COLLECTED = 200_000


def main() -> None:
    os.nice(_POLITENESS)
    gc.set_threshold(_COLLECTED)  # rows make no cycles, and are many
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    out = sys.stdout.buffer
    try:
        table = open_table(
            Path(order.path), order.options.dialect(), sheet=order.options.sheet, limits=LIMITS
        )
        if isinstance(order, Look):
            frames.write(out, Seen(look(table)))
        else:
            read(table, order, out)
    except TableError as error:
        frames.write(out, Refused(error.reason, error.detail))
    except BrokenPipeError:  # nobody wants the rest
        os._exit(0)
    except OSError as error:
        frames.write(out, Refused("not_read", f"The file can not be read: {error.strerror}."))


def look(table: Opened) -> Found:
    sample = [row.cells for row in islice(table.rows(), _SAMPLE) if isinstance(row, Row)]
    return Found(
        kind=table.kind,
        columns=mapping.guessed(table.columns, sample),
        dialect=table.dialect,
        notes=table.notes,
        sheets=tuple(sheet.name for sheet in table.sheets),
        sheet=table.sheet,
    )


def read(table: Opened, order: Read, out: BinaryIO) -> None:
    reader = RowReader(table.columns, order.uses, order.options.country)
    batch = Batch(0)
    for n, found in enumerate(_judged(table, reader), 1):
        row, good = found
        if n <= order.done:  # read all the same: who stands there is known then
            continue
        if isinstance(good, Good):
            batch.good.append(good)
            batch.letters += len(good.columns)
            batch.hidden += row.is_hidden if isinstance(row, Row) else 0
            batch.formulas += len(row.formulas) if isinstance(row, Row) else 0
        else:
            batch.bad.append(good)
        if len(batch.good) + len(batch.bad) >= ROWS or batch.letters >= LETTERS:
            batch.last = n
            frames.write(out, batch)
            batch = Batch(n)
    if batch.good or batch.bad:
        batch.last = max([one.n for one in batch.good[-1:]] + [one.n for one in batch.bad[-1:]])
        frames.write(out, batch)
    frames.write(out, Ended())


def _judged(table: Opened, reader: RowReader) -> Iterator[tuple[Row | BadRow, Good | Bad]]:
    for n, row in enumerate(table.rows(), 1):
        if isinstance(row, Row):
            yield row, reader.read(n, row)
        else:
            yield row, Bad(n, row.line, _column_of(row), row.reason, row.detail, row.found or None)


def _column_of(row: BadRow) -> str | None:
    return row.column if row.column is not None else (f"column {row.index}" if row.index else None)
