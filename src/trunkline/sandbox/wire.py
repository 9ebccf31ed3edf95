"""Requests in, answers out, in the manner of Graph: tokens, bodies, headers. Bare ASGI, no framework."""

import asyncio
import ipaddress
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import msgspec

from trunkline.sandbox.errors import GraphError, trace_id
from trunkline.sandbox.graph.call import File
from trunkline.sandbox.ids import random_bytes
from trunkline.sandbox.multipart import parse_multipart

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

NEWEST_VERSION = "v26.0"
_OLDEST = 21
"""Calls of versions that Meta has switched off are served by the oldest that it has not."""
MOST_BYTES = 1 << 20
_LARGE_EDGES = {"media": 101 << 20, "assets": 11 << 20, "flows": 11 << 20}
PUBLIC = "/cdn/"
"""Where Graph points to for images and previews that need no token, as Meta's do on hosts of their own."""
ABORT = "trunkline.sandbox.abort"
"""The ASGI extension by which our server lets us drop a connection."""

_WITHOUT_CONVERSATIONS = 24
_VERSION = re.compile(r"/(v\d{1,3}(?:\.\d{1,2})?)(?=/|$)", re.ASCII)
_JSON = b"application/json; charset=UTF-8"
_FIXED_HEADERS = [
    (b"cache-control", b"private, no-cache, no-store, must-revalidate"),
    (b"access-control-allow-origin", b"*"),
    (b"x-fb-rev", b"1000000000"),
]


class Exchange:
    """One request and its answer."""

    __slots__ = ("method", "more_headers", "path", "receive", "scope", "send", "version")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.method: str = scope["method"]
        self.more_headers: list[tuple[bytes, bytes]] = []
        """What stands in the answer beside Graph's usual headers."""
        match = _VERSION.match(scope["path"])
        self.version: str = _living(match[1]) if match else NEWEST_VERSION
        """That serves the path; without one in it the newest is meant."""
        self.path: str = scope["path"][match.end() :] if match else scope["path"]
        """Without the version."""

    def token(self) -> str | None:
        """From `?access_token=`, which wins, or from `Authorization: Bearer …` or the older `OAuth …`."""
        if b"access_token=" in self.scope["query_string"] and "access_token" in (query := self.query()):
            return query["access_token"]
        authorization = self._header(b"authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            return token.strip() if scheme.lower() in {"bearer", "oauth"} else authorization
        return None

    def is_local(self) -> bool:
        """From this machine, and under a name that is this machine's: no page elsewhere can be behind it."""
        client = self.scope.get("client")
        name = (self._header(b"host") or "").rpartition(":")[0].strip("[]") or self._header(b"host")
        is_own_name = name in {"localhost", "127.0.0.1", "::1"} or str(name).endswith(".localhost")
        return is_own_name and client is not None and _is_loopback(client[0])

    def is_from_another_site(self) -> bool:
        """A browser says where the page comes from that asks; other clients say nothing."""
        origin = self._header(b"origin")
        if origin is None:
            return self._header(b"sec-fetch-site") == "cross-site"
        return origin.partition("://")[2] != self._header(b"host")

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True))

    async def body(self, most: int = MOST_BYTES) -> bytes:
        """The whole body. More than `most` bytes are refused, but read to their end."""
        event = await self.receive()
        if not event.get("more_body", False):
            whole: bytes = event.get("body", b"")
            if len(whole) <= most:
                return whole
        body = bytearray(event.get("body", b""))
        size = len(body)
        while event.get("more_body", False):
            event = await self.receive()
            chunk = event.get("body", b"")
            size += len(chunk)
            if size <= most:
                body += chunk
        if size > most:
            raise GraphError(1, "Please reduce the amount of data you're asking for, then retry your request")
        return bytes(body)

    def headers(self) -> dict[str, str]:
        return {str(key, "latin-1"): str(value, "latin-1") for key, value in self.scope["headers"]}

    async def parse_with_files(
        self, body: bytes, *, is_file: bool = False
    ) -> tuple[dict[str, Any], dict[str, File]]:
        """As `parse`, for calls that may carry files, or whose body may itself be one."""
        content_type = self._header(b"content-type") or ""
        if not content_type.lower().startswith("multipart/form-data"):
            return ({} if is_file else self.parse(body)), {}
        if len(body) < MOST_BYTES:
            form, files = parse_multipart(body, content_type)
        else:
            form, files = await asyncio.to_thread(parse_multipart, body, content_type)
        return {key: _parse_form_value(value) for key, value in form.items()}, files

    def parse(self, body: bytes) -> dict[str, Any]:
        """The parameters in a body: JSON, or a form whose nested values are JSON. Anything else has none."""
        if (self._header(b"content-type") or "").startswith("application/x-www-form-urlencoded"):
            form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
            return {key: _parse_form_value(values[-1]) for key, values in form.items()}
        value = _decode(body)
        return value if isinstance(value, dict) else {}

    async def answer(self, status: int, body: bytes, *, content_type: bytes = _JSON) -> None:
        """With Graph's usual headers, on errors as well."""
        headers = [
            (b"content-type", content_type),
            *_FIXED_HEADERS,
            (b"facebook-api-version", self.version.encode()),
            (b"x-fb-request-id", trace_id().encode()),
            (b"x-fb-trace-id", trace_id().encode()),
            (b"x-fb-debug", random_bytes(8).hex().encode()),
            (b"content-length", str(len(body)).encode()),
            *self.more_headers,
        ]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, error: GraphError) -> None:
        await self.answer(error.status, msgspec.json.encode(error.body()))

    async def redirect(self, path: str) -> None:
        headers = [(b"location", path.encode()), (b"content-length", b"0")]
        await self.send({"type": "http.response.start", "status": 302, "headers": headers})
        await self.send({"type": "http.response.body", "body": b""})

    async def gone(self) -> None:
        """Returns when the caller has closed the connection."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def cut(self) -> None:
        """Drop the connection, and wait until the server noticed: it then does not answer in our place."""
        self.scope["extensions"][ABORT]["abort"]()
        await self.gone()

    def _header(self, name: bytes) -> str | None:
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None


@lru_cache(maxsize=64)
def tells_conversation(version: str) -> bool:
    """Up to v23 every status names a conversation."""
    return _major(version) < _WITHOUT_CONVERSATIONS


@lru_cache(maxsize=64)
def _living(version: str) -> str:
    return version if _major(version) >= _OLDEST else f"v{_OLDEST}.0"


def _major(version: str) -> int:
    return int(version.removeprefix("v").partition(".")[0])


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a proxy on this machine may name its client as it likes
        return False


def most_bytes(node: str, edge: str) -> int:
    """The largest body that a node takes: more where files are uploaded."""
    return _LARGE_EDGES["media"] if node.startswith("upload:") else _LARGE_EDGES.get(edge, MOST_BYTES)


def _parse_form_value(text: str) -> Any:
    value = _decode(text.encode()) if text[:1] in ("{", "[") else None
    return text if value is None else value


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
