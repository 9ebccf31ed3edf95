"""Raw webhook posts: kept before they are answered, processed once."""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("inbox")

Key = tuple[str, str]
"""(account, id) of a post"""


class Post(msgspec.Struct, frozen=True):
    """A provider's post on its way in. `digest` recognises the same bytes when they come again."""

    account_id: str
    id: str
    connector: str
    digest: bytes
    body: bytes
    received_at: int


class OpenPost(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    connector: str
    body: bytes
    received_at: int


async def keep_many(tx: Tx, posts: Sequence[Post]) -> list[bool]:
    """For each post whether it is new."""
    rows = await tx.fetch_many(_Q["insert"], [msgspec.structs.astuple(post) for post in posts])
    new = {row[0] for row in rows}
    return [post.id in new for post in posts]


async def open_posts(tx: Tx, account_id: str, after: str, count: int) -> list[OpenPost]:
    rows = await tx.fetch(_Q["open"], account_id=account_id, after=after, count=count)
    return [OpenPost(*row) for row in rows]


async def claim(tx: Tx, posts: Iterable[Key]) -> set[Key]:
    """Those of these posts that are open, and that no other process is at just now."""
    return {(row[0], row[1]) for row in await tx.fetch_many(_Q["claim"], sorted(posts))}


async def oldest_open_at(tx: Tx, account_id: str) -> int | None:
    row = await tx.fetch_one(_Q["oldest_open"], account_id=account_id)
    return None if row is None else int(row[0])


async def finish_many(tx: Tx, finished: Sequence[tuple[str, str, str | None]], now: int) -> None:
    """Each as (account, id, why it was set aside or None)."""
    await tx.execute_many(
        _Q["finish"],
        [
            ("flagged" if why else "done", why, now, account_id, post_id)
            for account_id, post_id, why in finished
        ],
    )
