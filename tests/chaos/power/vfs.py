"""A disk for SQLite that forgets what was not synced, and that fails when it is told to.

While a `Disk` is `plugged_in`, every database of this process is opened through it. The files in the folder
are what a running process sees (the page cache). Beside them the disk keeps what is certain to be on it: the
content of each file at its last sync, and the names in the folder at the last sync of the folder. A power cut
leaves that, and of what was written since whatever chance leaves: nothing, some of it, or some sectors of a
page. `Disk.leave` writes it into another folder, to be opened in the ordinary way.

SQLite syncs the folder with the first sync of a journal or WAL that it opened, and so does this disk.
"""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import apsw

SECTOR = 512
"""What a disk writes whole."""

_NAME = "forgetful"
_TROUBLE = "on purpose"
_SYNCS_ITS_FOLDER = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


class _Change(NamedTuple):
    """A write at `offset`, or a cut to the length `offset` where there is no data."""

    offset: int
    data: bytes | None


class _Inode:
    """One file: what is certainly kept of it, and what came after."""

    def __init__(self, content: bytes = b"") -> None:
        self.kept = bytearray(content)
        self.pending: list[_Change] = []

    def sync(self) -> None:
        for change in self.pending:
            _put(self.kept, change)
        self.pending.clear()

    def after_cut(self, chance: random.Random) -> bytes:
        content = bytearray(self.kept)
        for change in _survivors(self.pending, chance):
            _put(content, change)
        return bytes(content)


class Call(NamedTuple):
    """The n-th time that something was asked of the disk that changes it."""

    n: int
    kind: str
    """open, write, truncate, sync or delete."""
    name: str


Trouble = Callable[[Call], None]
"""Called before each call; what it raises, SQLite gets. Before SHORT_WRITE half of the bytes are written."""

SHORT_WRITE = apsw.SQLITE_IOERR_SHORT_READ  # no code of its own: a write that stops half-way


def trouble(what: str, code: int = apsw.SQLITE_IOERR_WRITE) -> Exception:
    """To be raised by a `Trouble`."""
    error = apsw.exception_for(code)
    error.args = (f"{what} {_TROUBLE}",)
    return error


class Disk:
    """The disk below one folder."""

    def __init__(self, folder: Path, seed: int = 0, trouble: Trouble | None = None) -> None:
        self.folder = folder
        self.calls: list[Call] = []
        self.is_cut = False
        self._trouble = trouble
        self._chance = random.Random(seed)
        self._lock = threading.RLock()
        self._seen: dict[str, _Inode] = {}
        self._kept: dict[str, _Inode] = {}
        for file in folder.iterdir():
            if file.is_file() and not file.name.endswith("-shm"):
                self._seen[file.name] = self._kept[file.name] = _Inode(file.read_bytes())

    def cut(self) -> None:
        """From now on every call fails, and nothing more is kept."""
        self.is_cut = True

    def unsynced(self) -> int:
        """Bytes that a power cut could take now."""
        with self._lock:
            return sum(len(one.data or b"") for inode in self._seen.values() for one in inode.pending)

    def leave(self, folder: Path) -> None:
        """Put what is left after a power cut at this moment into `folder`."""
        with self._lock:
            for name in sorted(self._seen.keys() | self._kept.keys()):
                inode = self._chance.choice((self._seen.get(name), self._kept.get(name)))
                if inode is not None:
                    (folder / name).write_bytes(inode.after_cut(self._chance))

    # -- what the files below tell

    def call(self, kind: str, name: str) -> None:
        """Raises when it must fail."""
        if self.is_cut:
            raise trouble("the power was cut")
        self.calls.append(Call(len(self.calls) + 1, kind, name))
        if self._trouble is not None:
            self._trouble(self.calls[-1])

    def opened(self, name: str) -> _Inode:
        return self._seen.setdefault(name, _Inode())

    def deleted(self, name: str) -> None:
        self._seen.pop(name, None)

    def sync_folder(self) -> None:
        self._kept = dict(self._seen)

    @property
    def lock(self) -> threading.RLock:
        return self._lock  # type: ignore[return-value]


@contextlib.contextmanager
def plugged_in(disk: Disk) -> Iterator[Disk]:
    """Databases that are opened meanwhile are on this disk. They must be closed before the end."""
    vfs, hook = _Vfs(disk), threading.excepthook
    threading.excepthook = lambda died: None if _is_trouble(died.exc_value) else hook(died)
    try:
        yield disk
    finally:
        vfs.unregister()
        threading.excepthook = hook


def _is_trouble(error: BaseException | None) -> bool:
    """A close raises what a disk in Python raised; from a disk in C it would not learn of it."""
    return isinstance(error, apsw.IOError | apsw.FullError) and _TROUBLE in str(error)


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._base = apsw.vfs_names()[0]  # the default of now; "" would soon mean this one
        super().__init__(_NAME, self._base, makedefault=True, maxpathname=0)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or Path(path).parent != self._disk.folder:
            return apsw.VFSFile(self._base, name, flags)
        return _File(self._disk, self._base, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        path = Path(filename)
        if path.parent != self._disk.folder:
            super().xDelete(filename, syncdir)
            return
        with self._disk.lock:
            self._disk.call("delete", path.name)
            super().xDelete(filename, False)
            self._disk.deleted(path.name)
            if syncdir:
                self._disk.sync_folder()


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, base: str, name: str | apsw.URIFilename, flags: list[int]) -> None:
        self._disk = disk
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        self._must_sync_folder = bool(flags[0] & _SYNCS_ITS_FOLDER)
        with disk.lock:
            disk.call("open", self._name)
            super().__init__(base, name, flags)
            self._inode = disk.opened(self._name)

    def xWrite(self, data: bytes, offset: int) -> None:
        data = bytes(data)
        with self._disk.lock:
            try:
                self._disk.call("write", self._name)
            except apsw.Error as error:
                if self._disk.is_cut:  # it was on its way
                    self._inode.pending.append(_Change(offset, data))
                elif error.extendedresult == SHORT_WRITE:
                    self._write(data[: len(data) // 2], offset)
                raise
            self._write(data, offset)

    def _write(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._inode.pending.append(_Change(offset, data))

    def xTruncate(self, newsize: int) -> None:
        with self._disk.lock:
            self._disk.call("truncate", self._name)
            super().xTruncate(newsize)
            self._inode.pending.append(_Change(newsize, None))

    def xSync(self, flags: int) -> None:
        with self._disk.lock:
            try:
                self._disk.call("sync", self._name)
            except apsw.Error:
                if not self._disk.is_cut:  # Linux forgets what it could not write: a second sync says yes
                    self._inode.pending.clear()
                raise
            self._inode.sync()
            if self._must_sync_folder:
                self._must_sync_folder = False
                self._disk.sync_folder()


def _put(content: bytearray, change: _Change) -> None:
    offset, data = change
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


def _survivors(pending: list[_Change], chance: random.Random) -> list[_Change]:
    """What of the unsynced changes reached the disk: disks write in any order, and sector by sector."""
    how = chance.choice(("nothing", "the first", "some", "sectors"))
    if how == "nothing":
        return []
    if how == "the first":
        return pending[: chance.randrange(len(pending) + 1)]
    if how == "some":
        return [change for change in pending if chance.random() < 0.5]
    return [sector for change in pending for sector in _sectors(change) if chance.random() < 0.7]


def _sectors(change: _Change) -> Iterator[_Change]:
    offset, data = change
    if data is None:
        yield change
        return
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        yield _Change(offset + start, data[start:end])
        start = end
