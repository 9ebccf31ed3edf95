"""First answers by Idempotency-Key, written in the same transaction as what they answer for."""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("idempotency")


class Answered(msgspec.Struct, frozen=True):
    """A request's key, what identifies its content, and the answer that was given."""

    account_id: str
    key: str
    fingerprint: bytes
    status: int
    body: bytes
    created_at: int


async def remember_many(tx: Tx, answers: Sequence[Answered]) -> list[bool]:
    """For each answer, whether it is the first for its key and is now kept."""
    rows = await tx.fetch_many(_Q["remember"], [msgspec.structs.astuple(answer) for answer in answers])
    kept = {tuple(row) for row in rows}
    return [(answer.account_id, answer.key, answer.body) in kept for answer in answers]


async def recall(tx: Tx, account_id: str, key: str) -> Answered | None:
    row = await tx.fetch_one(_Q["recall"], account_id=account_id, key=key)
    return Answered(*row) if row else None


async def prune(tx: Tx, account_id: str, before: int) -> int:
    """How many are forgotten: some at a time, 0 when none is left."""
    return len(await tx.fetch(_Q["prune"], account_id=account_id, before=before, count=500))
