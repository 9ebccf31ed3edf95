"""STREAM: an account's log as it goes on, to whoever keeps a connection open: server-sent events.

In comes a place in the log, out go all events behind it that are wanted, for as long as the caller reads. A
stream keeps nothing but its place: what is new is read once for all streams of the account (`Tail`), what a
stream missed is read from the store, and one that does not read is not read for.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import contextlib
import re
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from operator import attrgetter

from trunkline.errors import Refusal
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, events
from trunkline.store.events import EventRow

MEDIA_TYPE = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 5.0
"""How old news can get that nobody told us of."""

BREATH_SECONDS = 0.02
"""Between two looks that find something: under load one look serves many commits."""

AGAIN_SECONDS = 1.0
"""Until the store is asked again that could not answer."""

_CHUNK = 200
_MOST_KEPT = 500
_PIECE = 32_768
"""Bytes that are handed to the connection at once, about what it buffers."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_RETRY_MS = 1_000

Block = Callable[[EventRow], bytes | None]
"""An event as its subscriber wants it: the data of its block; None where it is not wanted."""


class Tail:
    """The newest events of an account, while anybody follows it."""

    def __init__(self, runtime: Runtime, account_id: str, newest: str) -> None:
        self._runtime = runtime
        self._account_id = account_id
        self._rows: deque[EventRow] = deque()
        self._start = newest  # all that followed it and is known stands in `_rows`
        self._news = asyncio.Event()
        self.readers = 0
        self._task = asyncio.create_task(self._follow(), name="event-tail")

    def end(self) -> None:
        self._task.cancel()
        self._wake()

    async def after(self, position: str, patience: float) -> list[EventRow]:
        """What followed, up to a chunk; empty when that is nothing yet, after so many seconds at most."""
        news = self._news  # before the look: what comes later sets it
        rows = await self._known(position)
        if not rows:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), patience)
        return rows or self._kept(position)

    async def _known(self, position: str) -> list[EventRow]:
        if position >= self._start:
            return self._kept(position)
        return await self._runtime.store.read(lambda tx: events.after(tx, self._account_id, position, _CHUNK))

    def _kept(self, position: str) -> list[EventRow]:
        if position < self._start:
            return []
        at = bisect_right(self._rows, position, key=attrgetter("id"))
        return [self._rows[n] for n in range(at, min(at + _CHUNK, len(self._rows)))]

    async def _follow(self) -> None:
        while True:
            ring = self._runtime.bell.next(self._account_id)  # before the look: what comes later rings it
            try:
                if await self._look():
                    await asyncio.sleep(BREATH_SECONDS)
                    continue
            except StoreUnavailable:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            except Exception as fault:
                log.error("event stream: a fault of ours, it goes on", exc_info=fault)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ring.wait(), LOOK_SECONDS)

    async def _look(self) -> bool:
        newest = self._rows[-1].id if self._rows else self._start
        rows = await self._runtime.store.read(lambda tx: events.after(tx, self._account_id, newest, _CHUNK))
        self._rows.extend(rows)
        while len(self._rows) > _MOST_KEPT:
            self._start = self._rows.popleft().id
        if rows:
            self._wake()
        return bool(rows)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Streams:
    """All streams of this process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._most = runtime.settings.limits.event_streams
        self._tails: dict[str, Tail] = {}
        self.is_closed = False

    @property
    def open(self) -> int:
        return sum(tail.readers for tail in self._tails.values())

    def close(self) -> None:
        """Every stream ends as soon as it can; no other begins."""
        self.is_closed = True
        for tail in self._tails.values():
            tail.end()

    async def enter(self, account_id: str) -> tuple[Tail, str]:
        """With the newest event's id. Whoever got in must `leave`; `Refusal` where the account may not."""
        newest = await self._runtime.store.read(lambda tx: events.last_id(tx, account_id))
        newest = newest or events.BEGINNING
        if self.is_closed:
            raise Refusal("unavailable", "This process is ending.", headers={"Retry-After": "1"})
        tail = self._tails.get(account_id)
        if tail is None:
            tail = self._tails[account_id] = Tail(self._runtime, account_id, newest)
        if tail.readers >= self._most:
            detail = f"This account follows its events {self._most} times already; close a stream first."
            raise Refusal("too_many_requests", detail, headers={"Retry-After": "10"})
        tail.readers += 1
        return tail, newest

    def leave(self, account_id: str) -> None:
        tail = self._tails[account_id]
        tail.readers -= 1
        if not tail.readers:
            del self._tails[account_id]
            tail.end()


async def follow(
    streams: Streams,
    tail: Tail,
    position: str,
    block: Block,
    is_welcome: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[bytes, None]:
    """The text of a stream from this place on, until it is closed or the caller's key is worth nothing.

    The place is told at once, and with every heartbeat: a client that comes back goes on from there, however
    rare the events that it wants.
    """
    yield b"retry: %d\nid: %b\n\n" % (_RETRY_MS, position.encode())
    clock = asyncio.get_running_loop().time
    told_at = clock()
    while not streams.is_closed:
        try:
            rows = await tail.after(position, max(0.0, told_at + HEARTBEAT_SECONDS - clock()))
            if (rows or clock() >= told_at + HEARTBEAT_SECONDS) and not await is_welcome():
                return
        except StoreUnavailable:
            await asyncio.sleep(AGAIN_SECONDS)
            rows = []
        for piece in _pieces(_told(row, block) for row in rows):
            yield piece
            told_at = clock()
        position = rows[-1].id if rows else position
        if clock() >= told_at + HEARTBEAT_SECONDS:
            yield b": still here\nid: %b\n\n" % position.encode()
            told_at = clock()


def _told(row: EventRow, block: Block) -> bytes:
    data = block(row)
    if data is None:
        return b""
    lines = b"".join(b"data: %b\n" % line for line in _LINE_END.split(data))
    return b"id: %b\nevent: %b\n%b\n" % (row.id.encode(), row.type.encode(), lines)


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    piece = b""
    for block in blocks:
        piece += block
        if len(piece) >= _PIECE:
            yield piece
            piece = b""
    if piece:
        yield piece
