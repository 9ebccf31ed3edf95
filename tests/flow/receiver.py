"""A customer's endpoint at a real socket: remembers what it was posted, and answers as it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec


class Posted(msgspec.Struct):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def told(self) -> Any:
        return msgspec.json.decode(self.body)

    def events(self) -> list[dict[str, Any]]:
        told = self.told()
        return told["data"] if told["type"] == "batch" else [told]


Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (200, {}, b"ok")


async def fine(_: Posted) -> Answer:
    return OK


class Receiver:
    """`answer` may wait, and may raise `ConnectionResetError` to cut the connection."""

    def __init__(self) -> None:
        self.answer: Callable[[Posted], Awaitable[Answer]] = fine
        self.posts: list[Posted] = []
        """All that came, in order of coming."""
        self.taken: list[Posted] = []
        """Those that were answered with 2xx."""
        self.out = 0
        self.most_out = 0
        self.news = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None] | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        serving = [task for task in self._serving if task is not None]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving)

    def events(self) -> list[dict[str, Any]]:
        """What it took, in order."""
        return [event for post in self.taken for event in post.events()]

    async def until(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                self.news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):  # what holds may be about something else
                        await self.news.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        try:
            while (post := await _read(reader)) is not None:
                await self._take(post, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # asyncio would log the last of them
        finally:
            self._serving.discard(asyncio.current_task())
            writer.transport.abort()

    async def _take(self, post: Posted, writer: asyncio.StreamWriter) -> None:
        self.posts.append(post)
        self.out += 1
        self.most_out = max(self.most_out, self.out)
        self.news.set()
        try:
            status, headers, body = await self.answer(post)
        finally:
            self.out -= 1
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        if 200 <= status < 300:
            self.taken.append(post)
        self.news.set()


async def _read(reader: asyncio.StreamReader) -> Posted | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = head.decode().strip().split("\r\n")
    pairs = (line.split(": ", 1) for line in rest)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Posted(first.split(" ")[1], headers, body)


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
