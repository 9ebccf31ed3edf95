"""CONTACTS of the people in a group of messages: read once, brought up to date, written once.

`people.py` decides who is who; here it is looked up and kept, with what follows: conversations of two that
turn out to be one, with their tags and lists, suppressions that hold for every address of a person, the event
`contact.changed`.
"""

from collections.abc import Iterable, Sequence

from trunkline.channels.contract import Person
from trunkline.inbound.people import Changed, People
from trunkline.model.events import ContactChangedData, ContactData, NewEvent, of_contact
from trunkline.store import Tx, contacts, conversations, people, suppressions
from trunkline.store.contacts import Contact


async def open_book(tx: Tx, account_id: str, met: Iterable[tuple[Person, Sequence[str]]]) -> People:
    """Everybody who is known by an address of these (person, former addresses)."""
    addresses = dict.fromkeys(
        address
        for person, moved_from in met
        for address in (person.phone, person.user_id, *moved_from)
        if address is not None
    )
    known = await contacts.by_address(tx, account_id, list(addresses))
    return People(known, await contacts.addresses_of(tx, account_id, [contact.id for contact in known]))


async def keep(tx: Tx, account_id: str, book: People, now: int) -> None:
    """Suppressions first: they may have to lock what intents read, and conversations come after that."""
    pointed = book.pointed()
    learned = dict.fromkeys(owner for _, owner in pointed)
    await suppressions.spread(tx, account_id, [book.addresses(owner) for owner in learned])
    await contacts.put_many(tx, book.written())
    await contacts.point_many(tx, account_id, pointed, now)
    for gone, into in book.merged():
        await conversations.merge(tx, account_id, gone, into, now)
        await people.merge(tx, account_id, gone, into)
    await contacts.remove_many(tx, account_id, [gone for gone, _ in book.merged()])
    tx.emit(*(told(account_id, change) for change in book.changed()))


def shown(contact: Contact) -> ContactData:
    return ContactData(
        id=contact.id,
        phone=contact.phone,
        user_id=contact.user_id,
        parent_user_id=contact.parent_user_id,
        name=contact.name,
        username=contact.username,
    )


def told(account_id: str, change: Changed) -> NewEvent:
    """The event `contact.changed`."""
    contact = change.contact
    data = ContactChangedData(
        id=contact.id,
        phone=contact.phone,
        user_id=contact.user_id,
        parent_user_id=contact.parent_user_id,
        name=contact.name,
        username=contact.username,
        addresses=change.addresses,
        merged=change.merged,
        at=change.at,
    )
    return of_contact(account_id, data)
