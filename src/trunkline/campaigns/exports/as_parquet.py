"""An export as Parquet, for programs that count. The library for it is an extra: `trunkline[parquet]`.

Row groups are written as they fill up, and what was written goes out: memory stays small whatever the size.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from importlib.util import find_spec
from typing import Any

from trunkline.campaigns.exports.rows import Column, Kind, Page, columns_of, pages
from trunkline.runtime import Runtime
from trunkline.store.campaigns import CampaignRow

CONTENT_TYPE = "application/vnd.apache.parquet"
_PAGES_IN_GROUP = 20


def is_there() -> bool:
    """Whether the library is installed."""
    return find_spec("pyarrow") is not None


async def parts(runtime: Runtime, campaign: CampaignRow) -> AsyncGenerator[bytes, None]:
    import pyarrow as arrow
    from pyarrow.parquet import ParquetWriter

    columns = columns_of(campaign)
    schema = arrow.schema([(column.name, _type_of(arrow, column.kind)) for column in columns])
    sink = _Sink()
    group: list[Page] = []
    with ParquetWriter(arrow.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:

        def write(group: Sequence[Page]) -> None:
            rows = [cells for page in group for cells in page.cells()]
            writer.write_batch(_batch(arrow, rows, columns, schema))

        async for page in pages(runtime, campaign, columns):
            group.append(page)
            if len(group) == _PAGES_IN_GROUP:
                await asyncio.to_thread(write, group)
                group = []
                yield sink.taken()
        if group:
            await asyncio.to_thread(write, group)
    yield sink.taken()


def _type_of(arrow: Any, kind: Kind) -> Any:
    return {
        Kind.TEXT: arrow.string(),
        Kind.WHOLE: arrow.int64(),
        Kind.MOMENT: arrow.timestamp("ms", tz="UTC"),
        Kind.YES_NO: arrow.bool_(),
    }[kind]


def _batch(arrow: Any, rows: Sequence[Sequence[Any]], columns: Sequence[Column], schema: Any) -> Any:
    by_column = zip(*rows, strict=True)
    arrays = [
        arrow.array(cells, type=_type_of(arrow, column.kind))
        for cells, column in zip(by_column, columns, strict=True)
    ]
    return arrow.record_batch(arrays, schema=schema)


class _Sink(io.RawIOBase):
    """What is written, until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
