"""DELIVER: every endpoint of this process gets its account's events.

`ownership.py` says which endpoints are ours, `endpoint.py` delivers to one. Here their rows are kept in
memory, read again when somebody changed one, and each account's bell is passed on to its endpoints.
"""

import asyncio
import contextlib

from trunkline.delivery.endpoint import EndpointDeliverer, Shared
from trunkline.delivery.outcome import works
from trunkline.delivery.ownership import EndpointOwnership
from trunkline.delivery.post import Wire
from trunkline.delivery.slots import DeliverySlots
from trunkline.loops import for_ever
from trunkline.membership import Membership
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, deliveries, endpoints
from trunkline.store.endpoints import EndpointRow

ROUND_SECONDS = 1.0
STOP_SECONDS = 5.0
"""How long a stop waits for posts on the wire; later ones are posted again after the next start."""


class Deliverer:
    """The endpoints of this process. Without `start` it has none."""

    def __init__(self, runtime: Runtime, membership: Membership, wire: Wire) -> None:
        self._runtime = runtime
        self._membership = membership
        self.slots = DeliverySlots(runtime.settings.delivery.max_in_flight)
        self._shared = Shared(self.slots, wire)
        self._ownership: EndpointOwnership | None = None
        self._rows: dict[str, EndpointRow] = {}
        self._endpoints: dict[str, EndpointDeliverer] = {}
        self._following = asyncio.Lock()
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._listening: dict[str, asyncio.Task[None]] = {}  # by account
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self._show()

    async def start(self) -> None:
        """Take over what is ours, then go on looking."""
        self._ownership = EndpointOwnership(self._runtime, self._membership)
        renewing = for_ever(self._runtime.clock, "the leases of the endpoints", self._renew, ROUND_SECONDS)
        self._loops = [asyncio.create_task(renewing)]
        await self.reload()
        self._loops.append(asyncio.create_task(self._look_for_ever()))

    async def reload(self) -> None:
        """Somebody changed an endpoint."""
        if self._ownership is None:
            return
        rows = await self._runtime.store.read(endpoints.active)
        self._rows = {row.id: row for row in rows}
        await self._follow()

    def look_soon(self) -> None:
        """Somebody left."""
        self._wake.set()

    def look_again(self, endpoint_id: str) -> None:
        """Something that it was given before is due."""
        endpoint = self._endpoints.get(endpoint_id)
        if endpoint is not None:
            endpoint.look_again()

    async def stop(self) -> None:
        """Start no more posts; wait until those on the wire are recorded; leave the endpoints to others."""
        self._is_stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ROUND_SECONDS), self._following:
                pass  # what is just being taken is known then
        tasks = [*self._loops, *self._listening.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for endpoint_id in list(self._endpoints):
            self._give_up(endpoint_id)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=STOP_SECONDS + ROUND_SECONDS)

    def has(self, endpoint_id: str) -> bool:
        return endpoint_id in self._endpoints

    # -- ownership

    async def _look_for_ever(self) -> None:
        """In real time, as leases are."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._follow()
            except StoreUnavailable as fault:
                log.warning("who delivers to which endpoint is left to the next time: %s", fault)
            except Exception as fault:
                log.error("who delivers to which endpoint: a fault of ours, it goes on", exc_info=fault)

    async def _follow(self) -> None:
        """Endpoints come, go, and take their new settings."""
        assert self._ownership is not None
        async with self._following:
            if self._is_stopping:
                return
            known = {row.id: row for row in self._rows.values() if works(row)}
            for endpoint_id, present in list(self._endpoints.items()):
                if endpoint_id not in known or present.is_lost:
                    self._give_up(endpoint_id)
                else:
                    present.change(known[endpoint_id])
            if not self._runtime.store.is_shared and len(self._endpoints) == len(known):
                return
            take, give = await self._ownership.wanted(list(known.values()))
            for endpoint_id in give:
                self._give_up(endpoint_id)
            # All at once: their transactions share commits.
            await asyncio.gather(*(self._take(row) for row in take))

    async def _renew(self) -> None:
        assert self._ownership is not None
        for endpoint_id in await self._ownership.renew():
            lost = self._endpoints.get(endpoint_id)
            if lost is not None:
                log.warning("endpoint %s belongs to another process now", endpoint_id)
                lost.is_lost = True
                self._give_up(endpoint_id)

    async def _take(self, row: EndpointRow) -> None:
        assert self._ownership is not None
        owned = await self._ownership.take(row)
        if owned is None:
            return
        try:
            newest = await self._runtime.store.read(lambda tx: deliveries.newest(tx, row.account_id, row.id))
        except BaseException:  # else it stays ours, and nobody serves it
            await self._ownership.give_up(owned)
            raise
        endpoint = EndpointDeliverer(self._runtime, row, owned, newest, self._shared)
        self._endpoints[row.id] = endpoint
        endpoint.start()
        if row.account_id not in self._listening:
            self._listening[row.account_id] = asyncio.create_task(self._listen(row.account_id))

    def _give_up(self, endpoint_id: str) -> None:
        """In the background: its posts on the wire must not keep the other endpoints waiting."""
        endpoint = self._endpoints.pop(endpoint_id, None)
        if endpoint is not None:
            task = asyncio.create_task(self._let_go(endpoint))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _let_go(self, endpoint: EndpointDeliverer) -> None:
        assert self._ownership is not None
        try:
            await endpoint.stop(STOP_SECONDS)
            await self._ownership.give_up(endpoint.owned)
        except StoreUnavailable as fault:
            log.warning("endpoint %s is free only when its lease ends: %s", endpoint.endpoint.id, fault)
        except Exception as fault:
            log.error(
                "endpoint %s: a fault of ours while it was given up", endpoint.endpoint.id, exc_info=fault
            )

    # -- news

    async def _listen(self, account_id: str) -> None:
        """To the account's bell, for all its endpoints."""
        while True:
            rung = self._runtime.bell.next(account_id)
            for endpoint in self._endpoints.values():
                if endpoint.endpoint.account_id == account_id:
                    endpoint.ring()
            await rung.wait()

    def _show(self) -> None:
        tally, ours = self._runtime.tally, self._endpoints
        tally.gauge("posts_in_flight", lambda: self.slots.out)
        tally.gauge("posts_in_flight_slow", lambda: self.slots.slow_out)
        tally.gauge("endpoints_owned", lambda: len(ours))
        tally.gauge("endpoints_failing", lambda: sum(one.health.is_failing for one in ours.values()))
        tally.gauge("events_in_memory", lambda: sum(one.in_memory for one in ours.values()))
