"""Resumable uploads: sessions that gather a file piece by piece, and the handles that they end in.

Samples of template headers and profile pictures are named by such a handle. `graph/uploads.py` is the way in;
templates and profiles ask `handle_exists` and `bytes_of`.
"""

import asyncio
import base64
import hmac
import secrets
from pathlib import Path

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.database import Database
from trunkline.sandbox.media.files import Files
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity

_LIVES = 30 * 86_400_000


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """An upload that was announced."""

    id: str
    """Without `upload:` and without the signature."""
    length: int
    mime_type: str
    filename: str
    sha256: str = ""
    """Of what came so far, when something came."""
    offset: int = 0


class Handle(msgspec.Struct, frozen=True, kw_only=True):
    """A finished upload."""

    sha256: str
    mime_type: str
    filename: str
    expires_at: int


class Uploads:
    """Sessions and handles survive a restart."""

    def __init__(self, database: Database, folder: Path, clock: Clock, identity: Identity) -> None:
        self._sessions = Shelf(database, "upload", Session)
        self._handles = Shelf(database, "upload_handle", Handle)
        self._files = Files(folder)
        self._clock = clock
        self._identity = identity
        self._turn = asyncio.Lock()

    async def begin(self, length: int, mime_type: str, filename: str) -> str:
        """Answers the session's name as Graph gives it: `upload:…?sig=…`."""
        name = base64.urlsafe_b64encode(b"attachment:" + secrets.token_bytes(24)).decode().rstrip("=")
        await self._sessions.put(
            name, Session(id=name, length=length, mime_type=mime_type, filename=filename)
        )
        return self.name_of(name)

    def find(self, node: str) -> Session | None:
        """`node` with or without the signature, which an odd client escapes so that it stays in the path."""
        bare = node.partition("?")[0]
        return self._sessions.get(bare.removeprefix("upload:")) if bare.startswith("upload:") else None

    def name_of(self, session_id: str) -> str:
        signature = hmac.digest(self._identity.app_secret.encode(), session_id.encode(), "sha256")
        return f"upload:{session_id}?sig={base64.urlsafe_b64encode(signature)[:22].decode()}"

    async def add(self, session: Session, offset: int, data: bytes) -> str | int | None:
        """The handle when the file is whole, else how much there is; None where the piece does not fit."""
        async with self._turn:
            session = self._sessions.get(session.id) or session
            if offset != session.offset or offset + len(data) > session.length:
                return None
            before = await self._files.read(session.sha256) if session.offset else b""
            sha256 = await self._files.put((before or b"") + data)
            before_sha256 = session.sha256
            session = msgspec.structs.replace(session, sha256=sha256, offset=offset + len(data))
            if session.offset < session.length:
                await self._sessions.put(session.id, session)
            else:
                await self._sessions.remove(session.id)
            await self._forget(before_sha256)
            return session.offset if session.offset < session.length else await self._finish(session)

    def handle_exists(self, handle: str) -> bool:
        found = self._handles.get(handle)
        return found is not None and found.expires_at > self._clock.now()

    def find_handle(self, handle: str) -> Handle | None:
        return self._handles.get(handle) if self.handle_exists(handle) else None

    async def bytes_of(self, handle: str) -> bytes | None:
        found = self._handles.get(handle)
        return await self._files.read(found.sha256) if found is not None else None

    async def _forget(self, sha256: str) -> None:
        """Remove a piece that was overtaken, unless another upload has the same content."""
        kept = {session.sha256 for session in self._sessions.values()}
        kept |= {handle.sha256 for handle in self._handles.values()}
        if sha256 and sha256 not in kept:
            await self._files.remove(sha256)

    async def _finish(self, session: Session) -> str:
        ends = self._clock.now() + _LIVES
        kind = base64.b64encode(session.mime_type.encode()).decode()
        parts = (secrets.token_urlsafe(30), "e", str(ends // 1000), self._identity.app_id)
        handle = f"4::{kind}:{':'.join(parts)}:{secrets.randbelow(10**15):015d}:{secrets.token_urlsafe(15)}"
        await self._handles.put(
            handle,
            Handle(
                sha256=session.sha256,
                mime_type=session.mime_type,
                filename=session.filename,
                expires_at=ends,
            ),
        )
        return handle
