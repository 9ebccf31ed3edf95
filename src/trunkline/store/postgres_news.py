"""News between the processes that share a PostgreSQL: LISTEN on a connection of its own.

NOTIFY is part of a transaction, so news come after the commit that they speak of, or not at all. They are not
kept for a listener that is away; so whoever listens again is told that some may be missing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from trunkline.store.contract import MISSED, Hearer, StoreUnavailable
from trunkline.store.queries import load

log = logging.getLogger("trunkline")

CHANNEL = "trunkline"
AGAIN_SECONDS = 1.0
PROBE_SECONDS = 5.0
"""A connection on which nothing comes looks the same as one that is cut: it is asked."""

_Q = load("news")
TELL = _Q["tell"]


class Listener:
    """Runs until it is stopped. `connect` opens a connection; `unavailable` are the faults of one."""

    def __init__(
        self, connect: Callable[[], Awaitable[Any]], unavailable: tuple[type[Exception], ...], hearer: Hearer
    ) -> None:
        self._connect = connect
        self._unavailable: tuple[type[Exception], ...] = (StoreUnavailable, *unavailable)
        self._hearer = hearer
        self._task = asyncio.create_task(self._run(), name="store-news")

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except self._unavailable:
                pass
            except Exception as fault:
                log.error("news of other processes: a fault of ours, it goes on", exc_info=fault)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        connection = await self._connect()
        try:
            await connection.add_listener(
                CHANNEL, lambda _connection, _pid, _channel, text: self._hearer(text)
            )
            self._hearer(MISSED)
            while True:
                await asyncio.sleep(PROBE_SECONDS)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()
