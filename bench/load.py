"""The load: one process, a fixed number of keep-alive connections, much cheaper than any server under test.

`closed_loop` finds the rate: each client sends its next request when it has the answer to the last one.
`open_loop` finds the latency: requests have their moments, and the time counts from that moment, also when
no connection was free or the driver itself was late. So a server that stalls can not slow the load down and
look better for it. Loopback only; both end by themselves, by count and by time.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

MOST_REQUESTS = 1_000_000
GRACE_SECONDS = 30
"""How long the last answers may take before the run is given up."""

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Answers(msgspec.Struct):
    """What came back. Only answers with status 200 are kept; any other one ends the run."""

    bodies: list[bytes]
    seconds: float = 0.0


class Latencies(msgspec.Struct):
    """In seconds, in the order of the answers."""

    answers: Answers
    took: list[float]
    late: list[float]
    """How long after its moment the driver got round to each request: its own part of the latency."""


class _Wire(asyncio.Protocol):
    """One connection with at most one request on it. Knows as much of HTTP as the answers here need."""

    def __init__(self, answered: "Callable[[_Wire, bytes], None]", failed: Callable[[str], None]) -> None:
        self.due = 0.0
        self._answered = answered
        self._failed = failed
        self._buffer = b""
        self._transport: Any = None
        self._closing = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if not self._closing:
            self._failed(f"the server closed a connection: {error}")

    def send(self, request: bytes) -> None:
        self._transport.write(request)

    def close(self) -> None:
        self._closing = True
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._buffer = data = self._buffer + data if self._buffer else data
        end = data.find(_END)
        if end < 0:
            return
        start = end + len(_END)
        if len(data) - start < _length(data[:end].lower()):
            return
        self._buffer = b""
        if data.startswith(b"HTTP/1.1 200 "):
            self._answered(self, data[start:])
        else:
            self._failed(f"the server answered {data[:500]!r}")


def _length(head: bytes) -> int:
    at = head.find(_LENGTH)
    return int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def closed_loop(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Answers:
    """`clients` callers without a pause for so long; `seconds` of the result ends with the last answer."""
    answers = Answers([])
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    clock = time.perf_counter
    busy = clients

    def answered(wire: _Wire, body: bytes) -> None:
        nonlocal busy
        answers.bodies.append(body)
        if clock() < deadline and len(answers.bodies) < MOST_REQUESTS:
            wire.send(next(requests))
            return
        busy -= 1
        if busy == 0:
            done.set_result(None)

    wires = await _connect(port, clients, answered, done)
    started = clock()
    deadline = started + seconds
    for wire in wires:
        wire.send(next(requests))
    await _finish(wires, done, seconds)
    answers.seconds = clock() - started
    return answers


async def open_loop(
    port: int, requests: Iterator[bytes], clients: int, rate: float, seconds: float
) -> Latencies:
    """`rate` requests a second, evenly spaced, over at most `clients` connections."""
    found = Latencies(Answers([]), [], [])
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    clock, count = time.perf_counter, min(MOST_REQUESTS, int(rate * seconds))
    waiting: deque[float] = deque()

    def answered(wire: _Wire, body: bytes) -> None:
        found.took.append(clock() - wire.due)
        found.answers.bodies.append(body)
        if waiting:
            wire.due = waiting.popleft()
            wire.send(next(requests))
        else:
            free.append(wire)
        if len(found.took) == count and not done.done():
            done.set_result(None)

    wires = await _connect(port, clients, answered, done)
    free = list(wires)
    started = clock()
    for number in range(count):
        due = started + number / rate
        while (early := due - clock()) > 0:  # noqa: ASYNC110 - a timer may ring early
            await asyncio.sleep(early)
        if done.done():  # something failed
            break
        found.late.append(-early)
        if free:
            wire = free.pop()
            wire.due = due
            wire.send(next(requests))
        else:
            waiting.append(due)
    await _finish(wires, done, 0)
    found.answers.seconds = clock() - started
    return found


async def _connect(
    port: int, clients: int, answered: Callable[[_Wire, bytes], None], done: "asyncio.Future[None]"
) -> list[_Wire]:
    def failed(why: str) -> None:
        if not done.done():
            done.set_exception(RuntimeError(why))

    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(lambda: _Wire(answered, failed), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]


async def _finish(wires: list[_Wire], done: "asyncio.Future[None]", seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds + GRACE_SECONDS):
            await done
    finally:
        for wire in wires:
            wire.close()
