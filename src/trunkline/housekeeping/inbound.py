"""Messages from people lose their content after `retention.content_days` and leave after `messages_days`.

They stay for as long as their provider may post them again, whatever is set; so does the news of numbers.
"""

from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, retention

NAME = "inbound"
EVERY_SECONDS = 3600.0

REPEATED_DAYS = 10
"""Meta posts again for up to seven days (Cloud API, "Webhooks")."""


async def step(runtime: Runtime) -> int:
    kept = runtime.settings.retention
    content, told = days_ago(runtime, kept.content_days), days_ago(runtime, REPEATED_DAYS)
    rows = min(told, days_ago(runtime, kept.messages_days))

    async def work(tx: Tx, account_id: str) -> int:
        return (
            await retention.clear_inbound(tx, account_id, NAME, content)
            or await retention.delete_inbound(tx, account_id, rows)
            or await retention.delete_notices(tx, account_id, told)
        )

    return await first_account(runtime, work)
