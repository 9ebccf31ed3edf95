"""An import's progress as server-sent events, until it waits for somebody or is over."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from trunkline.api.auth import Caller, Who
from trunkline.api.context import Api
from trunkline.api.event_stream import AGAIN_SECONDS, HEARTBEAT_SECONDS, MEDIA_TYPE
from trunkline.api.http import Request, Response, Streamed
from trunkline.api.import_views import show, show_briefly
from trunkline.api.imports import find, row_of
from trunkline.errors import Refusal
from trunkline.store import StoreUnavailable
from trunkline.store.imports import OPEN, ImportRow

EVERY_SECONDS = 0.5


async def stream(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    """GET /v1/imports/{id}/progress"""
    row = await row_of(api, request, caller)
    if request.method == "HEAD":
        return Response(200, content_type=MEDIA_TYPE)
    watchers, account_id = api.progress.watchers, row.account_id
    if watchers.get(account_id, 0) >= api.runtime.settings.limits.event_streams:
        detail = "This account watches as much as it may already; close a stream first."
        raise Refusal("too_many_requests", detail, headers={"Retry-After": "10"})
    watchers[account_id] = watchers.get(account_id, 0) + 1

    def leave() -> None:
        watchers[account_id] -= 1
        if not watchers[account_id]:
            del watchers[account_id]

    return Streamed(_follow(api, request, row), MEDIA_TYPE, leave)


async def _follow(api: Api, request: Request, row: ImportRow) -> AsyncGenerator[bytes, None]:
    """A block whenever something is new; the last one is the whole import."""
    clock = asyncio.get_running_loop().time
    told, told_at = b"", clock()
    while not api.streams.is_closed:
        if row.state not in OPEN:
            yield b"event: end\ndata: %b\n\n" % msgspec.json.encode(show(row))
            return
        text = msgspec.json.encode(show_briefly(row))
        if text != told:
            yield b"event: progress\ndata: %b\n\n" % text
            told, told_at = text, clock()
        elif clock() >= told_at + HEARTBEAT_SECONDS:
            if not await _is_welcome(api, request):
                return
            yield b": still here\n\n"
            told_at = clock()
        await asyncio.sleep(EVERY_SECONDS)
        try:
            row = await find(api, row.account_id, row.id)
        except StoreUnavailable:
            await asyncio.sleep(AGAIN_SECONDS)
        except Refusal:
            return  # it is gone


async def _is_welcome(api: Api, request: Request) -> bool:
    try:
        await api.gatekeeper.identify(request, Who.KEY)
    except Refusal:
        return False
    return True
