"""MERGE of two contacts that somebody says are one person: all that was one's is the other's.

What messages show of people merges contacts by itself (`inbound/people.py`); this is the same, asked for.
"""

from trunkline.inbound import contact_book
from trunkline.inbound.people import People
from trunkline.store import Tx, contacts
from trunkline.store.contacts import Contact


async def merge(tx: Tx, account_id: str, gone: str, into: str, now: int) -> Contact | None:
    """The contact as it is then; None when one of them is not there. Both may not be the same."""
    await contacts.take_turn(tx, account_id)
    both = await contacts.get_many(tx, account_id, [gone, into])
    if len(both) != 2:
        return None
    people = People(both, await contacts.addresses_of(tx, account_id, [gone, into]))
    people.join(gone, into, now)
    await contact_book.keep(tx, account_id, people, now)
    return people.contact(into)
