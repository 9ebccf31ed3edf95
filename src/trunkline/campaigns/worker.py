"""WORKER: the campaigns that this process looks after; it finds them, begins a run for each, and ends it.

Of the living processes with the role, each campaign prefers one (`membership.py`). News wake it; what is not
heard of is found by looking.
"""

import asyncio

from trunkline.campaigns.run import CampaignRun, Check
from trunkline.loops import STORE_RETRY_SECONDS, for_ever
from trunkline.membership import Membership
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns
from trunkline.templates.book import TemplateBook

RESCUE_SECONDS = 5.0

Key = tuple[str, str]
"""Account and campaign."""


class CampaignWorker:
    """One loop, and a task for each campaign."""

    def __init__(
        self,
        runtime: Runtime,
        membership: Membership,
        dispatcher: Dispatcher,
        book: TemplateBook,
        check: Check,
    ) -> None:
        self._runtime = runtime
        self._membership = membership
        self._dispatcher = dispatcher
        self._book = book
        self._check = check
        self._wake = asyncio.Event()
        self._runs: dict[Key, tuple[CampaignRun, asyncio.Task[None]]] = {}
        self._task: asyncio.Task[None] | None = None
        runtime.tally.gauge("campaigns_here", lambda: len(self._runs))

    def start(self) -> None:
        self._task = asyncio.create_task(for_ever(self._runtime.clock, "campaigns", self._look, 0.0))

    def changed(self, account_id: str, campaign_id: str) -> None:
        """Somebody did something to a campaign."""
        run = self._runs.get((account_id, campaign_id))
        if run is not None:
            run[0].look_soon()
        self._wake.set()

    def about(self, account_id: str) -> None:
        """Templates of an account were changed."""
        for key, (run, _) in self._runs.items():
            if key[0] == account_id:
                run.look_soon()

    def look_soon(self) -> None:
        """News were missed, or somebody left."""
        for run, _ in self._runs.values():
            run.look_soon()
        self._wake.set()

    async def stop(self) -> None:
        tasks = [task for _, task in self._runs.values()] + ([self._task] if self._task else [])
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        self._wake.clear()
        try:
            found = await self._runtime.store.read(self._open)
        except Exception:
            await asyncio.sleep(STORE_RETRY_SECONDS)
            raise
        mine = [key for key in found if self._membership.is_mine(f"campaign {key[1]}", "campaigns")]
        for key in [key for key in self._runs if key in found and key not in mine]:
            self._runs[key][1].cancel()
        for key in mine:
            if key not in self._runs:
                self._begin(key)
        await self._wait()

    async def _wait(self) -> None:
        """In real time, as others come and go in it."""
        try:
            async with asyncio.timeout(RESCUE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _open(self, tx: Tx) -> list[Key]:
        accounts = list(self._runtime.directory.accounts)
        return [(one.account_id, one.id) for of in accounts for one in await campaigns.open_of(tx, of)]

    def _begin(self, key: Key) -> None:
        run = CampaignRun(self._runtime, self._dispatcher, self._book, self._check, key)
        task = asyncio.create_task(run.go(), name=f"campaign {key[1]}")
        self._runs[key] = (run, task)
        task.add_done_callback(lambda _: self._end(key))

    def _end(self, key: Key) -> None:
        del self._runs[key]
        if self._task is not None:
            self._wake.set()  # it may have been opened again meanwhile
