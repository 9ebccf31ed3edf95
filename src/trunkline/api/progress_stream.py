"""Long work as server-sent events: a block whenever something is new, the last one when it is over."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import NamedTuple

from trunkline.api.auth import Who
from trunkline.api.context import Api
from trunkline.api.event_stream import AGAIN_SECONDS, HEARTBEAT_SECONDS, MEDIA_TYPE
from trunkline.api.http import Request, Response, Streamed
from trunkline.errors import Refusal
from trunkline.store import StoreUnavailable


class Seen(NamedTuple):
    """How the work stands."""

    body: bytes
    """What is told, as JSON."""
    is_over: bool
    mark: bytes | None = None
    """What makes it new, where that is not the body."""


Look = Callable[[], Awaitable[Seen]]
"""`Refusal` when it is gone."""


def stream(
    api: Api, request: Request, account_id: str, look: Look, every_seconds: float
) -> Response | Streamed:
    """Until the work is over, or the caller goes. A HEAD is answered without a stream."""
    if request.method == "HEAD":
        return Response(200, content_type=MEDIA_TYPE)
    watchers = api.progress.watchers
    if watchers.get(account_id, 0) >= api.runtime.settings.limits.event_streams:
        detail = "This account watches as much as it may already; close a stream first."
        raise Refusal("too_many_requests", detail, headers={"Retry-After": "10"})
    watchers[account_id] = watchers.get(account_id, 0) + 1

    def leave() -> None:
        watchers[account_id] -= 1
        if not watchers[account_id]:
            del watchers[account_id]

    return Streamed(_follow(api, request, look, every_seconds), MEDIA_TYPE, leave)


async def _follow(
    api: Api, request: Request, look: Look, every_seconds: float
) -> AsyncGenerator[bytes, None]:
    clock = asyncio.get_running_loop().time
    told, told_at = b"", clock()
    while not api.streams.is_closed:
        try:
            seen = await look()
        except StoreUnavailable:
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        except Refusal:
            return  # it was removed meanwhile
        if seen.is_over:
            yield b"event: end\ndata: %b\n\n" % seen.body
            return
        mark = seen.body if seen.mark is None else seen.mark
        if mark != told:
            yield b"event: progress\ndata: %b\n\n" % seen.body
            told, told_at = mark, clock()
        elif clock() >= told_at + HEARTBEAT_SECONDS:
            if not await _is_welcome(api, request):
                return
            yield b": still here\n\n"
            told_at = clock()
        await asyncio.sleep(every_seconds)


async def _is_welcome(api: Api, request: Request) -> bool:
    try:
        await api.gatekeeper.identify(request, Who.KEY)
    except Refusal:
        return False
    return True
