"""Whom numbers with a tier wrote to first: what a new owner of such a number must know of the last day."""

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("tier_uses")


class TierUse(msgspec.Struct, frozen=True):
    """A number wrote to a recipient, by a template."""

    account_id: str
    number_id: str
    recipient: str
    at: int


async def record(tx: Tx, uses: Sequence[TierUse]) -> None:
    """Count these; who is counted already is counted from now on."""
    await tx.execute_many(_Q["record"], [msgspec.structs.astuple(use) for use in uses])


async def since(tx: Tx, account_id: str, number_id: str, since: int) -> list[TierUse]:
    """Oldest first, each recipient once; with whoever may have been written to by a send that is open."""
    counted = await tx.fetch(_Q["since"], account_id=account_id, number_id=number_id, since=since)
    under_way = await tx.fetch(_Q["under_way"], account_id=account_id, number_id=number_id)
    uses = sorted((TierUse(*row) for row in [*counted, *under_way]), key=lambda use: use.at)
    latest = {use.recipient: use for use in uses}
    return [use for use in uses if latest[use.recipient] is use]


async def of_recipients(
    tx: Tx, account_id: str, number_id: str, recipients: Iterable[str], since: int
) -> set[str]:
    """Those of them who are counted since a moment: who get another message for no place."""
    rows = await tx.fetch_many(
        _Q["of_recipients"], [(account_id, number_id, recipient, since) for recipient in recipients]
    )
    return {row[0] for row in rows}


async def taken(tx: Tx, account_id: str, number_id: str, since: int, most: int) -> int:
    """How many places are taken, or will be by what waits. Of that no more than `most` are counted."""
    values = {"account_id": account_id, "number_id": number_id, "since": since, "most": most}
    row = await tx.fetch_one(_Q["taken"], **values)
    return row[0] if row else 0
