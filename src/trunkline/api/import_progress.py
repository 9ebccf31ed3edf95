"""An import's progress as server-sent events, until it waits for somebody or is over."""

import msgspec

from trunkline.api import progress_stream
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, Streamed
from trunkline.api.import_views import show, show_briefly
from trunkline.api.imports import find, row_of
from trunkline.api.progress_stream import Seen
from trunkline.store.imports import OPEN

EVERY_SECONDS = 0.5


async def stream(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    """The last block is the whole import."""
    first = await row_of(api, request, caller)

    async def look() -> Seen:
        row = await find(api, first.account_id, first.id)
        is_over = row.state not in OPEN
        return Seen(msgspec.json.encode(show(row) if is_over else show_briefly(row)), is_over)

    return progress_stream.stream(api, request, first.account_id, look, EVERY_SECONDS)
