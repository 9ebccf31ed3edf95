"""CHANGE one contact as a caller wants it: its profile, its tags, and addresses that are added to it."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from trunkline.audiences.people import joined
from trunkline.inbound import contact_book
from trunkline.inbound.people import Changed
from trunkline.store import Tx, contacts, suppressions, tags
from trunkline.store.contacts import API, Contact

ADDRESSES = ("phone", "user_id")


class AddressTaken(Exception):
    """An address is somebody else's: `member` says which, `owner` whose."""

    def __init__(self, member: str, owner: str) -> None:
        super().__init__(f"{member} belongs to {owner}")
        self.member = member
        self.owner = owner


async def change(
    tx: Tx, account_id: str, contact_id: str, wanted: Mapping[str, Any], now: int
) -> Contact | None:
    """The contact as it is then, None when there is none. `wanted` is a body of `contact_form.CHANGES`."""
    await contacts.take_turn(tx, account_id)
    contact = await contacts.get(tx, account_id, contact_id)
    if contact is None:
        return None
    await _add_addresses(tx, contact, wanted, now)
    changed = _changed(contact, wanted, now)
    if changed != contact:
        await contacts.put_many(tx, [changed])
    if (changed.phone, changed.user_id) != (contact.phone, contact.user_id):
        own = await contacts.addresses_of(tx, account_id, [contact_id])
        tx.emit(contact_book.told(account_id, Changed(changed, own[contact_id], (), now)))
    await _change_tags(tx, account_id, contact_id, wanted)
    return changed


async def _add_addresses(tx: Tx, contact: Contact, wanted: Mapping[str, Any], now: int) -> None:
    given = {member: wanted[member] for member in ADDRESSES if member in wanted}
    owners = await contacts.known(tx, contact.account_id, list(given.values()))
    for member, address in given.items():
        if address in owners and owners[address].id != contact.id:
            raise AddressTaken(member, owners[address].id)
    new = [address for address in given.values() if address not in owners]
    if new:
        own = await contacts.addresses_of(tx, contact.account_id, [contact.id])
        await suppressions.spread(tx, contact.account_id, [[*own[contact.id], *new]])
        await contacts.point_many(tx, contact.account_id, [(each, contact.id) for each in new], now)


def _changed(contact: Contact, wanted: Mapping[str, Any], now: int) -> Contact:
    plain = {name: wanted[name] for name in (*ADDRESSES, "name", "language", "time_zone") if name in wanted}
    changed = replace(contact, **plain)
    if "attributes" in wanted:
        changed = replace(changed, attributes=joined(contact.attributes, wanted["attributes"]))
    if plain.keys() & {"name", *ADDRESSES} and changed != contact:
        return replace(changed, updated_at=now, source=API if "name" in plain else contact.source)
    return changed


async def _change_tags(tx: Tx, account_id: str, contact_id: str, wanted: Mapping[str, Any]) -> None:
    if "tags" in wanted:
        await tags.remove_all(tx, account_id, [contact_id])
    await tags.remove(tx, account_id, [(tag, contact_id) for tag in wanted.get("remove_tags", ())])
    new = [*wanted.get("tags", ()), *wanted.get("add_tags", ())]
    await tags.add(tx, account_id, [(tag, contact_id) for tag in new])
