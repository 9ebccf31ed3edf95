"""The API as commands use it: JSON in, JSON out, and every way in which it can fail as a `Trouble`."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from trunkline.cli.exits import ExitCode, Trouble

if TYPE_CHECKING:
    from trunkline.outgoing_http import HttpTransport, Transport

_TIMEOUT_SECONDS = 30.0
_SILENCE_SECONDS = 45.0
"""A stream tells three times in that time that it lives."""

_FILE_SECONDS = 3600.0
_LONGEST_FILE = 1 << 31
_LONGEST_ANSWER = 1 << 28
"""Of a server that the user named: a recorded chat holds its files."""


class Client:
    """One server, one key."""

    def __init__(self, transport: "Transport", url: str, headers: Mapping[str, str]) -> None:
        self._transport = transport
        self.url = url.rstrip("/")
        self._headers = {"accept": "application/json", **headers}

    def on_behalf_of(self, account_id: str) -> "Client":
        """The same for an operator who acts for this account."""
        return Client(self._transport, self.url, self._headers | {"trunkline-account": account_id})

    async def get(self, path: str, **query: Any) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return await self.call("GET", f"{path}?{urlencode(given)}" if given else path)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """`body` is a value, or bytes that are JSON (or shall be judged as if they were)."""
        return await self.call("POST", path, body, headers)

    async def patch(self, path: str, body: Any) -> Any:
        return await self.call("PATCH", path, body)

    async def delete(self, path: str) -> Any:
        return await self.call("DELETE", path)

    async def post_parts(
        self, path: str, content_type: str, parts: AsyncIterator[bytes], *, idempotency_key: str | None = None
    ) -> Any:
        """A body that is too long to be held, made as it goes."""
        from trunkline.outgoing_http import TransportError

        sent = self._headers | {"content-type": content_type}
        if idempotency_key is not None:
            sent["idempotency-key"] = idempotency_key
        try:
            response = await self._wire().post_parts(self.url + path, sent, parts, _FILE_SECONDS)
        except TransportError as error:
            raise self._unreachable(error) from None
        answer = _decoded(response.body)
        if response.status >= 400:
            raise _refusal(response.status, answer)
        return answer

    async def save(self, path: str, write: Callable[[bytes], None]) -> Mapping[str, str]:
        """The bytes at an address, given away in parts; the headers that came with them."""
        from trunkline.outgoing_http import TransportError

        try:
            response = await self._wire().download(
                self.url + path, self._headers, write, _LONGEST_FILE, _FILE_SECONDS
            )
        except TransportError as error:
            raise self._unreachable(error) from None
        if response.status != 200:
            raise _refusal(response.status, _decoded(response.body))
        return response.headers

    def _wire(self) -> "HttpTransport":
        """Files move only to and from servers that run."""
        from trunkline.outgoing_http import HttpTransport

        assert isinstance(self._transport, HttpTransport)
        return self._transport

    def _unreachable(self, error: Exception) -> Trouble:
        detail = f"{self.url} can not be reached ({error}); is the server running?"
        return Trouble(ExitCode.UNREACHABLE, detail)

    @contextlib.asynccontextmanager
    async def follow(self, path: str, **query: Any) -> AsyncIterator[AsyncIterator[bytes]]:
        """An answer without an end, as it comes. `Trouble` also when it breaks."""
        from trunkline.outgoing_http import TransportError, open_live

        given = {name: value for name, value in query.items() if value is not None}
        headers = self._headers | {"accept": "text/event-stream"}
        try:
            async with open_live(f"{self.url}{path}?{urlencode(given)}", headers, _SILENCE_SECONDS) as live:
                if live.status >= 400:
                    raise _refusal(live.status, _decoded(b"".join([chunk async for chunk in live.chunks])))
                yield live.chunks
        except TransportError as error:
            raise self._unreachable(error) from None

    async def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The answer's JSON; None when it has none."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        sent = self._headers | {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if raw is not None:
            sent.setdefault("content-type", "application/json")
        status, answer = await self._exchange(method, path, sent, raw)
        if status >= 400:
            raise _refusal(status, answer)
        return answer

    async def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, Any]:
        from trunkline.outgoing_http import TransportError

        try:
            response = await self._transport.request(method, self.url + path, headers, body)
        except TransportError as error:
            raise self._unreachable(error) from None
        return response.status, _decoded(response.body)


@contextlib.asynccontextmanager
async def open_client(
    url: str, headers: Mapping[str, str], timeout_seconds: float = _TIMEOUT_SECONDS
) -> AsyncIterator[Client]:
    from trunkline.outgoing_http import open_transport

    transport = open_transport(timeout_seconds=timeout_seconds, longest_answer=_LONGEST_ANSWER)
    try:
        yield Client(transport, url, headers)
    finally:
        await transport.close()


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _refusal(status: int, answer: Any) -> Trouble:
    """Of either shape: `{"error": {…}}` of the WhatsApp routes, the problem document of all others."""
    told = answer if isinstance(answer, dict) else {}
    if isinstance(told.get("error"), dict):
        told = told["error"]
    problems = told.get("problems")
    problems = problems if isinstance(problems, list) else []
    detail = told.get("detail") or told.get("message") or told.get("title") or "the server gave no reason"
    if problems:
        detail = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
    return Trouble(
        ExitCode.REFUSED,
        f"refused ({status}): {detail}",
        problems=problems,
        reason=told.get("reason"),
        status=status,
    )
