"""Files behind links: fetched through the guard, looked at, kept, and found again for ten minutes.

Meta keeps what it found behind an exact link for ten minutes, and so does this; nothing that went wrong is
kept. However many messages name a link, it is fetched once at a time.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote

from trunkline import shelving
from trunkline.channels.contract import NamedFile
from trunkline.guarded_http import Fetched, FetchError, GuardedTransport, Limits, open_guarded
from trunkline.media_files import Draft
from trunkline.media_probe import UNKNOWN_TYPE, Found, probe
from trunkline.model import ids
from trunkline.outbound.once import Once
from trunkline.runtime import Runtime
from trunkline.store import media
from trunkline.store.media import MediaRow, StoredMedia

KEPT_MS = 600_000
LONGEST = 104_857_600
"""No kind of message takes a larger file."""

SECONDS = 60.0
MOST_HOPS = 3
AT_ONCE = 32

_NOT_IN_NAMES = re.compile(r"[^\w.() -]")


class Wire(Protocol):
    async def fetch(self, url: str, write: Callable[[bytes], None], longest: int) -> Fetched:
        """`FetchError` when nothing usable came; `OSError` where `write` has no room."""


class Links:
    """Of one process."""

    def __init__(self, runtime: Runtime, wire: Wire | None = None) -> None:
        self._runtime = runtime
        self._wire = wire
        self._own: GuardedTransport | None = None
        self._fetches: Once[tuple[str, str], MediaRow] = Once()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def find(self, account_id: str, file: NamedFile) -> MediaRow:
        """What is behind the link now, or was a short time ago. `FetchError`, or `OSError` of our disk."""
        since = self._runtime.clock.now() - KEPT_MS
        row = await self._runtime.store.read(lambda tx: media.of_link(tx, account_id, file.name, since))
        if row is not None and row.sha256 and await self._runtime.shelf.has(account_id, row.sha256):
            return row
        return await self._fetches.do((account_id, file.name), lambda: self._fetch(account_id, file))

    async def close(self) -> None:
        await self._fetches.close()
        if self._own is not None:
            await self._own.close()

    async def _fetch(self, account_id: str, file: NamedFile) -> MediaRow:
        with self._runtime.shelf.draft() as draft:
            found, fetched = await self._read(file.name, draft)
            stored = self._stored(account_id, file, draft, _type(found, fetched.content_type))
            await shelving.shelve(self._runtime, draft, stored)
        row = await self._runtime.store.read(lambda tx: media.get(tx, account_id, stored.id))
        assert row is not None
        return row

    async def _read(self, link: str, draft: Draft) -> tuple[Found, Fetched]:
        async with self._room:
            fetched = await self._open_wire().fetch(link.partition("#")[0], draft.write, LONGEST)
        self._runtime.tally.count("media_links_total")
        draft.flush()
        return await asyncio.to_thread(probe, draft.path), fetched

    def _stored(self, account_id: str, file: NamedFile, draft: Draft, mime_type: str) -> StoredMedia:
        return StoredMedia(
            account_id=account_id,
            id=ids.new_id(ids.MEDIA),
            kind=file.kind,
            mime_type=mime_type,
            file_name=_file_name(file.name),
            sha256=draft.sha256,
            size=draft.size,
            created_at=self._runtime.clock.now(),
            source="link",
            link=file.name,
        )

    def _open_wire(self) -> Wire:
        """When it is first needed: reading the machine's certificates takes long."""
        if self._wire is None:
            limits = Limits(timeout_seconds=SECONDS, most_hops=MOST_HOPS)
            self._wire = self._own = open_guarded(self._runtime.url_rules, limits)
        return self._wire


def shown(link: str) -> str:
    """Without what may be a secret in it."""
    return link.partition("#")[0].partition("?")[0][:200]


def _type(found: Found, said: str | None) -> str:
    if found.mime_type != UNKNOWN_TYPE or not said:
        return found.mime_type
    return said.partition(";")[0].strip().lower()[:100]


def _file_name(link: str) -> str | None:
    last = unquote(shown(link).rpartition("/")[2])
    return _NOT_IN_NAMES.sub("_", last)[:100] or None


__all__ = ["FetchError", "Links", "shown"]
