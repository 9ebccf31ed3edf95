"""Forget imports: those that nobody started within a week, and ended ones with `retention.content_days`."""

from trunkline import shelving
from trunkline.audiences.imports.job import end
from trunkline.housekeeping.per_account import DAY_MS, days_ago
from trunkline.runtime import Runtime
from trunkline.store import Tx, imports
from trunkline.store.imports import ImportRow, ImportState

NAME = "imports"
EVERY_SECONDS = 3600.0
UNUSED_MS = 7 * DAY_MS
_AT_ONCE = 20
_FAULTS_AT_ONCE = 2_000


async def step(runtime: Runtime) -> int:
    """How many imports or faults something was done about."""
    for account_id in list(runtime.directory.accounts):
        if done := await _give_up(runtime, account_id) or await _forget(runtime, account_id):
            return done
    return 0


async def _give_up(runtime: Runtime, account_id: str) -> int:
    """Their files go: nobody keeps a table of people for an import that is not wanted."""
    before_at = runtime.clock.now() - UNUSED_MS
    found = await runtime.store.read(lambda tx: imports.unused(tx, account_id, before_at, _AT_ONCE))
    for import_id in found:

        async def work(tx: Tx, import_id: str = import_id) -> ImportRow | None:
            row = await imports.lock(tx, account_id, import_id)
            if row is None or row.state not in {ImportState.DRAFT, ImportState.CHECKED}:
                return None
            return await end(tx, row, ImportState.CANCELED, "unused", None, runtime.clock.now())

        if (ended := await runtime.store.write(work)) is not None:
            await shelving.let_go(runtime, account_id, ended.sha256)
    return len(found)


async def _forget(runtime: Runtime, account_id: str) -> int:
    before_at = days_ago(runtime, runtime.settings.retention.content_days)
    if not before_at:
        return 0
    found = await runtime.store.read(lambda tx: imports.old(tx, account_id, before_at, 1))

    async def work(tx: Tx) -> int:
        cleared = await imports.clear_faults(tx, account_id, found[0], _FAULTS_AT_ONCE)
        if not cleared:
            await imports.remove(tx, account_id, found[0])
        return cleared or 1

    return await runtime.store.write(work) if found else 0
