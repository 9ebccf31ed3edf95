"""What the tables of leases have in common: who owns a thing, since which epoch, until when.

Each kind of thing has its own queries `take`, `renew`, `release` and `of_accounts`, in which `:thing` is its
id. All moments are the database's own. The epoch rises with every new owner: what comes of a former one is
refused.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from trunkline.store.contract import Row, Tx
from trunkline.store.queries import Query


class Held(msgspec.Struct, frozen=True):
    """A thing and who has it."""

    thing: str
    owner: str
    epoch: int
    is_over: int


class Lease(msgspec.Struct, frozen=True):
    account_id: str
    thing: str
    owner: str
    epoch: int


class LeaseTable:
    def __init__(self, queries: Mapping[str, Query], life_ms: int) -> None:
        self._queries = queries
        self.life_ms = life_ms

    async def take(self, tx: Tx, account_id: str, thing: str, owner: str, *, is_alone: bool) -> Row | None:
        """The new epoch, then what else the query returns; None while somebody else has it."""
        return await tx.fetch_one(
            self._queries["take"],
            account_id=account_id,
            thing=thing,
            owner=owner,
            life_ms=self.life_ms,
            is_alone=int(is_alone),
        )

    async def renew(self, tx: Tx, leases: Sequence[Lease]) -> set[str]:
        """The things that are still owned."""
        rows = await tx.fetch_many(
            self._queries["renew"],
            [(self.life_ms, one.account_id, one.thing, one.owner, one.epoch) for one in leases],
        )
        return {row[0] for row in rows}

    async def release(self, tx: Tx, lease: Lease) -> None:
        await tx.execute(self._queries["release"], **msgspec.structs.asdict(lease))

    async def of_accounts(self, tx: Tx, accounts: Iterable[str]) -> list[Held]:
        rows = await tx.fetch_many(self._queries["of_accounts"], [(account_id,) for account_id in accounts])
        return [Held(*row) for row in rows]
