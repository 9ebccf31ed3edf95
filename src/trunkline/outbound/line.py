"""The line of one number: what waits in memory, and the way to what waits in the store alone.

In come messages that accept handed over after their commit, and what a look into the store finds: at the
start, when a schedule is due, when more waited than memory takes, and once a minute whatever nobody handed
over. Whoever is handed over while the store is read, or while more waits there, goes behind that.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from trunkline.outbound.lanes import Lanes
from trunkline.runtime import Runtime
from trunkline.store import attempts, messages
from trunkline.store.attempts import OpenAttempt
from trunkline.store.messages import Waiting

IN_MEMORY = 10_000
"""Waiting messages of one number that are held in memory; the rest is read from the store in turn."""

AT_MOST_IN_MEMORY = 100_000
"""The same without cutting short the lines of single recipients."""

PAGE = 1_000
RESCUE_SECONDS = 60.0


class Line:
    """Empty until `make` was called; what is added before that is found then."""

    def __init__(self, runtime: Runtime, account_id: str, number_id: str) -> None:
        self.wake = asyncio.Event()
        """Set when something may go that could not before."""
        self._runtime = runtime
        self._number = (account_id, number_id)
        self._lanes = Lanes()
        self._more_in_store = True
        self._meanwhile: list[Waiting] | None = None
        self._reading = asyncio.Lock()
        self._rescue_at = 0.0

    def add(self, message: Waiting) -> None:
        if self._meanwhile is not None:
            self._meanwhile.append(message)
        elif self._more_in_store or not self._has_room(IN_MEMORY):
            self._more_in_store = True  # its turn comes when the store is read again
        else:
            self._lanes.add(message, self._runtime.clock.now())
            self.wake.set()

    def take(self) -> Waiting | None:
        return self._lanes.take(self._runtime.clock.now())

    def put_back(self, message: Waiting, seconds: float) -> None:
        now = self._runtime.clock.now()
        self._lanes.put_back(message, now + int(seconds * 1000) + 1, now)
        self.wake.set()

    def free(self, recipient: str, message_id: str) -> None:
        self._lanes.free(recipient, message_id, self._runtime.clock.now())
        self.wake.set()

    def seconds_to_next(self) -> float | None:
        """Until the earliest resting lane may go on."""
        wake_at = self._lanes.next_wake()
        return None if wake_at is None else max(0.0, (wake_at - self._runtime.clock.now()) / 1000)

    async def make(self) -> None:
        """Anew from the store: lanes in doubt are blocked, the rest is in its order. Nothing may be out."""
        async with self._read_alone():
            blocked = await self._in_doubt()
            self._lanes = Lanes()
            for attempt in blocked:
                self._lanes.block(attempt.recipient, attempt.message_id)
            await self._read()
            # A doubt that ended between the answer above and its block told a lane that was not blocked yet.
            still = {attempt.message_id for attempt in await self._in_doubt()}
            for attempt in blocked:
                if attempt.message_id not in still:
                    self.free(attempt.recipient, attempt.message_id)

    async def look(self) -> None:
        """Schedules that are due; the rest of a line that was too long; now and then all that waits."""
        await self._wake_scheduled()
        is_rescue = self._runtime.clock.monotonic() >= self._rescue_at
        if (self._more_in_store and self._has_room(IN_MEMORY // 2)) or is_rescue:
            async with self._read_alone():
                await self._read()

    @contextlib.asynccontextmanager
    async def _read_alone(self) -> AsyncIterator[None]:
        async with self._reading:
            self._meanwhile, self._more_in_store = [], True
            try:
                yield
            finally:
                meanwhile, self._meanwhile = self._meanwhile, None
                for message in meanwhile:
                    self.add(message)
                self.wake.set()

    async def _read(self) -> None:
        """Add to the line from the store, oldest first; what is here already stays where it is."""
        self._rescue_at = self._runtime.clock.monotonic() + RESCUE_SECONDS
        after = ""
        while self._has_room(IN_MEMORY):
            found = await self._page(after)
            now = self._runtime.clock.now()
            for message in found:
                self._lanes.add(message, now)
            self.wake.set()
            if len(found) < PAGE:
                self._more_in_store = False
                return
            after = found[-1].id

    def _has_room(self, limit: int) -> bool:
        return self._lanes.counted < limit and len(self._lanes) < AT_MOST_IN_MEMORY

    async def _page(self, after: str) -> list[Waiting]:
        return await self._runtime.store.read(lambda tx: messages.waiting(tx, *self._number, after, PAGE))

    async def _in_doubt(self) -> list[OpenAttempt]:
        return await self._runtime.store.read(lambda tx: attempts.open_of_number(tx, *self._number))

    async def _wake_scheduled(self) -> None:
        store, now = self._runtime.store, self._runtime.clock.now()
        if await store.read(lambda tx: messages.has_scheduled(tx, *self._number, now)):
            for message in await store.write(lambda tx: messages.wake(tx, *self._number, now, PAGE)):
                self.add(message)
