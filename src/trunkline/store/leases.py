"""Who may send from a number, and since which epoch. All moments are the database's own.

The epoch is the fence: `attempts.open_intents` refuses an intent of any epoch but the current one, whoever
believes to be the owner. Where no other process can use the database, a lease need not be waited for.
"""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("leases")

LIFE_MS = 20_000
"""How long a number stays with a process that is not heard of any more."""


class Held(msgspec.Struct, frozen=True):
    """A number and who has it."""

    number_id: str
    owner: str
    epoch: int
    is_over: int


class Lease(msgspec.Struct, frozen=True):
    account_id: str
    number_id: str
    owner: str
    epoch: int


async def seen(tx: Tx, account_id: str, number_id: str) -> Held | None:
    row = await tx.fetch_one(_Q["seen"], account_id=account_id, number_id=number_id)
    return Held(number_id, *row) if row else None


async def current(tx: Tx, account_id: str, number_id: str) -> Held | None:
    """For whoever is about to take over: it stays so until the transaction ends."""
    row = await tx.fetch_one(_Q["current"], account_id=account_id, number_id=number_id)
    return Held(number_id, *row) if row else None


async def take(tx: Tx, account_id: str, number_id: str, owner: str, *, is_alone: bool) -> int | None:
    """The new epoch; None while somebody else has it."""
    row = await tx.fetch_one(
        _Q["take"],
        account_id=account_id,
        number_id=number_id,
        owner=owner,
        life_ms=LIFE_MS,
        is_alone=int(is_alone),
    )
    return int(row[0]) if row else None


async def renew(tx: Tx, leases: Sequence[Lease]) -> set[str]:
    """The numbers that are still owned."""
    rows = await tx.fetch_many(
        _Q["renew"], [(LIFE_MS, one.account_id, one.number_id, one.owner, one.epoch) for one in leases]
    )
    return {row[0] for row in rows}


async def release(tx: Tx, lease: Lease) -> None:
    await tx.execute(_Q["release"], **msgspec.structs.asdict(lease))


async def fence(tx: Tx, numbers: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The current epoch of each of these (account, number), which stays so until the transaction ends."""
    rows = await tx.fetch_many(_Q["fence"], sorted(set(numbers)))
    return {row[0]: int(row[1]) for row in rows}


async def of_accounts(tx: Tx, accounts: Iterable[str]) -> list[Held]:
    rows = await tx.fetch_many(_Q["of_accounts"], [(account_id,) for account_id in accounts])
    return [Held(*row) for row in rows]
