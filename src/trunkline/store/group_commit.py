"""Group commit: the part that both engines share.

In come jobs, each an operation with one item. They wait in the `Backlog`, which counts rows and refuses what
would be too many. `apply` runs a group of them inside one open transaction, all items of an operation
together behind a savepoint, and appends what they emitted to the event log; the engine then commits once and
gives each caller its outcome.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, Protocol

from trunkline.model.events import NewEvent
from trunkline.store import events
from trunkline.store.contract import FIRST, BatchWork, Rank, StoreBroken, StoreBusy, StoreUnavailable, Tx
from trunkline.store.load import Load

MAX_PENDING = 20_000
"""Rows that may wait before everybody is told to slow down: at 350 bytes each a few MiB."""

MAX_NEW = 5_000
"""Rows at which new work is refused. The rest is for what became of the work that is here."""

MAX_GROUP = 1_000
"""Rows in one transaction: beyond this a commit's latency grows and nothing is gained."""

AHEAD_SECONDS = 0.5
"""New work is welcome while what waits can be written in so long."""

STALLED_SECONDS = 1.0
"""A commit that takes longer tells of trouble: nobody is let in behind it, and when it fails all who waited
are told so rather than tried one group after the other."""

LINGER_SECONDS = 0.002
"""How long the first job waits for company. Without it a quiet gateway pays a sync for every row."""

_FADING = 0.9
"""What a commit counts for when the next one is counted."""


class Job:
    """One item for an operation, and where its outcome goes."""

    __slots__ = ("error", "item", "operation", "rank", "result", "waiter", "weight")

    def __init__(
        self,
        operation: BatchWork[Any, Any],
        item: Any,
        waiter: Any,
        weight: int = 1,
        rank: Rank = Rank.ESSENTIAL,
    ) -> None:
        self.operation = operation
        self.item = item
        self.waiter = waiter
        self.weight = weight
        self.rank = rank
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Give the caller its outcome. Runs on the event loop."""
        if self.waiter.done():  # the caller was canceled; the write stands
            return
        if self.error is not None:
            self.waiter.set_exception(self.error)
        else:
            self.waiter.set_result(self.result)


class Backlog:
    """What waits for the writer, and how the writer gets on. The engine guards it where it has threads."""

    def __init__(self) -> None:
        self.load = Load(ahead_limit=MAX_GROUP)
        self._jobs: deque[Job] = deque()
        self._rows = 0.0  # of the last commits, those longer ago counting less
        self._seconds = 0.0

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def fills_a_group(self) -> bool:
        return self.load.waiting >= MAX_GROUP

    def admit(self, rank: Rank, weight: int) -> None:
        """Whether a job may come in. `StoreUnavailable` says why not; nothing of it is kept then."""
        load = self.load
        if load.broken is not None:
            raise StoreBroken(load.broken)
        if load.is_short and rank is not Rank.ESSENTIAL:
            raise StoreUnavailable("the disk is full")
        limit = MAX_NEW if rank is Rank.NEW else MAX_PENDING
        if load.waiting and load.waiting + weight > limit:
            raise StoreBusy(f"{load.waiting} rows wait already")

    def add(self, job: Job) -> None:
        self.load.waiting += job.weight
        self._jobs.append(job)

    def take(self) -> list[Job]:
        """The jobs of the next transaction, as they came: at least one, if any wait."""
        group: list[Job] = []
        rows = 0
        while self._jobs and (not group or rows + self._jobs[0].weight <= MAX_GROUP):
            group.append(self._jobs.popleft())
            rows += group[-1].weight
        return group

    def begin(self) -> None:
        """The group just taken is being written."""
        self.load.began_at = perf_counter()

    def end(self, group: list[Job], fault: StoreUnavailable | None) -> list[Job]:
        """The group is kept, or none of it is. The jobs to settle: with those that waited behind a stall."""
        load, seconds = self.load, perf_counter() - self.load.began_at
        load.began_at = 0.0
        load.failing = str(fault) if fault is not None else None
        rows = sum(job.weight for job in group)
        if fault is None:
            load.waiting -= rows
            self._learn(rows, seconds)
            load.commits.add(seconds, rows)
            return group
        if seconds > STALLED_SECONDS or isinstance(fault, StoreBroken):
            group = group + self._give_up()
            rows = sum(job.weight for job in group)
        load.waiting -= rows
        for job in group:
            job.error = fault
        return group

    def give_up(self, fault: StoreUnavailable) -> list[Job]:
        """Nobody is to wait longer: all jobs, with this outcome."""
        jobs = self._give_up()
        for job in jobs:
            job.error = fault
            self.load.waiting -= job.weight
        return jobs

    def _give_up(self) -> list[Job]:
        jobs = list(self._jobs)
        self._jobs.clear()
        return jobs

    def _learn(self, rows: int, seconds: float) -> None:
        self._rows = self._rows * _FADING + rows
        self._seconds = self._seconds * _FADING + seconds
        load = self.load
        load.rows_per_second = self._rows / max(self._seconds, 1e-6)
        # One group may always wait: where a single commit takes that long, less would be nothing at all.
        load.ahead_limit = int(min(MAX_NEW, max(MAX_GROUP, load.rows_per_second * AHEAD_SECONDS)))


class Savepoints(Tx, Protocol):
    """A transaction in which a part can be undone."""

    emitted: list[NewEvent]
    """By the parts that were not undone."""

    async def part(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        """Run `work`; when it raises, undo just what it did and raise on."""


class NotLogged(Exception):
    """The event log does not take an event of these jobs. Of several, each is to be tried alone."""


async def apply(tx: Savepoints, jobs: Sequence[Job]) -> None:
    """Run every job inside the open transaction; outcomes are put on the jobs."""
    groups: dict[Any, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.operation, []).append(job)
    for operation in sorted(groups, key=lambda operation: operation not in FIRST):
        await _apply_group(tx, groups[operation])
    if tx.emitted:
        await _append(tx)


async def _append(tx: Savepoints) -> None:
    try:
        await tx.part(lambda inner: events.append(inner, tx.emitted))
    except StoreUnavailable:
        raise
    except Exception as error:
        raise NotLogged(str(error)) from error


async def _apply_group(tx: Savepoints, group: list[Job]) -> None:
    operation, items = group[0].operation, [job.item for job in group]
    try:
        results = await tx.part(lambda inner: operation(inner, items))
    except StoreUnavailable:
        raise  # nobody's item is to blame; the whole transaction is over
    except Exception as error:
        if len(group) == 1:
            group[0].error = error
            return
        for job in group:  # one of them is bad: find it, keep the others
            await _apply_group(tx, [job])
    else:
        for job, result in zip(group, results, strict=True):
            job.result = result


def alone(work: Callable[[Tx], Awaitable[Any]]) -> BatchWork[None, Any]:
    """A unit of work as an operation of its own, for `Store.write`."""

    async def operation(tx: Tx, items: Sequence[None]) -> Sequence[Any]:
        return [await work(tx)]

    return operation
