"""An export as CSV: UTF-8 with a mark at its begin, as spreadsheets expect it; no cell is a formula there."""

import asyncio
import io
from collections.abc import AsyncGenerator

from trunkline.campaigns.exports.rows import Kind, Page, columns_of, pages
from trunkline.clock import to_rfc3339
from trunkline.runtime import Runtime
from trunkline.store.campaigns import CampaignRow
from trunkline.table_files import TableWriter

CONTENT_TYPE = "text/csv; charset=utf-8"


async def parts(runtime: Runtime, campaign: CampaignRow) -> AsyncGenerator[bytes, None]:
    columns = columns_of(campaign)
    text = io.StringIO(newline="")
    text.write("\ufeff")
    table = TableWriter(text, [column.name for column in columns])
    moments = [at for at, column in enumerate(columns) if column.kind is Kind.MOMENT]

    def write(page: Page) -> bytes:
        for cells in page.cells():
            for at in moments:
                if cells[at] is not None:
                    cells[at] = to_rfc3339(cells[at])
            table.write(cells)
        return _taken(text)

    yield _taken(text)
    async for page in pages(runtime, campaign, columns):
        yield await asyncio.to_thread(write, page)


def _taken(text: io.StringIO) -> bytes:
    part = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return part
