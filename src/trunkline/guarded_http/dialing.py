"""Looking a name up, and connecting to an address: the two steps that the guard stands between.

Tests put their own in place of both, and see there what would have been dialed.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import NamedTuple

_MOST_LOOKUPS = 512
"""Each in a thread. More than slow endpoints can hold up: they have some hundred posts out, and a look-up
that nobody answers goes on for a while when its post was given up."""


class Dialed(NamedTuple):
    """A TCP connection, and the address of its other end as the system tells it."""

    sock: socket.socket
    peer: str


Resolve = Callable[[str], Awaitable[list[str]]]
"""A host's name → its addresses; `OSError` when it has none."""
Dial = Callable[[str, int], Awaitable[Dialed]]
"""An address (never a name) and a port → the connection, or `OSError`."""


async def dial(address: str, port: int) -> Dialed:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
        return Dialed(sock, sock.getpeername()[0])
    except BaseException:
        sock.close()
        raise


class Names:
    """Looks names up in threads of its own, one at a time for each name.

    The event loop's own threads are few: names whose servers do not answer would keep everybody waiting, and
    an ending process would wait for them.
    """

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[list[str]]] = {}
        self._slots = asyncio.Semaphore(_MOST_LOOKUPS)

    async def resolve(self, host: str) -> list[str]:
        task = self._running.get(host)
        if task is None:
            task = self._running[host] = asyncio.create_task(self._look_up(host))
            task.add_done_callback(lambda done: self._forget(host, done))
        return await asyncio.shield(task)  # others may wait for it too

    def _forget(self, host: str, done: asyncio.Task[list[str]]) -> None:
        del self._running[host]
        if not done.cancelled():
            done.exception()  # whoever asked may have gone away meanwhile

    async def _look_up(self, host: str) -> list[str]:
        async with self._slots:
            loop = asyncio.get_running_loop()
            found: asyncio.Future[list[str]] = loop.create_future()
            threading.Thread(target=_ask, args=(host, loop, found), daemon=True).start()
            return await found


def _ask(host: str, loop: asyncio.AbstractEventLoop, found: asyncio.Future[list[str]]) -> None:
    result: list[str] | OSError
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        result = list(dict.fromkeys(str(row[4][0]) for row in rows))
    except (OSError, ValueError) as error:  # ValueError: not a name that DNS can carry
        result = error if isinstance(error, OSError) else OSError(str(error))
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(_tell, found, result)


def _tell(found: asyncio.Future[list[str]], result: list[str] | OSError) -> None:
    if found.done():
        return
    if isinstance(result, OSError):
        found.set_exception(result)
    else:
        found.set_result(result)
