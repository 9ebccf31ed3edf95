"""Files of messages from people: what is to be fetched, and what is on our disk. The bytes are not here."""

from collections.abc import Sequence

import msgspec

from trunkline.store.contract import Tx
from trunkline.store.queries import load

_Q = load("media")


class PendingMedia(msgspec.Struct, frozen=True):
    """A file that a provider told of, by the provider's id. `created_at` is also when it is due."""

    account_id: str
    id: str
    number_id: str
    message_id: str
    kind: str
    """`image`, `video`, `audio`, `document`, `sticker`."""
    mime_type: str | None
    file_name: str | None
    sha256: str | None
    """As the provider writes it."""
    created_at: int


class MediaRow(msgspec.Struct, frozen=True):
    account_id: str
    id: str
    number_id: str
    message_id: str
    kind: str
    state: str
    """`pending`, `stored`, `failed` or `removed`."""
    mime_type: str | None
    """As the provider says; once stored, as the bytes say."""
    file_name: str | None
    sha256: str | None
    """As the provider writes it; once stored, in hex."""
    size: int | None
    tries: int
    next_at: int
    detail: str | None
    created_at: int
    stored_at: int | None


class OldMedia(msgspec.Struct, frozen=True):
    id: str
    sha256: str | None
    state: str


async def insert_pending(tx: Tx, files: Sequence[PendingMedia]) -> None:
    """To be fetched as soon as this is committed; known ones stay as they are."""
    rows = [(*msgspec.structs.astuple(file), file.created_at) for file in files]
    await tx.execute_many(_Q["insert"], rows)
    for account_id in sorted({file.account_id for file in files}):
        await tx.tell(f"media {account_id}")


async def pending(tx: Tx, account_id: str, count: int) -> list[MediaRow]:
    """The next one first; it may not be due yet."""
    rows = await tx.fetch(_Q["pending"], account_id=account_id, count=count)
    return [MediaRow(*row) for row in rows]


async def get(tx: Tx, account_id: str, media_id: str) -> MediaRow | None:
    row = await tx.fetch_one(_Q["get"], account_id=account_id, id=media_id)
    return MediaRow(*row) if row else None


async def keep(tx: Tx, row: MediaRow, now: int) -> None:
    """With the type, hash and size that the row has now."""
    values = {"mime_type": row.mime_type, "sha256": row.sha256, "size": row.size, "detail": row.detail}
    await tx.execute(_Q["keep"], account_id=row.account_id, id=row.id, now=now, **values)


async def put_off(tx: Tx, row: MediaRow, next_at: int | None, detail: str) -> None:
    """Until then; None: it failed for good."""
    state, at = ("failed", row.next_at) if next_at is None else ("pending", next_at)
    await tx.execute(
        _Q["put_off"], account_id=row.account_id, id=row.id, state=state, next_at=at, detail=detail
    )


async def old(tx: Tx, account_id: str, before_at: int, count: int) -> list[OldMedia]:
    rows = await tx.fetch(_Q["old"], account_id=account_id, before_at=before_at, count=count)
    return [OldMedia(*row) for row in rows]


async def is_needed(tx: Tx, account_id: str, file: OldMedia) -> bool:
    """Whether another file that stays has the same bytes."""
    row = await tx.fetch_one(_Q["others"], account_id=account_id, sha256=file.sha256, id=file.id)
    return row is not None


async def remove(tx: Tx, account_id: str, media_id: str, detail: str) -> None:
    await tx.execute(_Q["remove"], account_id=account_id, id=media_id, detail=detail)


async def forget(tx: Tx, account_id: str, before_at: int, count: int) -> int:
    """How many rows went whose bytes had gone before."""
    return len(await tx.fetch(_Q["forget"], account_id=account_id, before_at=before_at, count=count))
