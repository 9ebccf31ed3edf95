"""A program that follows the event stream as a customer's would: it comes back with the last id it saw."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

from trunkline.cli.sse import Block, Reader
from trunkline.clock import SystemClock, to_rfc3339


class Follower:
    """Follows one address after the other, as they fail."""

    def __init__(self, urls: list[str], key: str) -> None:
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {key}"}
        self.seen: list[dict[str, Any]] = []
        self.place = ""
        self.connections = 0
        self.is_open = asyncio.Event()

    async def run(self) -> None:
        """Until it is canceled."""
        async with aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    async for block in self._blocks(http, self._urls[self.connections % len(self._urls)]):
                        self.place = block.id
                        self.is_open.set()
                        if block.data:
                            self.seen.append(json.loads(block.data))
                self.connections += 1
                await asyncio.sleep(0.02)

    async def _blocks(self, http: aiohttp.ClientSession, url: str) -> AsyncIterator[Block]:
        headers = self._headers | ({"Last-Event-ID": self.place} if self.place else {})
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with http.get(f"{url}/v1/events/stream", headers=headers, timeout=timeout) as answer:
            answer.raise_for_status()
            reader = Reader()
            async for chunk in answer.content.iter_any():
                for block in reader.feed(chunk):
                    yield block

    async def until(self, holds: Callable[[list[dict[str, Any]]], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not holds(self.seen):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


class Writer:
    """Makes events without a provider: schedules a message and withdraws it."""

    def __init__(self, urls: list[str], key: str) -> None:
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {key}"}
        self.canceled: list[str] = []

    async def run(self, count: int, first: int = 0) -> None:
        """`first` is the address that it prefers; while that is away it takes another."""
        async with aiohttp.ClientSession(headers=self._headers) as http:
            for n in range(count):
                body = {
                    "to": f"1555000{n:04d}", "type": "text", "text": {"body": "hello"},
                    "send_at": to_rfc3339(SystemClock().now() + 3_600_000),
                }  # fmt: skip
                message_id = (await self._post(http, first, "/v1/whatsapp/messages", body))["id"]
                await self._post(http, first, f"/v1/messages/{message_id}/cancel")
                self.canceled.append(message_id)

    async def _post(self, http: aiohttp.ClientSession, first: int, path: str, body: Any = None) -> Any:
        for turn in range(100):
            url = self._urls[(first + turn) % len(self._urls)]
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                async with http.post(url + path, json=body) as answer:
                    if answer.status in (200, 409):  # canceled already: the answer was lost with its process
                        return await answer.json()
                    assert answer.status in (429, 503), await answer.text()
            await asyncio.sleep(0.02)
        raise AssertionError(f"nobody takes {path}")
