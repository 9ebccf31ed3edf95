"""Since when something is watched without a gap. Moments are those of the processes' clocks."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("watches")


class Watch(msgspec.Struct, frozen=True):
    since: int
    seen_at: int


async def keep(tx: Tx, name: str, now: int, *, anew: bool) -> None:
    """`anew`: something may have been missed before now."""
    await tx.execute(_Q["begin" if anew else "keep"], name=name, since=now, seen_at=now)


async def get(tx: Tx, name: str) -> Watch | None:
    row = await tx.fetch_one(_Q["get"], name=name)
    return Watch(*row) if row else None
