"""Files behind links: fetched through the guard, looked at, kept, and found again for ten minutes.

Meta keeps what it found behind an exact link for ten minutes, and so does this. However many messages name a
link, it is fetched once at a time, and its failures are counted together: one that may work later is tried
again after a pause, a few times, and then it has failed for all who wait for it.
"""

import asyncio
import re
from collections import OrderedDict
from typing import NamedTuple
from urllib.parse import quote, unquote

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

PAUSES_SECONDS = (2.0, 10.0, 30.0)
"""Before it is fetched again; a failure after the last is for good."""

GIVEN_UP_SECONDS = 10.0
"""So long whoever names a link that failed for good is told the same."""

_REMEMBERED = 10_000
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_NOT_IN_NAMES = re.compile(r"[^\w.() -]")
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,49}/[a-z0-9][a-z0-9!#$&^_.+-]{0,49}")


class LinkError(Exception):
    """Nothing usable is behind it. `is_final`: or it may be asked again in so many seconds."""

    def __init__(self, why: str, seconds: float, *, is_final: bool) -> None:
        self.seconds = seconds
        self.is_final = is_final
        super().__init__(why)


class _Failed(NamedTuple):
    why: str
    tries: int
    is_final: bool
    until: int
    """It is not asked again before."""


_Key = tuple[str, str]
"""An account, and an exact link."""


class Links:
    """Of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._wire: GuardedTransport | None = None
        self._fetches: Once[_Key, MediaRow] = Once()
        self._failed: OrderedDict[_Key, _Failed] = OrderedDict()
        self._room = asyncio.Semaphore(AT_ONCE)

    async def find(self, account_id: str, file: NamedFile, *, afresh: bool = False) -> MediaRow:
        """What is behind the link now, or was a short time ago. `LinkError`, or `OSError` of our disk.

        `afresh`: it is asked now, however lately it failed.
        """
        key, now = (account_id, file.name), self._runtime.clock.now()
        if not afresh and (failed := self._failed.get(key)) is not None and failed.until > now:
            raise LinkError(failed.why, (failed.until - now) / 1000, is_final=failed.is_final)
        since = now - KEPT_MS
        row = await self._runtime.store.read(lambda tx: media.of_link(tx, account_id, file.name, since))
        if row is not None and row.sha256 and await self._runtime.shelf.has(account_id, row.sha256):
            return row
        return await self._fetches.do(key, lambda: self._fetch(account_id, file))

    def is_given_up(self, account_id: str, link: str) -> bool:
        """For now."""
        failed = self._failed.get((account_id, link))
        return failed is not None and failed.is_final and failed.until > self._runtime.clock.now()

    async def close(self) -> None:
        await self._fetches.close()
        if self._wire is not None:
            await self._wire.close()

    async def _fetch(self, account_id: str, file: NamedFile) -> MediaRow:
        async with self._room:  # before the draft: each is an open file
            with self._runtime.shelf.draft() as draft:
                try:
                    found, fetched = await self._read(file.name, draft)
                except FetchError as fault:
                    raise self._note((account_id, file.name), fault) from None
                stored = self._stored(account_id, file, draft, _type(found, fetched.content_type))
                await shelving.shelve(self._runtime, draft, stored)
        self._failed.pop((account_id, file.name), None)
        row = await self._runtime.store.read(lambda tx: media.get(tx, account_id, stored.id))
        assert row is not None
        return row

    async def _read(self, link: str, draft: Draft) -> tuple[Found, Fetched]:
        fetched = await self._open_wire().fetch(_as_asked(link), draft.write, LONGEST)
        self._runtime.tally.count("media_links_total")
        draft.flush()
        return await asyncio.to_thread(probe, draft.path), fetched

    def _note(self, key: _Key, fault: FetchError) -> LinkError:
        now, former = self._runtime.clock.now(), self._failed.get(key)
        if former is not None and former.until > now:  # it was asked afresh, and that is none of the tries
            return LinkError(str(fault), (former.until - now) / 1000, is_final=fault.is_final)
        goes_on = former is not None and not former.is_final and former.until > now - KEPT_MS
        tries = 1 + (former.tries if former is not None and goes_on else 0)
        is_final = fault.is_final or tries > len(PAUSES_SECONDS)
        seconds = GIVEN_UP_SECONDS
        if not is_final:
            seconds = PAUSES_SECONDS[tries - 1] * self._runtime.random.uniform(1.0, 1.2)
        self._failed[key] = _Failed(str(fault), tries, is_final, now + int(seconds * 1000))
        self._failed.move_to_end(key)
        if len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)
        return LinkError(str(fault), seconds, is_final=is_final)

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

    def _open_wire(self) -> GuardedTransport:
        """When it is first needed: reading the machine's certificates takes long."""
        if self._wire is None:
            limits = Limits(timeout_seconds=SECONDS, most_hops=MOST_HOPS)
            self._wire = open_guarded(self._runtime.url_rules, limits)
        return self._wire


def shown(link: str) -> str:
    """Without what may be a secret in it."""
    return link.partition("#")[0].partition("?")[0][:200]


def _as_asked(link: str) -> str:
    """Without what is for browsers alone; behind the host, other letters as %XX."""
    whole = link.partition("#")[0]
    path = whole.find("/", whole.find("://") + 3)
    return whole if path < 0 else whole[:path] + quote(whole[path:], safe=_ASCII)


def _type(found: Found, said: str | None) -> str:
    """What the server says counts only where the bytes tell nothing."""
    told = (said or "").partition(";")[0].strip().lower()
    return told if found.mime_type == UNKNOWN_TYPE and _TYPE.fullmatch(told) else found.mime_type


def _file_name(link: str) -> str | None:
    last = unquote(shown(link).rpartition("/")[2])
    return _NOT_IN_NAMES.sub("_", last)[:100] or None
