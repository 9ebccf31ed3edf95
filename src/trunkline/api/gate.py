"""OVERLOAD: who is let in. Asked before a body is read, so that a refusal costs next to nothing.

What is measured: rows that wait for the writer against what it writes in a moment, how late the event loop
runs, requests in flight, bytes of bodies in memory. As the pressure grows, classes of routes are refused one
after the other (`Sheds`); providers' posts, cancels and health never are. Every account may hold its share of
the requests in flight, so a noisy one is refused alone.

While the last commit failed, or the disk is full, no new message is let in; a probe finds out when that ends.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from enum import IntEnum
from time import perf_counter

from trunkline.errors import Refusal
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable
from trunkline.store.group_commit import STALLED_SECONDS
from trunkline.store.probe import probe

MOST_IN_FLIGHT = 256
"""Accepting requests between gate and answer. With a commit of some milliseconds that is far above what one
process can do; what is more than that only waits."""

UNDER_PRESSURE = 8
"""An account's share is divided by this while the writer is behind."""

LATE_SECONDS = 0.5
"""An event loop that runs so late, for a while, is at its end."""

TICK_SECONDS = 0.05
PROBE_SECONDS = 1.0
IDLE_TICKS = 100
_SMOOTHING = 0.3


class Sheds(IntEnum):
    """Classes of routes; the higher, the sooner they are refused."""

    NEVER = 0
    ACCEPTS = 1
    BATCHES = 2
    CAMPAIGNS = 3
    REPORTS = 4
    LISTS = 5


_NOTHING = int(Sheds.LISTS) + 1
_BATCHES = int(Sheds.BATCHES)  # a look into an Enum costs more than the rest of the gate
PRESSURES = {
    Sheds.LISTS: 0.5,
    Sheds.REPORTS: 0.65,
    Sheds.CAMPAIGNS: 0.8,
    Sheds.BATCHES: 1.0,
    Sheds.ACCEPTS: 4.0,
}
"""From which pressure on a class is refused; at 1 there is as much as the process should have at once. Single
messages go on with smaller shares from there, as they hardly add to it."""


class Room:
    """Memory for bodies that are being read or answered."""

    __slots__ = ("held", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0

    def take(self, size: int) -> None:
        """`Refusal` when there is not that much."""
        if self.held + size > self.most:
            detail = "Other large requests are being read; try again."
            raise Refusal("unavailable", detail, headers={"Retry-After": "2"})
        self.held += size

    def give_back(self, size: int) -> None:
        self.held -= size


UPLOADS_AT_ONCE = 32
UPLOADS_OF_ACCOUNT = 8
"""They may last, as their senders' lines do; each has a file on the disk meanwhile."""


class Places:
    """For files that are being uploaded."""

    def __init__(self) -> None:
        self._held: dict[str, int] = {}

    @contextlib.contextmanager
    def place(self, account_id: str) -> Iterator[None]:
        """`Refusal` when none is left, for all or for this account."""
        mine = self._held.get(account_id, 0)
        if mine >= UPLOADS_OF_ACCOUNT or sum(self._held.values()) >= UPLOADS_AT_ONCE:
            detail = "Too many files are being uploaded at the same time; try again."
            raise Refusal("too_many_requests", detail, headers={"Retry-After": "5"})
        self._held[account_id] = mine + 1
        try:
            yield
        finally:
            self._held[account_id] -= 1
            if not self._held[account_id]:
                del self._held[account_id]


class Gate:
    """One for each API. Looks around every `TICK_SECONDS` while there are requests."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._load = runtime.store.load
        self._held: dict[str, int] = {}
        self._in_flight = 0
        self._refused_from: int = _NOTHING
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._quiet_ticks = 0
        self._probing: asyncio.Task[None] | None = None
        self._probe_at = 0.0
        self.late_seconds = 0.0
        """How late the event loop runs, smoothed."""
        self.bodies = Room(runtime.settings.limits.held_body_bytes)
        self.posts = Room(runtime.settings.limits.held_body_bytes)
        """Of providers: others' uploads must not keep them out."""
        self.uploads = Places()

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def check(self, sheds: Sheds) -> None:
        """Whether this class is served now; `Refusal` when it is not."""
        self._quiet_ticks = 0
        if self._timer is None:
            self._start()
        if sheds >= self._refused_from:
            raise self._refusal(sheds, "Too much is asked of this server at the moment; try again.")
        if sheds <= _BATCHES:
            load = self._load
            began_at = load.began_at
            if (
                load.failing is not None
                or load.is_short
                or (began_at and perf_counter() - began_at > STALLED_SECONDS)
            ):
                raise self._refusal(sheds, "Nothing can be stored at the moment; try again.")
            if sheds == _BATCHES and load.waiting >= load.ahead_limit:
                raise self._refusal(sheds, "Many messages wait to be stored; try again.")

    def enter(self, account_id: str) -> None:
        """An accepting request begins; whoever got in must `leave`. `Refusal` beyond the account's share."""
        held = self._held
        mine = held.get(account_id, 0)
        most = MOST_IN_FLIGHT
        if self._load.waiting >= self._load.ahead_limit:
            most //= UNDER_PRESSURE
        active = len(held) if mine else len(held) + 1
        if mine >= most // active and mine:  # one is always let in
            raise self._beyond_share(mine, active)
        held[account_id] = mine + 1
        self._in_flight += 1

    def leave(self, account_id: str) -> None:
        self._in_flight -= 1
        left = self._held[account_id] - 1
        if left:
            self._held[account_id] = left
        else:
            del self._held[account_id]

    def _beyond_share(self, mine: int, active: int) -> Refusal:
        if active == 1:
            return self._refusal(Sheds.ACCEPTS, "Too many messages are being stored; try again.")
        self._runtime.tally.count("shed_total share")
        detail = f"This account has {mine} requests in flight, its share while others are active."
        return Refusal("too_many_requests", detail, headers={"Retry-After": self._retry_after()})

    def _refusal(self, sheds: Sheds, detail: str) -> Refusal:
        self._runtime.tally.count(f"shed_total {sheds.name.lower()}")
        return Refusal("unavailable", detail, headers={"Retry-After": self._retry_after()})

    def _retry_after(self) -> str:
        """Spread, so that those who were refused together do not come back together."""
        return str(self._runtime.random.randint(1, 5))

    # -- looking around

    def _start(self) -> None:
        self._due = asyncio.get_running_loop().time()
        self._arm()

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = max(self._due + TICK_SECONDS, loop.time())
        self._timer = loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        late = min(1.0, max(0.0, asyncio.get_running_loop().time() - self._due))
        self.late_seconds += (late - self.late_seconds) * _SMOOTHING
        pressure = self.pressure()
        self._shed([sheds for sheds, limit in PRESSURES.items() if pressure >= limit])
        fails = self._load.failing is not None and self._load.broken is None
        if fails and perf_counter() >= self._probe_at and self._probing is None:
            self._probing = asyncio.create_task(self._probe())
        self._quiet_ticks += 1
        if self._quiet_ticks < IDLE_TICKS or self._refused_from != _NOTHING:
            self._arm()
        else:
            self._timer, self.late_seconds = None, 0.0

    def pressure(self) -> float:
        """1 is as much as this process should have at once."""
        load = self._load
        return max(
            load.waiting / load.ahead_limit,
            self.late_seconds / LATE_SECONDS,
            self._in_flight / MOST_IN_FLIGHT,
            self.bodies.held / self.bodies.most,
        )

    def _shed(self, classes: list[Sheds]) -> None:
        before, self._refused_from = self._refused_from, min(classes, default=_NOTHING)
        if before == _NOTHING and classes:
            log.warning("overload: requests are refused, lists first")
        elif before != _NOTHING and not classes:
            log.info("overload: it is over")

    async def _probe(self) -> None:
        try:
            await probe(self._runtime.store, self._runtime.process_id)
            log.info("the store takes writes again")
        except StoreUnavailable as fault:
            log.warning("the store takes no writes: %s", fault)
        finally:
            self._probe_at = perf_counter() + PROBE_SECONDS
            self._probing = None
