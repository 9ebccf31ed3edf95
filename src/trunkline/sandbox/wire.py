"""Requests in, answers out, in the manner of Graph: tokens, bodies, headers. Bare ASGI, no framework."""

import hmac
import ipaddress
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import msgspec

from trunkline.sandbox.errors import GraphError, trace_id

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

NEWEST_VERSION = "v26.0"
MOST_BYTES = 1 << 20
ABORT = "trunkline.sandbox.abort"
"""The ASGI extension by which our server lets us drop a connection."""

_VERSION = re.compile(r"/(v\d{1,3}(?:\.\d{1,2})?)(?=/|$)", re.ASCII)
_JSON = b"application/json; charset=UTF-8"
_FIXED_HEADERS = [
    (b"cache-control", b"private, no-cache, no-store, must-revalidate"),
    (b"access-control-allow-origin", b"*"),
    (b"x-fb-rev", b"1000000000"),
]


class Exchange:
    """One request and its answer."""

    __slots__ = ("method", "path", "receive", "scope", "send", "version")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.method: str = scope["method"]
        match = _VERSION.match(scope["path"])
        self.version: str = match[1] if match else NEWEST_VERSION
        """Of the path; without one the newest is meant."""
        self.path: str = scope["path"][match.end() :] if match else scope["path"]
        """Without the version."""

    def token(self) -> str | None:
        """From `Authorization: Bearer …` (or Graph's older `OAuth …`), else from `?access_token=`."""
        authorization = self._header(b"authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            return token.strip() if scheme.lower() in {"bearer", "oauth"} else authorization
        return self.query().get("access_token") if b"access_token=" in self.scope["query_string"] else None

    def check_token(self, expected: str) -> None:
        """Raise code 190 unless the caller holds the token."""
        given = self.token()
        if given is None:
            raise GraphError(190, "An access token is required to request this resource.")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            raise GraphError(190)

    def is_local(self) -> bool:
        client = self.scope.get("client")
        return client is not None and ipaddress.ip_address(client[0]).is_loopback

    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True))

    async def body(self) -> bytes:
        """The whole body. More than a megabyte is refused, but read to its end."""
        event = await self.receive()
        body: bytes = event.get("body", b"")
        size = len(body)
        while event.get("more_body", False):
            event = await self.receive()
            chunk = event.get("body", b"")
            size += len(chunk)
            if size <= MOST_BYTES:
                body += chunk
        if size > MOST_BYTES:
            raise GraphError(1, "Please reduce the amount of data you're asking for, then retry your request")
        return body

    def parse(self, body: bytes) -> dict[str, Any]:
        """The parameters in a body: JSON, or a form whose nested values are JSON. Anything else has none."""
        if (self._header(b"content-type") or "").startswith("application/x-www-form-urlencoded"):
            form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
            return {key: _parse_form_value(values[-1]) for key, values in form.items()}
        value = _decode(body)
        return value if isinstance(value, dict) else {}

    async def answer(
        self, status: int, body: bytes, *, usage_of: str = "", content_type: bytes = _JSON
    ) -> None:
        """With Graph's usual headers; `usage_of` an account adds the usage header of management calls."""
        headers = [
            (b"content-type", content_type),
            *_FIXED_HEADERS,
            (b"facebook-api-version", self.version.encode()),
            (b"x-fb-request-id", trace_id().encode()),
            (b"x-fb-trace-id", trace_id().encode()),
            (b"x-fb-debug", os.urandom(8).hex().encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        if usage_of:
            headers.append((b"x-business-use-case-usage", _usage(usage_of)))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, error: GraphError) -> None:
        await self.answer(error.status, msgspec.json.encode(error.body()))

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


def _parse_form_value(text: str) -> Any:
    value = _decode(text.encode()) if text[:1] in ("{", "[") else None
    return text if value is None else value


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _usage(account: str) -> bytes:
    call = {
        "type": "whatsapp_business_management",
        "call_count": 1,
        "total_cputime": 1,
        "total_time": 1,
        "estimated_time_to_regain_access": 0,
    }
    return msgspec.json.encode({account: [call]})
