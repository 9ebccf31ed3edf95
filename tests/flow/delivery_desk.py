"""One account whose events go to endpoints: the real store, the real deliverer, the guarded client.

Events are appended by transactions of their own; receivers stand at sockets (`receiver.py`).
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.flow.receiver import Receiver
from tests.stores import quick_store
from trunkline import admin
from trunkline.admin import Admin
from trunkline.bulletin import Bulletin
from trunkline.channels.registry import make_connectors
from trunkline.clock import Clock, SystemClock
from trunkline.config import Settings
from trunkline.config.table import Delivery, Network
from trunkline.delivery import endpoints
from trunkline.delivery.deliverer import Deliverer
from trunkline.guarded_http import Limits, open_guarded
from trunkline.inbound.process import Processor
from trunkline.media_files import open_shelf
from trunkline.membership import Membership
from trunkline.model.events import NewEvent
from trunkline.outbound.dispatch import Dispatcher
from trunkline.outgoing_http import open_transport
from trunkline.runtime import Directory, Runtime
from trunkline.store import Store, Tx, events
from trunkline.store.endpoints import EndpointRow
from trunkline.store.queries import Query
from trunkline.vault import load_vault


def _of_endpoint(columns: str, table: str, order: str) -> Query:
    text = f"SELECT {columns} FROM {table} WHERE endpoint_id = $1 ORDER BY {order}"
    return Query("", ("endpoint_id",), text.replace("$1", "?1"), text)


_ROWS = _of_endpoint("event_id, lane, state, tries, next_at", "deliveries", "event_id")
_TRIES = _of_endpoint(
    "event_id, n, outcome, http_status, detail, request, answer", "delivery_attempts", "event_id, n"
)
_PROGRESS = _of_endpoint(
    "position, owner, epoch, expires_at, failing_since, failures, probe_at",
    "endpoint_progress",
    "endpoint_id",
)


class Row(msgspec.Struct):
    event_id: str
    lane: str | None
    state: str
    tries: int
    next_at: int


class Try(msgspec.Struct):
    event_id: str
    n: int
    outcome: str
    http_status: int | None
    detail: str | None
    request: str | None
    answer: str | None


class Progress(msgspec.Struct):
    position: str
    owner: str
    epoch: int
    expires_at: int
    failing_since: int | None
    failures: int
    probe_at: int | None


class Desk:
    """One process."""

    def __init__(self, runtime: Runtime, account_id: str) -> None:
        self.runtime = runtime
        self.account_id = account_id
        self.membership = Membership(runtime)
        limits = Limits(timeout_seconds=runtime.settings.delivery.timeout_seconds)
        self.wire = open_guarded(runtime.url_rules, limits)
        self.deliverer = Deliverer(runtime, self.membership, self.wire)
        dispatcher = Dispatcher(runtime, self.membership)
        processor = Processor(runtime, dispatcher.settled)
        self._bulletin = Bulletin(runtime, dispatcher, processor, deliverer=self.deliverer)
        self._count = 0

    @property
    def store(self) -> Store:
        return self.runtime.store

    async def start(self) -> None:
        await self.membership.start()
        self._bulletin.start()
        await self.deliverer.start()

    async def stop(self) -> None:
        await self.deliverer.stop()
        await self.membership.leave()
        await self.wire.close()
        await self.runtime.store.close()

    async def crash(self) -> None:
        """The process is gone, and nothing of what it had in mind is written down."""
        deliverer = self.deliverer
        for task in [*deliverer._loops, *deliverer._listening.values()]:
            task.cancel()
        for endpoint in deliverer._endpoints.values():
            assert endpoint._loop is not None
            endpoint._loop.cancel()
            for post in list(endpoint._posts):
                post.cancel()
        await self.membership.leave()  # or it would be waited for

    async def endpoint(self, to: Receiver, **given: Any) -> EndpointRow:
        """A new one that gets every event from now on."""
        row, _ = await endpoints.add(self.runtime, self.account_id, {"url": to.url, **given})
        return row

    async def happen(
        self,
        count: int = 1,
        *,
        lane: str | None = None,
        type: str = "message.sent",
        objects: int = 0,
        lanes: int = 0,
        data: str = '{"id":"x"}',
    ) -> None:
        """So many events, of as many objects unless `objects` says how many; spread over `lanes`."""
        made = []
        for n in range(self._count, self._count + count):
            one = n % objects if objects else n
            its = f"lane {one % lanes}" if lanes else lane
            now = self.runtime.clock.now()
            made.append(NewEvent(self.account_id, type, f"obj_{one}", now, data, lane=its))
        self._count += count

        async def work(tx: Tx) -> None:
            tx.emit(*made)

        await self.store.write(work)

    async def happen_to(self, object_id: str) -> None:
        """One event of this object."""
        made = NewEvent(self.account_id, "message.sent", object_id, self.runtime.clock.now(), '{"id":"x"}')

        async def work(tx: Tx) -> None:
            tx.emit(made)

        await self.store.write(work)

    async def newest(self) -> str:
        return await self.store.read(lambda tx: events.last_id(tx, self.account_id))

    async def rows(self, endpoint: EndpointRow) -> list[Row]:
        return [Row(*row) for row in await self._all(_ROWS, endpoint)]

    async def waiting(self, endpoint: EndpointRow) -> list[Row]:
        return [row for row in await self.rows(endpoint) if row.state == "waiting"]

    async def tries(self, endpoint: EndpointRow) -> list[Try]:
        return [Try(*row) for row in await self._all(_TRIES, endpoint)]

    async def progress(self, endpoint: EndpointRow) -> Progress:
        [row] = await self._all(_PROGRESS, endpoint)
        return Progress(*row)

    async def found(self, endpoint: EndpointRow) -> EndpointRow:
        return await endpoints.find(self.runtime, self.account_id, endpoint.id)

    async def until_rows(
        self, endpoint: EndpointRow, holds: Callable[[Sequence[Row]], bool], seconds: float = 30
    ) -> list[Row]:
        async with asyncio.timeout(seconds):
            while not holds(rows := await self.rows(endpoint)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return rows

    async def until_tried(self, endpoint: EndpointRow, times: int) -> None:
        """So many tries are recorded."""
        async with asyncio.timeout(30):
            while len(await self.tries(endpoint)) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def until_at(self, endpoint: EndpointRow, event_id: str) -> Progress:
        """The endpoint has passed this event."""
        async with asyncio.timeout(30):
            while (found := await self.progress(endpoint)).position < event_id:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return found

    async def until_is(self, endpoint: EndpointRow, state: str, seconds: float = 30) -> EndpointRow:
        async with asyncio.timeout(seconds):
            while (row := await self.found(endpoint)).state != state:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return row

    async def execute(self, sql: str) -> None:
        await self.store.write(lambda tx: tx.execute(Query("", (), sql, sql)))

    async def _all(self, query: Query, endpoint: EndpointRow) -> list[tuple[Any, ...]]:
        return await self.store.read(lambda tx: tx.fetch(query, endpoint_id=endpoint.id))


async def make_desk(
    folder: Path, url: str, clock: Clock | None = None, delivery: Delivery | None = None
) -> Desk:
    """Not started. The first one on a database makes the account."""
    clock, vault = clock or SystemClock(), load_vault(folder)
    store = await quick_store(url, folder, clock.now())
    settings = Settings(
        data=str(folder), network=Network("always", "always", "any"), delivery=delivery or Delivery()
    )
    directory = Directory(store, vault)
    await directory.reload()
    if not directory.accounts:
        await admin.create_account(Admin(store, vault, clock), "alice")
        await directory.reload()
    runtime = Runtime(
        settings=settings, store=store, clock=clock, vault=vault, directory=directory,
        shelf=open_shelf(settings),
        connectors=make_connectors(open_transport()), random=random.Random(1),
    )  # fmt: skip
    return Desk(runtime, next(iter(directory.accounts)))


@contextlib.asynccontextmanager
async def desk(
    folder: Path, url: str, clock: Clock | None = None, delivery: Delivery | None = None
) -> AsyncIterator[Desk]:
    made = await make_desk(folder, url, clock, delivery)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
