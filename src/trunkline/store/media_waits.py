"""Messages that wait for their files: held while that takes long, queued again, or refused.

Each step is the owner's of the number, in its epoch, and nobody's else: a former owner must not hold what the
new one has in its line. And each looks at the state, as somebody may cancel meanwhile.
"""

from collections.abc import Sequence

import msgspec

from trunkline.store import leases, messages
from trunkline.store.contract import Tx, comes_first
from trunkline.store.queries import load

_Q = load("media_waits")


class Wait(msgspec.Struct, frozen=True):
    """A message that the owner of its number, in `epoch`, has taken from the line."""

    account_id: str
    message_id: str
    number_id: str
    epoch: int
    now: int
    error: str = ""
    """Why it is refused: JSON with the members of a `SendError`."""


@comes_first
async def hold_many(tx: Tx, waits: Sequence[Wait]) -> list[bool]:
    """Whether each is held now; False where it is not queued any more."""
    mine = await _of_owner(tx, waits)
    rows = await tx.fetch_many(_Q["hold"], [(one.account_id, one.message_id, one.now) for one in mine])
    return _among(waits, rows)


@comes_first
async def resume_many(tx: Tx, waits: Sequence[Wait]) -> list[bool]:
    """Whether each is queued again; False where it does not wait for files any more."""
    mine = await _of_owner(tx, waits)
    rows = await tx.fetch_many(_Q["resume"], [(one.account_id, one.message_id) for one in mine])
    return _among(waits, rows)


@comes_first
async def refuse_many(tx: Tx, waits: Sequence[Wait]) -> list[None]:
    """Those that are held or queued have failed with their errors, and that is told."""
    mine = await _of_owner(tx, waits)
    refused = [(one.account_id, one.message_id, one.error, one.now) for one in mine]
    await messages.refuse_many(tx, refused, waiting=True)
    return [None] * len(waits)


async def still(tx: Tx, account_id: str, message_id: str) -> bool:
    """Whether a message waits for its files, or may go: it was not canceled, and its life is not over."""
    return await tx.fetch_one(_Q["waits"], account_id=account_id, id=message_id) is not None


async def _of_owner(tx: Tx, waits: Sequence[Wait]) -> list[Wait]:
    epochs = await leases.fence(tx, {(one.account_id, one.number_id) for one in waits})
    return [one for one in waits if epochs.get(one.number_id) == one.epoch]


def _among(waits: Sequence[Wait], rows: Sequence[tuple[str, ...]]) -> list[bool]:
    found = {row[0] for row in rows}
    return [one.message_id in found for one in waits]
