"""Which process delivers to an endpoint, and since which epoch. All moments are the database's own.

The epoch is the fence: `deliveries.record` refuses what comes from any epoch but the current one.
"""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("endpoint_leases")

LIFE_MS = 30_000
"""How long an endpoint stays with a process that is not heard of any more: longer than any post takes, so
that those which a dead process had begun are over when the next one begins."""


class Held(msgspec.Struct, frozen=True):
    endpoint_id: str
    owner: str
    is_over: int


class EndpointLease(msgspec.Struct, frozen=True):
    account_id: str
    endpoint_id: str
    owner: str
    epoch: int


class Progress(msgspec.Struct, frozen=True):
    """How far an endpoint had come when it was taken."""

    position: str
    failing_since: int | None
    failures: int
    probe_at: int | None


async def take(
    tx: Tx, account_id: str, endpoint_id: str, owner: str, *, is_alone: bool
) -> tuple[EndpointLease, Progress] | None:
    """None while somebody else has it."""
    row = await tx.fetch_one(
        _Q["take"],
        account_id=account_id,
        endpoint_id=endpoint_id,
        owner=owner,
        life_ms=LIFE_MS,
        is_alone=int(is_alone),
    )
    if row is None:
        return None
    return EndpointLease(account_id, endpoint_id, owner, int(row[0])), Progress(*row[1:])


async def renew(tx: Tx, leases: Sequence[EndpointLease]) -> set[str]:
    """The endpoints that are still ours."""
    rows = await tx.fetch_many(
        _Q["renew"], [(LIFE_MS, one.account_id, one.endpoint_id, one.owner, one.epoch) for one in leases]
    )
    return {row[0] for row in rows}


async def release(tx: Tx, lease: EndpointLease) -> None:
    await tx.execute(_Q["release"], **msgspec.structs.asdict(lease))


async def of_accounts(tx: Tx, accounts: Iterable[str]) -> list[Held]:
    rows = await tx.fetch_many(_Q["of_account"], [(account_id,) for account_id in accounts])
    return [Held(*row) for row in rows]
