"""Which endpoints this process delivers to: leases, as `leasing.py` keeps them.

A post that starts under a lease has ended before another process can deliver to the endpoint.
"""

from collections.abc import Sequence

from trunkline.leasing import Owned, Ownership, real_now
from trunkline.membership import Membership
from trunkline.runtime import Runtime
from trunkline.store import endpoint_leases
from trunkline.store.endpoint_leases import Progress
from trunkline.store.endpoints import EndpointRow
from trunkline.store.lease_table import Lease

DELIVER = "deliver"


class OwnedEndpoint(Owned):
    def __init__(self, lease: Lease, progress: Progress, until: float) -> None:
        super().__init__(lease, until)
        self.progress = progress


class EndpointOwnership(Ownership):
    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        longest = runtime.settings.delivery.timeout_seconds
        super().__init__(runtime, membership, DELIVER, endpoint_leases.TABLE, longest)

    async def wanted(self, rows: Sequence[EndpointRow]) -> tuple[list[EndpointRow], list[str]]:
        """The endpoints to take, and those of ours that another process should have."""
        others = self._others(rows)
        if not self._runtime.store.is_shared:
            return others, []
        held = await self._held({row.account_id for row in others})
        return self._split(rows, others, held)

    async def take(self, row: EndpointRow) -> OwnedEndpoint | None:
        """None while another process has it."""
        asked_at, is_alone = real_now(), not self._runtime.store.is_shared
        taken = await self._runtime.store.write(
            lambda tx: endpoint_leases.take(tx, row.account_id, row.id, self._me, is_alone=is_alone)
        )
        if taken is None:
            return None
        owned = self._owned[row.id] = OwnedEndpoint(*taken, self._until(asked_at))
        return owned
