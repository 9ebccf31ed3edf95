"""Short links that ended leave with the messages of their time: until then a report can count them."""

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, short_links

NAME = "short_links"
EVERY_SECONDS = 3600.0
AT_ONCE = 500


async def step(runtime: Runtime) -> int:
    before = days_ago(runtime, runtime.settings.retention.messages_days)

    async def work(tx: Tx, account_id: str) -> int:
        return await short_links.prune(tx, account_id, before, AT_ONCE)

    return await first_account(runtime, work)
