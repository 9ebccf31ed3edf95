"""Starts each dry run and run where it belongs, one at a time of an account and two at most in a process."""

import asyncio
import contextlib

from trunkline.audiences.imports.job import Job
from trunkline.audiences.imports.reader import ReaderFailed
from trunkline.loops import STORE_RETRY_SECONDS, for_ever
from trunkline.membership import Membership
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, imports

LOOK_SECONDS = 10.0
AT_ONCE = 2
AGAIN_SECONDS = 5.0
"""After a fault, so that it does not come at once again."""


class ImportWorker:
    """One loop, and a task for each import on its way."""

    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        self._runtime = runtime
        self._membership = membership
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        """Account → the one of its imports that this process is at."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(for_ever(self._runtime.clock, "imports", self._look, 0.0))

    def look_soon(self) -> None:
        """Some may have to be done."""
        self._wake.set()

    async def stop(self) -> None:
        """What is on its way goes on after the next start, where it stood."""
        tasks = [*self._running.values(), *([self._task] if self._task else [])]
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        self._wake.clear()
        try:
            for account_id in list(self._runtime.directory.accounts):
                if account_id not in self._running and len(self._running) < AT_ONCE:
                    await self._begin_next(account_id)
        except Exception:
            await asyncio.sleep(STORE_RETRY_SECONDS)
            raise
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._wake.wait()

    async def _begin_next(self, account_id: str) -> None:
        found = await self._runtime.store.read(lambda tx: imports.open_of(tx, account_id))
        mine = [each for each in found if self._membership.is_mine(f"import {each}", "campaigns")]
        if mine:
            task = asyncio.create_task(self._run(account_id, mine[0]), name="import")
            self._running[account_id] = task

    async def _run(self, account_id: str, import_id: str) -> None:
        try:
            row = await self._runtime.store.read(lambda tx: imports.get(tx, account_id, import_id))
            if row is not None and row.state in imports.OPEN:
                await Job(self._runtime, row).run()
        except (StoreUnavailable, ReaderFailed, OSError) as fault:
            log.warning("import %s: goes on later: %s", import_id, fault)
            await asyncio.sleep(AGAIN_SECONDS)
        except Exception as fault:
            log.error("import %s: a fault of ours, it is tried again", import_id, exc_info=fault)
            await asyncio.sleep(AGAIN_SECONDS)
        finally:
            del self._running[account_id]
            self._wake.set()
