"""Who may send from a number, and since which epoch. All moments are the database's own.

The epoch is the fence: `attempts.open_intents` refuses an intent of any epoch but the current one, whoever
believes to be the owner. Where no other process can use the database, a lease need not be waited for.
"""

from collections.abc import Iterable

from trunkline.store.contract import Tx
from trunkline.store.lease_table import Held, LeaseTable
from trunkline.store.queries import load

_Q = load("leases")

LIFE_MS = 20_000
"""How long a number stays with a process that is not heard of any more."""

TABLE = LeaseTable(_Q, LIFE_MS)


async def seen(tx: Tx, account_id: str, number_id: str) -> Held | None:
    row = await tx.fetch_one(_Q["seen"], account_id=account_id, number_id=number_id)
    return Held(number_id, *row) if row else None


async def current(tx: Tx, account_id: str, number_id: str) -> Held | None:
    """For whoever is about to take over: it stays so until the transaction ends."""
    row = await tx.fetch_one(_Q["current"], account_id=account_id, number_id=number_id)
    return Held(number_id, *row) if row else None


async def take(tx: Tx, account_id: str, number_id: str, owner: str, *, is_alone: bool) -> int | None:
    """The new epoch; None while somebody else has it."""
    row = await TABLE.take(tx, account_id, number_id, owner, is_alone=is_alone)
    return int(row[0]) if row else None


async def fence(tx: Tx, numbers: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The current epoch of each of these (account, number), which stays so until the transaction ends."""
    rows = await tx.fetch_many(_Q["fence"], sorted(set(numbers)))
    return {row[0]: int(row[1]) for row in rows}
