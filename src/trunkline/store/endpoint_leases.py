"""Which process delivers to an endpoint, and since which epoch. All moments are the database's own.

The epoch is the fence: `deliveries.record` refuses what comes from any epoch but the current one.
"""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.lease_table import Lease, LeaseTable
from trunkline.store.queries import load

LIFE_MS = 30_000
"""How long an endpoint stays with a process that is not heard of any more: longer than any post takes, so
that those which a dead process had begun are over when the next one begins."""

TABLE = LeaseTable(load("endpoint_leases"), LIFE_MS)


class Progress(msgspec.Struct, frozen=True):
    """How far an endpoint had come when it was taken."""

    position: str
    failing_since: int | None
    failures: int
    probe_at: int | None


async def take(
    tx: Tx, account_id: str, endpoint_id: str, owner: str, *, is_alone: bool
) -> tuple[Lease, Progress] | None:
    """None while somebody else has it."""
    row = await TABLE.take(tx, account_id, endpoint_id, owner, is_alone=is_alone)
    if row is None:
        return None
    return Lease(account_id, endpoint_id, owner, int(row[0])), Progress(*row[1:])
