"""What is kept only for a time leaves in steps of at most 500 rows, each whole.

The large tables are walked along their primary keys, oldest first: no index is kept for this alone, which
every message would pay for.
"""

from itertools import takewhile

from trunkline.failpoints import reach
from trunkline.model import ids
from trunkline.store import deliveries
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("retention")
AT_ONCE = 500
REMOVED = "{}"
"""Stands where a content was; no message is accepted with it."""


async def clear_contents(tx: Tx, account_id: str, chore: str, before_at: int) -> int:
    """Messages accepted before that moment which the chore has not looked at yet; 0 when there are none.

    Those that have ended lose their content. The chore never comes back to one that it has passed.
    """
    row = await tx.fetch_one(_Q["done_to"], account_id=account_id, chore=chore)
    page = await tx.fetch(_Q["after"], account_id=account_id, after=row[0] if row else "", count=AT_ONCE)
    old = []
    for message_id, created_at in page:
        if created_at >= before_at:
            break
        old.append(message_id)
    if old:
        await tx.execute_many(_Q["clear"], [(account_id, message_id) for message_id in old])
        reach("C20")
        await tx.execute(_Q["mark"], account_id=account_id, chore=chore, done_to=old[-1])
    return len(old)


async def clear_inbound(tx: Tx, account_id: str, chore: str, before_at: int) -> int:
    """The same for messages from people, none of which is waited for."""
    row = await tx.fetch_one(_Q["done_to"], account_id=account_id, chore=chore)
    after = row[0] if row else ""
    page = await tx.fetch(_Q["inbound_after"], account_id=account_id, after=after, count=AT_ONCE)
    old = [message_id for message_id, _ in takewhile(lambda found: found[1] < before_at, page)]
    if old:
        await tx.execute_many(_Q["clear_inbound"], [(account_id, message_id) for message_id in old])
        await tx.execute(_Q["mark"], account_id=account_id, chore=chore, done_to=old[-1])
    return len(old)


async def delete_inbound(tx: Tx, account_id: str, before_at: int) -> int:
    values = _before(ids.MESSAGE, before_at)
    return len(await tx.fetch(_Q["delete_inbound"], account_id=account_id, count=AT_ONCE, **values))


async def delete_notices(tx: Tx, account_id: str, before_at: int) -> int:
    values = {"account_id": account_id, "before_at": before_at, "count": AT_ONCE}
    return len(await tx.fetch(_Q["delete_notices"], **values))


async def delete_messages(tx: Tx, account_id: str, before_at: int) -> int:
    """Ended messages, with their attempts and facts."""
    found = await tx.fetch(
        _Q["ended"], account_id=account_id, count=AT_ONCE, **_before(ids.MESSAGE, before_at)
    )
    keys = [(account_id, row[0]) for row in found]
    for name in ("delete_attempts", "delete_facts", "delete_message"):
        await tx.execute_many(_Q[name], keys)
        reach("C20")
    return len(keys)


async def delete_posts(tx: Tx, account_id: str, before_at: int) -> int:
    values = _before(ids.INBOX, before_at)
    return len(await tx.fetch(_Q["delete_posts"], account_id=account_id, count=AT_ONCE, **values))


async def delete_parked(tx: Tx, account_id: str, number_id: str, before_at: int) -> int:
    values = {"account_id": account_id, "number_id": number_id, "before_at": before_at, "count": AT_ONCE}
    return len(await tx.fetch(_Q["delete_parked"], **values))


async def delete_tier_uses(tx: Tx, account_id: str, number_id: str, before_at: int) -> int:
    values = {"account_id": account_id, "number_id": number_id, "before_at": before_at, "count": AT_ONCE}
    return len(await tx.fetch(_Q["delete_tier_uses"], **values))


async def delete_events(tx: Tx, account_id: str, before_at: int) -> int:
    """Events, the rows of their deliveries, and the log of tries; a few of one kind in each step.

    What stood still behind a row that leaves goes on.
    """
    values = {"account_id": account_id, "count": AT_ONCE, **_before(ids.EVENT, before_at)}
    for (endpoint_id,) in await tx.fetch(_Q["endpoints"], account_id=account_id):
        if gone := await tx.fetch(_Q["delete_tries"], endpoint_id=endpoint_id, **values):
            return len(gone)
        if gone := await tx.fetch(_Q["delete_deliveries"], endpoint_id=endpoint_id, **values):
            lanes = {lane for (lane,) in gone if lane is not None}
            await deliveries.go_on(tx, account_id, endpoint_id, sorted(lanes), before_at)
            return len(gone)
    return len(await tx.fetch(_Q["delete_events"], **values))


def _before(kind: str, at: int) -> dict[str, object]:
    return {"before": ids.first_id(kind, at), "before_at": at}
