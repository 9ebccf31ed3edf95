"""Keep a provider's verified post, durably, before it is answered 200.

In comes a body whose signature holds (`hooks.py` checked it); out goes an id for the processor. The same
bytes again are recognised by their digest and answered 200 without a second row.
"""

import hashlib

from trunkline.model import ids
from trunkline.runtime import Runtime
from trunkline.store import inbox
from trunkline.store.inbox import OpenPost, Post


async def receive(runtime: Runtime, account_id: str, connector: str, body: bytes) -> OpenPost | None:
    """The kept post, or None when these very bytes are here already. Returns after the synced commit."""
    post = Post(
        account_id=account_id,
        id=ids.new_id(ids.INBOX),
        connector=connector,
        digest=hashlib.sha256(body).digest()[:16],
        body=body,
        received_at=runtime.clock.now(),
    )
    if not await runtime.store.batch(inbox.keep_many, post):
        return None
    return OpenPost(post.account_id, post.id, connector, body, post.received_at)
