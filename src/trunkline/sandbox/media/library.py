"""All media of the sandbox: files that the business uploaded and files that handsets sent.

Graph's media nodes, outbound messages, handsets and the page read from here. Bytes are in `files.py`, what is
known of them on a shelf. An id lives as long as Meta's: 30 days after an upload, 7 days after a webhook.
"""

import asyncio
import base64
import hmac
import mimetypes
import secrets
from pathlib import Path
from typing import Any

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.errors import invalid
from trunkline.sandbox.media.files import Files
from trunkline.sandbox.media.kinds import bare_type, opus_channels
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity

_DAY = 86_400_000
UPLOADED_FOR = 30 * _DAY
RECEIVED_FOR = 7 * _DAY
URL_SECONDS = 300
DOWNLOADS = "/whatsapp_business/attachments/"
HEAD = 512
"""As many bytes of a file as a look at its format needs."""


class MediaFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a file."""

    id: str
    phone_number_id: str | None
    """Whose upload it is; None for a file from a handset."""
    sha256: str
    """In hex."""
    size: int
    mime_type: str
    filename: str | None = None
    created_at: int
    expires_at: int
    head: bytes = b""
    """Its first bytes."""
    deleted: bool = False
    """Gone for the business; a handset that has it goes on showing it."""


class Library:
    """Reads are from memory; what was stored is on disk when the call returns."""

    def __init__(self, database: Database, folder: Path, clock: Clock, identity: Identity) -> None:
        self._shelf = Shelf(database, "media", MediaFile)
        self._files = Files(folder)
        self._clock = clock
        self._identity = identity
        self._turn = asyncio.Lock()

    async def store_upload(
        self, data: bytes, mime_type: str, filename: str | None, phone_number_id: str
    ) -> str:
        """A file of the business; answers its media id."""
        return await self._store(data, mime_type, filename, phone_number_id, UPLOADED_FOR)

    async def store_inbound(self, data: bytes, mime_type: str, filename: str | None = None) -> str:
        """A file that a handset sends; answers its media id."""
        if bare_type(mime_type) in {"audio/ogg", "audio/opus"} and opus_channels(data):
            mime_type = "audio/ogg; codecs=opus"
        return await self._store(data, mime_type, filename, None, RECEIVED_FOR)

    def find(self, media_id: str) -> MediaFile | None:
        """For the business: neither expired nor deleted."""
        file = self._shelf.get(media_id)
        gone = file is None or file.deleted or file.expires_at <= self._clock.now()
        return None if gone else file

    async def bytes_of(self, media_id: str) -> bytes | None:
        """The bytes as long as they are kept, even if the business deleted its id."""
        file = self._shelf.get(media_id)
        return await self._files.read(file.sha256) if file is not None else None

    def mime_type_of(self, media_id: str) -> str | None:
        """As `bytes_of`: also of a file that the business deleted."""
        file = self._shelf.get(media_id)
        return file.mime_type if file is not None else None

    async def delete(self, media_id: str) -> None:
        file = self._shelf.get(media_id)
        if file is not None:
            await self._shelf.put(media_id, msgspec.structs.replace(file, deleted=True))

    def webhook_object(self, media_id: str) -> dict[str, Any]:
        """The members that a webhook has of a file; raises `GraphError` for an id that is not known."""
        file = self.find(media_id)
        if file is None:
            raise invalid(f"There is no file of the media id {media_id:.40}.")
        sha256 = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        return {"mime_type": file.mime_type, "sha256": sha256, "id": file.id, "url": self.url_of(file.id)}

    def look_up(self, file: MediaFile) -> dict[str, Any]:
        """What `GET /{media_id}` answers."""
        return {
            "url": self.url_of(file.id),
            "mime_type": file.mime_type,
            "sha256": file.sha256,
            "file_size": str(file.size),
            "id": file.id,
            "messaging_product": "whatsapp",
        }

    def describe(self, content: dict[str, Any]) -> dict[str, Any] | None:
        """For the page: where the file of a media object can be loaded from, and what it is.

        A link is given as it is, and only where it leads to the web.
        """
        if isinstance(link := content.get("link"), str):
            return _describe_link(link, content)
        file = self._shelf.get(str(content.get("id")))
        if file is None:
            return None
        name = content.get("filename") or file.filename
        view = {"url": f"/_sandbox/media/{file.id}", "mime_type": file.mime_type, "size": file.size}
        return view | ({"filename": name} if name else {})

    def url_of(self, media_id: str) -> str:
        """An address of the file for the next five minutes."""
        ends = self._clock.now() // 1000 + URL_SECONDS
        return f"{self._identity.url}{DOWNLOADS}?mid={media_id}&ext={ends}&hash={self._sign(media_id, ends)}"

    def find_by_url(self, media_id: str, ends: str, signature: str) -> MediaFile | None:
        """The file that such an address is good for, None when it is not."""
        if not (ends.isascii() and ends.isdecimal() and len(ends) < 15):
            return None
        right = hmac.compare_digest(signature.encode(), self._sign(media_id, int(ends)).encode())
        return self.find(media_id) if right and self._clock.now() < int(ends) * 1000 else None

    async def _store(
        self, data: bytes, mime_type: str, filename: str | None, phone_number_id: str | None, lives: int
    ) -> str:
        now = self._clock.now()
        # One at a time: what is swept away must not be what another upload has just put there.
        async with self._turn:
            await self._sweep()
            file = MediaFile(
                id=_new_id(),
                phone_number_id=phone_number_id,
                sha256=await self._files.put(data),
                size=len(data),
                mime_type=mime_type,
                filename=filename,
                created_at=now,
                expires_at=now + lives,
                head=data[:HEAD],
            )
            await self._shelf.put(file.id, file)
        return file.id

    async def _sweep(self) -> None:
        """Forget what expired, and the bytes that nothing refers to any more."""
        now = self._clock.now()
        expired = [file for file in self._shelf.values() if file.expires_at <= now]
        for file in expired:
            await self._shelf.remove(file.id)
        kept = {file.sha256 for file in self._shelf.values()} if expired else set()
        for sha256 in {file.sha256 for file in expired} - kept:
            await self._files.remove(sha256)

    def _sign(self, media_id: str, ends: int) -> str:
        key = self._identity.app_secret.encode()
        return base64.urlsafe_b64encode(hmac.digest(key, f"{media_id}:{ends}".encode(), "sha256"))[
            :38
        ].decode()


def _new_id() -> str:
    return str(10**15 + secrets.randbelow(9 * 10**15))


def _describe_link(link: str, content: dict[str, Any]) -> dict[str, Any] | None:
    if not link.lower().startswith(("http://", "https://")):
        return None
    guessed, _ = mimetypes.guess_type(link.partition("?")[0])
    view = {"url": link, "mime_type": guessed or "application/octet-stream"}
    return view | ({"filename": content["filename"]} if content.get("filename") else {})
