"""Files: of messages from people, uploaded for messages to them, found behind links. Not their bytes."""

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
    source: str = "received"
    """`received` from somebody, `uploaded` by a caller, or found behind a `link`."""
    link: str | None = None
    """The exact one."""


class StoredMedia(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose bytes are here already: uploaded, or fetched from a link."""

    account_id: str
    id: str
    kind: str
    mime_type: str
    file_name: str | None = None
    sha256: str
    """Hex."""
    size: int
    created_at: int
    source: str
    link: str | None = None


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


async def insert_stored(tx: Tx, file: StoredMedia) -> None:
    await tx.execute(_Q["insert_stored"], **msgspec.structs.asdict(file))


async def of_link(tx: Tx, account_id: str, link: str, since: int) -> MediaRow | None:
    """What was last found behind exactly this link, if not before `since`."""
    row = await tx.fetch_one(_Q["of_link"], account_id=account_id, link=link, since=since)
    return MediaRow(*row) if row else None


async def page(tx: Tx, account_id: str, start: str, count: int) -> list[MediaRow]:
    """Up to `count` uploaded files older than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page"], account_id=account_id, start=start, count=count)
    return [MediaRow(*row) for row in rows]


async def page_backward(tx: Tx, account_id: str, start: str, count: int) -> list[MediaRow]:
    """The nearest `count` newer than the id `start`, newest first."""
    rows = await tx.fetch(_Q["page_backward"], account_id=account_id, start=start, count=count)
    return [MediaRow(*row) for row in reversed(rows)]


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


async def is_needed(tx: Tx, account_id: str, sha256: str, beside: str = "") -> bool:
    """Whether a file that stays, other than `beside`, has these bytes."""
    row = await tx.fetch_one(_Q["others"], account_id=account_id, sha256=sha256, id=beside)
    return row is not None


async def remove(tx: Tx, account_id: str, media_id: str, detail: str) -> None:
    await tx.execute(_Q["remove"], account_id=account_id, id=media_id, detail=detail)


async def forget(tx: Tx, account_id: str, before_at: int, count: int) -> int:
    """How many rows went whose bytes had gone before."""
    return len(await tx.fetch(_Q["forget"], account_id=account_id, before_at=before_at, count=count))
