"""Files of messages leave with what messages say (`retention.content_days`), their rows with the messages.

So do files that were found behind links; those that were uploaded stay until somebody removes them. A file
goes when the last row that points at it goes; its bytes first, so that a crash leaves a row that is done
again, and never bytes that nobody knows of. Beside that: bytes of files that were removed by hand, and drafts
that nobody finished.
"""

from trunkline import shelving
from trunkline.housekeeping.per_account import days_ago, first_account
from trunkline.runtime import Runtime
from trunkline.store import Tx, media, media_leaving
from trunkline.store.media import OldMedia

NAME = "media"
EVERY_SECONDS = 600.0
AT_ONCE = 200


async def step(runtime: Runtime) -> int:
    await runtime.shelf.remove_old_drafts(runtime.clock.now() / 1000)
    await _let_go(runtime)
    if before_at := days_ago(runtime, runtime.settings.retention.content_days):
        for account_id in list(runtime.directory.accounts):
            if done := await _remove_old(runtime, account_id, before_at):
                return done
    before_at = days_ago(runtime, runtime.settings.retention.messages_days)

    async def forget(tx: Tx, account_id: str) -> int:
        return await media.forget(tx, account_id, before_at, AT_ONCE)

    return await first_account(runtime, forget) if before_at else 0


async def _let_go(runtime: Runtime) -> None:
    """Bytes of files that were removed, or never became files. What can not go yet is due later."""
    now = runtime.clock.now()
    for account_id in list(runtime.directory.accounts):

        async def due(tx: Tx, account_id: str = account_id) -> list[str]:
            return await media_leaving.due(tx, account_id, now, AT_ONCE)

        for sha256 in await runtime.store.read(due):
            await shelving.let_go(runtime, account_id, sha256)


async def _remove_old(runtime: Runtime, account_id: str, before_at: int) -> int:
    """One after the other: of two with the same bytes the second takes them along."""
    found = await runtime.store.read(lambda tx: media.old(tx, account_id, before_at, AT_ONCE))
    return sum([await _remove(runtime, account_id, file) for file in found])


async def _remove(runtime: Runtime, account_id: str, file: OldMedia) -> bool:
    if not await _remove_bytes(runtime, account_id, file):
        return False
    why = "removed after retention.content_days"
    await runtime.store.write(lambda tx: media.remove(tx, account_id, file.id, why))
    return True


async def _remove_bytes(runtime: Runtime, account_id: str, file: OldMedia) -> bool:
    """Whether the row may say so: no bytes are left that only it pointed at."""
    sha256 = file.sha256
    if file.state != "stored" or sha256 is None:
        return True
    if await runtime.store.read(lambda tx: media.is_needed(tx, account_id, sha256, file.id)):
        return True
    return await shelving.remove_bytes(runtime, account_id, sha256)
