"""What both engines promise, and what a unit of work is.

A unit of work is a coroutine function of a transaction that waits for nothing but that transaction. On
PostgreSQL it runs on the event loop; on SQLite the writer thread drives it to its end without an event
loop, because there every step is done at once. So each query and each rule around it is written once.

Writes of many callers share one synced transaction (group commit). A *batch operation* gets all items that
waited for it at that moment, so that one statement serves them all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import Any, Protocol, TypeVar

from trunkline.model.events import NewEvent
from trunkline.store.load import Load
from trunkline.store.queries import Query

Row = tuple[Any, ...]
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")


class StoreUnavailable(Exception):
    """The store can not take this now (disk full, server away). Nothing of the unit of work was kept."""


class StoreBusy(StoreUnavailable):
    """Too many writes wait already; the caller should slow down."""


class StoreBroken(StoreUnavailable):
    """The disk failed or the file is damaged. The process must end: no failed sync is ever tried again."""


class Rank(Enum):
    """Who is refused when not everything can be written."""

    ESSENTIAL = auto()  # what becomes of messages that are here: only when nothing more can wait at all
    REPEATED = auto()  # posts of providers, which come again: while the disk is full, too
    NEW = auto()  # new messages: long before


class Conflict(Exception):
    """Another process changed the same rows meanwhile; the unit of work can be run again."""


class Tx(Protocol):
    """An open transaction. Values go by name; many rows as tuples in the order of `query.params`."""

    async def fetch(self, query: Query, **values: Any) -> list[Row]: ...

    async def fetch_one(self, query: Query, **values: Any) -> Row | None: ...

    async def execute(self, query: Query, **values: Any) -> None: ...

    async def execute_many(self, query: Query, rows: Sequence[Row]) -> None: ...

    async def fetch_many(self, query: Query, rows: Sequence[Row]) -> list[Row]:
        """Run the query once for each row of values; all rows that it returned, together."""

    async def tell(self, news: str) -> None:
        """Every process that hears gets this text (up to 7,000 bytes) once the transaction is committed."""

    def emit(self, *events: NewEvent) -> None:
        """Append to the accounts' event logs, as the last step before the commit (`store/events.py`)."""


Work = Callable[[Tx], Awaitable[T]]
Hearer = Callable[[str], None]
"""Given the text of each piece of news; `MISSED` when some may have been lost."""

MISSED = ""

BatchWork = Callable[[Tx, Sequence[Item]], Awaitable[Sequence[Result]]]
Operation = TypeVar("Operation", bound=Callable[..., Any])

FIRST: set[Callable[..., Any]] = set()
"""Batch operations that lock the leases of numbers. They run before the others of their transaction, since
whoever stops messages locks leases before messages, too: so none waits for another in a circle."""


def comes_first(operation: Operation) -> Operation:
    FIRST.add(operation)
    return operation


class Store(Protocol):
    """An opened database of either engine."""

    engine: str
    load: Load
    broken: asyncio.Event
    """Set, on the event loop, once `load.broken` says why this process must end."""
    is_shared: bool
    """Whether other processes may use the database at the same time."""

    async def read(self, work: Work[T]) -> T:
        """Run a unit of work that only reads, on a snapshot of what is committed."""

    async def write(self, work: Work[T]) -> T:
        """Run a unit of work inside the next shared transaction. Returns after the commit is synced."""

    async def batch(
        self,
        operation: BatchWork[Item, Result],
        item: Item,
        *,
        weight: int = 1,
        rank: Rank = Rank.ESSENTIAL,
    ) -> Result:
        """Add one item to the operation's next batch; its own result, after the commit is synced.

        When a batch fails its items are tried one by one, so that a bad one harms only itself. `weight` is
        about how many rows the item is.
        """

    def hear(self, hearer: Hearer) -> None:
        """Give news of every process, this one too, to `hearer`, on the event loop, from now on."""

    async def close(self) -> None:
        """Finish what was handed in, then close. Later calls raise `StoreUnavailable`."""
