"""Which endpoints this process delivers to: leases with an epoch, renewed while it lives.

As with numbers, each endpoint prefers one of the living processes that deliver. A lease is trusted for less
than it lasts, by the longest post and a margin; what is recorded later all the same is fenced by the epoch.
Where no other process can use the database, every endpoint is taken at once. Real time throughout.
"""

import asyncio
from collections.abc import Iterable, Sequence

from trunkline.membership import Membership
from trunkline.runtime import Runtime
from trunkline.store import Tx, endpoint_leases
from trunkline.store.endpoint_leases import LIFE_MS, EndpointLease, Held, Progress
from trunkline.store.endpoints import EndpointRow

RENEW_SECONDS = 4.0
MARGIN_SECONDS = 3.0
SETTLED_IN_MS = 3_000
"""A process younger than this is not yet given endpoints that another one serves well."""

ORPHANED_ROUNDS = 5
"""After so many looks at a free endpoint that its preferred process does not take, anybody takes it."""

DELIVER = "deliver"


class Owned:
    """An endpoint of this process."""

    def __init__(self, lease: EndpointLease, progress: Progress, until: float) -> None:
        self.lease = lease
        self.progress = progress
        self.until = until

    def holds(self) -> bool:
        """Whether a post that starts now has ended before anybody else can deliver to the endpoint."""
        return _now() < self.until


class Ownership:
    """Of one process. Its caller decides when to look; nothing here runs by itself."""

    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        self._runtime = runtime
        self._membership = membership
        self._trust = LIFE_MS / 1000 - runtime.settings.delivery.timeout_seconds - MARGIN_SECONDS
        self._owned: dict[str, Owned] = {}
        self._free_for: dict[str, int] = {}
        self._renew_at = 0.0

    async def wanted(self, rows: Sequence[EndpointRow]) -> tuple[list[EndpointRow], list[str]]:
        """The endpoints to take, and those of ours that another process should have."""
        others = [row for row in rows if row.id not in self._owned]
        if not self._runtime.store.is_shared:
            return others, []
        held = await self._held({row.account_id for row in others})
        preferred = {
            row.id: self._membership.preferred(row.id, DELIVER, without=self._left(held.get(row.id)))
            for row in rows
        }
        settled = {process.id for process in self._membership.living if process.age_ms >= SETTLED_IN_MS}
        me = self._runtime.process_id
        give = [one for one in self._owned if preferred.get(one) in settled - {me}]
        free = [
            row for row in others if row.id in held and (held[row.id].is_over or held[row.id].owner == me)
        ]
        self._free_for = {row.id: self._free_for.get(row.id, 0) + 1 for row in free}
        return [row for row in free if self._is_ours(row.id, preferred[row.id])], give

    def _left(self, held: Held | None) -> set[str]:
        """Whoever gave an endpoint up stops, or left it to another: it need not be waited for."""
        me = self._runtime.process_id
        return {held.owner} if held is not None and held.is_over and held.owner != me else set()

    async def take(self, row: EndpointRow) -> Owned | None:
        """None while another process has it."""
        asked_at, me = _now(), self._runtime.process_id
        is_alone = not self._runtime.store.is_shared
        taken = await self._runtime.store.write(
            lambda tx: endpoint_leases.take(tx, row.account_id, row.id, me, is_alone=is_alone)
        )
        if taken is None:
            return None
        owned = self._owned[row.id] = Owned(*taken, self._until(asked_at))
        return owned

    async def renew(self) -> list[str]:
        """Every few seconds. The endpoints that others have taken meanwhile."""
        asked_at = _now()
        if asked_at < self._renew_at or not self._owned:
            return []
        asked = dict(self._owned)
        leases = [owned.lease for owned in asked.values()]
        still = await self._runtime.store.write(lambda tx: endpoint_leases.renew(tx, leases))
        self._renew_at = asked_at + RENEW_SECONDS
        for endpoint_id in still:
            asked[endpoint_id].until = self._until(asked_at)
        lost = [one for one, owned in asked.items() if one not in still and self._owned.get(one) is owned]
        for endpoint_id in lost:
            del self._owned[endpoint_id]
        return lost

    async def give_up(self, owned: Owned) -> None:
        """Nothing is on its way any more: the next owner need not wait for the lease's end."""
        if self._owned.get(owned.lease.endpoint_id) is owned:
            del self._owned[owned.lease.endpoint_id]

        async def work(tx: Tx) -> None:
            await endpoint_leases.release(tx, owned.lease)
            await tx.tell("released")

        await self._runtime.store.write(work)

    def _until(self, asked_at: float) -> float:
        return asked_at + self._trust if self._runtime.store.is_shared else float("inf")

    async def _held(self, accounts: Iterable[str]) -> dict[str, Held]:
        found = await self._runtime.store.read(lambda tx: endpoint_leases.of_accounts(tx, accounts))
        return {held.endpoint_id: held for held in found}

    def _is_ours(self, endpoint_id: str, preferred: str) -> bool:
        return preferred == self._runtime.process_id or self._free_for[endpoint_id] > ORPHANED_ROUNDS


def _now() -> float:
    """The machine's time, not the clock's: nobody's lease ends sooner because virtual time is moved."""
    return asyncio.get_running_loop().time()
