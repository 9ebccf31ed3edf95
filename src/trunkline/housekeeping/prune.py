"""Forget what is kept only for a time: the first answers to idempotency keys.

They are kept for seven days, longer than the longest life of a message by default, so that a caller's late
repetition still finds its answer. Once an hour, in steps so small that nobody waits for one.
"""

from trunkline.runtime import Runtime
from trunkline.store import idempotency

EVERY_SECONDS = 3600.0
KEPT_MS = 7 * 24 * 3_600_000


async def prune(runtime: Runtime) -> None:
    """One round over all accounts."""
    before = runtime.clock.now() - KEPT_MS
    for account_id in list(runtime.directory.accounts):
        while await _step(runtime, account_id, before):
            pass


async def _step(runtime: Runtime, account_id: str, before: int) -> int:
    return await runtime.store.write(lambda tx: idempotency.prune(tx, account_id, before))
