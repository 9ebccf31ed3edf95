"""An ASGI application on a port of this process, started and stopped by us rather than by signals.

A client that sends its request too slowly, or never ends its head, is answered 408 or 431 and hung up on: the
server that we use has neither limit. One look a second serves all connections.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep idle connections, so that they, not we, close them: a request that meets a
connection just being closed fails at the client."""

HEAD_SECONDS = 15.0
"""For a request's head, and for the first one of a connection to begin."""

BODY_SECONDS = 60.0
"""For its body, whether or not it was answered before."""

BODY_SLOWEST = 8192
"""Bytes a second with which a long body, while it is read, gets more time. Who reads it may ask for more."""

STALL_SECONDS, STALL_SECONDS_AT_END = 20.0, 2.0
"""For a client to read what it was sent. One that reads nothing is cut off, with what waits for it."""

HEAD_BYTES = 65_536
SWEEP_SECONDS = 1.0


class PortTaken(Exception):
    """Somebody listens there already."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. `PortTaken` when it is not to be had.

    Who connects from now on waits until the server is up. Bound alone, the port could still go to another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise PortTaken(f"{host}:{port} can not be used: {error.strerror}") from error
    bound.setblocking(False)
    return bound


class _Connection(HttpToolsProtocol):
    """Knows since when it waits for what. Between requests the server's own time-out for idle ones counts."""

    hang_up_at = 0.0  # 0 while nothing is owed
    stalled_at = 0.0  # 0 while what is written goes out
    _head_bytes = 0
    _is_head_open = True

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.hang_up_at = self.loop.time() + HEAD_SECONDS

    def data_received(self, data: bytes) -> None:
        if self._is_head_open:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_head_open and self._head_bytes > HEAD_BYTES:
            self.refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._is_head_open:  # not the first one, whose time counts from the connection
            self._is_head_open, self._head_bytes = True, 0
            self.hang_up_at = self.loop.time() + HEAD_SECONDS

    def on_headers_complete(self) -> None:
        self._is_head_open = False
        self.hang_up_at = self.loop.time() + BODY_SECONDS
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.cycle is not None and not self.cycle.response_complete:
            self.hang_up_at += len(body) / BODY_SLOWEST

    def on_message_complete(self) -> None:
        self.hang_up_at = 0.0
        super().on_message_complete()

    def pause_writing(self) -> None:
        self.stalled_at = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.stalled_at = 0.0
        super().resume_writing()

    def refuse(self, status: bytes) -> None:
        """End the connection, with an answer where none was begun."""
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started:
            self.transport.write(b"HTTP/1.1 %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status)
        self.transport.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are `app.serve`'s business: it stops the stages in their order."""
        yield


class WebServer:
    """One listening application."""

    def __init__(self, app: Any, bound: socket.socket) -> None:
        self.port: int = bound.getsockname()[1]
        self._bound = bound
        config = uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=5,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Returns when connections are answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._bound]), name="web-server")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the web server ended before it started")
            await asyncio.sleep(0.005)
        self._hang_up_on_the_slow()

    async def stop(self) -> None:
        """Take no more connections, finish the requests under way."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        if self._sweep is not None:
            self._sweep.cancel()

    def _hang_up_on_the_slow(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        patience = STALL_SECONDS_AT_END if self._server.should_exit else STALL_SECONDS
        for connection in list(self._server.server_state.connections):
            assert isinstance(connection, _Connection)
            if connection.hang_up_at and connection.hang_up_at <= now:
                connection.refuse(b"408 Request Timeout")
            if connection.stalled_at and connection.stalled_at + patience <= now:
                connection.transport.abort()
        self._sweep = loop.call_later(SWEEP_SECONDS, self._hang_up_on_the_slow)
