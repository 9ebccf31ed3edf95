"""Bytes and rows of files: neither is without the other for long, wherever a process ends."""

import asyncio
from pathlib import Path

import pytest

from tests.flow.rig import Rig, rig
from trunkline import shelving
from trunkline.clock import VirtualClock
from trunkline.housekeeping import media as chore
from trunkline.model import ids
from trunkline.store import StoreUnavailable, Tx, media
from trunkline.store.media import StoredMedia

HOUR_MS = 3_600_000
CONTENT = b"a file of ours"


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "media").rglob("*") if path.is_file()]


async def shelve(desk: Rig, content: bytes = CONTENT) -> StoredMedia:
    with desk.runtime.shelf.draft() as draft:
        draft.write(content)
        file = StoredMedia(
            account_id=desk.account_id,
            id=ids.new_id(ids.MEDIA),
            kind="document",
            mime_type="text/plain",
            sha256=draft.sha256,
            size=draft.size,
            created_at=desk.runtime.clock.now(),
            source="uploaded",
            file_name="offer.txt",
            link="https://files.example/offer.txt?key=secret",
        )
        await shelving.shelve(desk.runtime, draft, file)
    return file


async def remove(desk: Rig, file: StoredMedia) -> None:
    await shelving.remove(desk.runtime, file.account_id, file.id, file.sha256, "removed")


def test_bytes_whose_row_was_never_written_go_after_a_while(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, store_url, clock=clock) as desk:
            await shelve(desk, b"another, that stays")

            async def ended(tx: Tx, file: StoredMedia) -> None:
                raise StoreUnavailable("as if the process had ended here")

            with monkeypatch.context() as patch:
                patch.setattr(media, "insert_stored", ended)
                with pytest.raises(StoreUnavailable):
                    await shelve(desk)
            assert len(files(tmp_path)) == 2
            for hours, left in ((0.9, 2), (0.2, 1)):
                clock.advance(int(hours * HOUR_MS))
                await chore.step(desk.runtime)
                assert len(files(tmp_path)) == left

    asyncio.run(run())


def test_a_file_that_is_stored_while_its_content_is_removed_keeps_its_bytes(
    store_url: str, tmp_path: Path
) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, store_url, clock=clock) as desk:
            await remove(desk, await shelve(desk))
            file = await shelve(desk)
            for _ in range(5):
                clock.advance(HOUR_MS)
                await chore.step(desk.runtime)
            assert len(files(tmp_path)) == 1
            await remove(desk, file)
            assert files(tmp_path) == []
            left = await desk.runtime.store.read(lambda tx: media.get(tx, file.account_id, file.id))
            assert left is not None and (left.state, left.file_name, left.link) == ("removed", None, None)

    asyncio.run(run())


def test_bytes_that_can_not_be_removed_now_are_removed_later(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, store_url, clock=clock) as desk:
            file = await shelve(desk)
            clock.advance(HOUR_MS)

            async def away(*_: object) -> bool:
                raise OSError("the disk is away")

            with monkeypatch.context() as patch:
                patch.setattr(desk.runtime.shelf, "remove", away)
                await remove(desk, file)
                await chore.step(desk.runtime)
            assert len(files(tmp_path)) == 1
            clock.advance(HOUR_MS)
            await chore.step(desk.runtime)
            assert files(tmp_path) == []

    asyncio.run(run())
