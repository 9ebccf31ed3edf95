"""Loaded by Python itself in a process whose PYTHONPATH names this folder: the disk under its databases has
as many bytes as the file that FULL_DISK names says, while that file is there. Every file beside it counts.
"""

import os
from pathlib import Path

import apsw

import trunkline.store.ballast

_REAL = apsw.vfs_names()[0]
QUOTA = Path(os.environ["FULL_DISK"])


def _free_bytes(folder: Path) -> int:
    used = sum(path.stat().st_size for path in QUOTA.parent.iterdir() if path.is_file() and path != QUOTA)
    try:
        return int(QUOTA.read_text()) - used
    except FileNotFoundError:
        return 10**12


class _Disk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("full-disk", _REAL, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        is_there = path is not None and Path(path).parent == QUOTA.parent  # the sandbox's disk is another one
        return _File(_REAL, name, flags) if is_there else apsw.VFSFile(_REAL, name, flags)


class _File(apsw.VFSFile):
    def xWrite(self, data: bytes, offset: int) -> None:
        growth = offset + len(data) - self.xFileSize()
        if growth > 0 and growth > _free_bytes(QUOTA.parent):
            raise apsw.FullError("database or disk is full")
        super().xWrite(data, offset)


trunkline.store.ballast.free_bytes = _free_bytes
_DISK = _Disk()
