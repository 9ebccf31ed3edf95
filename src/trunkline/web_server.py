"""An ASGI application on a port of this process, started and stopped by us rather than by signals."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep idle connections, so that they, not we, close them: a request that meets a
connection just being closed fails at the client."""


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
            http="httptools",
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

    async def start(self) -> None:
        """Returns when connections are answered."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._bound]), name="web-server")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the web server ended before it started")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Take no more connections, finish the requests under way."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
