"""A TCP proxy that misbehaves on demand, for a wire that no test could otherwise break at will.

It stands before PostgreSQL or before the sandbox. Each direction has its own `Faults`, which may be changed
while connections are open and hold from the next piece of data on.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

_PIECE = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: the close is a reset


@dataclass
class Faults:
    """Of one direction. As it is made, everything passes."""

    latency_seconds: float = 0.0
    bytes_per_second: float | None = None
    slice_bytes: int | None = None
    """Data goes on in pieces of this size, a moment apart."""
    slow_close_seconds: float = 0.0
    """How late the end of the stream is passed on."""
    blackhole: bool = False
    """Data is taken and goes nowhere; the connection stays open."""
    hold: bool = False
    """Nothing is passed on, nor lost: it goes on when this is off again."""
    double: bool = False
    """Each piece of data is passed on twice."""
    reset_after: int | None = None
    """Both ends are reset once so many bytes of a connection went this way; 0: before the first one."""
    limit_bytes: int | None = None
    """Both ends are closed in order once so many bytes went this way."""


@dataclass
class Target:
    """A port of this machine, or a Unix socket."""

    port: int = 0
    path: str = ""

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.path:
            return await asyncio.open_unix_connection(self.path)
        return await asyncio.open_connection("127.0.0.1", self.port)


class Proxy:
    """`toward` is what clients say to the target, `back` what it answers."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.toward = Faults()
        self.back = Faults()
        self.refuses = False
        """New connections are reset at once."""
        self.on_answer: Callable[[], None] = lambda: None
        """Called when data comes from the target, before it is passed on."""
        self.connections = 0
        """How many were accepted in all."""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def heal(self) -> None:
        """From now on everything passes, on connections that stand already as well."""
        self.toward.__dict__.update(Faults().__dict__)
        self.back.__dict__.update(Faults().__dict__)
        self.refuses = False

    def cut(self) -> None:
        """Reset every connection, both ends."""
        for writer in list(self._open):
            _reset(writer)

    def _answered(self) -> None:
        self.on_answer()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            _reset(writer)
            return
        try:
            answers, asking = await self.target.open()
        except OSError:
            _reset(writer)
            return
        pair = {writer, asking}
        self._open |= pair
        try:
            await asyncio.gather(
                _pump(reader, asking, self.toward, pair, lambda: None),
                _pump(answers, writer, self.back, pair, self._answered),
            )
        finally:
            self._open -= pair
            for end in pair:
                end.close()


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    faults: Faults,
    pair: set[asyncio.StreamWriter],
    seen: Callable[[], None],
) -> None:
    """Pass on until the end; a connection that breaks on either side ends quietly."""
    passed = 0
    with contextlib.suppress(OSError):
        while data := await reader.read(_PIECE):
            seen()
            data = await _delayed(data, faults)
            for piece in _pieces(data, faults):
                if _is_reached(faults.reset_after, passed, len(piece)):
                    writer.write(piece[: (faults.reset_after or 0) - passed])
                    await writer.drain()
                    for end in pair:
                        _reset(end)
                    return
                if _is_reached(faults.limit_bytes, passed, len(piece)):
                    writer.write(piece[: max(0, (faults.limit_bytes or 0) - passed)])
                    await writer.drain()
                    for end in pair:
                        end.close()
                    return
                passed += len(piece)
                await _write(writer, piece, faults)
        await asyncio.sleep(faults.slow_close_seconds)
        if writer.can_write_eof():
            writer.write_eof()


async def _delayed(data: bytes, faults: Faults) -> bytes:
    """What is to be passed on of it, when its time has come."""
    if faults.latency_seconds:
        await asyncio.sleep(faults.latency_seconds)
    while faults.hold:  # noqa: ASYNC110 - changed by whoever drives the proxy
        await asyncio.sleep(0.01)
    return b"" if faults.blackhole else data * (2 if faults.double else 1)


def _pieces(data: bytes, faults: Faults) -> list[bytes]:
    size = faults.slice_bytes or len(data) or 1
    return [data[at : at + size] for at in range(0, len(data), size)]


def _is_reached(limit: int | None, passed: int, more: int) -> bool:
    return limit is not None and passed + more >= limit


async def _write(writer: asyncio.StreamWriter, piece: bytes, faults: Faults) -> None:
    writer.write(piece)
    await writer.drain()
    if faults.slice_bytes:
        await asyncio.sleep(0.001)
    if faults.bytes_per_second:
        await asyncio.sleep(len(piece) / faults.bytes_per_second)


def _reset(writer: asyncio.StreamWriter) -> None:
    end = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
