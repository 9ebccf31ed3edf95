"""Conversations, one a contact and number: opened by what people write, read by the window and the API.

A free entry window is offered for a day by a message that came from an advertisement. It opens when the
business answers in that time, or when the provider says so; who answers is seen in `settlement.py`.
"""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("conversations")

HOUR_MS = 3_600_000
OFFER_MS = 24 * HOUR_MS
FREE_ENTRY_MS = 72 * HOUR_MS


class Heard(msgspec.Struct, frozen=True):
    """What somebody's newest messages make of a conversation; `id` is for one that is not there yet."""

    account_id: str
    id: str
    number_id: str
    contact_id: str
    last_inbound_at: int
    last_inbound_id: str
    window_closes_at: int
    """0 where they open none."""
    free_entry_offered_until: int | None
    now: int


class Answer(msgspec.Struct, frozen=True):
    """The provider took a message of ours to this recipient."""

    number_id: str
    recipient: str
    at: int


class FreeEntry(msgspec.Struct, frozen=True):
    """The provider told until when messages to this recipient cost nothing."""

    account_id: str
    number_id: str
    recipient: str
    closes_at: int


class _Conversation(msgspec.Struct, frozen=True):
    id: str
    number_id: str
    contact_id: str
    last_inbound_at: int
    last_inbound_id: str
    window_closes_at: int
    free_entry_offered_until: int | None
    free_entry_closes_at: int | None
    read_to: str | None


async def hear_many(tx: Tx, heard: Sequence[Heard]) -> dict[tuple[str, str], str]:
    """(number, contact) → the conversation."""
    rows = await tx.fetch_many(_Q["hear"], [msgspec.structs.astuple(each) for each in heard])
    return {(row[0], row[1]): row[2] for row in rows}


async def any_offers(tx: Tx, account_id: str, at: int) -> bool:
    """Whether an answer at that moment could open a free entry window. Nearly always there is none."""
    return await tx.fetch_one(_Q["any_offer"], account_id=account_id, now=at) is not None


async def answered(tx: Tx, account_id: str, answers: Sequence[Answer]) -> None:
    """Open the free entry windows that these answers were in time for."""
    await tx.execute_many(
        _Q["answer"],
        [(one.at + FREE_ENTRY_MS, one.at, account_id, one.number_id, one.recipient) for one in answers],
    )


async def free_entries(tx: Tx, told: Sequence[FreeEntry], now: int) -> None:
    await tx.execute_many(
        _Q["free_entry"],
        [(one.closes_at, now, one.account_id, one.number_id, one.recipient) for one in told],
    )


async def merge(tx: Tx, account_id: str, gone: str, into: str, now: int) -> None:
    """All that was said with the contact `gone` was said with the contact `into`."""
    theirs = await _of_contact(tx, account_id, gone)
    ours = {one.number_id: one for one in await _of_contact(tx, account_id, into)}
    for former in theirs:
        own = ours.get(former.number_id)
        target = former if own is None else own
        await tx.execute(
            _Q["move_messages"],
            account_id=account_id, conversation_id=target.id, contact_id=into, former_id=former.id,
        )  # fmt: skip
        if own is None:
            await tx.execute(_Q["give"], account_id=account_id, id=former.id, contact_id=into, now=now)
        else:
            await remove(tx, account_id, former.id)
            await tx.execute(_Q["fold"], account_id=account_id, id=own.id, now=now, **_folded(own, former))


async def ids_of_contact(tx: Tx, account_id: str, contact_id: str) -> list[str]:
    return [one.id for one in await _of_contact(tx, account_id, contact_id)]


async def remove(tx: Tx, account_id: str, conversation_id: str) -> None:
    """Its messages stay, without it."""
    await tx.execute(_Q["remove"], account_id=account_id, id=conversation_id)


async def _of_contact(tx: Tx, account_id: str, contact_id: str) -> list[_Conversation]:
    rows = await tx.fetch(_Q["of_contact"], account_id=account_id, contact_id=contact_id)
    return [_Conversation(*row) for row in rows]


def _folded(own: _Conversation, former: _Conversation) -> dict[str, int | str | None]:
    """The later of everything."""
    pair = (own, former)
    return {
        "last_inbound_at": max(one.last_inbound_at for one in pair),
        "last_inbound_id": max(one.last_inbound_id for one in pair),
        "window_closes_at": max(one.window_closes_at for one in pair),
        "free_entry_offered_until": max(one.free_entry_offered_until or 0 for one in pair) or None,
        "free_entry_closes_at": max(one.free_entry_closes_at or 0 for one in pair) or None,
        "read_to": max(one.read_to or "" for one in pair) or None,
    }
