"""The sandbox as a whole: one folder, one socket, one account.

`Sandbox` runs in the caller's event loop beside whatever else runs there; `serve` is the stand-alone program.
What was taken is on disk before it is answered, so a killed sandbox goes on where it was.
"""

import asyncio
import contextlib
import fcntl
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from trunkline.sandbox.admin.page import PAGE_PATH
from trunkline.sandbox.assembly import assemble
from trunkline.sandbox.clock import Clock, SystemClock
from trunkline.sandbox.server import AbortableProtocol, Server
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.state import Identity


class SandboxBusyError(RuntimeError):
    """Another process already runs a sandbox on the same folder."""


class Sandbox:
    """`start` it once; after `stop` make a new one."""

    def __init__(
        self, data_dir: Path, *, settings: Settings | None = None, clock: Clock | None = None
    ) -> None:
        self._data_dir = data_dir
        self._settings = settings or Settings()
        self._clock = clock or SystemClock()
        self._identity: Identity | None = None
        self._running: asyncio.Task[None] | None = None
        self._ends = contextlib.AsyncExitStack()

    @property
    def identity(self) -> Identity:
        if self._identity is None:
            raise RuntimeError("the sandbox was not started yet")
        return self._identity

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Serve; answers the port (0 asks for any free one). Raises `SandboxBusyError` or `OSError`."""
        async with contextlib.AsyncExitStack() as ends:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            ends.callback(os.close, _lock(self._data_dir))
            listener = ends.enter_context(_listen(host, port))
            port = listener.getsockname()[1]
            url = _url(host, port)
            self._identity, server = await assemble(self._data_dir, self._settings, self._clock, url, ends)
            await self._serve(server, listener, ends)
            self._ends = ends.pop_all()
        return port

    async def stop(self) -> None:
        """Answer what is under way, write down what is pending, let go of the folder."""
        await self._ends.aclose()

    async def _serve(self, app: Server, listener: socket.socket, ends: contextlib.AsyncExitStack) -> None:
        config = uvicorn.Config(
            app,
            http=AbortableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            timeout_keep_alive=75,
        )
        server = _Uvicorn(config)
        running = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
        ends.push_async_callback(_finish, server, app, running)
        await server.ready.wait()


class _Uvicorn(uvicorn.Server):
    """Says when it listens, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(  # noqa: PLR0913 - what one program is told
    data_dir: Path,
    host: str,
    port: int,
    settings: Settings,
    ready: Callable[[dict[str, Any]], None],
    *,
    clock: Clock | None = None,
) -> None:
    """Run until SIGTERM or SIGINT. `ready` gets what a client has to know, once it can connect."""
    sandbox = Sandbox(data_dir, settings=settings, clock=clock)
    await sandbox.start(host, port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        ready(describe(sandbox.identity))
        gc.collect()
        gc.freeze()  # what lives now lives for ever; the collector need not look at it again
        await stop.wait()
    finally:
        await sandbox.stop()


def describe(identity: Identity) -> dict[str, Any]:
    """The members that `--json` prints for a sandbox."""
    return {
        "sandbox_url": identity.url,
        "sandbox_token": identity.token,
        "phone_number_id": identity.phone_number_id,
        "waba_id": identity.waba_id,
        "app_id": identity.app_id,
        "app_secret": identity.app_secret,
        "from": identity.display_phone_number,
        "handsets_url": identity.url + PAGE_PATH,
    }


async def _finish(server: _Uvicorn, app: Server, running: "asyncio.Task[None]") -> None:
    app.stop()
    server.should_exit = True
    await running


def _lock(folder: Path) -> int:
    """Hold the folder for this process; the lock goes with the process, however it ends."""
    handle = os.open(folder / "sandbox.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise SandboxBusyError(f"another process already runs a sandbox on {folder}") from None
    return handle


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; else every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def _url(host: str, port: int) -> str:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
