"""Messages from people: each once, by the provider's id and the number that it came to."""

from collections.abc import Sequence

import msgspec

from trunkline.model import ids
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("inbound")


class InboundRow(msgspec.Struct, frozen=True):
    """As it is kept. `content` and `extras` are JSON text."""

    account_id: str
    id: str
    number_id: str
    provider_id: str
    conversation_id: str
    contact_id: str
    address: str
    """Where the person is answered: phone digits, else the business-scoped user id."""
    type: str
    content: str
    extras: str | None
    context_id: str | None
    """The provider's id of the message that it answers, reacts to or was sent for."""
    at: int
    received_at: int


async def known(tx: Tx, account_id: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (number, provider id) that are here."""
    rows = await tx.fetch_many(
        _Q["known"], [(account_id, provider_id, number_id) for number_id, provider_id in keys]
    )
    return {(row[0], row[1]) for row in rows}


async def insert_many(tx: Tx, rows: Sequence[InboundRow]) -> set[str]:
    """The ids of those that were new."""
    found = await tx.fetch_many(_Q["insert"], [msgspec.structs.astuple(row) for row in rows])
    return {row[0] for row in found}


async def get(tx: Tx, account_id: str, message_id: str) -> InboundRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=message_id)
    return InboundRow(*row) if row else None


async def get_by_provider_id(tx: Tx, account_id: str, provider_id: str) -> InboundRow | None:
    row = await tx.fetch_one(_Q["get_by_provider_id"], account_id=account_id, provider_id=provider_id)
    return InboundRow(*row) if row else None


async def find(tx: Tx, account_id: str, message_id: str) -> InboundRow | None:
    """By our id or the provider's."""
    if ids.is_id(message_id, ids.MESSAGE):
        return await get(tx, account_id, message_id)
    return await get_by_provider_id(tx, account_id, message_id)


async def latest(tx: Tx, account_id: str, conversation_ids: Sequence[str]) -> list[InboundRow]:
    """The newest message of each conversation."""
    start = ids.last_id(ids.MESSAGE)
    keys = [(account_id, one, start, 1) for one in conversation_ids]
    return [InboundRow(*row) for row in await tx.fetch_many(_Q["of_conversation"], keys)]


async def last_to_mark(tx: Tx, account_id: str, conversation_id: str) -> InboundRow | None:
    """The newest that can be marked as read."""
    row = await tx.fetch_one(_Q["last_to_mark"], account_id=account_id, conversation_id=conversation_id)
    return InboundRow(*row) if row else None


async def of_conversation(
    tx: Tx, account_id: str, conversation_id: str, start: str, count: int
) -> list[InboundRow]:
    """Up to `count` messages older than the id `start`, newest first."""
    rows = await tx.fetch(
        _Q["of_conversation"],
        account_id=account_id,
        conversation_id=conversation_id,
        start=start,
        count=count,
    )
    return [InboundRow(*row) for row in rows]
