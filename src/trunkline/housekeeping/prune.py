"""Forget what is kept only for a time: the first answers to idempotency keys.

They are kept for seven days, longer than the longest life of a message by default, so that a caller's late
repetition still finds its answer. Once an hour.
"""

import asyncio

from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, idempotency

EVERY_SECONDS = 3600.0
KEPT_MS = 7 * 24 * 3_600_000


async def prune(runtime: Runtime) -> None:
    """One round over all accounts."""
    before = runtime.clock.now() - KEPT_MS
    accounts = list(runtime.directory.accounts)

    async def work(tx: Tx) -> None:
        for account_id in accounts:
            await idempotency.prune(tx, account_id, before)

    await runtime.store.write(work)


async def prune_for_ever(runtime: Runtime) -> None:
    """The chore as a loop; a round that the store can not take is left to the next."""
    while True:
        try:
            await prune(runtime)
        except StoreUnavailable as fault:
            log.warning("old idempotency keys wait to be forgotten: %s", fault)
        await asyncio.sleep(EVERY_SECONDS)
