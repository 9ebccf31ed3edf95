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


async def page(tx: Tx, account_id: str, address: str, start: str, count: int) -> list[Consent]:
    """Up to `count` entries older than the id `start`, newest first; of one address, unless that is empty."""
    values = {"account_id": account_id, "start": start, "count": count}
    if address:
        rows = await tx.fetch(_Q["page_of_address"], address=address, **values)
    else:
        rows = await tx.fetch(_Q["page"], **values)
    return [Consent(*row) for row in rows]


async def said_since(  # noqa: PLR0913, PLR0917 - who, how, what and when
    tx: Tx, account_id: str, addresses: Sequence[str], source: str, action: str, at: int
) -> bool:
    """Whether somebody at one of these addresses did that, in this way, after that moment."""
    asked = [(account_id, address, source, action, at) for address in addresses]
    return bool(await tx.fetch_many(_Q["said_since"], asked))


async def has_refused(tx: Tx, account_id: str, address: str, scope: str) -> bool:
    """Whether the last that is known of their own will is that they do not want it."""
    row = await tx.fetch_one(_Q["last_word"], account_id=account_id, address=address, scope=scope)
    return row is not None and row[0] == "withdrawn"
