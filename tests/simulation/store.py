"""The database server, and each process's way to it.

The server is SQLite in memory with the real migrations and the real SQL. A write travels there, is committed
at one moment, and its answer travels back; on either way the process may die or be cut off. So a commit is
kept or not, and whoever asked learns it, learns it late, or is gone. `StoreUnavailable` is raised only where
nothing was kept: that is what both engines promise. News (`tell`) is late, and sometimes lost.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any, cast

import apsw

from tests.simulation.loop import SimClock, SimLoop
from trunkline.store import StoreUnavailable, Tx
from trunkline.store.contract import MISSED, Hearer, Load, Rank
from trunkline.store.group_commit import LINGER_SECONDS, MAX_GROUP, Job, alone, apply
from trunkline.store.migrate import migrations
from trunkline.store.sqlite import SqliteTx, run_now


class Database:
    """The server: commits are one after the other, each at one moment."""

    def __init__(self, clock: SimClock) -> None:
        self.connection = apsw.Connection(":memory:")
        self.connection.deserialize("main", _empty())
        self.connection.execute("PRAGMA foreign_keys = 1")
        self.connection.create_scalar_function("database_now", lambda *_: clock.now(), 0)
        self.clients: list[SimStore] = []
        self.commits = 0

    def commit(self, jobs: Sequence[Job]) -> None:
        tx = SqliteTx(self.connection)
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            run_now(apply(tx, jobs))
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        self.commits += 1
        for text in tx.news:
            for client in self.clients:
                client.news(text)

    def read(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        """Nothing else happens meanwhile, so that it sees one moment."""
        before = self.connection.total_changes()
        found = run_now(work(SqliteTx(self.connection)))
        assert self.connection.total_changes() == before, "a read wrote something"
        return found

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """For the checker."""
        return self.connection.execute(sql, values).fetchall()


@lru_cache
def _empty() -> bytes:
    """A database after its migrations."""
    connection = apsw.Connection(":memory:")
    for migration in migrations("sqlite"):
        connection.execute(migration.sql)
    return cast("bytes", connection.serialize("main"))


class SimStore:
    """One process's `contract.Store`. One group of writes is under way at a time, as on both engines."""

    engine = "postgres"

    def __init__(self, host: Any, loop: SimLoop, database: Database, chance: random.Random) -> None:
        self._host = host
        self._loop = loop
        self._database = database
        self._chance = chance
        self.is_shared = host.is_shared
        self.refusal_rate = 0.0
        self.slowness = 1.0
        self.cut_until = 0.0
        self._closed = False
        self._pending: list[Job] = []
        self._under_way = False
        self._in_doubt = False
        self._hearers: list[Hearer] = []
        self.load = Load(ahead_limit=MAX_GROUP)
        self.broken = asyncio.Event()
        database.clients.append(self)

    # -- contract.Store

    async def read(self, work: Any) -> Any:
        self._may_ask()
        waiter = self._loop.create_future()
        self._loop.after(self._way(), self._read, work, waiter)
        return await waiter

    async def write(self, work: Any) -> Any:
        return await self.batch(alone(work), None)

    async def batch(self, operation: Any, item: Any, *, weight: int = 1, rank: Rank = Rank.ESSENTIAL) -> Any:
        self._may_ask()
        if self._in_doubt:
            raise StoreUnavailable("the database is away, in the middle of a commit")
        waiter = self._loop.create_future()
        self._pending.append(Job(operation, item, waiter))
        if len(self._pending) == 1 and not self._under_way:
            self._loop.call_later(LINGER_SECONDS, self._send_off)  # in the process
        return await waiter

    def hear(self, hearer: Hearer) -> None:
        self._hearers.append(hearer)

    async def close(self) -> None:
        while self._pending or self._under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self._closed = True

    # -- the ways

    def news(self, text: str) -> None:
        """From the server, to this process."""
        if not self.is_shared or self._closed:
            return
        for hearer in self._hearers:
            if self._is_cut() or self._chance.random() < 0.02:
                back = max(self.cut_until - self._loop.time(), 0.0)
                self._loop.after(back + self._chance.uniform(0.5, 3.0), self._host.call, hearer, MISSED)
            else:
                self._loop.after(self._way(), self._host.call, hearer, text)

    def _may_ask(self) -> None:
        if self._closed or self._host.is_dead:
            raise StoreUnavailable("the store is closing")

    def _way(self) -> float:
        """Seconds there or back; now and then many."""
        slow = 30.0 if self._chance.random() < 0.01 else 1.0
        return self._chance.uniform(0.0002, 0.004) * slow * self.slowness

    def _is_cut(self) -> bool:
        return self._loop.time() < self.cut_until

    def _read(self, work: Any, waiter: "asyncio.Future[Any]") -> None:
        if self._is_cut() or self._chance.random() < self.refusal_rate:
            self._loop.after(
                self._patience(), _fail, waiter, StoreUnavailable("the database is not to be reached")
            )
            return
        try:
            found = self._database.read(work)
        except Exception as error:
            self._loop.after(self._way(), _fail, waiter, error)
        else:
            self._loop.after(self._way(), _give, waiter, found)

    def _patience(self) -> float:
        """How long it takes to learn that the server is away: it says so, or says nothing."""
        return self._chance.choice((0.002, 0.05, 3.0, 15.0)) if self._is_cut() else self._way()

    def _send_off(self) -> None:
        jobs, self._pending = self._pending[:MAX_GROUP], self._pending[MAX_GROUP:]
        if jobs:
            self._under_way = True
            self._loop.after(self._way(), self._commit, jobs)

    def _commit(self, jobs: list[Job]) -> None:
        """At the server. Whoever died on the way may have got this far or not."""
        is_away = self._is_cut() or self._chance.random() < self.refusal_rate
        if is_away or (self._host.is_dead and self._chance.random() < 0.5):
            self._loop.after(self._patience(), self._answer, jobs, StoreUnavailable("the write was not kept"))
            return
        try:
            self._database.commit(jobs)
        except Exception as error:
            failure = StoreUnavailable(f"the write was not kept: {error}")
            failure.__cause__ = error
            self._loop.after(self._way(), self._answer, jobs, failure)
        else:
            self._loop.after(self._way_back(), self._answer, jobs, None)

    def _way_back(self) -> float:
        """Of a commit's answer. Where it is lost the fate of the commit is asked for, and known later."""
        if self._chance.random() >= self.refusal_rate:
            return self._way()
        self._in_doubt = True
        return self._chance.uniform(0.2, 12.0)

    def _answer(self, jobs: list[Job], failure: Exception | None) -> None:
        if failure is None and self._is_cut():  # nobody knows here what became of it, until the way is free
            self._in_doubt = True
            self._loop.after(self.cut_until - self._loop.time() + 0.2, self._answer, jobs, failure)
        else:
            self._host.call(self._settle, jobs, failure)

    def _settle(self, jobs: list[Job], failure: Exception | None) -> None:
        self._in_doubt = self._under_way = False
        for job in jobs:
            if failure is not None:
                job.error = failure
            job.settle()
        if self._pending:
            self._send_off()


def _give(waiter: "asyncio.Future[Any]", found: Any) -> None:
    if not waiter.done():
        waiter.set_result(found)


def _fail(waiter: "asyncio.Future[Any]", error: Exception) -> None:
    if not waiter.done():
        waiter.set_exception(error)
