"""`python -m bench.overload`: four times as many messages as the gateway can accept, for some seconds.

First the rate is found that it can take, then four times of that is offered at even moments over a fixed
number of connections. What was accepted must be in the store; how long accepted and refused requests took
counts from when they were written. A moment at which every connection was busy is counted as missed and
offered to nobody. Loopback only, ends by itself.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench import load, machine, servers
from bench.requests import Numbers, requests
from bench.servers import Server

FIND_SECONDS = 4.0
TIMES = 4.0
CONNECTIONS = 600
CALM_SECONDS = 10.0
"""How long the gateway may take to be as before."""

_END = b"\r\n\r\n"


class Seen(msgspec.Struct):
    """What came back while too much was offered."""

    accepted: list[bytes]
    took: dict[int, list[float]]
    without_retry_after: int = 0
    missed: int = 0
    offered: int = 0
    seconds: float = 0.0


class _Caller(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self, seen: Seen, free: "list[_Caller]") -> None:
        self._seen = seen
        self._free = free
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._free.append(self)

    def send(self, request: bytes) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(_END)
        if not end or len(body) < _length(head.lower()):
            return
        status = int(self._buffer[9:12])
        self._seen.took.setdefault(status, []).append(time.perf_counter() - self._sent_at)
        if status == 200:
            self._seen.accepted.append(body)
        elif b"retry-after" not in head.lower():
            self._seen.without_retry_after += 1
        self._buffer = b""
        self._free.append(self)


def _length(head: bytes) -> int:
    return int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])


async def offer(port: int, sends: Iterator[bytes], rate: float, seconds: float, connections: int) -> Seen:
    seen, free = Seen([], {}), list[_Caller]()
    loop = asyncio.get_running_loop()
    callers = [
        (await loop.create_connection(lambda: _Caller(seen, free), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    started = time.perf_counter()
    due = 0
    while (passed := time.perf_counter() - started) < seconds:
        while due < passed * rate:
            due += 1
            if free:
                seen.offered += 1
                free.pop().send(next(sends))
            else:
                seen.missed += 1
        await asyncio.sleep(0.001)
    seen.seconds = time.perf_counter() - started
    async with asyncio.timeout(30):
        while len(free) < connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    for caller in callers:
        caller.close()
    return seen


async def measure(server: Server, seconds: float, connections: int) -> tuple[bool, list[bytes]]:
    """Whether it held, and every answer of an accepted message."""
    sends = requests(Numbers(), server.port, server.key)
    found = await load.closed_loop(server.port, sends, 64, FIND_SECONDS)
    rate = len(found.bodies) / found.seconds
    seen = await offer(server.port, sends, TIMES * rate, seconds, connections)
    calm, answers = await _until_calm(server, sends, rate)
    _tell(rate, seen, calm)
    p99 = _part(seen.took.get(200, []), 0.99)
    held = p99 <= 0.25 and calm < CALM_SECONDS and not seen.without_retry_after
    return held and set(seen.took) <= {200, 429, 503}, [*found.bodies, *seen.accepted, *answers]


async def _until_calm(server: Server, sends: Iterator[bytes], rate: float) -> tuple[float, list[bytes]]:
    """Seconds until half of what it can take is taken again without a refusal; and the answers."""
    started, answers = time.perf_counter(), list[bytes]()
    while (passed := time.perf_counter() - started) < CALM_SECONDS:
        seen = await offer(server.port, sends, rate / 2, 0.5, 64)
        answers += seen.accepted
        if set(seen.took) == {200}:
            return passed, answers
    return passed, answers


def _tell(rate: float, seen: Seen, calm: float) -> None:
    accepted = seen.took.get(200, [])
    refused = [took for status, all_took in seen.took.items() if status != 200 for took in all_took]
    by_status = Counter({status: len(all_took) for status, all_took in seen.took.items()})
    print(f"it can take       {rate:8.0f} a second")
    print(
        f"offered           {(seen.offered + seen.missed) / seen.seconds:8.0f} a second, {seen.missed} missed"
    )
    print(f"accepted          {len(accepted) / seen.seconds:8.0f} a second")
    print(f"accepted          p50 {_ms(accepted, 0.5)}  p99 {_ms(accepted, 0.99)}")
    print(f"refused           p50 {_ms(refused, 0.5)}  p99 {_ms(refused, 0.99)}")
    print(
        f"by status         {dict(sorted(by_status.items()))}, {seen.without_retry_after} without Retry-After"
    )
    print(f"as before after   {calm:8.1f} s")


def _ms(took: list[float], part: float) -> str:
    return f"{_part(took, part) * 1000:7.1f} ms"


def _part(took: list[float], part: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * part))] if took else 0.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description="Four times too much.")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long too much is offered")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    options = parser.parse_args(arguments)
    cores = machine.choose_cores()
    with tempfile.TemporaryDirectory(prefix="trunkline-overload-") as name:
        folder = Path(name)
        with servers.running_gateway(folder, cores.servers) as server, machine.on_core(cores.load):
            held, answers = uvloop.run(measure(server, options.seconds, options.connections))
        servers.compare_with_store(folder, answers)
    print(f"lost                     0 of {len(answers)} accepted")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
