"""Fetches the files that messages link to, as Meta does: once in ten minutes for each exact URL.

Only the beginning of a file is kept, as nobody here looks at more. No token and no cookie goes along.
"""

import asyncio
from datetime import timedelta
from http import HTTPStatus

import msgspec
from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.response import Response

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.media.library import HEAD

_KEPT_FOR = 600_000
_MOST_KEPT = 1000
_AT_ONCE = 16
_FAILED = "Downloading media from weblink failed"
_WORDS = {status.value: status.phrase for status in HTTPStatus}


class Fetched(msgspec.Struct, frozen=True):
    """What a look at a file needs."""

    mime_type: str
    size: int
    head: bytes


class NotFetched(Exception):
    """Says why in the words of a 131053; without words the file is too large."""


class Links:
    """Fetches the same URL only once at a time; what failed is tried again by the next message."""

    def __init__(self, clock: Clock, timeout_seconds: float) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[int, Fetched]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._client = (
            ClientBuilder()
            .timeout(timedelta(seconds=timeout_seconds))
            .max_redirects(5)
            .no_proxy()
            .user_agent("facebookexternalua")
            .build()
        )

    async def fetch(self, url: str, most: int) -> Fetched:
        """Of a file with at most so many bytes. Raises `NotFetched`."""
        turn = self._turns.setdefault(url, asyncio.Lock())
        try:
            async with turn, self._room:
                return self._find(url) or self._keep(url, await self._get(url, most))
        finally:
            if not turn.locked():
                self._turns.pop(url, None)

    async def close(self) -> None:
        await self._client.close()

    def _find(self, url: str) -> Fetched | None:
        until, fetched = self._kept.get(url, (0, None))
        return fetched if until > self._clock.now() else None

    def _keep(self, url: str, fetched: Fetched) -> Fetched:
        if len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[url] = (self._clock.now() + _KEPT_FOR, fetched)
        return fetched

    async def _get(self, url: str, most: int) -> Fetched:
        try:
            async with self._client.get(url).build_streamed() as response:
                return await _read(response, most)
        except (PyreqwestError, ValueError):
            raise NotFetched(f"{_FAILED}: the server could not be reached.") from None


async def _read(response: Response, most: int) -> Fetched:
    if response.status != 200:
        words = _WORDS.get(response.status, "Unknown")
        raise NotFetched(f"{_FAILED} with http code {response.status}, status message {words}")
    size, head = 0, b""
    while (chunk := await response.body_reader.read_chunk()) is not None:
        size += len(chunk)
        if size > most:
            raise NotFetched
        head = (head + bytes(chunk[:HEAD]))[:HEAD] if len(head) < HEAD else head
    mime_type = response.get_header("content-type") or "application/octet-stream"
    return Fetched(mime_type, size, head)
