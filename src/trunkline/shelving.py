"""Files of ours: their bytes and their rows together, so that neither is without the other for long.

Bytes are on a disk or in a store elsewhere, rows in the database, and a process may end at any moment. So
bytes are announced before they are kept, and looked after until they are gone: `media_leaving` has those of
which it is not sure that a file has them, and housekeeping asks.
"""

from trunkline.media_files import Draft, ShelfError
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, media, media_leaving
from trunkline.store.media import StoredMedia

ANNOUNCED_MS = 3_600_000
"""So long the storing of one file may take."""

AGAIN_MS = 600_000
"""Between two looks at bytes that can not go yet."""


async def shelve(runtime: Runtime, draft: Draft, file: StoredMedia) -> None:
    """Both are durable when this returns. `OSError` where the bytes are not taken."""
    account_id, sha256 = file.account_id, file.sha256
    due_at = runtime.clock.now() + ANNOUNCED_MS
    await runtime.store.write(lambda tx: media_leaving.expect(tx, account_id, sha256, due_at))
    await runtime.shelf.keep(draft, account_id)

    async def work(tx: Tx) -> None:
        await media.insert_stored(tx, file)
        await media_leaving.settle(tx, account_id, sha256)

    await runtime.store.write(work)


async def remove(runtime: Runtime, account_id: str, media_id: str, sha256: str, why: str) -> None:
    """The file is gone for everybody when this returns, its bytes soon after, unless others have them."""
    now = runtime.clock.now()

    async def work(tx: Tx) -> None:
        await media.remove(tx, account_id, media_id, why)
        await media_leaving.expect(tx, account_id, sha256, now)
        await tx.tell(f"removed {media_id}")

    await runtime.store.write(work)
    await let_go(runtime, account_id, sha256)


async def let_go(runtime: Runtime, account_id: str, sha256: str) -> None:
    """Remove bytes that no file has; where that can not be done yet, it is tried again."""
    needed = await runtime.store.read(lambda tx: media.is_needed(tx, account_id, sha256))
    due_at = runtime.clock.now() + AGAIN_MS
    if not needed and not await remove_bytes(runtime, account_id, sha256):
        await runtime.store.write(lambda tx: media_leaving.expect(tx, account_id, sha256, due_at))
    else:
        await runtime.store.write(lambda tx: media_leaving.settle(tx, account_id, sha256))


async def remove_bytes(runtime: Runtime, account_id: str, sha256: str) -> bool:
    """Whether they are gone."""
    try:
        return await runtime.shelf.remove(account_id, sha256, runtime.clock.now() / 1000)
    except OSError as fault:
        detail = str(fault) if isinstance(fault, ShelfError) else type(fault).__name__
        log.warning("bytes of a removed file could not be removed, it is tried again: %s", detail)
        return False
