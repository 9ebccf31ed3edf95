"""The processes that share a database, as they renew themselves every few seconds."""

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.leases import LIFE_MS
from trunkline.store.queries import load

_Q = load("processes")


class Process(msgspec.Struct, frozen=True):
    id: str
    host: str
    roles: str
    """With commas."""
    age_ms: int


async def beat(tx: Tx, process_id: str, host: str, roles: str) -> None:
    await tx.execute(_Q["beat"], id=process_id, host=host, roles=roles, life_ms=LIFE_MS)


async def living(tx: Tx) -> list[Process]:
    return [Process(*row) for row in await tx.fetch(_Q["living"])]


async def leave(tx: Tx, process_id: str) -> None:
    await tx.execute(_Q["leave"], id=process_id)


async def died_since(tx: Tx, since: int) -> bool:
    """Whether one that takes hooks ended without a word; known for as long as the dead are not forgotten."""
    return await tx.fetch_one(_Q["died_since"], since=since) is not None


async def forget_dead(tx: Tx, for_ms: int) -> int:
    return len(await tx.fetch(_Q["forget_dead"], for_ms=for_ms))
