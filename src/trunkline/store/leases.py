"""Who may send from a number, and since which epoch.

One process owns all numbers today, so the lease has no end; the epoch rises each time a process starts, and
the intent (`messages.open_intents`) is refused to any other epoch.
"""

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("leases")
NEVER = 2**53
"""A lease that does not run out."""


async def take(tx: Tx, account_id: str, number_id: str, owner: str) -> int:
    """The new epoch."""
    row = await tx.fetch_one(
        _Q["take"], account_id=account_id, number_id=number_id, owner=owner, expires_at=NEVER
    )
    assert row is not None
    return int(row[0])
