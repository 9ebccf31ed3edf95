"""Rate cards that an account imported, and what its owner said of how it is billed."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("rate_cards")


class RateCardRow(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    connector: str
    currency: str
    effective_from: str
    """`2026-10-01`"""
    source: str
    card: str
    """JSON text: each (market, category, [(first message, rate in micro-units), …])."""
    created_at: int


async def insert(tx: Tx, row: RateCardRow) -> None:
    await tx.execute(_Q["insert"], **msgspec.structs.asdict(row))


async def of_account(tx: Tx, account_id: str) -> list[RateCardRow]:
    """In the order in which they came."""
    return [RateCardRow(*row) for row in await tx.fetch(_Q["of_account"], account_id=account_id)]


async def count(tx: Tx, account_id: str) -> int:
    row = await tx.fetch_one(_Q["count"], account_id=account_id)
    return row[0] if row else 0


async def remove(tx: Tx, account_id: str, card_id: str) -> bool:
    """Whether it was there."""
    return await tx.fetch_one(_Q["remove"], account_id=account_id, id=card_id) is not None


async def billing(tx: Tx, account_id: str, connector: str) -> str | None:
    """JSON text."""
    row = await tx.fetch_one(_Q["billing"], account_id=account_id, connector=connector)
    return row[0] if row else None


async def put_billing(tx: Tx, account_id: str, connector: str, billing: str) -> None:
    await tx.execute(_Q["put_billing"], account_id=account_id, connector=connector, billing=billing)
