"""PEOPLE as the account itself enters them: rows of a table, or one by one.

In come addresses in normal form and what is said of whoever has them; out go contacts that are there from
then on, each of them known by every address that was given. Whoever is known by one of the addresses is that
contact; a table is no proof that two contacts are one person, unless it names both of their addresses in one
row, and then the rules are those of messages (`inbound/people.py`).
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from trunkline import phones
from trunkline.channels.contract import Person
from trunkline.inbound import contact_book
from trunkline.model import ids
from trunkline.store import Tx, contacts, tags
from trunkline.store.contacts import IMPORT, Contact

_texts = msgspec.json.Decoder(dict[str, str])


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the account says of somebody. At least one address; what is not given stays as it was."""

    phone: str | None = None
    """Digits, as `phones.normalise` leaves them."""
    user_id: str | None = None
    name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    attributes: dict[str, str] = {}
    """An empty text removes the attribute."""
    tags: tuple[str, ...] = ()
    """Added to those that they have."""


class Entered(msgspec.Struct, frozen=True):
    contact_id: str
    is_new: bool


async def upsert(  # noqa: PLR0913 - who, whose, when, and two settings
    tx: Tx, account_id: str, rows: Sequence[Given], now: int, *, source: str = IMPORT, keep: bool = False
) -> list[Entered]:
    """One for each row, in their order. With `keep`, what is known stays and only gaps are filled.

    A person who stands in several rows is new in the first; the later rows are news of them.
    """
    await contacts.take_turn(tx, account_id)
    new = await _meet(tx, account_id, [row for row in rows if row.phone and row.user_id], now)
    book = _Book(account_id, await _known(tx, account_id, [_address(row) for row in rows]), new)
    entered = [book.enter(row, source, now, keep=keep) for row in rows]
    await contacts.put_many(tx, book.written())
    await contacts.point_many(tx, account_id, book.pointed(), now)
    tagged = [(tag, one.contact_id) for row, one in zip(rows, entered, strict=True) for tag in row.tags]
    await tags.add(tx, account_id, tagged)
    return entered


async def _meet(tx: Tx, account_id: str, rows: Sequence[Given], now: int) -> set[str]:
    """Both addresses of each of these are one contact's from now on. Those that were not there."""
    if not rows:
        return set()
    met = [Person(phone=row.phone, user_id=row.user_id) for row in rows]
    people = await contact_book.open_book(tx, account_id, [(person, ()) for person in met])
    found = {people.meet(account_id, person, (), now) for person in met}
    new = {contact_id for contact_id in found if people.is_new(contact_id)}
    await contact_book.keep(tx, account_id, people, now)
    return new


async def _known(tx: Tx, account_id: str, addresses: Sequence[str]) -> dict[str, Contact]:
    """By their address, or else by another spelling of it."""
    found = await contacts.known(tx, account_id, list(dict.fromkeys(addresses)))
    spelt = {other: each for each in addresses if each not in found for other in phones.spellings(each)}
    if spelt:
        others = await contacts.known(tx, account_id, list(spelt))
        found |= {spelt[other]: contact for other, contact in others.items()}
    return found


class _Book:
    """The contacts of some rows, as the rows find and leave them."""

    def __init__(self, account_id: str, known: dict[str, Contact], new: set[str]) -> None:
        self._account_id = account_id
        self._owners = {address: contact.id for address, contact in known.items()}
        self._people = {contact.id: contact for contact in known.values()}
        self._before = dict(self._people)
        self._new = new
        self._pointed: dict[str, str] = {}

    def enter(self, row: Given, source: str, now: int, *, keep: bool) -> Entered:
        address = _address(row)
        contact_id = self._owners.get(address)
        is_new = contact_id is None or contact_id in self._new
        if contact_id is None:
            contact_id = self._owners[address] = self._pointed[address] = ids.new_id(ids.CONTACT)
            for other in phones.spellings(address):
                self._owners.setdefault(other, contact_id)
            self._people[contact_id] = _made(self._account_id, contact_id, row, source, now)
        else:
            known = self._people[contact_id]
            if is_new:
                self._new.discard(contact_id)
                known = replace(known, source=source)
            self._people[contact_id] = told(known, row, source, now, keep=keep)
        return Entered(contact_id, is_new)

    def written(self) -> list[Contact]:
        return [one for one in self._people.values() if one is not self._before.get(one.id)]

    def pointed(self) -> list[tuple[str, str]]:
        """(address, contact), in an order that is the same for everybody."""
        return sorted(self._pointed.items())


def _made(account_id: str, contact_id: str, row: Given, source: str, now: int) -> Contact:
    return Contact(
        account_id,
        contact_id,
        row.phone,
        row.user_id,
        None,
        row.name or None,
        None,
        now,
        now,
        row.language or None,
        row.time_zone or None,
        joined("{}", row.attributes) if row.attributes else "{}",
        source,
    )


def told(contact: Contact, row: Given, source: str, now: int, *, keep: bool = False) -> Contact:
    """The contact with what is said of it; the same object when that is nothing new."""
    news: dict[str, str] = {}
    for name in ("name", "language", "time_zone"):
        value, known = getattr(row, name), getattr(contact, name)
        if value and value != known and not (keep and known):
            news[name] = value
    if row.attributes:
        attributes = joined(contact.attributes, row.attributes, keep=keep)
        if attributes != contact.attributes:
            news["attributes"] = attributes
    if not news:
        return contact
    if "name" in news:
        return replace(contact, **news, source=source, updated_at=now)
    return replace(contact, **news)


def joined(known: str, given: dict[str, str], *, keep: bool = False) -> str:
    """Attributes as JSON text, with those that are given; with `keep`, only where there was none."""
    before = _texts.decode(known) if known != "{}" else {}
    after = given | before if keep else before | given
    return msgspec.json.encode({name: text for name, text in after.items() if text}).decode()


def _address(row: Given) -> str:
    """By which the row finds its contact: a user id names a person, a phone number is theirs for a while."""
    address = row.user_id or row.phone
    assert address is not None
    return address
