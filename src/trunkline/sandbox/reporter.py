"""Posts the statuses of taken messages when they are due, and again until somebody takes them.

In comes a row of the ledger (`sending.py` after the commit, or the ledger itself at start); out go signed
webhooks. One message's statuses are posted one after the other, so their order is that of its plan. What
is pending lives in memory up to a limit and in the ledger beyond it; after a crash the rest is posted from
there.
"""

import asyncio
import heapq
import logging

from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.statuses import Taken, build_envelope, build_status

_log = logging.getLogger(__name__)


class _Pending:
    """A message with statuses still to come."""

    __slots__ = ("attempts", "first_due", "first_posted", "taken")

    def __init__(self, taken: Taken, first_posted: asyncio.Event | None) -> None:
        self.taken = taken
        self.attempts = 0
        self.first_due = 0
        self.first_posted = first_posted


class _Outage:
    """A callback that does not answer. One message keeps knocking, the others wait for it."""

    __slots__ = ("knocking", "waiting")

    def __init__(self, knocking: _Pending) -> None:
        self.knocking = knocking
        self.waiting: list[_Pending] = []


class Reporter:
    """Runs between `start` and `stop`."""

    def __init__(self, runtime: Runtime) -> None:
        self._settings = runtime.settings
        self._clock = runtime.clock
        self._ledger = runtime.ledger
        self._poster = runtime.poster
        self._state = runtime.state
        self._identity = runtime.identity
        self._due: list[tuple[int, int, _Pending]] = []
        self._known: set[int] = set()
        self._outages: dict[str, _Outage] = {}
        self._posting: set[asyncio.Task[None]] = set()
        self._more_in_ledger = True
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Posts that are under way are given up; the ledger knows that they are open."""
        tasks = [*self._posting, *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._ledger.flush()

    def add(self, taken: Taken, first_posted: asyncio.Event | None = None) -> None:
        """Take over a message, or leave it to the ledger. `first_posted` is set after its first status."""
        if not taken.plan.steps or taken.id in self._known:
            return
        if len(self._known) >= self._settings.pending_in_memory:
            self._more_in_ledger = True
            return
        self._known.add(taken.id)
        self._schedule_step(_Pending(taken, first_posted))

    def try_again(self) -> None:
        """A callback was changed: whoever waits for the old one goes to the new one."""
        outages, self._outages = self._outages, {}
        for outage in outages.values():
            self._release(outage)

    @property
    def callbacks_down(self) -> list[str]:
        return list(self._outages)

    async def _run(self) -> None:
        while True:
            if self._more_in_ledger and len(self._known) <= self._settings.pending_in_memory // 2:
                await self._refill()
            self._wake.clear()
            self._start_due()
            full = len(self._posting) >= self._settings.callbacks_in_flight
            await self._clock.wait(self._due[0][0] if self._due and not full else None, self._wake)

    async def _refill(self) -> None:
        limit = self._settings.pending_in_memory
        before = set(self._known)
        rows = await self._ledger.read_open(limit)
        self._more_in_ledger = len(rows) == limit
        for taken in rows:
            # Those that were finished meanwhile still look open in what was read.
            if taken.id not in before:
                self.add(taken)

    def _start_due(self) -> None:
        now = self._clock.now()
        while (
            self._due and self._due[0][0] <= now and len(self._posting) < self._settings.callbacks_in_flight
        ):
            _, _, pending = heapq.heappop(self._due)
            task = asyncio.get_running_loop().create_task(self._report(pending))
            self._posting.add(task)
            task.add_done_callback(self._finish)

    def _finish(self, task: "asyncio.Task[None]") -> None:
        self._posting.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a status could not be posted; it will be after a restart", exc_info=error)

    async def _report(self, pending: _Pending) -> None:
        taken = pending.taken
        url = self._state.callback_of(taken.phone_number_id, self._identity.waba_id)
        if url is None:
            # Nobody subscribed: Meta does not keep webhooks for later either.
            self._advance(pending)
            return
        outage = self._outages.get(url)
        if outage is not None and outage.knocking is not pending:
            outage.waiting.append(pending)
            return
        status = await self._poster.post(url, self._build(taken))
        if status is None:
            self._note_outage(url, pending)
        elif (outage := self._outages.pop(url, None)) is not None:
            self._release(outage)
        if status == 200:
            self._advance(pending)
        elif status is not None or self._outages[url].knocking is pending:
            self._retry(pending)

    def _build(self, taken: Taken) -> bytes:
        waba_id = self._identity.waba_id
        members = build_status(taken, taken.reported, waba_id, user_ids=self._settings.user_ids)
        digits = self._identity.display_phone_number
        return build_envelope(waba_id, digits, taken.phone_number_id, members)

    def _note_outage(self, url: str, pending: _Pending) -> None:
        outage = self._outages.setdefault(url, _Outage(pending))
        if outage.knocking is not pending:
            outage.waiting.append(pending)

    def _release(self, outage: _Outage) -> None:
        for pending in outage.waiting:
            self._schedule(pending, self._clock.now())

    def _advance(self, pending: _Pending) -> None:
        taken = pending.taken
        taken.reported += 1
        self._ledger.record_progress(taken)
        if pending.first_posted is not None:
            pending.first_posted.set()
        if taken.reported < len(taken.plan.steps):
            self._schedule_step(pending)
        else:
            self._known.discard(taken.id)
            self._wake.set()

    def _retry(self, pending: _Pending) -> None:
        ladder = self._settings.retry_ladder_seconds
        wait = ladder[min(pending.attempts, len(ladder) - 1)]
        pending.attempts += 1
        at = self._clock.now() + round(wait * 1000)
        if at - pending.first_due > self._settings.retry_for_seconds * 1000:
            self._advance(pending)
            self.try_again()  # it may have been the one that knocked for all
        else:
            self._schedule(pending, at)

    def _schedule_step(self, pending: _Pending) -> None:
        taken = pending.taken
        pending.attempts = 0
        pending.first_due = taken.taken_at + taken.plan.steps[taken.reported].due
        self._schedule(pending, pending.first_due)

    def _schedule(self, pending: _Pending, at: int) -> None:
        heapq.heappush(self._due, (at, pending.taken.id, pending))
        if self._due[0][2] is pending:
            self._wake.set()
