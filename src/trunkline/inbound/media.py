"""MEDIA: files that people sent, fetched before the provider forgets them.

In come rows that the processor put down with their messages; each is fetched through the number's connector,
its hash compared, its bytes kept on the shelf, and the row closed. What does not work is tried again
with growing pauses for as long as the provider keeps the file, and then `failed` with the reason. One process
does this for an account; the API fetches at once what somebody asks for earlier. Twice does no harm.
"""

import asyncio
import base64
import binascii
import re
from math import inf

import msgspec

from trunkline.channels.contract import MediaError, MediaInfo
from trunkline.inbound.media_type import judge
from trunkline.loops import STORE_RETRY_SECONDS, for_ever, until_kept
from trunkline.media_files import Draft, ShelfError
from trunkline.media_probe import probe
from trunkline.membership import Membership
from trunkline.runtime import Runtime, log
from trunkline.store import media
from trunkline.store.media import MediaRow

LIFE_MS = 7 * 86_400_000
"""So long Meta keeps what its webhooks told of."""

PAUSES_SECONDS = (2.0, 10.0, 60.0, 300.0, 1800.0, 3600.0, 14_400.0)
AT_ONCE = 8
AT_ONCE_OF_ACCOUNT = 4
RESCUE_SECONDS = 60.0

_SHA256_HEX = re.compile(r"[0-9a-f]{64}")


class MediaFetcher:
    """One loop, and a task for each file on its way."""

    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        self._runtime = runtime
        self._membership = membership
        self._wake = asyncio.Event()
        self._look_at: dict[str, float] = {}  # account → when, by the clock's monotonic reading
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None
        runtime.tally.gauge("media_fetching", lambda: len(self._running))

    async def start(self) -> None:
        await self._runtime.shelf.remove_old_drafts(self._runtime.clock.now() / 1000)
        going = for_ever(self._runtime.clock, "files of messages", self._look, 0.0)
        self._task = asyncio.create_task(going)

    def look_soon(self, account_id: str | None = None) -> None:
        """There are new ones, or there is room for more; without an account perhaps of any."""
        if account_id is None:
            self._look_at.clear()
        else:
            self._look_at.pop(account_id, None)
        self._wake.set()

    async def stop(self) -> None:
        """What is on its way is fetched anew after the next start."""
        tasks = [*self._running.values(), *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        self._wake.clear()
        clock, accounts = self._runtime.clock, list(self._runtime.directory.accounts)
        try:
            for account_id in accounts:
                if self._look_at.get(account_id, 0.0) <= clock.monotonic():
                    await self._look_for(account_id)
        except Exception:
            self._look_at.clear()
            await asyncio.sleep(STORE_RETRY_SECONDS)
            raise
        next_at = min((self._look_at.get(account_id, 0.0) for account_id in accounts), default=inf)
        await clock.wait(self._wake, min(next_at - clock.monotonic(), RESCUE_SECONDS))

    async def _look_for(self, account_id: str) -> None:
        self._look_at[account_id] = inf
        seconds = await self._begin_due(account_id)
        if account_id in self._look_at:  # or it was told of meanwhile, and is looked at once more
            self._look_at[account_id] = self._runtime.clock.monotonic() + seconds

    async def _begin_due(self, account_id: str) -> float:
        """Begins what is due and has room; until when it need not be looked at again, in seconds."""
        if not self._membership.is_mine(f"media {account_id}", "process"):
            return RESCUE_SECONDS
        most = AT_ONCE_OF_ACCOUNT + 1
        rows = await self._runtime.store.read(lambda tx: media.pending(tx, account_id, most))
        now = self._runtime.clock.now()
        for row in rows:
            if row.next_at > now:
                return min(RESCUE_SECONDS, (row.next_at - now) / 1000)
            self._begin(row)
        return RESCUE_SECONDS  # or when one of those that run has ended

    def _begin(self, row: MediaRow) -> None:
        key = (row.account_id, row.id)
        mine = sum(account_id == row.account_id for account_id, _ in self._running)
        if key in self._running or len(self._running) >= AT_ONCE or mine >= AT_ONCE_OF_ACCOUNT:
            return
        task = self._running[key] = asyncio.create_task(self._do(row))
        task.add_done_callback(lambda _: self._end(key))

    def _end(self, key: tuple[str, str]) -> None:
        was_full = len(self._running) >= AT_ONCE
        del self._running[key]
        self.look_soon(None if was_full else key[0])

    async def _do(self, row: MediaRow) -> None:
        try:
            await fetch(self._runtime, row)
            return
        except (MediaError, OSError) as fault:
            why = fault
        except Exception as fault:
            log.error("a file of message %s: a fault of ours", row.message_id, exc_info=fault)
            why = MediaError("a fault of ours, see the log")
        await put_off(self._runtime, row, why)


async def fetch(runtime: Runtime, row: MediaRow) -> MediaRow:
    """The row as it is once its bytes are here. `MediaError`, or `OSError` where our disk takes nothing."""
    with runtime.shelf.draft() as draft:
        info = await _download(runtime, row, draft)
        _compare(draft, row.sha256, info.sha256)
        await asyncio.to_thread(draft.flush)
        seen = await asyncio.to_thread(probe, draft.path)
        mime_type, detail = judge(row.kind, info.mime_type or row.mime_type, seen.mime_type)
        await runtime.shelf.keep(draft, row.account_id)
        stored = msgspec.structs.replace(
            row, state="stored", mime_type=mime_type, sha256=draft.sha256, size=draft.size, detail=detail
        )
    await until_kept("a file", lambda: _keep(runtime, stored))
    runtime.tally.count("media_stored_total")
    return stored


async def put_off(runtime: Runtime, row: MediaRow, fault: Exception) -> None:
    """Until the next pause is over; for good, when the provider will not have it any more by then."""
    now = runtime.clock.now()
    pause = PAUSES_SECONDS[min(row.tries, len(PAUSES_SECONDS) - 1)] * runtime.random.uniform(1.0, 1.2)
    next_at: int | None = now + int(pause * 1000)
    if (isinstance(fault, MediaError) and fault.is_final) or now + pause * 1000 > row.created_at + LIFE_MS:
        next_at = None
        runtime.tally.count("media_failed_total")
    is_told = isinstance(fault, MediaError | ShelfError)
    detail = str(fault) if is_told else f"our disk: {type(fault).__name__}"
    log.info("a file of message %s is not fetched: %s", row.message_id, detail)
    await until_kept(
        "a file", lambda: runtime.store.write(lambda tx: media.put_off(tx, row, next_at, detail[:500]))
    )


async def _download(runtime: Runtime, row: MediaRow, draft: Draft) -> MediaInfo:
    number_row = runtime.directory.numbers.get(row.number_id)
    if number_row is None:
        raise MediaError("its number was removed here", is_final=True)
    connector = runtime.connectors[number_row.connector]
    info = await connector.fetch_media(runtime.directory.opened(row.number_id), row.id, draft.write)
    if not draft.size:
        raise MediaError("the provider sent no bytes")
    return info


async def _keep(runtime: Runtime, row: MediaRow) -> None:
    await runtime.store.write(lambda tx: media.keep(tx, row, runtime.clock.now()))


def _compare(draft: Draft, *said: str | None) -> None:
    hashes = {_as_hex(one) for one in said if one} - {None}
    if hashes - {draft.sha256}:
        raise MediaError("what came has another hash than the provider told (sha256)")


def _as_hex(sha256: str) -> str | None:
    """Meta writes base64 in webhooks and hex in look-ups. None for what is neither."""
    if _SHA256_HEX.fullmatch(sha256.lower()):
        return sha256.lower()
    try:
        raw = base64.b64decode(sha256, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 32 else None
