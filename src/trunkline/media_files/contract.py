"""What a shelf of files is: the whole contract on one screen.

A file is known by its account and the SHA-256 of its content, in hex. Faults of a disk are `OSError`, those
of a store elsewhere `ShelfError`, which is one.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Protocol

from trunkline.media_files.draft import Draft

FRESH_SECONDS = 600
"""What was kept in this time is not removed: somebody may be about to point at it."""


class ShelfError(OSError):
    """The store elsewhere did not do what was asked; the text says why."""


class Shelf(Protocol):
    def draft(self) -> AbstractContextManager[Draft]:
        """A new file on the local disk, whatever the shelf; gone afterwards, unless it was kept."""

    async def keep(self, draft: Draft, account_id: str) -> None:
        """On the shelf, and durable, when this returns. One that is there already is replaced by itself: so
        its age begins anew, and it is not removed under our hands."""

    async def has(self, account_id: str, sha256: str) -> bool: ...

    async def open(self, account_id: str, sha256: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` to before `end`, in parts. `FileNotFoundError` where it is not there, before
        the first part. Close it (`aclose`) when it is not read to its end."""

    def local(self, account_id: str, sha256: str) -> AbstractAsyncContextManager[Path]:
        """The file on the local disk, for as long as this is open. `FileNotFoundError` where it is not
        there. To be read only."""

    async def remove(self, account_id: str, sha256: str, now: float) -> bool:
        """Whether it is gone. Not while it is fresh; `now` is the time in seconds."""

    async def try_out(self) -> None:
        """Whether it takes something, gives it back and removes it; `OSError` where it does not."""

    async def remove_old_drafts(self, now: float) -> None:
        """What a killed process left."""
