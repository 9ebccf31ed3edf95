"""The ledger of consents: who agreed to what, who took it back, and what shows it. Append-only."""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("consents")


class Consent(msgspec.Struct, frozen=True):
    """An entry. `proof` is JSON text; `at` is when it was said, `recorded_at` when we wrote it down."""

    id: str
    address: str
    purpose: str
    action: str
    source: str
    proof: str | None
    at: int
    recorded_at: int


async def append_many(tx: Tx, account_id: str, entries: Sequence[Consent]) -> None:
    rows = [(account_id, *msgspec.structs.astuple(entry)) for entry in entries]
    await tx.execute_many(_Q["append"], rows)


async def get(tx: Tx, account_id: str, consent_id: str) -> Consent | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=consent_id)
    return Consent(*row) if row else None


async def page(tx: Tx, account_id: str, address: str, start: str, count: int) -> list[Consent]:
    """Up to `count` entries older than the id `start`, newest first; of one address, unless that is empty."""
    values = {"account_id": account_id, "start": start, "count": count}
    if address:
        rows = await tx.fetch(_Q["page_of_address"], address=address, **values)
    else:
        rows = await tx.fetch(_Q["page"], **values)
    return [Consent(*row) for row in rows]


async def said_since(tx: Tx, account_id: str, addresses: Sequence[str], source: str, at: int) -> bool:
    """Whether somebody at one of these addresses said anything in this way after that moment."""
    rows = await tx.fetch_many(_Q["said_since"], [(account_id, address, source, at) for address in addresses])
    return bool(rows)
