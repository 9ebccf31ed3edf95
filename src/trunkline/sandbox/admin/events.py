"""`/_sandbox/events`: what happens, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from trunkline.sandbox.feed import Feed

_PING_SECONDS = 15


def event_routes(feed: Feed) -> list[Route]:
    async def stream(request: Request) -> Response:
        headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        return StreamingResponse(_stream(feed), media_type="text/event-stream", headers=headers)

    return [Route("/_sandbox/events", stream)]


async def _stream(feed: Feed) -> AsyncIterator[bytes]:
    """Ends when the sandbox stops. A comment now and then keeps the connection from looking dead."""
    with feed.listen() as listener:
        yield b": listening\n\n"
        while True:
            try:
                event = await asyncio.wait_for(listener.next(), _PING_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            yield b"event: %b\ndata: %b\n\n" % (event.name.encode(), msgspec.json.encode(event.data))
