"""PROCESS: open inbox posts → facts → what is known of messages, people and numbers.

In come kept posts, handed over in memory after their commit, or read from the store: at the start, when more
came than memory takes, and in quiet minutes whatever nobody handed over. A group of posts is parsed, its
facts applied and its inbox rows closed in one transaction: a crash repeats the whole group, and applying a
fact twice changes nothing. A post that cannot be read is set aside, flagged, not lost.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from trunkline.failpoints import reach
from trunkline.inbound.addressed import Facts, read_post
from trunkline.inbound.apply import Outcome, apply_facts
from trunkline.inbound.duplicate import Duplicate
from trunkline.inbound.opt_out import Rules
from trunkline.inbound.turns import Turns
from trunkline.loops import STORE_RETRY_SECONDS, for_ever, until_kept
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, inbox
from trunkline.store.inbox import OpenPost

GROUP = 200
"""Posts in one transaction."""

GROUP_BYTES = 500_000
"""A group ends there, too: a post may tell a thousand facts, and others wait for the store meanwhile."""

IN_MEMORY = 20_000
PAGE = 500
RESCUE_SECONDS = 60.0

OnSettled = Callable[[str, str, str], None]
"""Told (number, recipient, message) when evidence ends a doubt."""


class _Read(NamedTuple):
    """The facts of a post, or why it is set aside."""

    key: inbox.Key
    facts: Facts = Facts()
    why: str | None = None


class Processor:
    """One loop. `on_settled` lets the dispatcher go on with a lane."""

    def __init__(self, runtime: Runtime, on_settled: OnSettled) -> None:
        self._runtime = runtime
        self._on_settled = on_settled
        self._rules = Rules.of(runtime.settings.opt_out)
        self._waiting = Turns(IN_MEMORY)
        runtime.tally.gauge("inbox_waiting", lambda: len(self._waiting))
        self._wake = asyncio.Event()
        self._more_in_store = False
        self._rescue_at = 0.0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what an earlier run left open, then run."""
        await self._load()
        going = for_ever(self._runtime.clock, "webhook posts", self._run, STORE_RETRY_SECONDS)
        self._task = asyncio.create_task(going)

    def hand_over(self, post: OpenPost) -> None:
        """A post just committed."""
        if self._waiting.add(post):
            self._wake.set()
        else:
            self._more_in_store = True

    @property
    def runs(self) -> bool:
        return self._task is not None

    def look_soon(self) -> None:
        """Posts wait in the store that nobody handed over here."""
        if self._task is not None:
            self._more_in_store = True
            self._wake.set()

    async def stop(self) -> None:
        """The group at hand is finished or undone; what waits stays open in the store."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            if not self._waiting and not self._should_load():
                await self._rest()
            if not self._waiting and self._should_load():
                await self._load()
            if self._waiting:
                await self._process(self._next_group())

    def _should_load(self) -> bool:
        return self._more_in_store or self._runtime.clock.monotonic() >= self._rescue_at

    async def _rest(self) -> None:
        """Until a post is handed over, or it is time to look for some."""
        self._wake.clear()
        clock = self._runtime.clock
        await clock.wait(self._wake, self._rescue_at - clock.monotonic())

    async def _load(self) -> None:
        self._rescue_at = self._runtime.clock.monotonic() + RESCUE_SECONDS
        self._more_in_store = False
        try:
            for account_id in self._runtime.directory.accounts:
                await self._load_of(account_id)
        except BaseException:
            self._more_in_store = True
            raise

    async def _load_of(self, account_id: str) -> None:
        after = ""
        while True:
            found = await self._page(account_id, after)
            if [post for post in found if not self._waiting.add(post)]:
                self._more_in_store = True
                return
            if len(found) < PAGE:
                return
            after = found[-1].id

    async def _page(self, account_id: str, after: str) -> list[OpenPost]:
        return await self._runtime.store.read(lambda tx: inbox.open_posts(tx, account_id, after, PAGE))

    def _next_group(self) -> list[OpenPost]:
        return self._waiting.take(GROUP, GROUP_BYTES)

    async def _process(self, group: Sequence[OpenPost]) -> None:
        """A post that the store refuses is set aside, and takes no other along."""
        reach("C13")
        read = self._read(group)
        now, is_shared = self._runtime.clock.now(), self._runtime.store.is_shared

        async def work(tx: Tx) -> Outcome:
            mine = await inbox.claim(tx, read) if is_shared else read.keys()  # another process may be at it
            facts = [post.facts for post in read.values() if post.key in mine]
            finished = [(*post.key, post.why) for post in read.values() if post.key in mine]
            outcome = await apply_facts(tx, facts, self._rules, now)
            reach("C14")
            await inbox.finish_many(tx, finished, now)
            for settled in outcome.statuses.settled:  # the number may be another process's
                await tx.tell(f"settled {settled.number_id} {settled.recipient} {settled.message_id}")
            return outcome

        try:
            outcome = await until_kept("webhook posts", lambda: self._runtime.store.write(work))
        except Exception as fault:
            await self._sort_out(group, fault)
            return
        if outcome.orders:
            reach("C19")
        self._runtime.tally.count("inbound_messages_total", outcome.received)
        self._runtime.tally.count("posts_flagged_total", sum(post.why is not None for post in read.values()))
        applied = outcome.statuses
        self._runtime.tally.count("doubts_settled_total token", len(applied.settled))
        for settled in applied.settled:
            self._on_settled(settled.number_id, settled.recipient, settled.message_id)
        for duplicate in applied.duplicates:
            self._report(duplicate)

    def _report(self, duplicate: Duplicate) -> None:
        message_id, provider_id = duplicate.message_id, duplicate.provider_id
        if duplicate.by_decision:
            log.warning("message %s was taken twice, as was risked: also as %s", message_id, provider_id)
        else:
            self._runtime.tally.count("duplicate_suspected_total")
            log.error("duplicate suspected: message %s was also taken as %s", message_id, provider_id)

    async def _sort_out(self, group: Sequence[OpenPost], fault: Exception) -> None:
        """One of these cannot be applied: find it, do the others."""
        if len(group) > 1:
            for post in group:
                await self._process([post])
            return
        [post] = group
        log.error("webhook post %s is set aside", post.id, exc_info=fault)
        finished = [(post.account_id, post.id, f"not to be applied: {type(fault).__name__}")]
        now, store = self._runtime.clock.now(), self._runtime.store
        await until_kept(
            "a webhook post", lambda: store.write(lambda tx: inbox.finish_many(tx, finished, now))
        )
        self._runtime.tally.count("posts_flagged_total")

    def _read(self, group: Sequence[OpenPost]) -> dict[inbox.Key, _Read]:
        return {(post.account_id, post.id): self._read_one(post) for post in group}

    def _read_one(self, post: OpenPost) -> _Read:
        key = (post.account_id, post.id)
        try:
            return _Read(key, read_post(self._runtime, post))
        except (ValueError, RecursionError) as fault:
            return _Read(key, why=f"not readable: {fault}")
        except Exception as fault:
            log.error("webhook post %s is set aside", post.id, exc_info=fault)
            return _Read(key, why=f"internal fault: {type(fault).__name__}")
