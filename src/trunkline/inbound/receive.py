"""Keep a provider's verified post, durably, before it is answered 200.

In comes a body whose signature holds (`hooks.py` checked it); out goes an id for the processor. The same
bytes again are recognised by their digest and answered 200 without a second row.
"""

import hashlib
from collections.abc import Sequence

from trunkline.model import ids
from trunkline.runtime import Runtime
from trunkline.store import Tx, inbox
from trunkline.store.contract import Rank
from trunkline.store.inbox import OpenPost, Post


async def receive(
    runtime: Runtime, account_id: str, connector: str, body: bytes, *, elsewhere: bool = False
) -> OpenPost | None:
    """The kept post, or None when these very bytes are here already. Returns after the synced commit.

    With `elsewhere` another process applies it, and is told so with the commit.
    """
    post = Post(
        account_id=account_id,
        id=ids.new_id(ids.INBOX),
        connector=connector,
        digest=hashlib.sha256(body).digest()[:16],
        body=body,
        received_at=runtime.clock.now(),
    )
    keep = _keep_and_tell if elsewhere else inbox.keep_many
    if not await runtime.store.batch(keep, post, rank=Rank.REPEATED):
        return None
    return OpenPost(post.account_id, post.id, connector, body, post.received_at)


async def _keep_and_tell(tx: Tx, posts: Sequence[Post]) -> list[bool]:
    await tx.tell("posts")
    return await inbox.keep_many(tx, posts)
