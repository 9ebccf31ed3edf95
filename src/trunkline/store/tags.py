"""Tags: words that the account puts on people."""

from collections.abc import Iterable, Sequence

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("tags")


async def add(tx: Tx, account_id: str, tagged: Sequence[tuple[str, str]]) -> None:
    """Each (tag, contact)."""
    await tx.execute_many(_Q["add"], [(account_id, tag, contact_id) for tag, contact_id in tagged])


async def remove(tx: Tx, account_id: str, tagged: Sequence[tuple[str, str]]) -> None:
    """Each (tag, contact)."""
    await tx.execute_many(_Q["remove"], [(account_id, tag, contact_id) for tag, contact_id in tagged])


async def remove_all(tx: Tx, account_id: str, contact_ids: Iterable[str]) -> None:
    await tx.execute_many(_Q["remove_all"], [(account_id, each) for each in contact_ids])


async def of_contacts(tx: Tx, account_id: str, contact_ids: Sequence[str]) -> dict[str, list[str]]:
    """contact → its tags, in order."""
    found: dict[str, list[str]] = {contact_id: [] for contact_id in contact_ids}
    rows = await tx.fetch_many(_Q["of_contact"], [(account_id, each) for each in contact_ids])
    for contact_id, tag in sorted(rows):
        found[contact_id].append(tag)
    return found


async def merge(tx: Tx, account_id: str, gone: str, into: str) -> None:
    await tx.execute(_Q["join_all"], account_id=account_id, gone=gone, into=into)
    await remove_all(tx, account_id, [gone])
