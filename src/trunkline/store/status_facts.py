"""Facts from providers about messages we sent."""

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("status_facts")


class NewFact(msgspec.Struct, frozen=True):
    """A fact as it is kept. `message_id` is None while its message is not known. `detail` is JSON text."""

    account_id: str
    provider_id: str
    status: str
    number_id: str
    message_id: str | None
    at: int
    received_at: int
    detail: str | None
    recipient: str | None = None
    """Whom it is about, as the provider calls them; kept while the message is not known."""


class FactRow(msgspec.Struct, frozen=True):
    message_id: str
    provider_id: str
    status: str
    at: int
    detail: str | None

    def told(self) -> dict[str, Any] | None:
        """What the provider said beside it."""
        return msgspec.json.decode(self.detail, type=dict[str, Any]) if self.detail else None

    def error(self) -> str | None:
        """The first error of a `failed`, as JSON text."""
        errors = (self.told() or {}).get("errors")
        return msgspec.json.encode(errors[0]).decode() if errors else None


async def insert_many(tx: Tx, facts: Sequence[NewFact]) -> set[tuple[str, str]]:
    """(provider id, status) of those that are new. Of one told again the earliest moment is kept."""
    rows = await tx.fetch_many(_Q["insert"], [msgspec.structs.astuple(fact) for fact in facts])
    new = {(row[0], row[1]) for row in rows}
    if len(rows) < len(facts):
        again = [(f.at, f.detail, f.account_id, f.provider_id, f.status) for f in facts]
        await tx.execute_many(_Q["earlier"], again)
    return new


async def claim_many(tx: Tx, bound: Sequence[tuple[str, str, str]]) -> list[FactRow]:
    """Facts that waited for these (message, account, provider id) to be known as one."""
    return [FactRow(*row) for row in await tx.fetch_many(_Q["claim"], bound)]


async def of_message(tx: Tx, account_id: str, message_id: str) -> list[FactRow]:
    rows = await tx.fetch(_Q["of_message"], account_id=account_id, message_id=message_id)
    return [FactRow(*row) for row in rows]
