"""Wire marks: which attempts may have put bytes on the wire, in a file that outlives kill -9.

Just before a send the attempt's name goes into a slot of this process's own file. Nothing is synced: the page
cache survives the process, though not a power cut. So after a plain kill, an open attempt that stands in no
slot provably never left, and is queued again at once; every other one is in doubt.

The proof holds only while nothing is missing from it: same boot (else the cache may be lost), the file whole,
and its process dead, which the lock on the file tells. In any other case there is no proof, and all is doubt.

    line 1   magic, and a digest of the boot id
    line n   message id, attempt, checksum; as wide as all others, so that a slot is overwritten in one write
"""

import fcntl
import hashlib
import os
import zlib
from collections.abc import Set
from pathlib import Path

_FOLDER = "wire"
_MAGIC = "trunkline wire marks 1"
_WIDTH = 64
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_EMPTY = bytes(_WIDTH)

Attempt = tuple[str, int]
"""(message id, n)"""


class WireMarks:
    """The marks of this process, one slot for each send under way. `OSError` when the disk takes none."""

    def __init__(self, data: Path, process_id: str) -> None:
        folder = data / _FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / process_id
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)  # whoever asks whether we live holds it for a moment
        os.pwrite(self._file, _header(), 0)
        self._free: list[int] = []
        self._slots = 0

    def put(self, message_id: str, n: int) -> int:
        """The slot, to be given back when the attempt's outcome is stored."""
        slot = self._free.pop() if self._free else self._slots + 1
        try:
            if os.pwrite(self._file, _line(f"{message_id} {n}"), slot * _WIDTH) != _WIDTH:
                raise OSError("a wire mark was written in part")
        except OSError:
            self._free.append(slot)
            raise
        finally:
            self._slots = max(self._slots, slot)
        return slot

    def give_back(self, slot: int) -> None:
        self._free.append(slot)

    def close(self) -> None:
        """The file goes when nothing is open any more; else it stays as the proof of what did not leave."""
        if self._file < 0:
            return
        if len(self._free) == self._slots:
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1  # what comes late must not be written to whatever file has the number then


def marked_by(data: Path, process_id: str) -> Set[Attempt] | None:
    """Every attempt that this process may have sent, of those that it left open; None without proof."""
    content = _left_by_dead(data, process_id)
    return None if content is None else _attempts_in(content)


def is_dead(data: Path, process_id: str) -> bool:
    """Whether this process ran on this folder and has provably ended.

    One that ran under another boot may live on another machine, where a shared folder need not show its lock.
    """
    content = _left_by_dead(data, process_id)
    return content is not None and content[:_WIDTH] == _header()


def forget_others(data: Path, keep: Set[str]) -> None:
    """Remove the files of processes whose attempts nobody will ask for any more."""
    folder = data / _FOLDER
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in keep and path.is_file():
            path.unlink(missing_ok=True)


def _header() -> bytes:
    return _line(f"{_MAGIC} {_boot()}")


def _boot() -> str:
    """Without a boot id, as outside Linux, one that no other process has: then there is never a proof."""
    try:
        text = _BOOT_ID.read_bytes()
    except OSError:
        text = os.urandom(16)
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def _line(text: str) -> bytes:
    padded = text.ljust(_WIDTH - 10)
    return f"{padded} {zlib.crc32(padded.encode()):08x}\n".encode()


def _left_by_dead(data: Path, process_id: str) -> bytes | None:
    """Its file; None while it lives: what it did not send yet, it may still send.

    Several may look at the same moment, so what they take is a lock that they can share.
    """
    try:
        file = os.open(data / _FOLDER / process_id, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return os.pread(file, os.fstat(file).st_size, 0)
    except OSError:
        return None
    finally:
        os.close(file)


def _attempts_in(content: bytes) -> Set[Attempt] | None:
    if content[:_WIDTH] != _header() or len(content) % _WIDTH:
        return None
    found: set[Attempt] = set()
    for at in range(_WIDTH, len(content), _WIDTH):
        line = content[at : at + _WIDTH]
        if line == _EMPTY:  # a slot before it was written, where a later one was written first
            continue
        text = line[: _WIDTH - 10].decode("ascii", "replace").rstrip()
        if line != _line(text):
            return None
        message_id, _, n = text.partition(" ")
        found.add((message_id, int(n)))
    return found
