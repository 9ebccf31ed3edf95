"""Processes that ended without a word are forgotten after an hour."""

from trunkline.runtime import Runtime
from trunkline.store import processes

NAME = "processes"
EVERY_SECONDS = 600.0
_FOR_MS = 3_600_000


async def step(runtime: Runtime) -> int:
    return await runtime.store.write(lambda tx: processes.forget_dead(tx, _FOR_MS))
