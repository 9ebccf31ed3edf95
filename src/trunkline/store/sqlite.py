"""SQLite in the data folder: one writer thread with group commit, a few short-lived readers.

Every setting that carries a promise is read back at the start (docs/decisions/0004): WAL with
`synchronous=FULL` syncs each commit before it is acknowledged, which is what survives a power cut.
The `apsw` wheel brings its own SQLite, because older ones have the WAL-reset fault
(sqlite.org/wal.html#walresetbug).
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import apsw

from trunkline.clock import SystemClock
from trunkline.model.events import NewEvent
from trunkline.store.ballast import Ballast
from trunkline.store.contract import (
    BatchWork,
    Hearer,
    Item,
    Rank,
    Result,
    Row,
    StoreBroken,
    StoreUnavailable,
    T,
    Tx,
    Work,
)
from trunkline.store.group_commit import LINGER_SECONDS, Backlog, Job, NotLogged, alone, apply
from trunkline.store.queries import Query

_READERS = 2
_BUSY_MS = 5000
_SETTINGS: dict[str, object] = {
    "busy_timeout": _BUSY_MS,
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "mmap_size": 0,
    "journal_size_limit": 64 * 1024 * 1024,
}
_CHECKPOINT_PAGES = 1_000
_RESTART_PAGES = 16_000  # 64 MiB
_RESTART_PATIENCE_MS = 500
_OLDEST = 3_051_003  # the first release without the WAL-reset fault
_UNAVAILABLE = (
    apsw.FullError,
    apsw.IOError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.ProtocolError,
    apsw.NoMemError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
)
"""Faults of disk, file or memory; what is not among them is the fault of what was asked."""

_BROKEN = (apsw.IOError, apsw.CorruptError, apsw.NotADBError)
_PASSING = (apsw.SQLITE_IOERR_NOMEM, apsw.SQLITE_IOERR_SHMSIZE)
"""Faults of input and output that are want of memory or of room."""

ROOM_SECONDS = 1.0
"""How often it is looked whether there is room for the ballast again."""


class SqliteTx:
    """A transaction whose every step is done at once; see `contract.py`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.emitted: list[NewEvent] = []
        self.news: list[str] = []

    async def fetch(self, query: Query, **values: Any) -> list[Row]:
        return self._connection.execute(query.sqlite, query.row(values)).fetchall()

    async def fetch_one(self, query: Query, **values: Any) -> Row | None:
        return self._connection.execute(query.sqlite, query.row(values)).fetchone()

    async def execute(self, query: Query, **values: Any) -> None:
        self._connection.execute(query.sqlite, query.row(values))

    async def execute_many(self, query: Query, rows: Sequence[Row]) -> None:
        self._connection.executemany(query.sqlite, rows)

    async def fetch_many(self, query: Query, rows: Sequence[Row]) -> list[Row]:
        return self._connection.executemany(query.sqlite, rows).fetchall()

    async def tell(self, news: str) -> None:
        self.news.append(news)

    def emit(self, *events: NewEvent) -> None:
        self.emitted.extend(events)

    async def part(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        emitted, told = len(self.emitted), len(self.news)
        self._connection.execute("SAVEPOINT part")
        try:
            result = await work(self)
        except _UNAVAILABLE as error:
            raise StoreUnavailable(str(error)) from error
        except BaseException:
            if not self._connection.in_transaction:  # SQLite gave up the whole transaction
                raise StoreUnavailable("the transaction was rolled back") from None
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")
            del self.emitted[emitted:], self.news[told:]
            raise
        self._connection.execute("RELEASE part")
        return result


def run_now(work: Awaitable[T]) -> T:
    """Drive a unit of work to its end without an event loop."""
    coroutine = cast("Coroutine[Any, Any, T]", work)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    coroutine.close()
    raise RuntimeError("a unit of work waited for something other than its transaction")


class SqliteStore:
    """See `contract.Store`."""

    engine = "sqlite"
    is_shared = False  # the lock of the data folder

    def __init__(self, path: Path, ballast: Ballast | None = None) -> None:
        self._path = path
        self._writer = Writer(connect(path), ballast or Ballast(path.parent, 0))
        self.load = self._writer.load
        self.broken = self._writer.broken
        self._closing = False
        self._local = threading.local()
        self._reading: list[apsw.Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")

    async def read(self, work: Work[T]) -> T:
        if self._closing:
            raise StoreUnavailable("the store is closing")
        if self.load.broken is not None:
            raise StoreBroken(self.load.broken)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        except StoreUnavailable as error:
            self._writer.notice(error)
            if self.load.broken is not None:
                self.broken.set()
            raise

    def _read(self, work: Work[T]) -> T:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self._path, read_only=True)
            self._reading.append(connection)
        with as_unavailable(), _transaction(connection, "BEGIN"):
            return run_now(work(SqliteTx(connection)))

    async def write(self, work: Work[T]) -> T:
        return cast("T", await self._writer.submit(alone(work), None, 1, Rank.ESSENTIAL))

    async def batch(
        self,
        operation: BatchWork[Item, Result],
        item: Item,
        *,
        weight: int = 1,
        rank: Rank = Rank.ESSENTIAL,
    ) -> Result:
        return cast("Result", await self._writer.submit(operation, item, weight, rank))

    def hear(self, hearer: Hearer) -> None:
        self._writer.hearers.append(hearer)

    async def close(self) -> None:
        """The writer last, so that it leaves one whole file behind."""
        self._closing = True
        await asyncio.get_running_loop().run_in_executor(None, self._close_readers)
        await asyncio.get_running_loop().run_in_executor(None, self._writer.close)

    def _close_readers(self) -> None:
        self._readers.shutdown()
        for connection in self._reading:
            connection.close()


class Writer:
    """The one thread that writes. It sleeps until a job comes, lingers for company, commits, answers."""

    def __init__(self, connection: apsw.Connection, ballast: Ballast) -> None:
        self._connection = connection
        self._connection.set_wal_hook(self._checkpoint)
        self._restart_at = _RESTART_PAGES
        self.hearers: list[Hearer] = []
        self._ballast = ballast
        self._look_for_room_at = 0.0
        self._backlog = Backlog()
        self.load = self._backlog.load
        self.broken = asyncio.Event()
        self._wake = threading.Condition()
        self._closing = False
        self._make_ballast()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, operation: BatchWork[Any, Any], item: Any, weight: int, rank: Rank
    ) -> "asyncio.Future[Any]":
        waiter = asyncio.get_running_loop().create_future()
        with self._wake:
            if self._closing:
                raise StoreUnavailable("the store is closing")
            self._backlog.admit(rank, weight)
            self._backlog.add(Job(operation, item, waiter, weight, rank))
            if len(self._backlog) == 1:
                self._wake.notify()
        return waiter

    def close(self) -> None:
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def notice(self, error: BaseException) -> None:
        """What a fault means for the time to come. From any thread."""
        cause = error.__cause__ if isinstance(error, StoreUnavailable) and error.__cause__ else error
        if isinstance(cause, apsw.FullError) and self._ballast.is_wanted:
            self._ballast.give_up()
            self.load.is_short = True
        elif isinstance(cause, _BROKEN) and getattr(cause, "extendedresult", None) not in _PASSING:
            self.load.broken = f"the disk or the file of the database failed: {cause}"

    def _run(self) -> None:
        while jobs := self._next_group():
            self._backlog.begin()
            news: list[str] = []
            fault = self._commit(jobs, news)
            with self._wake:
                jobs = self._backlog.end(jobs, fault)
            loop = jobs[0].waiter.get_loop()
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(self._settle, jobs, news)
        self._connection.close()

    def _settle(self, jobs: list[Job], news: list[str]) -> None:
        for job in jobs:
            job.settle()
        for text in dict.fromkeys(news):
            for hearer in self.hearers:
                hearer(text)
        if self.load.broken is not None:
            self.broken.set()

    def _next_group(self) -> list[Job]:
        """The jobs of the next transaction; empty when the store is closed and all is written."""
        with self._wake:
            while not self._backlog and not self._closing:
                self._wake.wait(ROOM_SECONDS if self.load.is_short else None)
                self._look_for_room()
            closing, few = self._closing, not self._backlog.fills_a_group
        if few and not closing:
            time.sleep(LINGER_SECONDS)
        self._look_for_room()
        with self._wake:
            return self._backlog.take()

    def _look_for_room(self) -> None:
        if self.load.is_short and time.perf_counter() >= self._look_for_room_at:
            self._look_for_room_at = time.perf_counter() + ROOM_SECONDS
            self._make_ballast()

    def _make_ballast(self) -> None:
        self.load.is_short = self._ballast.is_wanted and not self._ballast.make()

    def _commit(self, jobs: list[Job], news: list[str]) -> StoreUnavailable | None:
        """None when the jobs are kept; else why nothing of them is. `news` is what they told."""
        if self.load.broken is not None:
            return StoreBroken(self.load.broken)
        tx = SqliteTx(self._connection)
        try:
            with _transaction(self._connection, "BEGIN IMMEDIATE"):
                run_now(apply(tx, jobs))
            news += tx.news
        except NotLogged as refused:
            return self._each_alone(jobs, news, refused)
        except BaseException as error:  # whatever it is: who waits must be told, and the thread must live
            self.notice(error)
            kind = StoreUnavailable if self.load.broken is None else StoreBroken
            failure = kind(f"the write was not kept: {error}")
            failure.__cause__ = error
            return failure
        return None

    def _each_alone(self, jobs: list[Job], news: list[str], refused: NotLogged) -> StoreUnavailable | None:
        if len(jobs) == 1:
            jobs[0].error = refused.__cause__
            return None
        for job in jobs:
            if (fault := self._commit([job], news)) is not None:
                job.error = fault
        return None

    def _checkpoint(self, connection: apsw.Connection, name: str, pages: int) -> int:
        """After each commit. As SQLite does by itself, but a long log is begun anew.

        That needs a moment without readers on it, which never comes by itself when they follow each other
        closely. Who reads for long is not waited for, and asked again when the log has grown as much again.
        """
        if pages < _CHECKPOINT_PAGES:
            return apsw.SQLITE_OK
        is_long = pages >= self._restart_at
        mode = apsw.SQLITE_CHECKPOINT_RESTART if is_long else apsw.SQLITE_CHECKPOINT_PASSIVE
        try:
            connection.set_busy_timeout(_RESTART_PATIENCE_MS)
            connection.wal_checkpoint(name, mode)
            if is_long or pages < _RESTART_PAGES:
                self._restart_at = _RESTART_PAGES
        except apsw.Error as error:  # the commit stands all the same
            self.notice(error)
            self._restart_at = pages + _RESTART_PAGES
        finally:
            connection.set_busy_timeout(_BUSY_MS)
        return apsw.SQLITE_OK


@contextlib.contextmanager
def _transaction(connection: apsw.Connection, begin: str) -> Any:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(apsw.Error):  # what ended it says more than why it is not undone
                connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def as_unavailable() -> Iterator[None]:
    """Faults of disk, file or memory, in our words."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise StoreUnavailable(str(error)) from error


def connect(path: Path, *, read_only: bool = False) -> apsw.Connection:
    """A connection with every promised setting in force. `StoreUnavailable` names one that is not."""
    if apsw.SQLITE_VERSION_NUMBER < _OLDEST:
        raise StoreUnavailable(f"SQLite {apsw.sqlite_lib_version()} is too old to be safe")
    try:
        connection = apsw.Connection(str(path))
        _set_up(connection)
        connection.create_scalar_function("database_now", lambda *_: SystemClock().now(), 0)
        if read_only:
            connection.execute("PRAGMA query_only = 1")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
    except apsw.Error as error:
        raise StoreUnavailable(f"{path} can not be used: {error}") from error
    return connection


def _set_up(connection: apsw.Connection) -> None:
    # Else every statement of two tables is planned anew for each row of values: 20 µs where 3 would do.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for name, value in _SETTINGS.items():
        connection.execute(f"PRAGMA {name} = {value}")
    for name, value in _SETTINGS.items():
        found = connection.pragma(name)
        if found != value:
            raise StoreUnavailable(f"SQLite keeps {name} = {found!r}, it must be {value!r}")
