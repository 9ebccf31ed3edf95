"""Lists: people who were put together by hand or by an import, and what their rows said."""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.store.contacts import Contact
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("lists")


class ListRow(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    name: str
    created_at: int
    updated_at: int


class OnList(msgspec.Struct, frozen=True):
    """A contact's place on a list. `columns` is JSON text, name → text."""

    contact_id: str
    address: str
    columns: str = "{}"


class ListMember(msgspec.Struct, frozen=True):
    """The same, with the contact."""

    address: str
    columns: str
    contact: Contact


async def insert(tx: Tx, row: ListRow) -> bool:
    """False when the account has a list of that name."""
    return await tx.fetch_one(_Q["insert"], **msgspec.structs.asdict(row)) is not None


async def get(tx: Tx, account_id: str, list_id: str) -> ListRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=list_id)
    return ListRow(*row) if row else None


async def by_name(tx: Tx, account_id: str, name: str) -> ListRow | None:
    row = await tx.fetch_one(_Q["by_name"], account_id=account_id, name=name)
    return ListRow(*row) if row else None


async def page(tx: Tx, account_id: str, start: str, count: int) -> list[ListRow]:
    """Up to `count` older than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page"], account_id=account_id, start=start, count=count)
    return [ListRow(*row) for row in rows]


async def rename(tx: Tx, account_id: str, list_id: str, name: str, now: int) -> None:
    await tx.execute(_Q["rename"], account_id=account_id, id=list_id, name=name, now=now)


async def remove(tx: Tx, account_id: str, list_id: str) -> bool:
    """Whether there was one. Its members are cleared by the caller."""
    return await tx.fetch_one(_Q["remove"], account_id=account_id, id=list_id) is not None


async def count(tx: Tx, account_id: str, list_id: str) -> int:
    row = await tx.fetch_one(_Q["count"], account_id=account_id, list_id=list_id)
    assert row is not None
    return int(row[0])


async def add(tx: Tx, account_id: str, list_id: str, people: Sequence[OnList], now: int) -> None:
    """Whoever was on it has these address and columns from now on."""
    await tx.execute_many(
        _Q["add"], [(account_id, list_id, one.contact_id, one.address, one.columns, now) for one in people]
    )


async def take_off(tx: Tx, account_id: str, list_id: str, contact_ids: Iterable[str]) -> int:
    """How many of these were on it."""
    rows = await tx.fetch_many(_Q["take_off"], [(account_id, list_id, each) for each in contact_ids])
    return len(rows)


async def clear(tx: Tx, account_id: str, list_id: str, count: int) -> int:
    """How many were taken off; 0 when nobody is left."""
    return len(await tx.fetch(_Q["clear"], account_id=account_id, list_id=list_id, count=count))


async def members(tx: Tx, account_id: str, list_id: str, after: str, count: int) -> list[ListMember]:
    """Up to `count` behind the contact `after`."""
    rows = await tx.fetch(_Q["members"], account_id=account_id, list_id=list_id, after=after, count=count)
    return [ListMember(row[0], row[1], Contact(*row[2:])) for row in rows]


async def members_addresses(
    tx: Tx, account_id: str, list_id: str, after: str, last: str
) -> dict[str, list[str]]:
    """contact → every address that it has or had, of the members behind `after` up to `last`."""
    found: dict[str, list[str]] = {}
    values = {"account_id": account_id, "list_id": list_id, "after": after, "last": last}
    for contact_id, address in await tx.fetch(_Q["members_addresses"], **values):
        found.setdefault(contact_id, []).append(address)
    return found


async def who_is_on(tx: Tx, account_id: str, list_id: str, contact_ids: Iterable[str]) -> set[str]:
    """Those of these contacts who are on it."""
    rows = await tx.fetch_many(_Q["who_is_on"], [(account_id, list_id, each) for each in contact_ids])
    return {row[0] for row in rows}


async def take_off_all(tx: Tx, account_id: str, contact_ids: Iterable[str]) -> None:
    await tx.execute_many(_Q["take_off_all"], [(account_id, each) for each in contact_ids])


async def merge(tx: Tx, account_id: str, gone: str, into: str) -> None:
    """Where the contact `gone` was on a list, `into` is."""
    await tx.execute(_Q["join_all"], account_id=account_id, gone=gone, into=into)
    await take_off_all(tx, account_id, [gone])
