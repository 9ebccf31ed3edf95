"""Group commit: the part that both engines share.

In come jobs, each an operation with one item. `apply` runs them inside one open transaction, all items of
an operation together behind a savepoint; the engine then commits once and gives each caller its outcome.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from trunkline.store.contract import BatchWork, StoreUnavailable, Tx

MAX_PENDING = 20_000
"""Jobs that may wait before callers are told to slow down: at 350 bytes each a few MiB."""

MAX_GROUP = 1_000
"""Jobs in one transaction: beyond this a commit's latency grows and nothing is gained."""

LINGER_SECONDS = 0.002
"""How long the first job waits for company. Without it a quiet gateway pays a sync for every row."""


class Job:
    """One item for an operation, and where its outcome goes."""

    __slots__ = ("error", "item", "operation", "result", "waiter")

    def __init__(self, operation: BatchWork[Any, Any], item: Any, waiter: Any) -> None:
        self.operation = operation
        self.item = item
        self.waiter = waiter
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


class Savepoints(Protocol):
    """A transaction in which a part can be undone."""

    async def part(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        """Run `work`; when it raises, undo just what it did and raise on."""


async def apply(tx: Savepoints, jobs: Sequence[Job]) -> None:
    """Run every job inside the open transaction; outcomes are put on the jobs."""
    groups: dict[Any, list[Job]] = {}
    for job in jobs:
        groups.setdefault(job.operation, []).append(job)
    for group in groups.values():
        await _apply_group(tx, group)


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
