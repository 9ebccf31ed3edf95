"""WHO IS WHO: from the addresses in messages to contacts. Pure.

In come the contacts that are known by any address of a group of messages; out goes what has to be written.
A business-scoped user id names a person, a phone number is something that a person has for a while: when it
comes with another user id, it went to somebody else. Two contacts are one when a message shows both of their
addresses together, or tells that one became the other.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from trunkline.channels.contract import Person
from trunkline.model import ids
from trunkline.store.contacts import INBOUND, Contact


class Changed(msgspec.Struct, frozen=True):
    """A contact that has other addresses than before."""

    contact: Contact
    addresses: Sequence[str]
    merged: Sequence[str]
    """The contacts that were found to be the same."""
    at: int


class People:
    """Of one account, as a group of messages finds and leaves them."""

    def __init__(self, known: Iterable[Contact], addresses: Mapping[str, Sequence[str]]) -> None:
        self._contacts = {contact.id: contact for contact in known}
        self._addresses = {contact_id: dict.fromkeys(addresses[contact_id]) for contact_id in self._contacts}
        self._owners = {each: contact_id for contact_id, own in self._addresses.items() for each in own}
        self._before = dict(self._contacts)
        self._pointed: dict[str, None] = {}
        self._merged: dict[str, str] = {}
        self._changed: dict[str, int] = {}

    def meet(self, account_id: str, person: Person, moved_from: Sequence[str], at: int) -> str:
        """The contact that this is. `moved_from` are addresses that the person had until now."""
        if self._went_on(person, moved_from, at):
            person = replace(person, phone=None)
        found = self._found(person, moved_from)
        contact_id = min(found, default="") or self._new(account_id, at)
        for other in sorted(found - {contact_id}):
            self._merge(other, contact_id, at)
        self._learn(contact_id, person, moved_from, at)
        for address in dict.fromkeys((person.user_id, person.phone, *moved_from)):
            if address is not None:
                self._point(address, contact_id, at)
        return contact_id

    def join(self, gone: str, into: str, at: int) -> None:
        """Somebody says that these two are one."""
        self._merge(gone, into, at)

    def current(self, contact_id: str) -> str:
        """The contact into which this one was merged, if it was."""
        while contact_id in self._merged:
            contact_id = self._merged[contact_id]
        return contact_id

    def contact(self, contact_id: str) -> Contact:
        return self._contacts[self.current(contact_id)]

    def is_new(self, contact_id: str) -> bool:
        return self.current(contact_id) not in self._before

    def addresses(self, contact_id: str) -> list[str]:
        return list(self._addresses[self.current(contact_id)])

    # -- what has to be written

    def merged(self) -> list[tuple[str, str]]:
        """(gone, into), of those that were there before."""
        return [(gone, self.current(gone)) for gone in self._merged if gone in self._before]

    def written(self) -> list[Contact]:
        return [contact for contact in self._contacts.values() if contact != self._before.get(contact.id)]

    def pointed(self) -> list[tuple[str, str]]:
        """(address, contact), in an order that is the same for everybody."""
        return sorted((address, self._owners[address]) for address in self._pointed)

    def changed(self) -> list[Changed]:
        """Of those that were there before."""
        made = []
        for contact_id, at in self._changed.items():
            contact = self._contacts.get(contact_id)
            if contact is not None and contact_id in self._before:
                gone = [each for each, into in self.merged() if into == contact_id]
                made.append(Changed(contact, self.addresses(contact_id), gone, at))
        return made

    # -- the rule

    def _went_on(self, person: Person, moved_from: Sequence[str], at: int) -> bool:
        """Whether the phone number is known to have gone to somebody else since then."""
        owner = self._owners.get(person.phone or "")
        if owner is None or owner == self._owners.get(person.user_id or ""):
            return False
        return self._is_another(owner, person, moved_from) and self._contacts[owner].updated_at > at

    def _found(self, person: Person, moved_from: Sequence[str]) -> set[str]:
        by_user = self._owners.get(person.user_id or "")
        by_phone = self._owners.get(person.phone or "")
        if by_phone is not None and by_phone != by_user and self._is_another(by_phone, person, moved_from):
            by_phone = None
        former = (self._owners.get(address) for address in moved_from)
        return {contact_id for contact_id in (by_user, by_phone, *former) if contact_id is not None}

    def _is_another(self, contact_id: str, person: Person, moved_from: Sequence[str]) -> bool:
        """Whether the phone number was theirs, and its user id shows that it no longer is."""
        theirs = self._contacts[contact_id].user_id
        return theirs is not None and person.user_id is not None and theirs not in moved_from

    def _new(self, account_id: str, at: int) -> str:
        contact_id = ids.new_id(ids.CONTACT)
        self._contacts[contact_id] = Contact(account_id, contact_id, None, None, None, None, None, at, at)
        self._addresses[contact_id] = {}
        return contact_id

    def _merge(self, gone: str, into: str, at: int) -> None:
        """The names stay those of whom more was heard lately; one that the account gave goes before."""
        former, own = self._contacts.pop(gone), self._contacts[into]
        newer, older = (former, own) if former.updated_at > own.updated_at else (own, former)
        named = newer if newer.source != INBOUND or older.source == INBOUND else older
        self._contacts[into] = replace(
            own,
            phone=newer.phone or older.phone,
            user_id=newer.user_id or older.user_id,
            parent_user_id=newer.parent_user_id or older.parent_user_id,
            name=named.name or newer.name or older.name,
            username=newer.username or older.username,
            created_at=min(own.created_at, former.created_at),
            updated_at=newer.updated_at,
            language=newer.language or older.language,
            time_zone=newer.time_zone or older.time_zone,
            attributes=_of_both(newer.attributes, older.attributes),
            source=named.source,
        )
        self._merged[gone] = into
        for address in self._addresses.pop(gone):
            self._own(address, into)
        self._changed[into] = at

    def _learn(self, contact_id: str, person: Person, moved_from: Sequence[str], at: int) -> None:
        """News that is older than what is known only fills gaps. A name that the account gave stays."""
        known = self._contacts[contact_id]
        told = {name: value for name, value in msgspec.structs.asdict(person).items() if value is not None}
        if at < known.updated_at:
            told = {name: value for name, value in told.items() if getattr(known, name) is None}
        if known.source != INBOUND and known.name:
            told.pop("name", None)
        now = replace(known, **told)
        if now != known:
            self._contacts[contact_id] = replace(now, updated_at=max(at, known.updated_at))
        if (now.phone, now.user_id) != (known.phone, known.user_id):
            self._changed[contact_id] = at

    def _point(self, address: str, contact_id: str, at: int) -> None:
        owner = self._owners.get(address)
        if owner == contact_id:
            return
        if owner is not None:
            self._take(address, owner, at)
        self._own(address, contact_id)
        self._changed[contact_id] = at

    def _take(self, address: str, owner: str, at: int) -> None:
        """It is somebody else's now."""
        known = self._contacts[owner]
        del self._addresses[owner][address]
        left = replace(
            known,
            phone=None if known.phone == address else known.phone,
            user_id=None if known.user_id == address else known.user_id,
        )
        if left != known:
            self._contacts[owner] = replace(left, updated_at=max(at, known.updated_at))
        self._changed[owner] = at

    def _own(self, address: str, contact_id: str) -> None:
        self._owners[address] = contact_id
        self._addresses[contact_id][address] = None
        self._pointed[address] = None


def _of_both(newer: str, older: str) -> str:
    """Attributes as JSON text."""
    if older in (newer, "{}"):
        return newer
    both = msgspec.json.decode(older) | msgspec.json.decode(newer)
    return msgspec.json.encode(both).decode()
