"""Conversations as they are read: lists of them, and what was said in one, both ways.

A conversation has one number and one person, who may have several addresses: what was sent to any of them
belongs to it.
"""

from collections.abc import Sequence

import msgspec

from trunkline.model import ids
from trunkline.store import inbound, suppressions
from trunkline.store.contacts import addresses_of
from trunkline.store.contract import Tx
from trunkline.store.inbound import InboundRow
from trunkline.store.messages import MessageRow
from trunkline.store.queries import load

_Q = load("conversation_pages")

Said = MessageRow | InboundRow


class ConversationRow(msgspec.Struct, frozen=True):
    """A conversation, with who it is with and how much of it is unread."""

    id: str
    number_id: str
    contact_id: str
    last_inbound_at: int
    last_inbound_id: str
    window_closes_at: int
    free_entry_offered_until: int | None
    free_entry_closes_at: int | None
    created_at: int
    phone: str | None
    user_id: str | None
    name: str | None
    username: str | None
    unread: int


async def page(  # noqa: PLR0913, PLR0917 - a key, filters, and where on its page
    tx: Tx, account_id: str, number_id: str, contact_id: str, start: str, count: int
) -> list[ConversationRow]:
    """Whoever wrote last first, from below the message id `start`."""
    values = {"account_id": account_id, "number_id": number_id, "start": start, "count": count}
    if contact_id:
        rows = await tx.fetch(_Q["page_of_contact"], **values, contact_id=contact_id)
    else:
        rows = await tx.fetch(_Q["page"], **values)
    return [ConversationRow(*row) for row in rows]


async def get(tx: Tx, account_id: str, conversation_id: str) -> ConversationRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=conversation_id)
    return ConversationRow(*row) if row else None


async def said(tx: Tx, account_id: str, conversation: ConversationRow, start: str, count: int) -> list[Said]:
    """Up to `count` messages of both sides, older than the id `start`, newest first."""
    theirs = await inbound.of_conversation(tx, account_id, conversation.id, start, count)
    found: list[Said] = list(theirs)
    names = await _names(tx, account_id, [conversation.contact_id])
    addresses = names[conversation.contact_id]
    keys = [(account_id, address, start, conversation.number_id, count) for address in addresses]
    found += [MessageRow(*row) for row in await tx.fetch_many(_Q["outbound"], keys)]
    return sorted(found, key=lambda message: message.id, reverse=True)[:count]


async def latest(tx: Tx, account_id: str, conversations: Sequence[ConversationRow]) -> dict[str, Said]:
    """conversation → the newest message of both sides, in as many queries for a page as for one."""
    theirs = await inbound.latest(tx, account_id, [one.id for one in conversations])
    found: dict[str, Said] = {row.conversation_id: row for row in theirs}
    names = await _names(tx, account_id, list(dict.fromkeys(one.contact_id for one in conversations)))
    of_pair: dict[tuple[str, str], list[str]] = {}
    for one in conversations:
        for address in names[one.contact_id]:
            of_pair.setdefault((one.number_id, address), []).append(one.id)
    start = ids.last_id(ids.MESSAGE)
    keys = [(account_id, address, start, number_id, 1) for number_id, address in of_pair]
    for row in await tx.fetch_many(_Q["outbound"], keys):
        ours = MessageRow(*row)
        for conversation_id in of_pair[ours.number_id, ours.recipient]:
            former = found.get(conversation_id)
            if former is None or former.id < ours.id:
                found[conversation_id] = ours
    return found


async def _names(tx: Tx, account_id: str, contact_ids: Sequence[str]) -> dict[str, list[str]]:
    """contact → every name by which messages may have gone there."""
    addresses = await addresses_of(tx, account_id, contact_ids)
    return await suppressions.known_as_many(tx, account_id, addresses)


async def mark_read_many(tx: Tx, read: Sequence[tuple[str, str]]) -> None:
    """Of each (account, message id of ours or the provider's): it and what came before it is read."""
    for account_id, message_id in read:
        row = await inbound.find(tx, account_id, message_id)
        if row is not None:
            await tx.execute(
                _Q["mark_read"],
                message_id=row.id,
                account_id=account_id,
                conversation_id=row.conversation_id,
            )
