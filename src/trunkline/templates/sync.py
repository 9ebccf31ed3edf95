"""SYNC: the templates of every account at the provider, read again and again, so that what is known is true.

One process does this for a provider's account. It reads all of its templates page by page when they are due:
never read before, an interval after the last time, or when somebody asks (`template_syncs`). A template of
which a webhook told only a part is read alone and at once. What does not work is tried again with growing
pauses, from the page where it stood. `register.py` writes down what follows.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from math import inf
from typing import Any

import msgspec

from trunkline.channels.template_contract import ProviderTemplate, TemplateError, TemplatePage
from trunkline.loops import STORE_RETRY_SECONDS, for_ever, until_kept
from trunkline.membership import Membership
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, templates
from trunkline.store.templates import SyncRow, TemplateRow
from trunkline.templates import access, register
from trunkline.templates.pace import HOUR, CallPace
from trunkline.templates.register import GONE, Place, Source

CALLS_AN_HOUR = 100
"""Half of what Meta allows: the rest is for whoever makes and changes templates."""

PAUSES_SECONDS = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
READ_PAUSES_SECONDS = (1.0, 5.0, 20.0)
RESCUE_SECONDS = 60.0
LIMITED_SECONDS = 600.0
AT_ONCE = 4
_MOST_READS = 20
_MOST_PAGES = 1_000
_ROWS = 500
_BAD_CURSOR = 131059
_STALE_MS = 15 * 60_000
_CONFIRMED = 10


class _Round(msgspec.Struct):
    """A reading of all templates, as far as it is."""

    due_at: int
    """As it stood when the reading began: whoever asks meanwhile changes it."""
    is_first: bool
    started_at: int
    cursor: str | None = None
    pages: int = 0
    seen: set[str] = msgspec.field(default_factory=set)
    """The provider's ids."""


class TemplateSync:
    """One loop, and a task for each reading on its way."""

    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        self._runtime = runtime
        self._membership = membership
        self._pace = CallPace(CALLS_AN_HOUR)
        self._wake = asyncio.Event()
        self._calls = asyncio.Semaphore(AT_ONCE)
        self._running: dict[object, asyncio.Task[None]] = {}
        self._again: set[object] = set()
        """Of these one more was told while they were read: the answer may be older."""
        self._rounds: dict[Place, _Round] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        going = for_ever(self._runtime.clock, "templates", self._look, 0.0)
        self._task = asyncio.create_task(going)

    def look_soon(self) -> None:
        """Some may be due."""
        self._wake.set()

    def read_soon(self, account_id: str, waba_id: str, provider_id: str) -> None:
        """A webhook did not tell all of it."""
        place = Place(account_id, waba_id)
        is_led = access.templates_of(self._runtime, account_id, waba_id) is not None
        if self._task is None or not is_led or not self._is_mine(place):
            return
        key = (place, provider_id)
        if key in self._running:
            self._again.add(key)
        elif sum(isinstance(other, tuple) and other[0] == place for other in self._running) < _MOST_READS:
            self._begin(key, self._read(place, provider_id))
        elif (every := (place, "")) not in self._running:  # a page tells a hundred of them
            self._begin(every, self._ask_all(place))

    async def stop(self) -> None:
        """What is on its way begins anew after the next start."""
        tasks = [*self._running.values(), *([self._task] if self._task else [])]
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_mine(self, place: Place) -> bool:
        return self._membership.is_mine(f"templates {place.account_id} {place.waba_id}", "process")

    async def _look(self) -> None:
        self._wake.clear()
        wait, places = RESCUE_SECONDS, self._places()
        try:
            if places:
                rows = await self._runtime.store.read(templates.all_syncs)
                known = {Place(row.account_id, row.waba_id): row for row in rows}
                wait = min([wait, *(self._begin_if_due(place, known.get(place)) for place in places)])
        except Exception:
            await asyncio.sleep(STORE_RETRY_SECONDS)
            self._wake.set()
            raise
        await self._runtime.clock.wait(self._wake, wait)

    def _places(self) -> list[Place]:
        """Those that this process reads, and is not reading now."""
        accounts = self._runtime.directory.accounts
        every = (Place(of, waba_id) for of in accounts for waba_id in access.wabas_of(self._runtime, of))
        return [place for place in every if place not in self._running and self._is_mine(place)]

    def _begin_if_due(self, place: Place, row: SyncRow | None) -> float:
        """The seconds until it is; none while it is read, as its end is heard of."""
        row = row or SyncRow(place.account_id, place.waba_id, 0, None, 0, None)
        wait = (row.due_at - self._runtime.clock.now()) / 1000
        if wait > 0:
            return wait
        self._begin(place, self._sync(place, row))
        return inf

    def _begin(self, key: object, work: Coroutine[Any, Any, None]) -> None:
        task = self._running[key] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._end(key))

    def _end(self, key: object) -> None:
        del self._running[key]
        if isinstance(key, Place):
            self._wake.set()
        elif isinstance(key, tuple) and key in self._again:
            self._again.discard(key)
            place, provider_id = key
            self.read_soon(place.account_id, place.waba_id, provider_id)

    async def _ask_all(self, place: Place) -> None:
        now, store = self._runtime.clock.now(), self._runtime.store
        await until_kept(
            "templates",
            lambda: store.write(lambda tx: templates.ask_sync(tx, place.account_id, place.waba_id, now)),
        )
        self._wake.set()

    async def _sync(self, place: Place, row: SyncRow) -> None:
        """All of them; or as far as it goes, and the rest after a pause."""
        begun = self._round(place, row)
        try:
            await self._pages(place, begun)
            await self._missing(place, begun)
        except TemplateError as fault:
            await self._put_off(place, row, begun, fault)
        except StoreUnavailable as fault:  # it is still due
            log.warning("templates of %s: left to the next time: %s", place.waba_id, fault)
        except Exception as fault:
            log.error("templates of %s: a fault of ours", place.waba_id, exc_info=fault)
            await self._put_off(place, row, begun, TemplateError("a fault of ours, see the log"))
        else:
            del self._rounds[place]
            await self._finish(place, begun)

    def _round(self, place: Place, row: SyncRow) -> _Round:
        """The one that a fault broke off, unless that was long ago."""
        now, begun = self._runtime.clock.now(), self._rounds.get(place)
        if begun is None or now - begun.started_at > _STALE_MS:
            begun = self._rounds[place] = _Round(row.due_at, row.synced_at is None, now)
        return begun

    async def _pages(self, place: Place, begun: _Round) -> None:
        while begun.pages < _MOST_PAGES:
            cursor = begun.cursor
            page, asked_at = await self._page(place, cursor)
            await self._apply(place, page.templates, "sync", asked_at, is_quiet=begun.is_first)
            begun.pages += 1
            begun.seen.update(one.provider_id for one in page.templates)
            if page.next is None or page.next == cursor:
                return
            begun.cursor = page.next

    async def _page(self, place: Place, after: str | None) -> tuple[TemplatePage, int]:
        await self._turn(place)
        async with self._calls:
            asked_at = self._runtime.clock.now()
            page = await access.ask(
                self._runtime,
                place.account_id,
                place.waba_id,
                lambda templates, number: templates.page(number, after),
            )
            return page, asked_at

    async def _missing(self, place: Place, begun: _Round) -> None:
        """What was on no page is asked for by its id. Of many some are, and a second list must lack all."""
        missing = await self._unseen(place, begun)
        if len(missing) > _CONFIRMED:
            begun.cursor = None
            await self._pages(place, begun)
            missing = await self._unseen(place, begun)
        asked, rest = missing[:_CONFIRMED], missing[_CONFIRMED:]
        gone = [row for row in asked if not await self._is_there(place, str(row.provider_id))]
        for row in [*gone, *(rest if len(gone) == len(asked) else ())]:
            await self._remove(row)

    async def _is_there(self, place: Place, provider_id: str) -> bool:
        found, asked_at = await self._ask_one(place, provider_id)
        if found is not None:
            await self._apply(place, [found], "sync", asked_at)
        return found is not None and found.status not in GONE

    async def _unseen(self, place: Place, begun: _Round) -> list[TemplateRow]:
        async def work(tx: Tx) -> list[TemplateRow]:
            missing: list[TemplateRow] = []
            name = language = ""
            while rows := await templates.of_waba(tx, place.account_id, place.waba_id, name, language, _ROWS):
                name, language = rows[-1].name, rows[-1].language
                missing += [
                    row
                    for row in rows
                    if row.provider_id not in begun.seen and row.seen_at < begun.started_at
                ]
            return missing

        return await self._runtime.store.read(work)

    async def _remove(self, row: TemplateRow) -> None:
        source, store = Source(word="sync", at=self._runtime.clock.now()), self._runtime.store
        await until_kept(
            "a template", lambda: store.write(lambda tx: register.apply_removal(tx, row, source))
        )

    async def _read(self, place: Place, provider_id: str) -> None:
        for pause in (*READ_PAUSES_SECONDS, None):
            try:
                found, asked_at = await self._ask_one(place, provider_id)
                if found is not None:
                    await self._apply(place, [found], "webhook", asked_at, is_quiet=True)
                return
            except (TemplateError, StoreUnavailable) as fault:
                log.info("template %s is not read: %s", provider_id, fault)
                if isinstance(fault, TemplateError) and _is_limited(fault):
                    return
            except Exception as fault:
                log.error("template %s: a fault of ours", provider_id, exc_info=fault)
                return
            if pause is not None:  # or it is found by the next reading of all
                await self._runtime.clock.sleep(pause)

    async def _ask_one(self, place: Place, provider_id: str) -> tuple[ProviderTemplate | None, int]:
        await self._turn(place)
        async with self._calls:
            asked_at = self._runtime.clock.now()
            found = await access.read(self._runtime, place.account_id, place.waba_id, provider_id)
            return found, asked_at

    async def _turn(self, place: Place) -> None:
        clock = self._runtime.clock
        while wait := self._pace.take(place.account_id, place.waba_id, clock.monotonic()):
            await clock.sleep(wait)

    async def _apply(
        self,
        place: Place,
        told: Sequence[ProviderTemplate],
        word: str,
        asked_at: int,
        *,
        is_quiet: bool = False,
    ) -> None:
        """Mostly nothing is new, and nothing is written."""
        desk = access.templates_of(self._runtime, place.account_id, place.waba_id)
        if desk is None:
            return
        same, store = desk.same, self._runtime.store
        if not await store.read(lambda tx: register.differs(tx, place, told, same)):
            return
        source = Source(word=word, at=self._runtime.clock.now(), is_quiet=is_quiet)
        await until_kept(
            "templates",
            lambda: store.write(lambda tx: register.apply_templates(tx, place, told, source, same, asked_at)),
        )

    async def _finish(self, place: Place, begun: _Round) -> None:
        now = self._runtime.clock.now()
        seconds = max(self._runtime.settings.templates.sync_minutes * 60, begun.pages * HOUR / CALLS_AN_HOUR)
        due_at = now + int(seconds * 1000)
        row = SyncRow(place.account_id, place.waba_id, due_at, begun.started_at, 0, None)
        await until_kept("templates", lambda: self._keep(row, begun))
        self._runtime.tally.count("template_syncs_total done")

    async def _put_off(self, place: Place, row: SyncRow, begun: _Round, fault: TemplateError) -> None:
        now = self._runtime.clock.now()
        if fault.error is not None and fault.error.code == _BAD_CURSOR:
            del self._rounds[place]
        pause = PAUSES_SECONDS[min(row.tries, len(PAUSES_SECONDS) - 1)]
        pause *= self._runtime.random.uniform(1.0, 1.2)
        pause = max(pause, LIMITED_SECONDS if _is_limited(fault) else 0.0)
        if fault.error is not None and fault.error.retry_after:
            pause = max(pause, fault.error.retry_after)
        log.warning("templates of %s are not read: %s", place.waba_id, fault)
        kept = SyncRow(
            place.account_id,
            place.waba_id,
            now + int(pause * 1000),
            row.synced_at,
            row.tries + 1,
            str(fault)[:500],
        )
        await until_kept("templates", lambda: self._keep(kept, begun))
        self._runtime.tally.count("template_syncs_total put_off")

    async def _keep(self, row: SyncRow, begun: _Round) -> None:
        """Unless somebody asked meanwhile: then they are due already."""

        async def work(tx: Tx) -> None:
            await templates.lock(tx, row.account_id, row.waba_id)
            known = await templates.sync_of(tx, row.account_id, row.waba_id)
            is_asked = known is not None and known.due_at != begun.due_at
            due_at = known.due_at if known is not None and is_asked else row.due_at
            await templates.keep_sync(tx, msgspec.structs.replace(row, due_at=due_at))
            await tx.tell(f"templates {row.account_id}")
            begun.due_at = due_at

        await self._runtime.store.write(work)


def _is_limited(fault: TemplateError) -> bool:
    """Each further call would only make it longer."""
    return fault.error is not None and fault.error.effect == "slow_number"
