"""Ended messages leave after `retention.messages_days`, with their attempts and what was reported of them."""

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, retention

NAME = "messages"
EVERY_SECONDS = 3600.0


async def step(runtime: Runtime) -> int:
    before = days_ago(runtime, runtime.settings.retention.messages_days)

    async def work(tx: Tx, account_id: str) -> int:
        return await retention.delete_messages(tx, account_id, before)

    return await first_account(runtime, work)
