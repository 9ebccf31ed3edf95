"""Whom a number wrote to first counts for 24 hours at Meta, and is forgotten then."""

from trunkline.housekeeping.per_account import days_ago, first_number
from trunkline.runtime import Runtime
from trunkline.store import Tx, retention

NAME = "tier_uses"
EVERY_SECONDS = 3600.0


async def step(runtime: Runtime) -> int:
    before = days_ago(runtime, 1)

    async def work(tx: Tx, account_id: str, number_id: str) -> int:
        return await retention.delete_tier_uses(tx, account_id, number_id, before)

    return await first_number(runtime, work)
