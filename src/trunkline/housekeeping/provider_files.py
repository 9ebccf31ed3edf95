"""A provider keeps what was uploaded for a time; then its ids are forgotten here as well."""

from trunkline.housekeeping.per_account import first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, provider_files

NAME = "provider_files"
EVERY_SECONDS = 3600.0
AT_ONCE = 500


async def step(runtime: Runtime) -> int:
    now = runtime.clock.now()

    async def work(tx: Tx, account_id: str) -> int:
        return await provider_files.prune(tx, account_id, now, AT_ONCE)

    return await first_account(runtime, work)
