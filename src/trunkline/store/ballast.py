"""Room kept back on the disk, given up when the disk is full, so that what became of messages can still be
written then. Used by the writer of `sqlite.py` alone; PostgreSQL's disk is not ours to hold.
"""

import contextlib
import os
from pathlib import Path

FILE_NAME = "ballast"


class Ballast:
    """A file of so many MiB; with 0 there is none, and nothing is ever short."""

    def __init__(self, folder: Path, mib: int) -> None:
        self._path = folder / FILE_NAME
        self._size = mib * 1024 * 1024

    @property
    def is_wanted(self) -> bool:
        return self._size > 0

    def make(self) -> bool:
        """Whether it is there afterwards: as before, or anew where there is room for twice as much."""
        try:
            if self._path.exists() and self._path.stat().st_size >= self._size:
                return True
            if free_bytes(self._path.parent) < 2 * self._size:
                return False
            self._fill()
        except OSError:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        with contextlib.suppress(OSError):  # the writer goes on without it
            self._path.unlink()

    def _fill(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        finally:
            os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """What this user may still write there."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize
