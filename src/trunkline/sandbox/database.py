"""One SQLite file: a writer that commits in groups, and a reader beside it.

Every write waits in memory for the commit that is running and goes into the next one together with all that
came meanwhile; its caller goes on when that commit is synced to disk. The file is opened by one process only
(`program.py` holds a lock on the folder).
"""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import apsw

Value = str | int | bytes | None
Row = tuple[Value, ...]


def _load_queries(text: str) -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.MULTILINE)[1:]
    return {name: sql.partition(";")[0].strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)}


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


QUERIES = _load_queries(_read("queries.sql"))


class _Done(asyncio.Future[None]):
    """Of a group, for all who wait: one that is cancelled must not end the wait of the others."""

    def cancel(self, msg: Any = None) -> bool:
        return False


class _Group:
    """Writes that go to disk in one commit."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, Sequence[Value]]] = []
        self.done = _Done()
        self.done.add_done_callback(lambda done: done.exception())  # a group may have no one who waits


class Database:
    """Queries are called by their name in `queries.sql`."""

    def __init__(self, path: Path) -> None:
        self._write_thread = ThreadPoolExecutor(1, "sandbox-writer")
        self._read_thread = ThreadPoolExecutor(1, "sandbox-reader")
        path.touch(mode=0o600)  # the files beside it get the same rights
        self._writer = _connect(path)
        self._writer.execute(_read("schema.sql"))
        self._reader = _connect(path)
        self._group: _Group | None = None
        self._committing: asyncio.Task[None] | None = None

    def write(self, query: str, values: Sequence[Value]) -> asyncio.Future[None]:
        """Done when the write is synced to disk. In the order of the calls."""
        if self._group is None:
            self._group = _Group()
        group = self._group
        group.writes.append((QUERIES[query], values))
        if self._committing is None:
            self._committing = asyncio.get_running_loop().create_task(self._commit_groups())
        return group.done

    async def read(self, query: str, values: Sequence[Value] = ()) -> list[Row]:
        """Rows as of the last commit."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._read_thread, self.read_now, query, values)

    def read_now(self, query: str, values: Sequence[Value] = ()) -> list[Row]:
        """The same on the calling thread: for the start, before anything else runs."""
        return list(self._reader.execute(QUERIES[query], values))

    async def close(self) -> None:
        """Commit what waits, then close the file."""
        if self._committing is not None:
            await self._committing
        for thread, connection in ((self._write_thread, self._writer), (self._read_thread, self._reader)):
            await asyncio.get_running_loop().run_in_executor(thread, connection.close)
            thread.shutdown()

    async def _commit_groups(self) -> None:
        loop = asyncio.get_running_loop()
        while (group := self._group) is not None:
            self._group = None
            try:
                await loop.run_in_executor(self._write_thread, self._commit, group.writes)
            except apsw.Error as error:
                group.done.set_exception(error)
            else:
                group.done.set_result(None)
        self._committing = None

    def _commit(self, writes: list[tuple[str, Sequence[Value]]]) -> None:
        execute = self._writer.execute
        with self._writer:
            for sql, values in writes:
                execute(sql, values)


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "trusted_schema = OFF", "mmap_size = 0"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    return connection
