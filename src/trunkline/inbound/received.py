"""MESSAGES FROM PEOPLE: kept once, in their conversation, told as an event.

In come messages that a provider posted, each with the number of ours that it came to; everything that follows
from them happens in the caller's transaction: who wrote it, the window that it opens, what was held for that
window, the files that it names, and what it may order us to stop. One that is here already changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from trunkline.channels.contract import Received
from trunkline.inbound import contact_book
from trunkline.inbound.people import People
from trunkline.model import ids
from trunkline.model.events import InboundData, of_inbound
from trunkline.model.window import WINDOW_MS
from trunkline.store import Tx, contacts, conversations, inbound, media, messages, windows
from trunkline.store.conversations import OFFER_MS, Heard
from trunkline.store.inbound import InboundRow
from trunkline.store.media import PendingMedia

_encode = msgspec.json.Encoder().encode


class Arrival(msgspec.Struct, frozen=True):
    """A message, whose account and number it came to; its content and extras as JSON text."""

    account_id: str
    number_id: str
    message: Received
    content: str
    extras: str | None
    received_at: int


class Kept(NamedTuple):
    """A message that was new, and every address of whoever wrote it."""

    arrival: Arrival
    row: InboundRow
    addresses: Sequence[str]


def arrival(account_id: str, number_id: str, message: Received, received_at: int) -> Arrival:
    """`ValueError` when it cannot be written down."""
    # A provider's clock that goes ahead of ours must not keep a window open, nor outlive all later news.
    at = min(message.at or received_at, received_at)
    dated = msgspec.structs.replace(message, at=at) if at != message.at else message
    extras = _encode(message.extras).decode() if message.extras else None
    return Arrival(account_id, number_id, dated, _encode(message.content).decode(), extras, received_at)


async def apply_received(tx: Tx, arrivals: Sequence[Arrival], now: int) -> list[Kept]:
    """Those that were new. The caller has called `contacts.take_turn`."""
    kept: list[Kept] = []
    for account_id in sorted({each.account_id for each in arrivals}):
        kept += await _apply(
            tx, account_id, [each for each in arrivals if each.account_id == account_id], now
        )
    return kept


async def open_windows(tx: Tx, kept: Sequence[Kept]) -> None:
    """What was held until these people write goes on."""
    opened: dict[tuple[str, str], dict[str, None]] = {}
    for each, row, addresses in kept:
        if each.message.opens_window:
            opened.setdefault((row.account_id, row.number_id), {}).update(dict.fromkeys(addresses))
    for (account_id, number_id), known_by in opened.items():
        await windows.opened(tx, account_id, number_id, list(known_by))


async def _apply(tx: Tx, account_id: str, arrivals: Sequence[Arrival], now: int) -> list[Kept]:
    new = await _unseen(tx, account_id, arrivals)
    if not new:
        return []
    people = await contact_book.open_book(
        tx, account_id, ((a.message.sender, a.message.moved_from) for a in new)
    )
    met = [people.meet(account_id, a.message.sender, a.message.moved_from, a.message.at) for a in new]
    await contact_book.keep(tx, account_id, people, now)
    rows = [_row(each, people.contact(contact_id)) for each, contact_id in zip(new, met, strict=True)]
    places = await conversations.hear_many(tx, _heard(new, rows, now))
    kept = [
        Kept(
            each,
            msgspec.structs.replace(row, conversation_id=places[row.number_id, row.contact_id]),
            people.addresses(row.contact_id),
        )
        for each, row in zip(new, rows, strict=True)
    ]
    await inbound.insert_many(tx, [one.row for one in kept])
    await media.insert_pending(tx, [file for one in kept if (file := _file(one, now))])
    await _tell(tx, account_id, people, kept)
    return kept


async def _unseen(tx: Tx, account_id: str, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Each that is not here yet, once."""
    once = {(each.number_id, each.message.provider_id): each for each in reversed(arrivals)}
    known = await inbound.known(tx, account_id, list(once))
    return [each for key, each in reversed(once.items()) if key not in known]


def _row(each: Arrival, contact: contacts.Contact) -> InboundRow:
    message = each.message
    return InboundRow(
        account_id=each.account_id,
        id=ids.new_id(ids.MESSAGE),
        number_id=each.number_id,
        provider_id=message.provider_id,
        conversation_id="",
        contact_id=contact.id,
        address=message.sender.phone or contact.phone or message.sender.user_id or "",
        type=message.type,
        content=each.content,
        extras=each.extras,
        context_id=message.context_id,
        at=message.at,
        received_at=each.received_at,
    )


def _heard(arrivals: Iterable[Arrival], rows: Iterable[InboundRow], now: int) -> list[Heard]:
    """One a conversation, however many messages came in it."""
    heard: dict[tuple[str, str], Heard] = {}
    for each, row in zip(arrivals, rows, strict=True):
        key, one = (row.number_id, row.contact_id), _heard_one(each, row, now)
        heard[key] = _later(heard[key], one) if key in heard else one
    return list(heard.values())


def _heard_one(each: Arrival, row: InboundRow, now: int) -> Heard:
    at = each.message.at
    return Heard(
        account_id=row.account_id,
        id=ids.new_id(ids.CONVERSATION),
        number_id=row.number_id,
        contact_id=row.contact_id,
        last_inbound_at=at,
        last_inbound_id=row.id,
        window_closes_at=_closes_at(each) or 0,
        free_entry_offered_until=at + OFFER_MS if each.message.is_free_entry else None,
        now=now,
    )


def _later(one: Heard, other: Heard) -> Heard:
    offers = (one.free_entry_offered_until or 0, other.free_entry_offered_until or 0)
    return msgspec.structs.replace(
        other,
        last_inbound_at=max(one.last_inbound_at, other.last_inbound_at),
        window_closes_at=max(one.window_closes_at, other.window_closes_at),
        free_entry_offered_until=max(offers) or None,
    )


def _closes_at(each: Arrival) -> int | None:
    return each.message.at + WINDOW_MS if each.message.opens_window else None


def _file(one: Kept, now: int) -> PendingMedia | None:
    named, row = one.arrival.message.media, one.row
    if named is None:
        return None
    return PendingMedia(
        account_id=row.account_id,
        id=named.id,
        number_id=row.number_id,
        message_id=row.id,
        kind=named.kind,
        mime_type=named.mime_type,
        file_name=named.file_name,
        sha256=named.sha256,
        created_at=now,
    )


async def _tell(tx: Tx, account_id: str, people: People, kept: Sequence[Kept]) -> None:
    contexts = dict.fromkeys(row.context_id for _, row, _ in kept if row.context_id)
    ours = await messages.ids_by_provider_id(tx, [(account_id, each) for each in contexts])
    for each, row, _ in kept:
        contact = people.contact(row.contact_id)
        data = _data(each, row, contact, ours.get(row.context_id or ""))
        tx.emit(of_inbound(account_id, data, contact.phone or contact.user_id or row.address))


def _data(each: Arrival, row: InboundRow, contact: contacts.Contact, ours: str | None) -> InboundData:
    message = each.message
    context, referral = message.extras.get("context"), message.extras.get("referral")
    return InboundData(
        id=row.id,
        number_id=row.number_id,
        conversation_id=row.conversation_id,
        provider_id=row.provider_id,
        at=row.at,
        received_at=row.received_at,
        sender=msgspec.structs.asdict(message.sender),
        moved_from=message.moved_from,
        contact=contact_book.shown(contact),
        type=row.type,
        content=msgspec.Raw(row.content.encode()),
        context=context if isinstance(context, dict) else None,
        context_message_id=ours,
        referral=referral if isinstance(referral, dict) else None,
        extras=message.extras,
        window_closes_at=_closes_at(each),
    )
