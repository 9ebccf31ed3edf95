"""Requests and answers as our handlers see them, and the way from and to ASGI.

A handler is `async (api, request, caller) -> Response` and knows no framework. Bodies are read with a limit,
so that whatever a client sends, memory stays flat.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec

from trunkline.errors import Problem, Refusal
from trunkline.runtime import log

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = "application/json"
_MOST_QUERY_FIELDS = 100
_NOTHING: Mapping[str, str] = {}
_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class ClientGone(Exception):
    """The connection ended before the request was read: nobody waits for an answer."""


class Request(msgspec.Struct):
    method: str
    path: str
    params: Mapping[str, str]
    """The parts of the path that the route names."""
    query: str
    """As it stood after the `?`."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Read, as the last thing, when the caller is known."""
    peer: str
    """The address the connection comes from; empty when it is not known."""
    parts: AsyncIterator[bytes] | None = None
    """The body as it comes, where the route takes a stream of any length."""

    def query_values(self) -> dict[str, str]:
        """`Refusal` when a name stands twice."""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
        except ValueError:
            raise bad_query("", "too_many", "The query has too many parameters.") from None
        values: dict[str, str] = {}
        for name, value in pairs:
            if name in values:
                raise bad_query(name, "duplicate", "This parameter is given twice.")
            if "\0" in value:
                raise bad_query(name, "nul_character", "No value has a NUL character in it.")
            values[name] = value
        return values


def bad_query(name: str, rule: str, detail: str, expected: str | None = None) -> Refusal:
    problem = Problem(f"?{name[:64]}", rule, detail, expected=expected)
    return Refusal("invalid_request", problems=[problem])


class Response(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = _NOTHING


class Streamed(msgspec.Struct, frozen=True):
    """An answer in parts, or without an end of its own: it goes on while the client is there and there are
    parts."""

    parts: AsyncGenerator[bytes, None]
    content_type: str
    close: Callable[[], None]
    """Called when it is over, however that came."""
    status: int = 200
    headers: Mapping[str, str] = _NOTHING


def as_json(value: Any, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(value))


def headers_of(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


ONE_PIECE = 65_536
"""Bodies up to this size are not counted: the web server has them in its own buffer anyway."""


class Room(Protocol):
    """Memory for bodies: `gate.py`."""

    def take(self, size: int) -> None: ...

    def give_back(self, size: int) -> None: ...


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int, room: Room) -> bytes:
    """The whole body. `Refusal` as soon as it is known to be too large; what follows is never kept.

    One of more than `ONE_PIECE` is counted in `room` until the caller gives it back.
    """
    _expect_within(headers, limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = _within(message.get("body", b""), limit)
        if len(body) > ONE_PIECE:
            room.take(len(body))
        return body
    return await _read_parts(receive, message, limit, room)


async def _read_parts(receive: Receive, message: Any, limit: int, room: Room) -> bytes:
    parts: list[bytes] = []
    size = 0
    is_kept = False
    try:
        while message["type"] == "http.request":
            part = message.get("body", b"")
            room.take(len(part))
            size += len(part)
            parts.append(part)
            if size > limit:
                raise _too_large(limit)
            if not message.get("more_body"):
                is_kept = size > ONE_PIECE
                return b"".join(parts)
            message = await receive()
        raise ClientGone
    finally:
        if not is_kept:
            room.give_back(size)


GRACE_SECONDS = 60.0
SLOWEST = 16_384
"""Bytes a second that a long body must have come with, all in all, after the grace."""


async def body_parts(receive: Receive, headers: Mapping[str, str], limit: int) -> AsyncIterator[bytes]:
    """The body as it comes, none of it kept. `Refusal` as soon as it is too large, or comes too slowly."""
    _expect_within(headers, limit)
    began = asyncio.get_running_loop().time()
    size = 0
    more = True
    while more:
        try:
            async with asyncio.timeout_at(began + GRACE_SECONDS + size / SLOWEST):
                message = await receive()
        except TimeoutError:
            raise Refusal("too_slow") from None
        if message["type"] != "http.request":
            raise ClientGone
        more = message.get("more_body", False)
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if part:
            yield part


def _expect_within(headers: Mapping[str, str], limit: int) -> None:
    declared = headers.get("content-length", "")
    if len(declared) > 18 or (declared.isdecimal() and int(declared) > limit):
        raise _too_large(limit)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> Refusal:
    detail = f"The body is larger than the {limit} bytes that are allowed here."
    return Refusal("too_large", detail, problems=[Problem("", "too_large", detail)])


async def send_response(send: Send, response: Response, request_id: str) -> None:
    headers = [*_ALWAYS, (b"x-request-id", request_id.encode("latin-1"))]
    if response.status != 204:
        headers.append((b"content-type", response.content_type.encode("latin-1")))
        headers.append((b"content-length", b"%d" % len(response.body)))
    if response.headers:
        headers += [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in response.headers.items()
        ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def send_stream(receive: Receive, send: Send, streamed: Streamed, request_id: str) -> None:
    """Ends when the client hangs up. What is sent waits for the client: nothing is piled up for one that
    does not read, on whom the web server hangs up after a while."""
    try:
        headers = [
            *_ALWAYS,
            (b"x-request-id", request_id.encode("latin-1")),
            (b"content-type", streamed.content_type.encode("latin-1")),
            (b"x-accel-buffering", b"no"),  # a proxy is not to collect it
            *((name.encode("latin-1"), value.encode("latin-1")) for name, value in streamed.headers.items()),
        ]
        await send({"type": "http.response.start", "status": streamed.status, "headers": headers})
        sending = asyncio.create_task(_send_parts(send, streamed.parts))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            sending.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
        if not sending.cancelled() and sending.exception() is not None:
            log.error("request %s: a stream failed inside us", request_id, exc_info=sending.exception())
        await send({"type": "http.response.body", "body": b""})
    finally:
        streamed.close()


async def _send_parts(send: Send, parts: AsyncGenerator[bytes, None]) -> None:
    async with contextlib.aclosing(parts):
        async for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    """The request has no body that anybody wants; what comes behind it is that the client went away."""
    while (await receive()).get("more_body"):
        pass
    await receive()
