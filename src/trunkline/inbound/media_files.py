"""Bytes of files that people sent, in `<data>/media/<account>/ab/<sha256>`: each content once an account.

Written beside their place and renamed into it, so that what is there is whole. Nothing here decodes a file;
its first bytes only say whether it can be what it is said to be.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from trunkline.data_folder import sync
from trunkline.model import ids

UNKNOWN_TYPE = "application/octet-stream"
_HEAD = 64
_DRAFTS = "drafts"
_OLD_DRAFT_SECONDS = 86_400
_FRESH_SECONDS = 600


def folder_of(data: Path) -> Path:
    return data / "media"


def path_of(data: Path, account_id: str, sha256: str) -> Path:
    """Both were made by us, and have neither dots nor slashes."""
    assert ids.is_id(account_id, ids.ACCOUNT) and len(sha256) == 64 and sha256.isalnum()
    return folder_of(data) / account_id / sha256[:2] / sha256


class Draft:
    """A file that is being written."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.head = b""
        self.size = 0
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, part: bytes) -> None:
        self._file.write(part)
        self._hash.update(part)
        self.size += len(part)
        if len(self.head) < _HEAD:
            self.head = (self.head + part)[:_HEAD]

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def keep(self, data: Path, account_id: str) -> None:
        """In its place and on disk when this returns. One that is there already is replaced by itself: so its
        age begins anew, and it is not removed under our hands."""
        place = path_of(data, account_id, self.sha256)
        self._file.flush()
        os.fsync(self._file.fileno())
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.rename(place)
        sync(place.parent)


@contextlib.contextmanager
def draft(data: Path) -> Iterator[Draft]:
    """Gone afterwards, unless it was kept."""
    folder = folder_of(data) / _DRAFTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("xb") as file:
            yield Draft(path, file)
    finally:
        path.unlink(missing_ok=True)


def remove_old_drafts(data: Path, now: float) -> None:
    """What a killed process left; `now` is the machine's time, in seconds."""
    for path in (folder_of(data) / _DRAFTS).glob("*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < now - _OLD_DRAFT_SECONDS:
                path.unlink()


def remove(data: Path, account_id: str, sha256: str, now: float) -> bool:
    """Whether it is gone. Not while it is fresh: somebody may be about to point at it."""
    path = path_of(data, account_id, sha256)
    try:
        if path.stat().st_mtime > now - _FRESH_SECONDS:
            return False
        path.unlink()
    except FileNotFoundError:
        pass
    return True


_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
_KINDS = {
    "image": ("image/",),
    "sticker": ("image/webp",),
    "audio": ("audio/", "video/mp4", "video/3gpp"),  # the same container, often with the same brand
    "video": ("video/",),
}
_MPEG_AUDIO, _AAC = (0xFA, 0xFB, 0xF2, 0xF3, 0xE2, 0xE3), (0xF0, 0xF1, 0xF8, 0xF9)


def look_at(head: bytes) -> str:
    """The type that the first bytes are of, as far as people's media go."""
    for magic, mime_type in _MAGIC:
        if head.startswith(magic):
            return mime_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "audio/mp4" if brand[:3] == b"M4A" else "video/3gpp" if brand[:2] == b"3g" else "video/mp4"
    if head[:1] == b"\xff" and len(head) > 1:
        return "audio/mpeg" if head[1] in _MPEG_AUDIO else "audio/aac" if head[1] in _AAC else UNKNOWN_TYPE
    return UNKNOWN_TYPE


def judge(kind: str, said: str | None, head: bytes) -> tuple[str, str | None]:
    """The type under which it is handed out, and what is wrong if the bytes are not of that kind.

    A document may be anything, and keeps the type that it came with.
    """
    seen = look_at(head)
    if kind not in _KINDS:
        return said or seen, None
    if not seen.startswith(_KINDS[kind]):
        return UNKNOWN_TYPE, f"said to be {said or kind}, and its bytes are not"
    of_kind = said is not None and said.startswith(_KINDS[kind])
    return (said if said is not None and of_kind else seen), None
