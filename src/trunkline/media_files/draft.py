"""A file that is being written, on the local disk: in `<data>/media/drafts`, under a random name."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_DRAFTS = "drafts"
_OLD_SECONDS = 86_400


class Draft:
    """Made by `Shelf.draft`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        """Read it only after `flush`."""
        self.size = 0
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, part: bytes) -> None:
        self._file.write(part)
        self._hash.update(part)
        self.size += len(part)

    def flush(self) -> None:
        """Whoever opens the path from now on sees all that was written."""
        self._file.flush()

    def sync(self) -> None:
        """All of it is on the disk when this returns."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def restart(self) -> None:
        """Forget what was written: it is to be written anew."""
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        """In hex, of what was written until now."""
        return self._hash.hexdigest()


@contextlib.contextmanager
def new_draft(media: Path) -> Iterator[Draft]:
    """Gone afterwards, unless it was moved away."""
    folder = media / _DRAFTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("xb") as file:
            yield Draft(path, file)
    finally:
        path.unlink(missing_ok=True)


def remove_old_drafts(media: Path, now: float) -> None:
    """What a killed process left; `now` is the machine's time, in seconds."""
    for path in (media / _DRAFTS).glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < now - _OLD_SECONDS:
                path.unlink()
