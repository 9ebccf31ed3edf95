"""Contents whose bytes may belong to nobody, and when that is to be looked into."""

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("media_leaving")


async def expect(tx: Tx, account_id: str, sha256: str, due_at: int) -> None:
    await tx.execute(_Q["expect"], account_id=account_id, sha256=sha256, due_at=due_at)


async def settle(tx: Tx, account_id: str, sha256: str) -> None:
    await tx.execute(_Q["settle"], account_id=account_id, sha256=sha256)


async def due(tx: Tx, account_id: str, now: int, count: int) -> list[str]:
    rows = await tx.fetch(_Q["due"], account_id=account_id, now=now, count=count)
    return [row[0] for row in rows]
