"""Templates that were removed leave with their history after `retention.messages_days`."""

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, templates

NAME = "templates"
EVERY_SECONDS = 3600.0
_AT_ONCE = 100


async def step(runtime: Runtime) -> int:
    before = days_ago(runtime, runtime.settings.retention.messages_days)

    async def work(tx: Tx, account_id: str) -> int:
        return await templates.forget(tx, account_id, before, _AT_ONCE)

    return await first_account(runtime, work)
