"""WATCH: since when providers could reach us without a gap.

A status that never came proves something only while it could have come. Every process that takes hooks beats
every few seconds; the row `hooks` says since when nothing was missed: not while no process ran, nor while one
stood still, nor when a post was turned away. Read by `outbound/doubts.py`.
"""

import asyncio
import contextlib

from trunkline.clock import VirtualClock
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, watches

HOOKS = "hooks"
BEAT_SECONDS = 5.0
GAP_SECONDS = 15.0
_PAUSE_SECONDS = 0.5


class HookWatch:
    """One for each process that takes hooks. It waits in real time: providers do not wait by our clock."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._is_anew = True  # nobody knows what came while this process did not run
        self._wake = asyncio.Event()
        self._beat_at = 0.0
        self._seen_at = 0

    def broke(self) -> None:
        """A provider's post was turned away."""
        self._is_anew = True
        self._wake.set()

    async def run(self) -> None:
        """Until the task is canceled."""
        while True:
            self._wake.clear()
            try:
                await self.beat()
            except StoreUnavailable as fault:
                log.warning("the watch of the hooks: left to the next time: %s", fault)
                await asyncio.sleep(_PAUSE_SECONDS)
            except Exception as fault:
                log.error("the watch of the hooks: a fault of ours, it goes on", exc_info=fault)
                await asyncio.sleep(_PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), BEAT_SECONDS)

    async def beat(self) -> None:
        """Nothing was missed until now; or it begins anew."""
        beat_at, now = asyncio.get_running_loop().time(), self._runtime.clock.now()
        is_anew = self._is_anew or self._gap(beat_at, now) > GAP_SECONDS
        self._is_anew = False
        try:
            await self._runtime.store.write(lambda tx: watches.keep(tx, HOOKS, now, anew=is_anew))
        except BaseException:
            self._is_anew = self._is_anew or is_anew
            raise
        self._beat_at, self._seen_at = beat_at, now

    def _gap(self, beat_at: float, now: int) -> float:
        """Seconds since the last beat. A machine that slept shows in its calendar, not in the loop's time."""
        by_loop = beat_at - self._beat_at
        if isinstance(self._runtime.clock, VirtualClock):  # put forward, it did not stand still
            return by_loop
        return max(by_loop, (now - self._seen_at) / 1000)
