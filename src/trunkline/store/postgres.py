"""PostgreSQL: one writing connection per process with group commit, a small pool for reads.

One writer is enough: a group is one round of pipelined statements, and two writers of one process could
only wait for each other's rows. Settings that carry a promise are checked when the store is opened
(docs/decisions/0004): without `fsync` and `synchronous_commit` an acknowledged message could be lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import asyncpg

from trunkline.store.contract import BatchWork, Item, Result, Row, StoreBusy, StoreUnavailable, T, Tx, Work
from trunkline.store.group_commit import LINGER_SECONDS, MAX_GROUP, MAX_PENDING, Job, alone, apply
from trunkline.store.queries import Query

_SESSION = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "application_name": "trunkline",
}
_PROMISED = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply"}}
_OLDEST = 150_000
_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError)


class PostgresTx:
    """A transaction on one connection; see `contract.py`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, query: Query, **values: Any) -> list[Row]:
        return cast("list[Row]", await self._connection.fetch(query.postgres, *query.row(values)))

    async def fetch_one(self, query: Query, **values: Any) -> Row | None:
        return cast("Row | None", await self._connection.fetchrow(query.postgres, *query.row(values)))

    async def execute(self, query: Query, **values: Any) -> None:
        await self._connection.execute(query.postgres, *query.row(values))

    async def execute_many(self, query: Query, rows: Sequence[Row]) -> None:
        await self._connection.executemany(query.postgres, rows)

    async def fetch_many(self, query: Query, rows: Sequence[Row]) -> list[Row]:
        return cast("list[Row]", await self._connection.fetchmany(query.postgres, rows)) if rows else []

    async def part(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        async with self._connection.transaction():  # nested: a savepoint
            return await work(self)


class PostgresStore:
    """See `contract.Store`. Made by `connect`."""

    engine = "postgres"

    def __init__(self, url: str, pool: Any) -> None:
        self._url = url
        self._pool = pool
        self._pending: list[Job] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._writer = asyncio.create_task(self._run(), name="store-writer")

    async def read(self, work: Work[T]) -> T:
        try:
            async with self._pool.acquire() as connection, connection.transaction(readonly=True):
                return await work(PostgresTx(connection))
        except _LOST as error:
            raise StoreUnavailable(f"PostgreSQL: {error}") from error

    async def write(self, work: Work[T]) -> T:
        return cast("T", await self._submit(alone(work), None))

    async def batch(self, operation: BatchWork[Item, Result], item: Item) -> Result:
        return cast("Result", await self._submit(operation, item))

    def _submit(self, operation: BatchWork[Any, Any], item: Any) -> "asyncio.Future[Any]":
        if self._closing:
            raise StoreUnavailable("the store is closing")
        if len(self._pending) >= MAX_PENDING:
            raise StoreBusy(f"{MAX_PENDING} writes wait already")
        waiter = asyncio.get_running_loop().create_future()
        self._pending.append(Job(operation, item, waiter))
        self._wake.set()
        return waiter

    async def close(self) -> None:
        self._closing = True
        self._wake.set()
        await self._writer
        await self._pool.close()

    async def _run(self) -> None:
        connection = None
        while jobs := await self._next_group():
            try:
                if connection is None or connection.is_closed():
                    connection = await _connection(self._url)
                async with connection.transaction():
                    await apply(PostgresTx(connection), jobs)
            except Exception as error:
                _fail(jobs, error)
            for job in jobs:
                job.settle()
        if connection is not None:
            await connection.close()

    async def _next_group(self) -> list[Job]:
        """The jobs of the next transaction; empty when the store is closed and all is written."""
        while not self._pending and not self._closing:
            self._wake.clear()
            await self._wake.wait()
        if len(self._pending) < MAX_GROUP and not self._closing:
            await asyncio.sleep(LINGER_SECONDS)
        jobs, self._pending = self._pending[:MAX_GROUP], self._pending[MAX_GROUP:]
        return jobs


def _fail(jobs: list[Job], error: Exception) -> None:
    failure = StoreUnavailable(f"the write was not confirmed: {error}")
    failure.__cause__ = error
    for job in jobs:
        job.error = failure


async def connect(url: str) -> PostgresStore:
    """Open the store after checking the server's settings. `StoreUnavailable` says what is wrong."""
    try:
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=4, timeout=3, server_settings=_SESSION, init=check_server
        )
    except _LOST as error:
        raise StoreUnavailable(f"PostgreSQL is not to be reached: {error}") from error
    return PostgresStore(url, pool)


async def _connection(url: str) -> Any:
    return await asyncpg.connect(url, timeout=3, server_settings=_SESSION)


async def check_server(connection: Any) -> None:
    """Refuse a server that is too old or could lose an acknowledged write."""
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < _OLDEST:
        raise StoreUnavailable(f"PostgreSQL 15 or newer is needed, this is {version // 10_000}")
    for name, allowed in _PROMISED.items():
        found = await connection.fetchval("SELECT current_setting($1)", name)
        if found not in allowed:
            raise StoreUnavailable(
                f"PostgreSQL has {name} = {found}; it must be {' or '.join(sorted(allowed))}"
            )
