"""How the stages keep going: a step again and again, and a write until the store takes it.

Nothing that runs for ever may end unnoticed: a fault is logged, and after a pause the work goes on. The pause
between steps is the clock's time, as the steps are about what is due. The pause before a store is asked again
is real time: a database that is away does not come back sooner because a virtual clock was put forward.
"""

import asyncio
from collections.abc import Awaitable, Callable

from trunkline.clock import Clock
from trunkline.runtime import log
from trunkline.store import StoreUnavailable
from trunkline.store.contract import Conflict, T

STORE_RETRY_SECONDS = 0.5


async def for_ever(
    clock: Clock, what: str, step: Callable[[], Awaitable[None]], pause_seconds: float
) -> None:
    """The step, a pause, the step again; until the task is canceled."""
    while True:
        try:
            await step()
        except StoreUnavailable as fault:
            log.warning("%s: left to the next time: %s", what, fault)
        except Exception as fault:
            log.error("%s: a fault of ours, it goes on", what, exc_info=fault)
        await clock.sleep(pause_seconds)


async def until_kept(what: str, write: Callable[[], Awaitable[T]]) -> T:
    """For what must not be given up while the process lives."""
    while True:
        try:
            return await write()
        except StoreUnavailable as fault:
            log.warning("%s: waits for the store: %s", what, fault)
        except Conflict as fault:
            log.info("%s: is done again: %s", what, fault)
        await asyncio.sleep(STORE_RETRY_SECONDS)
