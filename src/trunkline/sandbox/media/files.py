"""Bytes on disk, each content once: a file is named by the SHA-256 of what is in it."""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path


class Files:
    """All files of a folder. Work on the disk happens in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes) -> str:
        """Keep the bytes, synced to disk; answers their SHA-256 in hex."""
        return await asyncio.to_thread(self._put, data)

    async def read(self, sha256: str) -> bytes | None:
        return await asyncio.to_thread(self._read, sha256)

    async def remove(self, sha256: str) -> None:
        await asyncio.to_thread((self._folder / sha256).unlink, missing_ok=True)

    def _put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._folder / sha256
        if path.exists():
            return sha256
        self._folder.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
        return sha256

    def _read(self, sha256: str) -> bytes | None:
        try:
            return (self._folder / sha256).read_bytes()
        except FileNotFoundError:
            return None
