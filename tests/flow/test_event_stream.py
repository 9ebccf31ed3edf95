"""Answers without an end at a real web server: clients that do not read, and those that go away."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest

from trunkline import web_server
from trunkline.api.http import Streamed, send_stream
from trunkline.web_server import WebServer, listen


class Endless:
    """An application whose answer goes on and on."""

    def __init__(self) -> None:
        self.sent = 0
        self.over = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send_stream(receive, send, Streamed(self.parts(), "text/plain", self.over.set), "req_1")

    async def parts(self) -> AsyncGenerator[bytes, None]:
        while True:
            self.sent += 65_536
            yield b"x" * 65_536
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def stalled_client(port: int) -> Any:
    """Asks, and never reads."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        yield client


def test_a_client_that_does_not_read_is_cut_off_and_nothing_is_piled_up_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_server, "STALL_SECONDS", 0.2)
    monkeypatch.setattr(web_server, "SWEEP_SECONDS", 0.05)

    async def story() -> int:
        app = Endless()
        server = WebServer(app, listen("127.0.0.1", 0))
        await server.start()
        async with stalled_client(server.port):
            await asyncio.wait_for(app.over.wait(), 30)
        await server.stop()
        return app.sent

    assert asyncio.run(story()) < 32 << 20  # what the system's own buffers take


def test_a_client_that_does_not_read_does_not_keep_a_server_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_server, "STALL_SECONDS_AT_END", 0.1)
    monkeypatch.setattr(web_server, "SWEEP_SECONDS", 0.05)

    async def story() -> None:
        app = Endless()
        server = WebServer(app, listen("127.0.0.1", 0))
        await server.start()
        async with stalled_client(server.port):
            before = -1
            while app.sent != before:  # the buffers are full
                before = app.sent
                await asyncio.sleep(0.1)
            async with asyncio.timeout(10):
                await server.stop()
        assert app.over.is_set()

    asyncio.run(story())


def test_a_client_that_hangs_up_ends_its_stream_at_once() -> None:
    async def story() -> None:
        app = Endless()
        server = WebServer(app, listen("127.0.0.1", 0))
        await server.start()
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{server.port}/") as answer:
            await answer.content.read(100)
            answer.close()
        await asyncio.wait_for(app.over.wait(), 10)  # else the patience with a client that does not read
        await server.stop()

    asyncio.run(story())
