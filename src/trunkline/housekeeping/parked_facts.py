"""Reports about messages that nobody here knows leave after `retention.parked_facts_days`."""

from trunkline.housekeeping.per_account import days_ago, first_number
from trunkline.runtime import Runtime
from trunkline.store import Tx, retention

NAME = "parked_facts"
EVERY_SECONDS = 3600.0


async def step(runtime: Runtime) -> int:
    before = days_ago(runtime, runtime.settings.retention.parked_facts_days)

    async def work(tx: Tx, account_id: str, number_id: str) -> int:
        return await retention.delete_parked(tx, account_id, number_id, before)

    return await first_number(runtime, work)
