"""What providers told of numbers, accounts and wishes: its digest, so that what is told twice counts once."""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("notices")


class NewNotice(msgspec.Struct, frozen=True):
    account_id: str
    digest: bytes
    received_at: int


async def keep_many(tx: Tx, notices: Sequence[NewNotice]) -> set[tuple[str, bytes]]:
    """(account, digest) of those that are new."""
    rows = await tx.fetch_many(_Q["keep"], [msgspec.structs.astuple(notice) for notice in notices])
    return {(row[0], bytes(row[1])) for row in rows}
