"""Posts what the business has to hear when it is due, and again until somebody takes it.

In come rows of the ledger (`sends/` after the commit, or the ledger itself at start) and facts; out go signed
webhooks. One message's statuses are posted one after the other, so their order is that of its plan, and so
are the messages of one handset. Of the statuses that are pending, a limited number lives in memory and the
rest in the ledger; after a crash all are posted from there.
"""

import asyncio
import heapq
import logging
from collections import deque
from typing import Any
from weakref import WeakValueDictionary

import apsw
import msgspec
from msgspec.structs import replace

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.sends.ledger import Ledger
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.webhooks.contract import Gate, OpenGate, Passage
from trunkline.sandbox.webhooks.envelopes import Envelopes
from trunkline.sandbox.webhooks.faults import WebhookFault, WebhookFaults
from trunkline.sandbox.webhooks.jobs import Fact, Job, read_fact
from trunkline.sandbox.webhooks.outages import Outages
from trunkline.sandbox.webhooks.post import Mail
from trunkline.sandbox.webhooks.statuses import Step, Taken

_log = logging.getLogger(__name__)
_AT_A_TIME = 256
"""Webhooks that are looked at before others have a turn on the loop."""


class Reporter:
    """Runs between `start` and `stop`."""

    def __init__(  # noqa: PLR0913, PLR0917 - it stands between all of them
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        ledger: Ledger,
        envelopes: Envelopes,
        mail: Mail,
        faults: WebhookFaults,
    ) -> None:
        self.gate: Gate = OpenGate()
        self._settings = settings
        self._clock = clock
        self._database = database
        self._ledger = ledger
        self._envelopes = envelopes
        self._mail = mail
        self._faults = faults
        self._due: list[tuple[int, int, Job]] = []
        self._orders = 0
        self._known: dict[int, Taken] = {}
        self._let_go_of: set[int] | None = None
        """Messages that were finished or parked since a reading of the ledger began."""
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._lanes: dict[str, deque[Job]] = {}
        self._overtaken: dict[str, Job] = {}
        self._outages = Outages()
        self._posting: set[asyncio.Task[None]] = set()
        (last,) = database.read_now("read_last_webhook_id")[0]
        self._last_fact_id = int(last or 0)
        self._more_in_ledger = True
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        for row in self._database.read_now("read_webhooks"):
            self._add_fact(read_fact(row))
        self._loop = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Posts that are under way are given up; the ledger knows that they are open."""
        tasks = [*self._posting, *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._ledger.flush()

    @property
    def callbacks_down(self) -> list[str]:
        return self._outages.urls

    def report(self, taken: Taken, first_posted: asyncio.Event | None = None) -> None:
        """Take over a message, or leave it to the ledger."""
        if taken.reported >= len(taken.plan.steps) or taken.id in self._known:
            return
        if len(self._known) >= self._settings.pending_in_memory:
            self._more_in_ledger = True
            return
        self._known[taken.id] = taken
        self._schedule_step(Job(taken, first_posted))

    async def extend(self, taken: Taken, step: Step) -> None:
        if taken.id not in self._known:
            found = await self._ledger.find_taken(taken.wamid)
            taken = found[0] if found is not None else taken
        # The one at work here is the one whose progress is written down: it has to know of the step.
        taken = self._known.get(taken.id, taken)
        await self._ledger.extend(taken, step)
        self.report(taken)

    async def announce(self, field: str, value: dict[str, Any]) -> None:
        await self._keep(field, None, None, value)

    async def receive(
        self, phone_number_id: str, handset: str, members: dict[str, Any], field: str = "messages"
    ) -> None:
        await self._keep(field, phone_number_id, handset, members)

    async def release(self, handset: str) -> None:
        async with self._parking(handset):
            parked = await self._ledger.read_parked(handset)
            if parked:
                await self._ledger.unpark_all(handset)
            for taken in parked:
                taken.released_at = self._clock.now()
                self.report(taken)

    def try_again(self) -> None:
        self._schedule_now(self._outages.end_all())

    async def _keep(
        self, field: str, phone_number_id: str | None, handset: str | None, value: dict[str, Any]
    ) -> None:
        self._last_fact_id += 1
        written = msgspec.json.encode(value)
        fact = Fact(
            self._last_fact_id, field, phone_number_id, handset, msgspec.Raw(written), self._clock.now()
        )
        await self._database.write(
            "put_webhook", (fact.id, field, phone_number_id, handset, written, fact.created_at)
        )
        self._add_fact(fact)

    def _add_fact(self, fact: Fact) -> None:
        job = Job(fact)
        job.first_due = fact.created_at
        if fact.handset is not None:
            lane = self._lanes.setdefault(fact.handset, deque())
            lane.append(job)
            if lane[0] is not job:
                return
        self._schedule(job, fact.created_at)

    async def _run(self) -> None:
        while True:
            if self._more_in_ledger and len(self._known) <= self._settings.pending_in_memory // 2:
                await self._refill()
            self._wake.clear()
            self._start_due()
            full = len(self._posting) >= self._settings.callbacks_in_flight
            await self._clock.wait(self._next_due() if self._due and not full else None, self._wake)

    async def _refill(self) -> None:
        limit = self._settings.pending_in_memory
        before = set(self._known)
        finished: set[int] = set()
        self._let_go_of = finished
        self._more_in_ledger = False  # until a message finds no room while this reads
        try:
            rows = await self._ledger.read_open(limit)
        except apsw.Error:
            _log.exception("the ledger could not be read; it will be with the next webhook")
            self._more_in_ledger = True
            return
        finally:
            self._let_go_of = None
        self._more_in_ledger |= len(rows) == limit
        for taken in rows:
            # Those that were finished meanwhile still look open in what was read.
            if taken.id not in before and taken.id not in finished:
                self.report(taken)

    def _next_due(self) -> int:
        at = self._due[0][0]
        is_batch_full = len(self._due) >= self._settings.batch
        return at if is_batch_full else at + round(self._settings.batch_wait_seconds * 1000)

    def _start_due(self) -> None:
        now = self._clock.now()
        for _ in range(_AT_A_TIME):
            if not self._due or len(self._posting) >= self._settings.callbacks_in_flight:
                return
            if self._next_due() > now:
                return
            _, order, job = heapq.heappop(self._due)
            if order != job.order:
                continue  # it was scheduled anew
            if self._passage_of(job) is Passage.PASS and self._envelopes.url_of(job) is None:
                self._advance(job)  # at once: without a callback a load test is only held up by its statuses
                continue
            jobs = self._with_others(job, now)
            task = asyncio.get_running_loop().create_task(self._report(jobs))
            self._posting.add(task)
            task.add_done_callback(self._finish)

    def _with_others(self, job: Job, now: int) -> list[Job]:
        """The job and what else goes into the same post. Where faults wait, each is posted alone."""
        jobs = [job]
        if self._settings.batch > 1 and not self._faults.waiting:
            url = self._envelopes.url_of(job)
            while len(jobs) < self._settings.batch and self._due and self._due[0][0] <= now:
                if self._envelopes.url_of(self._due[0][2]) != url:
                    break
                _, order, other = heapq.heappop(self._due)
                if order == other.order:
                    jobs.append(other)
        return jobs

    def _finish(self, task: "asyncio.Task[None]") -> None:
        self._posting.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a webhook could not be posted; it will be after a restart", exc_info=error)

    async def _report(self, jobs: list[Job]) -> None:
        jobs = [job for job in jobs if await self._may_pass(job)]
        if not jobs:
            return
        url = self._envelopes.url_of(jobs[0])
        for job in jobs:
            self._schedule_now(self._outages.stop_knocking(job, but_at=url))
        if url is None:
            # Nobody subscribed: Meta does not keep webhooks for later either.
            for job in jobs:
                self._advance(job)
            return
        if self._outages.wait(url, jobs):
            return
        fault = self._choose_fault(jobs[0]) if len(jobs) == 1 else None
        if fault is not None and await self._is_put_off(jobs[0], url, fault):
            return
        await self._post(url, jobs, fault)

    async def _may_pass(self, job: Job) -> bool:
        """Whether this status can be reported now; what can not is moved on or put aside here."""
        passage = self._passage_of(job)
        if passage is Passage.SKIP:
            await self._leave_out(job)
        elif passage is Passage.PARK:
            self._schedule_now(self._outages.stop_knocking(job))
            await self._park(job)
        return passage is Passage.PASS

    def _passage_of(self, job: Job) -> Passage:
        if not isinstance(job.subject, Taken) or (status := job.status) is None:
            return Passage.PASS
        return self.gate.passage(job.subject, status)

    async def _park(self, job: Job) -> None:
        taken = job.subject
        assert isinstance(taken, Taken)
        async with self._parking(taken.recipient):
            await self._ledger.park(taken)
            self._let_go(taken)
            # The person may have come back while this was written, and found it still at work here.
            if self._passage_of(job) is not Passage.PARK:
                await self._ledger.unpark(taken.id)
                self.report(taken)

    async def _leave_out(self, job: Job) -> None:
        """Take the next status out of the plan; the one after it takes its place."""
        taken = job.subject
        assert isinstance(taken, Taken)
        steps, place = taken.plan.steps, taken.reported
        await self._ledger.change_plan(
            taken, replace(taken.plan, steps=(*steps[:place], *steps[place + 1 :]))
        )
        self._schedule_step(job)

    def _choose_fault(self, job: Job) -> WebhookFault | None:
        if job.faulted or not self._faults.waiting:
            return None
        fault = self._faults.take(field=job.field, status=job.status, handset=job.handset)
        job.faulted = fault is not None
        return fault

    async def _is_put_off(self, job: Job, url: str, fault: WebhookFault) -> bool:
        """Carry out the faults that keep a webhook from being posted now."""
        match fault.kind:
            case "drop":
                self._mail.note_dropped(url, job)
                self._advance(job)
            case "delay":
                self._schedule(job, self._clock.now() + round(fault.seconds * 1000))
            case "reorder":
                await self._let_overtake(job, url, fault)
            case _:
                return False
        return True

    async def _let_overtake(self, job: Job, url: str, fault: WebhookFault) -> None:
        """The next status of the message goes first; a fact waits for whatever else is posted next."""
        subject = job.subject
        if isinstance(subject, Taken):
            steps, place = list(subject.plan.steps), subject.reported
            steps[place : place + 2] = reversed(steps[place : place + 2])
            await self._ledger.change_plan(subject, replace(subject.plan, steps=tuple(steps)))
            self._schedule(job, max(self._clock.now(), subject.taken_at + steps[place].due))
            return
        self._overtaken[url] = job
        self._next_of_lane(job)
        self._schedule(job, self._clock.now() + round(fault.seconds * 1000))

    async def _post(self, url: str, jobs: list[Job], fault: WebhookFault | None) -> None:
        status = await self._mail.post(url, jobs, fault)
        if status is None:
            self._outages.begin(url, jobs)
        else:
            self._schedule_now(self._outages.end(url))
        for job in jobs:
            if status == 200:
                self._advance(job)
            elif status is not None or self._outages.is_knocking(url, job):
                self._retry(job)
        overtaken = self._overtaken.get(url)
        if overtaken is not None and overtaken not in jobs:
            del self._overtaken[url]
            self._schedule(overtaken, self._clock.now())

    def _advance(self, job: Job) -> None:
        """The webhook is behind us: taken, or given up."""
        self._schedule_now(self._outages.stop_knocking(job))
        if isinstance(job.subject, Fact):
            self._database.write("remove_webhook", (job.subject.id,))
            self._overtaken = {url: other for url, other in self._overtaken.items() if other is not job}
            self._next_of_lane(job)
            return
        taken = job.subject
        self._mail.note_status(taken)
        taken.reported += 1
        self._ledger.record_progress(taken)
        if job.first_posted is not None:
            job.first_posted.set()
        if taken.reported < len(taken.plan.steps):
            self._schedule_step(job)
        else:
            self._let_go(taken)
            self._wake.set()

    def _let_go(self, taken: Taken) -> None:
        self._known.pop(taken.id, None)
        if self._let_go_of is not None:
            self._let_go_of.add(taken.id)

    def _parking(self, handset: str) -> asyncio.Lock:
        """Held while messages are put aside for a person or taken up again."""
        return self._locks.setdefault(handset, asyncio.Lock())

    def _next_of_lane(self, job: Job) -> None:
        lane = self._lanes.get(job.handset or "")
        if lane is None or lane[0] is not job:
            return
        lane.popleft()
        if lane:
            self._schedule(lane[0], lane[0].first_due)
        else:
            del self._lanes[job.handset or ""]

    def _retry(self, job: Job) -> None:
        ladder = self._settings.retry_ladder_seconds
        wait = ladder[min(job.attempts, len(ladder) - 1)]
        job.attempts += 1
        at = self._clock.now() + round(wait * 1000)
        if at - job.first_due > self._settings.retry_for_seconds * 1000:
            self._advance(job)
        else:
            self._schedule(job, at)

    def _schedule_step(self, job: Job) -> None:
        taken = job.subject
        assert isinstance(taken, Taken)
        job.attempts = 0
        job.faulted = False
        job.first_due = taken.taken_at + taken.plan.steps[taken.reported].due
        self._schedule(job, job.first_due)

    def _schedule_now(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._schedule(job, self._clock.now())

    def _schedule(self, job: Job, at: int) -> None:
        """From now on this is the only moment at which the job is due."""
        self._orders = job.order = self._orders + 1
        heapq.heappush(self._due, (at, job.order, job))
        if self._due[0][2] is job or self._settings.batch > 1:
            self._wake.set()
