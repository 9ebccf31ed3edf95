"""People who wrote to the account or were entered by it, and the addresses by which they are or were known.

Who is who is decided by `inbound/people.py` and `audiences/people.py`; this only reads and writes.
"""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("contacts")

INBOUND, IMPORT, API = "inbound", "import", "api"
"""Sources: the person's own messages, a table, a caller."""


class Contact(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    phone: str | None
    user_id: str | None
    parent_user_id: str | None
    name: str | None
    username: str | None
    created_at: int
    updated_at: int
    """When something new was last learned of its names or addresses."""
    language: str | None = None
    time_zone: str | None = None
    attributes: str = "{}"
    """JSON text, name → text."""
    source: str = INBOUND
    """Who made it known or named it: where that is the account itself, messages do not change its name."""


async def take_turn(tx: Tx, account_id: str) -> None:
    """Until the transaction ends nobody else makes or merges contacts of this account."""
    await tx.fetch_one(_Q["take_turn"], account_id=account_id)


async def by_address(tx: Tx, account_id: str, addresses: Sequence[str]) -> list[Contact]:
    """Each contact that any of these addresses belongs to, once."""
    rows = await tx.fetch_many(_Q["by_address"], [(account_id, address) for address in addresses])
    return list({row[1]: Contact(*row) for row in rows}.values())


async def known(tx: Tx, account_id: str, addresses: Sequence[str]) -> dict[str, Contact]:
    """address → whose it is, of those that are anybody's."""
    asked = msgspec.json.encode(addresses).decode()
    rows = await tx.fetch(_Q["known"], account_id=account_id, addresses=asked) if addresses else []
    return {row[0]: Contact(*row[1:]) for row in rows}


async def get(tx: Tx, account_id: str, contact_id: str) -> Contact | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=contact_id)
    return Contact(*row) if row else None


async def get_many(tx: Tx, account_id: str, contact_ids: Sequence[str]) -> list[Contact]:
    """Those of these that there are, in this order."""
    rows = await tx.fetch_many(_Q["get"], [(account_id, each) for each in contact_ids])
    found = {row[1]: Contact(*row) for row in rows}
    return [found[each] for each in contact_ids if each in found]


async def page(tx: Tx, account_id: str, start: str, count: int) -> list[Contact]:
    """Up to `count` contacts older than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page"], account_id=account_id, start=start, count=count)
    return [Contact(*row) for row in rows]


async def page_of_tag(tx: Tx, account_id: str, tag: str, start: str, count: int) -> list[Contact]:
    """The same of those who have a tag."""
    rows = await tx.fetch(_Q["page_of_tag"], account_id=account_id, tag=tag, start=start, count=count)
    return [Contact(*row) for row in rows]


async def addresses_of(tx: Tx, account_id: str, contact_ids: Sequence[str]) -> dict[str, list[str]]:
    """contact → every address that it has or had."""
    rows = await tx.fetch_many(_Q["addresses_of"], [(account_id, each) for each in contact_ids])
    found: dict[str, list[str]] = {contact_id: [] for contact_id in contact_ids}
    for contact_id, address in rows:
        found[contact_id].append(address)
    return found


async def put_many(tx: Tx, contacts: Sequence[Contact]) -> None:
    await tx.execute_many(_Q["put"], [msgspec.structs.astuple(contact) for contact in contacts])


async def point_many(tx: Tx, account_id: str, owners: Sequence[tuple[str, str]], now: int) -> None:
    """Each (address, contact)."""
    await tx.execute_many(_Q["point"], [(account_id, address, owner, now) for address, owner in owners])


async def remove_many(tx: Tx, account_id: str, contact_ids: Sequence[str]) -> None:
    await tx.execute_many(_Q["remove"], [(account_id, contact_id) for contact_id in contact_ids])
