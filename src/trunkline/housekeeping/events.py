"""Events leave after `retention.events_days`, with what is known of their deliveries."""

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, retention

NAME = "events"
EVERY_SECONDS = 3600.0


async def step(runtime: Runtime) -> int:
    before = days_ago(runtime, runtime.settings.retention.events_days)

    async def work(tx: Tx, account_id: str) -> int:
        return await retention.delete_events(tx, account_id, before)

    return await first_account(runtime, work)
