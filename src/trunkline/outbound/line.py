"""The line of one number: what waits in memory, and the way to what waits in the store alone.

In come messages that accept handed over after their commit, and what a look into the store finds: at the
start, when a schedule is due, when more waited than memory takes, on news of another process, and once a
minute whatever nobody told of. Each priority has its own room and its own reading, so that a long campaign
keeps no one-time code out. Whoever is handed over while more of its priority waits in the store goes behind.
"""

import asyncio

import msgspec

from trunkline.model import ids
from trunkline.model.message import Priority
from trunkline.outbound.lanes import Lanes
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, attempts, messages
from trunkline.store.attempts import OpenAttempt
from trunkline.store.messages import Waiting

IN_MEMORY = 5_000
"""Waiting messages of one number and priority that are held in memory; the rest is read in turn."""

AT_MOST_IN_MEMORY = 50_000
"""The same without cutting short the lines of single recipients."""

PAGE = 1_000
RESCUE_SECONDS = 60.0

NEWS_SECONDS = 0.02
"""Between two reads for news of other processes."""

NEWS_SHARE = 0.1
"""Of the time, at most this much goes into such reads of a priority."""

OVERLAP_MS = 10_000
"""News are read from so long before the newest id that was seen: ids are made before their commits, on the
clocks of several machines. A commit that took longer says in its news from where to read; whoever missed
those reads all that waits."""


class _Share:
    """What the line knows of one priority."""

    __slots__ = ("first", "has_news", "is_more_in_store", "meanwhile", "news_at", "seen")

    def __init__(self) -> None:
        self.is_more_in_store = True
        self.meanwhile: list[Waiting] | None = None  # handed over while the store is read
        self.seen = ""  # the newest id
        self.has_news = False
        self.first = ""  # the oldest id that news told of, since they were last read
        self.news_at = 0.0  # when they may be read, in the event loop's time


class Line:
    """Empty until `make` was called; what is added before that is found then."""

    def __init__(self, runtime: Runtime, account_id: str, number_id: str) -> None:
        self.wake = asyncio.Event()
        """Set when something may go that could not before."""
        self.aside = [0] * len(Priority)
        """How many of each priority rest here until something of their own is there, such as a file. They
        take no room from the others."""
        self._runtime = runtime
        self._number = (account_id, number_id)
        self._lanes = Lanes()
        self._shares = [_Share() for _ in Priority]
        self._reading = asyncio.Lock()
        self._rescue_at = 0.0
        self._follower: asyncio.Task[None] | None = None
        self._steady_from = runtime.clock.now() - int(runtime.clock.monotonic() * 1000)

    def now(self) -> int:
        """A moment that never jumps: lanes rest by it, however the machine's calendar is set."""
        return self._steady_from + int(self._runtime.clock.monotonic() * 1000)

    def add(self, message: Waiting) -> None:
        share = self._shares[message.priority]
        if share.meanwhile is not None:
            share.meanwhile.append(message)
        elif share.is_more_in_store or not self._has_room(message.priority, IN_MEMORY):
            share.is_more_in_store = True  # its turn comes when the store is read again
        else:
            share.seen = max(share.seen, message.id)
            self._put(message)
            self.wake.set()

    def __len__(self) -> int:
        """How many wait in memory."""
        return len(self._lanes)

    def take(self) -> Waiting | None:
        return self._lanes.take(self.now())

    def put_back(self, message: Waiting, seconds: float) -> None:
        now = self.now()
        self._lanes.put_back(message, now + int(seconds * 1000) + 1, now)
        self.wake.set()

    def is_overtaken(self, message: Waiting) -> bool:
        """Whether something of a higher priority waits in the lane that it keeps busy."""
        return self._lanes.best(message.recipient) < message.priority

    def is_waited_for(self, message: Waiting) -> bool:
        """Whether anything waits in the lane that it keeps busy."""
        return self._lanes.best(message.recipient) < len(Priority)

    def free(self, recipient: str, message_id: str) -> None:
        self._lanes.free(recipient, message_id, self.now())
        self.wake.set()

    def _put(self, message: Waiting) -> None:
        now = self.now()
        if message.due_at > now:  # the store speaks of the calendar
            wait = max(0, message.due_at - self._runtime.clock.now())
            message = msgspec.structs.replace(message, due_at=now + wait)
        self._lanes.add(message, now)

    def ready_since(self) -> int | None:
        """Since when, by `now`, what goes next could have gone; None when nothing could."""
        return self._lanes.ready_since()

    def seconds_to_next(self) -> float | None:
        """Until the earliest resting lane may go on."""
        wake_at = self._lanes.next_wake()
        return None if wake_at is None else max(0.0, (wake_at - self.now()) / 1000)

    def look_again(self) -> None:
        """Old messages are queued again: the next look reads all that waits."""
        self._rescue_at = 0.0

    def refresh(self, first: str = "") -> None:
        """Another process has queued something for this number: it is read soon, with what follows.

        `first`: the oldest of it; a commit may come long after the making of its ids.
        """
        for share in self._shares:
            share.has_news = True
            if first:
                share.first = min(share.first or first, first)
        if self._follower is None or self._follower.done():
            self._follower = asyncio.create_task(self._follow(), name="line-news")

    async def make(self) -> None:
        """Anew from the store: lanes in doubt are blocked, the rest is in its order. Nothing may be out."""
        async with self._reading:
            self._lanes, self._shares = Lanes(), [_Share() for _ in Priority]
            self.aside = [0] * len(Priority)
            blocked = await self._in_doubt()
            for attempt in blocked:
                self._lanes.block(attempt.recipient, attempt.message_id)
            await self._read(list(Priority))
            # A doubt that ended between the answer above and its block told a lane that was not blocked yet.
            still = {attempt.message_id for attempt in await self._in_doubt()}
            for attempt in blocked:
                if attempt.message_id not in still:
                    self.free(attempt.recipient, attempt.message_id)

    async def look(self) -> None:
        """Schedules that are due; the rest of a line that was too long; now and then all that waits."""
        await self._wake_scheduled()
        wanted = list(Priority)
        if self._runtime.clock.monotonic() < self._rescue_at:
            wanted = [priority for priority in Priority if self._may_read_on(priority)]
        if wanted:
            async with self._reading:
                await self._read(wanted)

    def _may_read_on(self, priority: Priority) -> bool:
        return self._shares[priority].is_more_in_store and self._has_room(priority, IN_MEMORY // 2)

    # -- reading the store

    async def _read(self, wanted: list[Priority]) -> None:
        """Add to the line from the store, high first; what is here already stays where it is."""
        if len(wanted) == len(Priority):
            self._rescue_at = self._runtime.clock.monotonic() + RESCUE_SECONDS
        for priority in wanted:
            await self._read_one(priority)

    async def _read_one(self, priority: Priority) -> None:
        share = self._shares[priority]
        share.meanwhile, share.is_more_in_store = [], True
        try:
            share.is_more_in_store = not await self._fill(priority, share, "")
        finally:
            meanwhile, share.meanwhile = share.meanwhile, None
            for message in meanwhile:
                self.add(message)
            self.wake.set()

    async def _fill(self, priority: Priority, share: _Share, after: str) -> bool:
        """Oldest first. True when all of this priority behind `after` is here."""
        while self._has_room(priority, IN_MEMORY):
            found = await self._page(priority, after)
            for message in found:
                self._put(message)
            self.wake.set()
            if found:
                after = found[-1].id
                share.seen = max(share.seen, after)
            if len(found) < PAGE:
                return True
        return False

    async def _page(self, priority: Priority, after: str) -> list[Waiting]:
        return await self._runtime.store.read(
            lambda tx: messages.waiting(tx, *self._number, priority, after, PAGE)
        )

    async def _in_doubt(self) -> list[OpenAttempt]:
        return await self._runtime.store.read(lambda tx: attempts.open_of_number(tx, *self._number))

    async def _wake_scheduled(self) -> None:
        store, now = self._runtime.store, self._runtime.clock.now()
        if await store.read(lambda tx: messages.has_scheduled(tx, *self._number, now)):
            for message in await store.write(lambda tx: messages.wake(tx, *self._number, now, PAGE)):
                self.add(message)

    def _has_room(self, priority: int, limit: int) -> bool:
        counted = self._lanes.counted[priority] - self.aside[priority]
        return counted < limit and self._lanes.waiting[priority] < AT_MOST_IN_MEMORY

    # -- news of other processes

    async def _follow(self) -> None:
        """Until there are no more news. In the event loop's time: it is a peer that is waited for."""
        loop = asyncio.get_running_loop()
        while any(share.has_news for share in self._shares):
            for priority in Priority:
                share, began = self._shares[priority], loop.time()
                if share.has_news and share.news_at <= began:
                    share.has_news = False
                    await self._read_news(priority)
                    share.news_at = loop.time() + (loop.time() - began) * (1 / NEWS_SHARE - 1)
            await asyncio.sleep(NEWS_SECONDS)

    async def _read_news(self, priority: Priority) -> None:
        async with self._reading:
            share = self._shares[priority]
            if share.is_more_in_store:  # what is new stands behind that
                return
            start, share.first = min(share.seen, share.first or share.seen), ""
            try:
                share.is_more_in_store = not await self._fill(priority, share, _before(start))
            except StoreUnavailable as fault:
                share.is_more_in_store = True
                log.warning("number %s: news wait for the store: %s", self._number[1], fault)
            except Exception as fault:
                share.is_more_in_store = True
                log.error("number %s: news: a fault of ours, it goes on", self._number[1], exc_info=fault)


def _before(seen: str) -> str:
    """An id that is older than any that may still come to light. A clock that is ahead must hide nobody."""
    if not seen:
        return ""
    newest = min(seen, ids.new_id(ids.MESSAGE))
    return ids.first_id(ids.MESSAGE, ids.made_at(newest) - OVERLAP_MS)
