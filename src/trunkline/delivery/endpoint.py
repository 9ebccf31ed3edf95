"""Delivers to one endpoint: a loop that starts what may start, and a task for each post.

A post's way: a slot of the process, the events that go into it, the request, and the record of what came of
it in one transaction, which also moves the endpoint's position. Only then are its events forgotten.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace as changed

from trunkline.delivery import formats, outcome
from trunkline.delivery.backlog import Backlog, Job
from trunkline.delivery.health import SLOW_SECONDS, Health, Streak
from trunkline.delivery.outcome import BUSY_STATUS, Outcome, is_paused, works
from trunkline.delivery.ownership import OwnedEndpoint
from trunkline.delivery.pace import Pace
from trunkline.delivery.post import Post, Reply, Wire, compose, send
from trunkline.delivery.slots import DeliverySlots
from trunkline.loops import STORE_RETRY_SECONDS, until_kept
from trunkline.model import ids
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, deliveries
from trunkline.store.deliveries import Tried, Turn
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow

LOOK_SECONDS = 60.0
"""How often is looked for what nobody told of."""

LEASE_SECONDS = 1.0
ORDERED_PAGE = 8
"""Events at hand for each post, in strict order, where the next ones are read when all are gone."""

UNRECORDED = 50
"""Posts that have their answer and wait for their commit, at most, of one endpoint."""

AT_HAND = 1_000
"""Events in memory, at most, of one endpoint."""

LAST_WORD_SECONDS = 1.0


class Shared(NamedTuple):
    """What the endpoints of a process have together."""

    slots: DeliverySlots
    wire: Wire


class EndpointDeliverer:
    def __init__(
        self, runtime: Runtime, endpoint: EndpointRow, owned: OwnedEndpoint, newest: str, shared: Shared
    ) -> None:
        self.endpoint = endpoint
        self.owned = owned
        self._runtime = runtime
        self._shared = shared
        progress = owned.progress
        self._streak = Streak(progress.failing_since, progress.failures, progress.probe_at)
        self._backlog = Backlog(runtime.store, endpoint, progress.position, newest)
        self._recorded_position = progress.position
        self.health = Health(self._most(endpoint), runtime.random, has_failed=progress.failures > 0)
        shared.slots.mark(endpoint.id, self.health.kind)
        self._pace = Pace(endpoint.per_second, runtime.clock.monotonic())
        self._is_wanted = formats.wanted(endpoint, runtime.connectors)
        self._can_tell = formats.can_tell(endpoint, runtime.connectors)
        self._wake = asyncio.Event()
        self._posts: set[asyncio.Task[None]] = set()  # until they are recorded
        self._on_wire = 0
        self._loop: asyncio.Task[None] | None = None
        self.is_lost = False
        """Another process has it, or it must be begun again where it stood."""

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run(), name=f"deliver {self.endpoint.id}")

    def ring(self) -> None:
        """There may be something new in the log. One that waits for something else needs no waking for it."""
        self._backlog.ring()
        if self._wait() <= 0:
            self._wake.set()

    def look_again(self) -> None:
        """Rows may be due that nobody here knows of."""
        self._backlog.look_again()
        self._wake.set()

    def change(self, endpoint: EndpointRow) -> None:
        """Its owner changed it, or switched it on again."""
        if endpoint == self.endpoint:
            return
        is_on_again = endpoint.state == "active" and self.endpoint.state != "active"
        if is_on_again or endpoint.url != self.endpoint.url:
            self._streak = Streak()
            self.health.forget()
            self._backlog.look_again()
        self.endpoint = endpoint
        self.health.most = self._most(endpoint)
        self.health.limit = min(self.health.limit, self.health.most)
        self._pace.per_second = endpoint.per_second
        self._is_wanted = formats.wanted(endpoint, self._runtime.connectors)
        self._can_tell = formats.can_tell(endpoint, self._runtime.connectors)
        self._backlog.change(endpoint)
        self._wake.set()

    @property
    def in_memory(self) -> int:
        return self._backlog.window.open

    async def stop(self, seconds: float) -> None:
        """Start nothing more; wait so long until what is on the wire is recorded."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._posts:
            await asyncio.wait(list(self._posts), timeout=seconds)
        for post in list(self._posts):
            post.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_SECONDS):
                await self._keep_position()
        self._shared.slots.forget(self.endpoint.id)

    # -- the loop

    async def _run(self) -> None:
        looked_at = self._runtime.clock.monotonic()
        while True:
            self._wake.clear()
            if self._runtime.clock.monotonic() >= looked_at + LOOK_SECONDS:
                looked_at = self._runtime.clock.monotonic()
                self._backlog.look_again()
            try:
                seconds = await self._start_what_may()
            except StoreUnavailable as fault:
                log.warning("endpoint %s waits for the store: %s", self.endpoint.id, fault)
                await asyncio.sleep(STORE_RETRY_SECONDS)
            except Exception as fault:
                log.error("endpoint %s: a fault of ours, it goes on", self.endpoint.id, exc_info=fault)
                await asyncio.sleep(STORE_RETRY_SECONDS)
            else:
                await self._runtime.clock.wait(self._wake, min(seconds, LOOK_SECONDS))

    async def _start_what_may(self) -> float:
        """Seconds until something may be to do, unless it is told before."""
        if self._is_probing:
            self._backlog.shrink()
        while True:
            wait = self._wait()
            if wait > 0:
                return wait
            await self._look()
            if not self._backlog.is_ready:
                if not self._posts:
                    await self._keep_position()
                return self._until_next_row()
            if not await self._start_one():
                return LOOK_SECONDS

    def _wait(self) -> float:
        """Seconds until a post may start; 0 when it may now."""
        if self.is_lost or not works(self.endpoint):
            return LOOK_SECONDS
        if not self.owned.holds():
            return LEASE_SECONDS
        if self._is_full:
            return LOOK_SECONDS
        clock = self._runtime.clock
        until_probe = 0.0
        if is_paused(self.endpoint) and self._streak.probe_at is not None:
            until_probe = max(0.0, (self._streak.probe_at - clock.now()) / 1000)
        now = clock.monotonic()
        return max(until_probe, self.health.wait(now), self._pace.wait(now))

    async def _look(self) -> None:
        if self._is_probing:
            want = 1
        else:
            posts = len(self._posts) + (ORDERED_PAGE if self.endpoint.is_ordered else 2) * self.health.limit
            want = min(AT_HAND, posts * self.endpoint.batch_size)
        followers = await self._backlog.look(
            self._is_wanted, want, self._runtime.clock.now(), at_any_time=is_paused(self.endpoint)
        )
        if followers:
            await self._record((), Outcome([], [], []), followers=followers)

    async def _start_one(self) -> bool:
        """False when there is nothing to start after all."""
        account_id, endpoint_id, slots = self.endpoint.account_id, self.endpoint.id, self._shared.slots
        await slots.acquire(account_id, endpoint_id)
        most = 1 if self._is_probing else self.endpoint.batch_size
        jobs = [] if self._wait() > 0 else self._backlog.take(most)
        if not jobs:
            slots.release(endpoint_id)
            return self._wait() > 0
        self._pace.take(self._runtime.clock.monotonic())
        self._on_wire += 1
        post = asyncio.create_task(self._carry(jobs))
        self._posts.add(post)
        post.add_done_callback(self._ended)
        return True

    def _ended(self, post: asyncio.Task[None]) -> None:
        self._posts.discard(post)
        self._wake.set()
        if not post.cancelled() and (fault := post.exception()) is not None:
            log.error("endpoint %s: a fault of ours, it starts anew", self.endpoint.id, exc_info=fault)
            self.is_lost = True

    # -- one post

    async def _carry(self, jobs: Sequence[Job]) -> None:
        """Every event of it ends up recorded, whatever happens to the post."""
        try:
            post, good, bad = self._compose(jobs)
            reply = await self._send(post) if post is not None else None
        finally:
            self._on_wire -= 1
            self._shared.slots.release(self.endpoint.id)
            self._wake.set()
        now = self._runtime.clock.now()
        for job, why in bad:
            dead = outcome.of_unsendable(self.endpoint, [job], ids.new_id(ids.POST), why, now)
            await self._record([job], dead)
        if post is not None and reply is not None:
            endpoint = self.endpoint  # as it was, for the record; learning may change it
            turn = self._learn(post, reply, now)
            result = outcome.of_reply(endpoint, good, post, reply, now, self._runtime.random)
            self._runtime.tally.count(f"deliveries_total {result.attempts[0].outcome}", len(good))
            await self._record(good, result, turn=turn)

    async def _send(self, post: Post) -> Reply:
        """An endpoint is slow as soon as a post takes long, not only when that has ended."""
        mark, loop = self._shared.slots.mark, asyncio.get_running_loop()
        long_ago = loop.call_later(SLOW_SECONDS, mark, self.endpoint.id, "slow")
        try:
            return await send(self._runtime, self._shared.wire, post)
        finally:
            long_ago.cancel()

    def _compose(self, jobs: Sequence[Job]) -> tuple[Post | None, list[Job], list[tuple[Job, str]]]:
        """The post, the events in it, and those that can not be written down, which spoil nothing else."""
        bad = [(job, why) for job in jobs if (why := self._loss(job)) is not None]
        good = _without(jobs, bad)
        try:
            return self._written(good), good, bad
        except Exception as fault:
            flaws = [(job, why) for job in good if (why := self._flaw(job)) is not None]
            bad += flaws or [(job, "they could not be written down together") for job in good]
            log.error("endpoint %s: %d events can not be sent", self.endpoint.id, len(bad), exc_info=fault)
        good = _without(good, bad)
        return self._written(good), good, bad

    def _loss(self, job: Job) -> str | None:
        """Why an event that was to go can not any more."""
        if job.event is None:
            return "the event is kept no longer"
        return None if self._can_tell(job.event.type) else "the endpoint's format has no shape for it"

    def _flaw(self, job: Job) -> str | None:
        try:
            self._written([job])
        except Exception as fault:
            return f"it could not be written down: {type(fault).__name__}"
        return None

    def _written(self, jobs: Sequence[Job]) -> Post | None:
        events = [job.event for job in jobs if job.event is not None]
        return compose(self._runtime, self.endpoint, events) if events else None

    def _learn(self, post: Post, reply: Reply, now: int) -> Turn | None:
        """From a post to a former address nothing."""
        if post.url != self.endpoint.url:
            return None
        if reply.is_taken:
            self.health.succeeded(reply.seconds)
            self._streak = Streak()
        else:
            self.health.failed(reply.seconds, self._runtime.clock.monotonic())
            if reply.http_status == BUSY_STATUS:
                self.health.hold(reply.retry_after, self._runtime.clock.monotonic())
            self._streak = self._streak.longer(now, is_paused=is_paused(self.endpoint))
        self._shared.slots.mark(self.endpoint.id, self.health.kind)
        turn = outcome.turn_of(self.endpoint, reply, self._streak, now)
        if turn is not None:
            self._turn(turn, now)
        return turn

    def _turn(self, turn: Turn, now: int) -> None:
        log.info("endpoint %s is %s now", self.endpoint.id, turn.state)
        self.endpoint = changed(self.endpoint, state=turn.state, state_reason=turn.reason)
        self._backlog.change(self.endpoint)
        if is_paused(self.endpoint):
            self._streak = self._streak.paused(now)

    async def _record(
        self,
        jobs: Sequence[Job],
        result: Outcome,
        *,
        followers: Sequence[EventRow] = (),
        turn: Turn | None = None,
    ) -> None:
        lanes = {kept.lane for kept in result.kept if kept.lane is not None and kept.state == "waiting"}
        followers = [*followers, *self._backlog.window.take_followers(lanes)] if lanes else followers
        mine = {job.event_id for job in jobs if job.row is None} | {event.id for event in followers}
        tried = self._tried(mine, result, followers, turn)
        is_mine = await until_kept(
            f"endpoint {self.endpoint.id}",
            lambda: self._runtime.store.batch(
                deliveries.record, tried, weight=1 + len(jobs) + len(followers)
            ),
        )
        if not is_mine:
            self.is_lost = True
            return
        self._recorded_position = max(self._recorded_position, tried.position)
        moments = [kept.next_at for kept in result.kept if kept.state == "waiting"]
        soon = bool(result.over or followers or turn)  # rows may be due that we do not see from here
        self._backlog.done(jobs, followers, 0 if soon else min(moments, default=None))
        self._wake.set()

    def _tried(
        self, mine: set[str], result: Outcome, followers: Sequence[EventRow], turn: Turn | None
    ) -> Tried:
        lease = self.owned.lease
        return Tried(
            account_id=lease.account_id,
            endpoint_id=lease.thing,
            epoch=lease.epoch,
            now=self._runtime.clock.now(),
            position=self._backlog.window.position_with(mine),
            failing_since=self._streak.since,
            failures=self._streak.failures,
            probe_at=self._streak.probe_at,
            attempts=result.attempts,
            kept=result.kept,
            parked=[(event.id, event.lane or "") for event in followers],
            over=result.over,
            turn=turn,
        )

    async def _keep_position(self) -> None:
        """What did not concern the endpoint need not be read again."""
        if self._backlog.window.position > self._recorded_position and not self.is_lost:
            await self._record((), Outcome([], [], []))

    # -- how it does

    @property
    def _is_full(self) -> bool:
        """What has its answer and waits for its commit need not keep the endpoint waiting, up to a bound."""
        if self._is_probing:
            return bool(self._posts)
        return self._on_wire >= self.health.limit or len(self._posts) >= self.health.limit + UNRECORDED

    @property
    def _is_probing(self) -> bool:
        return self.health.is_failing or is_paused(self.endpoint)

    def _most(self, endpoint: EndpointRow) -> int:
        """No endpoint alone has more than half of the slots, however well it does."""
        return min(endpoint.max_in_flight, self._shared.slots.half)

    def _until_next_row(self) -> float:
        rows_at = self._backlog.rows_at
        if rows_at is None:
            return LOOK_SECONDS
        return max(0.0, (rows_at - self._runtime.clock.now()) / 1000)


def _without(jobs: Sequence[Job], bad: Sequence[tuple[Job, str]]) -> list[Job]:
    spoiled = {job.event_id for job, _ in bad}
    return [job for job in jobs if job.event_id not in spoiled]
