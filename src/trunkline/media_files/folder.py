"""Files in `<data>/media/<account>/ab/<sha256>`. Each is written as a draft on the same disk and renamed into
its place, so that what is there is whole.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from trunkline.data_folder import sync
from trunkline.media_files.contract import FRESH_SECONDS
from trunkline.media_files.draft import Draft, new_draft, remove_old_drafts
from trunkline.model import ids

_CHUNK = 262_144


class Folder:
    """See `contract.Shelf`."""

    def __init__(self, media: Path) -> None:
        self._media = media

    def draft(self) -> AbstractContextManager[Draft]:
        return new_draft(self._media)

    async def keep(self, draft: Draft, account_id: str) -> None:
        await asyncio.to_thread(self._keep, draft, account_id)

    def _keep(self, draft: Draft, account_id: str) -> None:
        place = self._path(account_id, draft.sha256)
        draft.sync()
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone_in(place.parent):
            draft.path.rename(place)
        sync(place.parent)

    async def has(self, account_id: str, sha256: str) -> bool:
        return await asyncio.to_thread(self._path(account_id, sha256).exists)

    async def open(self, account_id: str, sha256: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        file = await asyncio.to_thread(self._path(account_id, sha256).open, "rb")
        return _parts(file, start, end)

    @contextlib.asynccontextmanager
    async def local(self, account_id: str, sha256: str) -> AsyncIterator[Path]:
        path = self._path(account_id, sha256)
        if not await self.has(account_id, sha256):
            raise FileNotFoundError(path.name)
        yield path

    async def remove(self, account_id: str, sha256: str, now: float) -> bool:
        return await asyncio.to_thread(_remove, self._path(account_id, sha256), now)

    async def try_out(self) -> None:
        with self.draft() as draft:
            await asyncio.to_thread(draft.sync)

    async def remove_old_drafts(self, now: float) -> None:
        await asyncio.to_thread(remove_old_drafts, self._media, now)

    def _path(self, account_id: str, sha256: str) -> Path:
        return self._media / name_of(account_id, sha256)


def name_of(account_id: str, sha256: str) -> str:
    """Both were made by us, and have neither dots nor slashes."""
    assert ids.is_id(account_id, ids.ACCOUNT) and len(sha256) == 64 and sha256.isalnum()
    return f"{account_id}/{sha256[:2]}/{sha256}"


async def _parts(file: BinaryIO, start: int, end: int) -> AsyncGenerator[bytes, None]:
    """Once it is open it is read to its end, even if it is removed meanwhile."""
    with file:
        file.seek(start)
        left = end - start
        while left > 0 and (part := await asyncio.to_thread(file.read, min(left, _CHUNK))):
            left -= len(part)
            yield part


def _remove(path: Path, now: float) -> bool:
    try:
        with _alone_in(path.parent):
            if path.stat().st_mtime > now - FRESH_SECONDS:
                return False
            path.unlink()
    except FileNotFoundError:
        pass
    return True


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """What is seen to be old must not be replaced by something fresh before it goes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(
            OSError
        ):  # network file systems lock no folders: there is only `FRESH_SECONDS`
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
