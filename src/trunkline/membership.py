"""Which processes share the database, and which of them does what only one should do.

Every process renews its row in `processes` by the database's clock, and sees from the others' who lives. What
only one should do is spread by rendezvous hashing: each thing prefers one of the living processes that have
the role for it, so that when processes come or go only those things move that have to.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterable, Sequence, Set

from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, processes
from trunkline.store.processes import Process

BEAT_SECONDS = 4.0
LOOK_SECONDS = 0.5
KNOWN_SECONDS = 1.5
"""After so long, all others have looked, or trust no older look."""


class Membership:
    """Of this process. All waits are real time, as the database's clock is real."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._roles = ",".join(runtime.settings.roles())
        self._host = os.uname().nodename
        self._beat_at = 0.0
        self._looked_at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self.living: Sequence[Process] = [Process(runtime.process_id, self._host, self._roles, 0)]
        """As they were half a second ago; this process among them."""

    @property
    def is_alone(self) -> bool:
        """Whoever could not look lately may have missed somebody who came, and is not."""
        if not self._runtime.store.is_shared:
            return True
        return len(self.living) <= 1 and _now() - self._looked_at < KNOWN_SECONDS

    def met(self) -> None:
        """Somebody is there, whatever the last look saw: who froze for long is forgotten until it beats."""
        self._looked_at = float("-inf")

    async def start(self) -> None:
        """Returns when every other process knows of this one: from then on it may take messages."""
        await self.look()
        if self._runtime.store.is_shared:
            self._task = asyncio.create_task(self._run(), name="membership")
            if not self.is_alone:
                await asyncio.sleep(KNOWN_SECONDS)

    async def look(self) -> None:
        """See who lives, and say that we do when it is time."""
        now = _now()
        if now >= self._beat_at:
            await self._runtime.store.write(self._beat)
            self._beat_at = now + BEAT_SECONDS
        if self._runtime.store.is_shared:
            asked_at = _now()
            self.living = await self._runtime.store.read(processes.living)
            self._looked_at = asked_at

    def preferred(self, thing: str, role: str, without: Set[str] = frozenset()) -> str:
        """The id of the process that should do this; empty when none has the role."""
        able = (process.id for process in self.living if role in process.roles.split(","))
        return _winner(thing, (process_id for process_id in able if process_id not in without))

    def is_mine(self, thing: str, role: str) -> bool:
        return self.preferred(thing, role) == self._runtime.process_id

    async def leave(self) -> None:
        """The last act: the others need not wait until we are not heard of."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._runtime.store.write(lambda tx: processes.leave(tx, self._runtime.process_id))
        except StoreUnavailable as fault:
            log.warning("others will see only by our silence that we left: %s", fault)

    async def _beat(self, tx: Tx) -> None:
        await processes.beat(tx, self._runtime.process_id, self._host, self._roles)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except StoreUnavailable as fault:
                log.warning("who else lives is not known now: %s", fault)
            except Exception as fault:
                log.error("membership: a fault of ours, it goes on", exc_info=fault)


def _winner(thing: str, able: Iterable[str]) -> str:
    return max(able, key=lambda process_id: _score(thing, process_id), default="")


def _score(thing: str, process_id: str) -> bytes:
    return hashlib.blake2b(f"{thing} {process_id}".encode(), digest_size=8).digest()


def _now() -> float:
    return asyncio.get_running_loop().time()
