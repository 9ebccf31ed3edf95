"""The two other witnesses: the gateway's database, read and never written, and the sandbox's ledger.

Read directly, since a hundred thousand calls of the API would take longer than the run.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from tests.chaos.history import ATTEMPTS, LEASES, LEDGER, MESSAGES, SETTLED, write_lines
from trunkline.store.open import FILE_NAME
from trunkline.store.sqlite import connect

_QUERIES = {
    MESSAGES: "SELECT id, number_id, recipient, state, provider_id FROM messages",
    ATTEMPTS: "SELECT message_id, n, number_id, epoch, is_open, started_at, finished_at, outcome, detail,"
    " settled_by, settled_at FROM attempts",
    LEASES: "SELECT number_id, owner, epoch FROM number_leases",
    # Attempts that something other than their answer ended, and when the first status of theirs was there.
    SETTLED: "SELECT a.message_id, a.n, a.settled_by, a.settled_at, min(f.received_at) AS first_status_at"
    " FROM attempts a LEFT JOIN status_facts f ON f.account_id = a.account_id AND f.message_id = a.message_id"
    " WHERE a.settled_at IS NOT NULL GROUP BY a.message_id, a.n, a.settled_by, a.settled_at",
}
"""File → what stands in it. Each reads a whole table, which the gateway itself never does."""


_COLUMN = re.compile(r"(\w+),")  # the last word of each: its name


class StoreWitness:
    """Of either engine: `url` is empty for SQLite in the data folder."""

    def __init__(self, url: str, data: Path) -> None:
        self._url = url
        self._path = data / FILE_NAME

    async def states(self) -> Counter[str]:
        """How many messages are in each state."""
        rows = await self._fetch("SELECT state, count(*) FROM messages GROUP BY state")
        return Counter({row[0]: int(row[1]) for row in rows})

    async def leases(self) -> list[tuple[str, str, int]]:
        """(number, owner, epoch)"""
        rows = await self._fetch("SELECT number_id, owner, epoch FROM number_leases")
        return [(row[0], row[1], int(row[2])) for row in rows]

    async def processes(self) -> set[str]:
        return {row[0] for row in await self._fetch("SELECT id FROM processes")}

    async def open_posts(self) -> int:
        return int((await self._fetch("SELECT count(*) FROM inbox WHERE state = 'open'"))[0][0])

    async def count(self, table: str) -> int:
        return int((await self._fetch(f"SELECT count(*) FROM {table}"))[0][0])

    async def keep(self, folder: Path, queries: Mapping[str, str] = _QUERIES) -> None:
        for name, query in queries.items():
            columns = _COLUMN.findall(query.partition(" FROM ")[0] + ",")
            rows = await self._fetch(query)
            write_lines(folder / name, (dict(zip(columns, row, strict=True)) for row in rows))

    async def _fetch(self, query: str) -> list[tuple[Any, ...]]:
        if not self._url:
            connection = connect(self._path, read_only=True)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()
        remote = await asyncpg.connect(self._url, timeout=30)
        try:
            return [tuple(row) for row in await remote.fetch(query)]
        finally:
            await remote.close()


async def ledger(http: aiohttp.ClientSession, url: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    after = None
    while True:
        query = {"limit": "10000"} | ({"after": str(after)} if after else {})
        async with http.get(f"{url}/_sandbox/ledger", params=query) as answer:
            page = await answer.json()
        rows += page["data"]
        after = page["paging"]["next_after"]
        if after is None:
            return rows


async def keep_ledger(http: aiohttp.ClientSession, url: str, folder: Path) -> None:
    write_lines(folder / LEDGER, await ledger(http, url))
