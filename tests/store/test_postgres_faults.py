"""PostgreSQL that goes away at the worst moment: what was kept is told as kept, what was not as not."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from tests.factories import ACCOUNT, NOW, make_message
from trunkline.model import ids
from trunkline.store import Store, StoreUnavailable, Tx, messages, open_store, postgres
from trunkline.store.queries import Query

COMMIT = b"COMMIT;\x00"


class Wire:
    """Between a store and its server; ends all connections at a COMMIT, before or after that went on."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._writers: list[asyncio.StreamWriter] = []
        self.cut: str | None = None
        self.stays_down = False
        self.is_down = False
        self.was_cut = asyncio.Event()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            writer.close()
            return
        there, onward = await asyncio.open_unix_connection(self._server)
        self._writers += [writer, onward]
        with contextlib.suppress(OSError):
            await asyncio.gather(self._ask(reader, onward), self._answer(there, writer))

    async def _ask(self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            if COMMIT in chunk and self.cut:
                if self.cut == "after":
                    onward.write(chunk)
                    await onward.drain()
                    await asyncio.sleep(0.2)  # the server does it; its answer is not let through
                self.end()
                return
            onward.write(chunk)
        onward.close()

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await there.read(65536):
            if self.cut != "after" or b"COMMIT\x00" not in chunk:
                writer.write(chunk)
        writer.close()

    def end(self) -> None:
        self.cut, self.is_down = None, self.stays_down
        self.was_cut.set()
        for writer in self._writers:
            writer.close()
        self._writers.clear()


@contextlib.asynccontextmanager
async def wired(url: str) -> AsyncIterator[tuple[Store, Wire]]:
    parts = urlsplit(url)
    [folder] = parse_qs(parts.query)["host"]
    wire = Wire(f"{folder}/.s.PGSQL.5432")
    with tempfile.TemporaryDirectory(prefix="wire-") as mine:
        server = await asyncio.start_unix_server(wire.connected, f"{mine}/.s.PGSQL.5432")
        store = await open_store(f"postgresql://postgres@{parts.path}?host={mine}", Path(mine), NOW)
        try:
            yield store, wire
        finally:
            await store.close()
            wire.end()
            server.close()


def story(url: str, tell: Callable[[Store, Wire], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with wired(url) as (store, wire):
            await tell(store, wire)

    asyncio.run(run())


async def is_stored(store: Store, message_id: str) -> bool:
    return await store.read(lambda tx: messages.get(tx, ACCOUNT, message_id)) is not None


def test_a_commit_whose_answer_was_lost_is_told_as_kept(postgres_url: str) -> None:
    async def tell(store: Store, wire: Wire) -> None:
        message = make_message()
        wire.cut = "after"
        await store.write(lambda tx: messages.insert_many(tx, [message]))
        assert await is_stored(store, message.id)

    story(postgres_url, tell)


def test_a_commit_that_never_arrived_is_told_as_not_kept(postgres_url: str) -> None:
    async def tell(store: Store, wire: Wire) -> None:
        message = make_message()
        wire.cut = "before"
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: messages.insert_many(tx, [message]))
        assert not await is_stored(store, message.id)
        await store.write(lambda tx: messages.insert_many(tx, [message]))
        assert await is_stored(store, message.id)

    story(postgres_url, tell)


def test_while_nobody_can_say_whether_a_commit_was_kept_others_are_refused_at_once(postgres_url: str) -> None:
    async def tell(store: Store, wire: Wire) -> None:
        first, second = make_message(), make_message()
        wire.cut, wire.stays_down = "after", True
        doubtful = asyncio.ensure_future(store.write(lambda tx: messages.insert_many(tx, [first])))
        await wire.was_cut.wait()
        await asyncio.sleep(0.2)
        assert not doubtful.done()
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: messages.insert_many(tx, [second]))
        wire.is_down = False
        await doubtful
        assert await is_stored(store, first.id)

    story(postgres_url, tell)


def test_a_doubtful_commit_does_not_keep_the_store_from_closing(postgres_url: str) -> None:
    async def tell(store: Store, wire: Wire) -> None:
        wire.cut, wire.stays_down = "after", True
        doubtful = asyncio.ensure_future(store.write(lambda tx: messages.insert_many(tx, [make_message()])))
        await wire.was_cut.wait()
        async with asyncio.timeout(10):
            await store.close()
        with pytest.raises(StoreUnavailable):
            await doubtful

    story(postgres_url, tell)


SLEEP = Query("sleep", (), "", "SELECT pg_sleep(10)")


@pytest.mark.parametrize("how", ["write", "read"])
def test_a_statement_that_takes_too_long_is_the_stores_fault_and_not_the_items(
    how: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SESSION, "statement_timeout", "500ms")

    async def tell(store: Store, wire: Wire) -> None:
        async def work(tx: Tx) -> None:
            await tx.fetch(SLEEP)

        with pytest.raises(StoreUnavailable):
            await getattr(store, how)(work)
        message = make_message()
        await store.write(lambda tx: messages.insert_many(tx, [message]))
        assert await is_stored(store, message.id)

    story(postgres_url, tell)


def test_a_lock_that_is_held_too_long_is_the_stores_fault_and_not_the_items(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SESSION, "lock_timeout", "100ms")

    async def tell(store: Store, wire: Wire) -> None:
        message = make_message()
        await store.write(lambda tx: messages.insert_many(tx, [message]))
        other = await asyncpg.connect(postgres_url)
        async with other.transaction():
            await other.execute("UPDATE messages SET version = 7")
            with pytest.raises(StoreUnavailable):
                await store.write(lambda tx: messages.cancel(tx, ACCOUNT, message.id, NOW))
        await other.close()

    story(postgres_url, tell)


def test_a_server_that_falls_silent_is_noticed(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "SILENCE_SECONDS", 1.0, raising=False)
    monkeypatch.setitem(postgres._SESSION, "statement_timeout", "0")

    async def tell(store: Store, wire: Wire) -> None:
        async def work(tx: Tx) -> None:
            await tx.fetch(SLEEP)

        async with asyncio.timeout(30):
            with pytest.raises(StoreUnavailable):
                await store.write(work)

    story(postgres_url, tell)


def test_a_unit_of_reads_sees_one_snapshot(postgres_url: str) -> None:
    async def tell(store: Store, wire: Wire) -> None:
        message = make_message()

        async def work(tx: Tx) -> tuple[bool, bool]:
            before = await messages.get(tx, ACCOUNT, message.id)
            await store.write(lambda inner: messages.insert_many(inner, [message]))
            return before is None, await messages.get(tx, ACCOUNT, message.id) is None

        assert await store.read(work) == (True, True)

    story(postgres_url, tell)


def test_a_server_that_may_lose_writes_is_refused_also_when_connections_are_made_anew(
    postgres_url: str,
) -> None:
    async def tell(store: Store, wire: Wire) -> None:
        await store.write(lambda tx: messages.insert_many(tx, [make_message()]))
        other = await asyncpg.connect(postgres_url)
        database = await other.fetchval("SELECT current_database()")
        await other.execute(f"ALTER DATABASE {database} SET synchronous_commit = off")
        await other.close()
        wire.end()
        await asyncio.sleep(0.05)
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: messages.insert_many(tx, [make_message()]))
        with pytest.raises(StoreUnavailable, match="synchronous_commit"):
            await store.write(lambda tx: messages.insert_many(tx, [make_message()]))

    story(postgres_url, tell)


def test_an_address_that_can_not_be_used_is_said_to_be_so() -> None:
    for url in ("postgresql://127.0.0.1:9/x", "postgres://[", "mysql://x"):
        with pytest.raises(StoreUnavailable):
            asyncio.run(open_store(url, Path(), NOW))


def test_a_database_with_another_order_of_ids_is_refused(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here what is wanted differs; `tests/api/collation_runs.py` has a database that differs."""
    monkeypatch.setattr(ids, "pairs", lambda: ["h", "ch", "i"])
    with pytest.raises(StoreUnavailable, match="LOCALE 'C'"):
        asyncio.run(open_store(postgres_url, tmp_path, NOW))
