"""PostgreSQL: one writing connection per process with group commit, a small pool for reads.

One writer is enough: a group is one round of pipelined statements, and two writers of one process could
only wait for each other's rows. Settings that carry a promise are checked on every connection
(docs/decisions/0004): without `fsync` and `synchronous_commit` an acknowledged message could be lost.

When a connection is lost during COMMIT, only the server knows whether it was done. It is asked before the
callers are told: a write that is said not to be kept must not turn up later.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import asyncpg

from trunkline.model import ids
from trunkline.model.events import NewEvent
from trunkline.store.contract import (
    BatchWork,
    Hearer,
    Item,
    Rank,
    Result,
    Row,
    StoreUnavailable,
    T,
    Tx,
    Work,
)
from trunkline.store.group_commit import LINGER_SECONDS, Backlog, Job, NotLogged, alone, apply
from trunkline.store.postgres_news import TELL, Listener
from trunkline.store.queries import Query

_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
    "application_name": "trunkline",
}
_PROMISED = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "remote_apply"},
    "data_sync_retry": {"off"},  # a sync that failed may lie the second time
}
_OLDEST = 150_000
_SORTS_ALIKE = "SELECT array_agg(pair ORDER BY pair) = $1 FROM unnest($1::text[]) AS pair"
_UNAVAILABLE = (
    OSError,  # with every time-out
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TransactionRollbackError,  # deadlocks
    asyncpg.InsufficientResourcesError,  # disk, memory, connections
    asyncpg.ObjectNotInPrerequisiteStateError,  # a lock held by others for too long
    asyncpg.OperatorInterventionError,  # a shutdown, and statements that took too long
    asyncpg.PostgresSystemError,
    asyncpg.InternalServerError,
)
"""Faults of the server or the way to it; what is not among them is the fault of what was asked."""

SILENCE_SECONDS = 15.0
"""How long a server may say nothing before it counts as gone."""

ASK_AGAIN_SECONDS = 0.2

_IN_DOUBT = "PostgreSQL is away, in the middle of a commit"


class PostgresTx:
    """A transaction on one connection; see `contract.py`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.emitted: list[NewEvent] = []

    async def fetch(self, query: Query, **values: Any) -> list[Row]:
        return cast("list[Row]", await self._connection.fetch(query.postgres, *query.row(values)))

    async def fetch_one(self, query: Query, **values: Any) -> Row | None:
        return cast("Row | None", await self._connection.fetchrow(query.postgres, *query.row(values)))

    async def execute(self, query: Query, **values: Any) -> None:
        await self._connection.execute(query.postgres, *query.row(values))

    async def execute_many(self, query: Query, rows: Sequence[Row]) -> None:
        if rows:
            await self._connection.executemany(query.postgres, rows)

    async def fetch_many(self, query: Query, rows: Sequence[Row]) -> list[Row]:
        return cast("list[Row]", await self._connection.fetchmany(query.postgres, rows)) if rows else []

    async def tell(self, news: str) -> None:
        await self.execute(TELL, news=news)

    def emit(self, *events: NewEvent) -> None:
        self.emitted.extend(events)

    async def part(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        emitted = len(self.emitted)
        try:
            async with self._connection.transaction():  # nested: a savepoint
                return await work(self)
        except _UNAVAILABLE as error:
            raise _unavailable(error) from error
        except BaseException:
            del self.emitted[emitted:]
            raise


class PostgresStore:
    """See `contract.Store`. Made by `connect`."""

    engine = "postgres"
    is_shared = True

    def __init__(self, url: str, pool: Any) -> None:
        self._url = url
        self._pool = pool
        self._backlog = Backlog()
        self.load = self._backlog.load
        self.broken = asyncio.Event()  # never set: a server that fails is restarted on its own
        self._wake = asyncio.Event()
        self._closing = False
        self._connection: Any = None
        self._in_doubt = False
        self._listeners: list[Listener] = []
        self._writer = asyncio.create_task(self._run(), name="store-writer")

    async def read(self, work: Work[T]) -> T:
        try:
            async with self._pool.acquire() as connection, _snapshot(connection):
                return await work(PostgresTx(connection))
        except _UNAVAILABLE as error:
            raise _unavailable(error) from error

    async def write(self, work: Work[T]) -> T:
        return cast("T", await self._submit(alone(work), None, 1, Rank.ESSENTIAL))

    async def batch(
        self,
        operation: BatchWork[Item, Result],
        item: Item,
        *,
        weight: int = 1,
        rank: Rank = Rank.ESSENTIAL,
    ) -> Result:
        return cast("Result", await self._submit(operation, item, weight, rank))

    def _submit(
        self, operation: BatchWork[Any, Any], item: Any, weight: int, rank: Rank
    ) -> "asyncio.Future[Any]":
        if self._closing:
            raise StoreUnavailable("the store is closing")
        if self._in_doubt:
            raise StoreUnavailable(_IN_DOUBT)
        self._backlog.admit(rank, weight)
        waiter = asyncio.get_running_loop().create_future()
        self._backlog.add(Job(operation, item, waiter, weight, rank))
        self._wake.set()
        return waiter

    def hear(self, hearer: Hearer) -> None:
        self._listeners.append(Listener(lambda: _connection(self._url), _UNAVAILABLE, hearer))

    async def close(self) -> None:
        for listener in self._listeners:
            await listener.stop()
        self._closing = True
        self._wake.set()
        await self._writer
        await self._pool.close()

    async def _run(self) -> None:
        while jobs := await self._next_group():
            failure = None
            self._backlog.begin()
            try:
                await self._commit(jobs)
            except Exception as error:
                self._hang_up()
                failure = _not_confirmed(error)
            _settle(self._backlog.end(jobs, failure))
        self._hang_up()

    async def _commit(self, jobs: list[Job]) -> None:
        """When it raises, nothing was kept."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await _connection(self._url)
        transaction = self._connection.transaction()
        await transaction.start()
        xid = await self._connection.fetchval("SELECT pg_current_xact_id()::text")
        try:
            await apply(PostgresTx(self._connection), jobs)
        except NotLogged as refused:
            await transaction.rollback()
            await self._each_alone(jobs, refused)
            return
        try:
            await transaction.commit()
        except _UNAVAILABLE:
            self._hang_up()
            if not await self._was_kept(xid):
                raise

    async def _each_alone(self, jobs: list[Job], refused: NotLogged) -> None:
        if len(jobs) == 1:
            jobs[0].error = cast("Exception", refused.__cause__)
            return
        for job in jobs:
            try:
                await self._commit([job])
            except Exception as error:
                self._hang_up()
                job.error = _not_confirmed(error)

    async def _was_kept(self, xid: str) -> bool:
        """What became of a transaction whose COMMIT got no answer; asked until the server says it."""
        self._in_doubt = True
        _settle(self._backlog.give_up(StoreUnavailable(_IN_DOUBT)))
        try:
            while not self._closing:
                with contextlib.suppress(StoreUnavailable, *_UNAVAILABLE):
                    fate = await _fate(self._url, xid)
                    if fate != "in progress":
                        return fate == "committed"
                await asyncio.sleep(ASK_AGAIN_SECONDS)
            return False
        finally:
            self._in_doubt = False

    def _hang_up(self) -> None:
        """Without a farewell: the server ends what was under way."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _next_group(self) -> list[Job]:
        """The jobs of the next transaction; empty when the store is closed and all is written."""
        while not self._backlog and not self._closing:
            self._wake.clear()
            await self._wake.wait()
        if not self._backlog.fills_a_group and not self._closing:
            await asyncio.sleep(LINGER_SECONDS)
        return self._backlog.take()


def _not_confirmed(error: Exception) -> StoreUnavailable:
    failure = StoreUnavailable(f"the write was not confirmed: {error}")
    failure.__cause__ = error
    return failure


def _settle(jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.settle()


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"PostgreSQL: {error or type(error).__name__}")


def _snapshot(connection: Any) -> Any:
    """A transaction in which all reads see the same moment."""
    return connection.transaction(isolation="repeatable_read", readonly=True)


async def connect(url: str) -> PostgresStore:
    """Open the store after checking the server's settings. `StoreUnavailable` says what is wrong."""
    try:
        pool = await asyncpg.create_pool(url, min_size=1, max_size=4, init=check_server, **_connecting())
    except (*_UNAVAILABLE, ValueError) as error:
        raise StoreUnavailable(f"PostgreSQL is not to be reached: {error}") from error
    return PostgresStore(url, pool)


async def _connection(url: str) -> Any:
    connection = await asyncpg.connect(url, **_connecting())
    try:
        await check_server(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


def _connecting() -> dict[str, Any]:
    return {"timeout": 3, "command_timeout": SILENCE_SECONDS, "server_settings": _SESSION}


async def _fate(url: str, xid: str) -> str | None:
    """`committed`, `aborted` or `in progress`; None from a server that never saw it."""
    connection = await asyncpg.connect(url, **_connecting())
    try:
        return cast("str | None", await connection.fetchval("SELECT pg_xact_status($1::text::xid8)", xid))
    except asyncpg.InvalidParameterValueError:  # a number that this server has not reached yet
        return None
    finally:
        connection.terminate()


async def check_server(connection: Any) -> None:
    """Refuse a server that is too old, could lose an acknowledged write, or has another order of ids."""
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < _OLDEST:
        raise StoreUnavailable(f"PostgreSQL 15 or newer is needed, this is {version // 10_000}")
    for name, allowed in _PROMISED.items():
        found = await connection.fetchval("SELECT current_setting($1)", name)
        if found not in allowed:
            raise StoreUnavailable(
                f"PostgreSQL has {name} = {found}; it must be {' or '.join(sorted(allowed))}"
            )
    if not await connection.fetchval(_SORTS_ALIKE, ids.pairs()):
        raise StoreUnavailable(
            "the database sorts text by the rules of a language in which ids are not in the order of time; "
            "make one by CREATE DATABASE name LOCALE 'C' TEMPLATE template0"
        )
