"""Forget what is kept only for a time: the first answers to idempotency keys.

They are kept for seven days, longer than the longest life of a message by default, so that a caller's late
repetition still finds its answer.
"""

from trunkline.housekeeping.per_account import DAY_MS, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, idempotency

NAME = "idempotency_keys"
EVERY_SECONDS = 3600.0
KEPT_MS = 7 * DAY_MS


async def step(runtime: Runtime) -> int:
    before = runtime.clock.now() - KEPT_MS

    async def work(tx: Tx, account_id: str) -> int:
        return await idempotency.prune(tx, account_id, before)

    return await first_account(runtime, work)
