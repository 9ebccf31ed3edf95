"""Short links: made with the message that they stand in, looked up by whoever follows them."""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("short_links")


class NewLink(msgspec.Struct, frozen=True):
    token: str
    account_id: str
    message_id: str
    campaign_id: str | None
    url: str
    created_at: int
    expires_at: int


class LinkRow(msgspec.Struct, frozen=True):
    token: str
    account_id: str
    message_id: str
    campaign_id: str | None
    url: str
    expires_at: int
    clicks: int


async def insert_many(tx: Tx, links: Sequence[NewLink]) -> None:
    await tx.execute_many(_Q["insert"], [msgspec.structs.astuple(link) for link in links])


async def get(tx: Tx, token: str) -> LinkRow | None:
    row = await tx.fetch_one(_Q["get"], token=token)
    return LinkRow(*row) if row else None


async def click(tx: Tx, link: LinkRow, now: int) -> int | None:
    """How often it was followed, with this time; None when it is no more."""
    row = await tx.fetch_one(_Q["click"], token=link.token, account_id=link.account_id, now=now)
    return row[0] if row else None


async def about(tx: Tx, link: LinkRow) -> tuple[str, str] | None:
    """Number and recipient of its message; None when that is no more."""
    row = await tx.fetch_one(_Q["about"], account_id=link.account_id, message_id=link.message_id)
    return (row[0], row[1]) if row else None


async def forget(tx: Tx, account_id: str, message_ids: Sequence[str]) -> None:
    """They lead nowhere from now on: what a person's links say may name them."""
    await tx.execute_many(_Q["forget"], [(account_id, message_id) for message_id in message_ids])


async def prune(tx: Tx, account_id: str, before: int, count: int) -> int:
    return len(await tx.fetch(_Q["prune"], account_id=account_id, before=before, count=count))
