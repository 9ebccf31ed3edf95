"""Ended messages lose their content after `retention.content_days`; that they were, and their ends, stay.

Accounts are walked along the ids of their messages, and where the walk has come to is kept with it. A message
that has not ended when it is passed gets a second chance by a walk that lags behind.
"""

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, retention

NAME = "content"
EVERY_SECONDS = 3600.0
LAG_DAYS = 60


async def step(runtime: Runtime) -> int:
    days = runtime.settings.retention.content_days
    if not days:
        return 0
    first, late = days_ago(runtime, days), days_ago(runtime, days + LAG_DAYS)

    async def work(tx: Tx, account_id: str) -> int:
        return await retention.clear_contents(tx, account_id, NAME, first) or await retention.clear_contents(
            tx, account_id, f"{NAME}_late", late
        )

    return await first_account(runtime, work)
