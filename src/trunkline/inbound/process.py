"""PROCESS: open inbox posts → facts → messages.

In come kept posts, handed over in memory after their commit, or read from the store: at the start, when more
came than memory takes, and in quiet minutes whatever nobody handed over. A group of posts is parsed, its
facts applied and its inbox rows closed in one transaction: a crash repeats the whole group, and applying a
fact twice changes nothing. A post that cannot be read is set aside, flagged, not lost.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from trunkline.inbound import statuses
from trunkline.inbound.statuses import Report, Settled
from trunkline.loops import STORE_RETRY_SECONDS, for_ever, until_kept
from trunkline.model.evidence import read_token
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


class Processor:
    """One loop. `on_settled` lets the dispatcher go on with a lane."""

    def __init__(self, runtime: Runtime, on_settled: OnSettled) -> None:
        self._runtime = runtime
        self._on_settled = on_settled
        self._waiting: list[OpenPost] = []
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
        if len(self._waiting) >= IN_MEMORY:
            self._more_in_store = True
        else:
            self._waiting.append(post)
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
        while len(self._waiting) < IN_MEMORY:
            found = await self._page(account_id, after)
            self._waiting += found
            if len(found) < PAGE:
                return
            after = found[-1].id
        self._more_in_store = True

    async def _page(self, account_id: str, after: str) -> list[OpenPost]:
        return await self._runtime.store.read(lambda tx: inbox.open_posts(tx, account_id, after, PAGE))

    def _next_group(self) -> list[OpenPost]:
        size = count = 0
        for post in self._waiting[:GROUP]:
            size += len(post.body)
            if count and size > GROUP_BYTES:
                break
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    async def _process(self, group: Sequence[OpenPost]) -> None:
        """A post that the store refuses is set aside, and takes no other along."""
        reports, finished = self._read(group)
        now = self._runtime.clock.now()

        async def work(tx: Tx) -> list[Settled]:
            settled = await statuses.apply_reports(tx, reports, now)
            await inbox.finish_many(tx, finished, now)
            return settled

        try:
            settled = await until_kept("webhook posts", lambda: self._runtime.store.write(work))
        except Exception as fault:
            await self._sort_out(group, fault)
            return
        for one in settled:
            self._on_settled(one.number_id, one.recipient, one.message_id)

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

    def _read(self, group: Sequence[OpenPost]) -> tuple[list[Report], list[tuple[str, str, str | None]]]:
        """The facts of these posts, and what each post's row will say."""
        reports: list[Report] = []
        finished: list[tuple[str, str, str | None]] = []
        for post in group:
            why = None
            try:
                reports += self._reports(post)
            except ValueError as fault:
                why = f"not readable: {fault}"
            except Exception as fault:
                log.error("webhook post %s is set aside", post.id, exc_info=fault)
                why = f"internal fault: {type(fault).__name__}"
            finished.append((post.account_id, post.id, why))
        return reports, finished

    def _reports(self, post: OpenPost) -> list[Report]:
        numbers = {row.phone_number_id: row.id for row in self._runtime.directory.of_account(post.account_id)}
        reports = []
        for fact in self._runtime.connectors[post.connector].parse(post.body).statuses:
            number_id = numbers.get(fact.phone_number_id)
            if number_id is None:  # somebody else's number: a signature proves the app, not the number
                log.warning("webhook post %s speaks of a number this account does not have", post.id)
                continue
            evidence = read_token(fact.token, self._runtime.vault.evidence_mac)
            dated = fact if fact.at else msgspec.structs.replace(fact, at=post.received_at)
            reports.append(Report(post.account_id, number_id, dated, evidence, post.received_at))
        return reports
