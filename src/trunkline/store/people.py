"""Two contacts that are one person: what the one has in other tables is the other's."""

from trunkline.store import lists, tags
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("people")


async def merge(tx: Tx, account_id: str, gone: str, into: str) -> None:
    """Tags, lists and campaigns of the contact `gone` are those of `into`, whom no campaign reaches twice."""
    await tags.merge(tx, account_id, gone, into)
    await lists.merge(tx, account_id, gone, into)
    await tx.execute(_Q["move_recipients"], account_id=account_id, gone=gone, into=into)
    await tx.execute(_Q["drop_doubles"], account_id=account_id, into=into)
