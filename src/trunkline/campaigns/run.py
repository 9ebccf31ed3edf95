"""RUN: one campaign, looked after by one process from its check to its end.

It looks at the campaign's row and does what its state asks for, again and again: checks its recipients,
starts it at its time, makes messages of those who are due as fast as numbers and pace let it, pauses it by
its rules, releases and withdraws messages after a resume or a cancel, and finishes it. All that must outlive
the process is in the store; two processes that do this at once do no harm.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from trunkline.campaigns import actions, stop_rules, winner
from trunkline.campaigns.chunks import Cutter
from trunkline.campaigns.composing import Composer
from trunkline.campaigns.pace import Pace
from trunkline.errors import Refusal
from trunkline.loops import STORE_RETRY_SECONDS
from trunkline.model.campaign import CampaignState, Definition, Reason, Run
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, campaigns, messages, recipients
from trunkline.store.campaigns import CampaignRow
from trunkline.store.contract import Conflict
from trunkline.store.numbers import NumberRow
from trunkline.templates.book import TemplateBook

Check = Callable[[Runtime, TemplateBook, str, str], Awaitable[None]]
"""The check's work: until every recipient has a verdict, or the campaign is not checking any more."""

CHUNK = 100
"""Recipients of one transaction: so few that others who write wait for milliseconds."""

YIELDS_AT = 0.2
"""Of what may wait for the store: while more does, others go first. With a chunk of ours on top it must stay
below that at which the API begins to refuse (`api/gate.py`)."""

AHEAD_SECONDS = 2.0
"""So much of a number's pace may wait to be sent: what a pause holds and a cancel withdraws."""

MOST_AHEAD = 2_000
LOOK_SECONDS = 1.0
BUSY_SECONDS = 0.02
"""Between two looks while messages are being made."""

FULL_SECONDS = 0.4
"""The same while enough of them wait already, or the last of a canceled one are on their way."""

RULES_SECONDS = 2.0
HUSH_SECONDS = 5.0
AT_ONCE = 500
"""Messages of one transaction that are withdrawn or released."""

LONGEST_PAUSE_SECONDS = 30.0
"""Between two tries of what always fails."""

PLACES = 2_000
"""Recipients of one transaction that get nothing."""

_DONE = frozenset({CampaignState.DRAFT, CampaignState.CHECKED, CampaignState.FINISHED})


class CampaignRun:
    """One campaign."""

    def __init__(
        self, runtime: Runtime, dispatcher: Dispatcher, book: TemplateBook, check: Check, key: tuple[str, str]
    ) -> None:
        self._wake = asyncio.Event()
        self._runtime = runtime
        self._dispatcher = dispatcher
        self._book = book
        self._check = check
        self._key = key
        self._pace = Pace(runtime.clock.monotonic())
        self._cutter: tuple[str, Cutter] | None = None
        self._released = -1  # the row's version when all that was held had been released
        self._rules_at = 0.0
        self._hush_at = 0.0
        self._most: int | None = None  # so many more messages the budget allows

    def look_soon(self) -> None:
        """Something about it, its templates or its numbers was changed."""
        self._rules_at = 0.0
        self._wake.set()

    async def go(self) -> None:
        """Until there is nothing more to be done for it."""
        pause = STORE_RETRY_SECONDS
        while True:
            try:
                self._wake.clear()
                wait = await self._step()
            except (StoreUnavailable, Conflict, Refusal) as fault:
                log.warning("campaign %s is left to the next look: %s", self._key[1], fault)
                await asyncio.sleep(STORE_RETRY_SECONDS)
                continue
            except Exception as fault:
                log.error("campaign %s: a fault of ours, it goes on", self._key[1], exc_info=fault)
                pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)
                await asyncio.sleep(pause)
                continue
            pause = STORE_RETRY_SECONDS
            if wait is None:
                return
            await self._runtime.clock.wait(self._wake, wait)

    async def _step(self) -> float | None:
        """Seconds until it is looked at again; None when nothing is left to do."""
        row = await self._runtime.store.read(lambda tx: campaigns.get(tx, *self._key))
        if row is None or row.state in _DONE:
            return None
        match row.state:
            case CampaignState.CHECKING:
                await self._check(self._runtime, self._book, *self._key)
                return 0.0
            case CampaignState.SCHEDULED:
                return await self._start_when_due(row)
            case CampaignState.RUNNING:
                return await self._run(row)
            case CampaignState.PAUSED:
                await self._hold()
                return LOOK_SECONDS
            case _:
                return await self._withdraw(row)

    # -- running

    async def _run(self, row: CampaignRow) -> float | None:
        await self._hush(row)
        await self._release(row)
        definition, run = actions.definition_of(row), actions.run_of(row)
        reason = await self._stopped_by(row, definition, run)
        if reason is not None and await self._has_rest(reason):
            await actions.pause(self._runtime, *self._key, reason)
            return 0.0
        end_at = definition.schedule.end_at
        if end_at is not None and self._runtime.clock.now() >= end_at:
            await self._skip_rest()
        if run.test_ended_at is None or run.winner is not None:
            wait = await self._make(row, definition, run)
            if wait is not None:
                return wait
        return await self._end_or_wait(row, definition, run)

    async def _stopped_by(self, row: CampaignRow, definition: Definition, run: Run) -> str | None:
        reason = stop_rules.numbers(self._runtime, definition)
        now = self._runtime.clock.monotonic()
        if reason is not None or (self._most != 0 and now < self._rules_at):
            return reason
        began = asyncio.get_running_loop().time()
        verdict = await stop_rules.judge(self._runtime, row, definition, run)
        took = asyncio.get_running_loop().time() - began
        self._rules_at, self._most = now + max(RULES_SECONDS, took * 20), verdict.most
        if verdict.counted != run.counted or verdict.standing != run.standing:
            await self._note(counted=verdict.counted, standing=verdict.standing)
        return verdict.reason

    async def _has_rest(self, reason: str) -> bool:
        """Whether a pause would keep anything back."""

        async def look(tx: Tx) -> bool:
            if await recipients.has_ready(tx, *self._key):
                return True
            return reason != "budget" and await campaigns.has_unsent(tx, *self._key)

        return await self._runtime.store.read(look)

    async def _make(self, row: CampaignRow, definition: Definition, run: Run) -> float | None:
        """Messages of those who are due. Seconds until more can be made; None when nobody is due."""
        load = self._runtime.store.load
        if load.waiting > YIELDS_AT * load.ahead_limit:
            return BUSY_SECONDS
        rate = run.per_second or definition.per_second
        queued = await self._runtime.store.read(lambda tx: campaigns.count_queued(tx, *self._key))
        known = self._runtime.directory.numbers
        is_any_due = is_any_made = False
        for number in [known[number_id] for number_id in definition.numbers if number_id in known]:
            room = _room(number, queued.get(number.id, 0))
            allowed = self._pace.allowed(rate, self._runtime.clock.monotonic())
            allowed = min(
                allowed, *(one for one in (run.canary_left, self._most) if one is not None), MOST_AHEAD
            )
            if min(room, allowed) < 1:
                is_any_due = is_any_due or (run.canary_left != 0 and await self._is_due(number.id))
                continue
            chunk = await self._cutter_of(row).cut(row.version, number, run, min(room, allowed, CHUNK))
            if not (chunk.made or chunk.skipped or chunk.postponed):
                continue
            if definition.stop.template and any(one.reason is Reason.NO_TEMPLATE for one in chunk.skipped):
                await actions.pause(self._runtime, *self._key, "template")
                return 0.0
            made = await self._cutter_of(row).keep(chunk)
            if not made.is_current:
                return 0.0
            self._pace.take(len(made.messages))
            self._most = None if self._most is None else self._most - len(made.messages)
            is_any_due = is_any_made = True
            if run.canary_left is not None:
                return 0.0  # what is left of it stands in the row
        return None if not is_any_due else BUSY_SECONDS if is_any_made else FULL_SECONDS

    async def _is_due(self, number_id: str) -> bool:
        due_at = await self._runtime.store.read(lambda tx: recipients.next_due(tx, *self._key, number_id))
        return due_at is not None and due_at <= self._runtime.clock.now()

    def _cutter_of(self, row: CampaignRow) -> Cutter:
        if self._cutter is None or self._cutter[0] != row.definition:
            composer = Composer(self._runtime, self._book, actions.definition_of(row), row.id)
            self._cutter = (row.definition, Cutter(self._runtime, self._dispatcher, composer, row))
        return self._cutter[1]

    async def _end_or_wait(self, row: CampaignRow, definition: Definition, run: Run) -> float | None:
        """Nobody is due: the canary is over, the test is, all of it is, or the next turn is waited for."""

        asks_test = definition.winner is not None and run.test_ended_at is None

        async def look(tx: Tx) -> tuple[bool, bool, bool]:
            return (
                await recipients.has_ready(tx, *self._key),
                asks_test and await recipients.has_ready(tx, *self._key, everybody=False),
                await campaigns.has_unsent(tx, *self._key),
            )

        is_ready, is_test_ready, is_unsent = await self._runtime.store.read(look)
        if run.canary_left == 0 and not is_unsent and is_ready:
            await actions.pause(self._runtime, *self._key, "canary")
            return 0.0
        if definition.winner is not None and run.winner is None and is_ready and not is_test_ready:
            return await self._choose(row, definition, run)
        if not is_ready and not is_unsent:
            await self._finish()
            return None
        return LOOK_SECONDS

    async def _choose(self, row: CampaignRow, definition: Definition, run: Run) -> float:
        """The test is over: its end is noted, and the winner once it is time."""
        now = self._runtime.clock.now()
        assert definition.winner is not None
        if run.test_ended_at is None:
            await self._note(test_ended_at=now)
            return 0.0
        left = run.test_ended_at + definition.winner.after_minutes * 60_000 - now
        if left > 0:
            return min(left / 1000, LOOK_SECONDS)
        best = await winner.find(self._runtime, row, definition)
        await self._note(winner=best)
        return 0.0

    async def _note(self, **members: Any) -> None:
        """In what the run remembers, while it runs."""
        now = self._runtime.clock.now()

        async def work(tx: Tx) -> None:
            row = await campaigns.lock(tx, *self._key)
            if row is not None and row.state is CampaignState.RUNNING:
                run = msgspec.structs.replace(actions.run_of(row), **members)
                await actions.keep(tx, row, actions.with_run(row, run), now)

        await self._runtime.store.write(work)

    # -- what takes several transactions

    async def _hush(self, row: CampaignRow) -> None:
        """After a resume before anything else, and now and then: nothing that waits goes into quiet hours."""
        now = self._runtime.clock.monotonic()
        if now >= self._hush_at or self._released != row.version:
            await self._cutter_of(row).gate.hush()
            self._hush_at = now + HUSH_SECONDS

    async def _release(self, row: CampaignRow) -> None:
        """After a resume: what a pause held may go, oldest first. Whoever sends is told."""
        if self._released == row.version:
            return

        async def work(tx: Tx) -> int:
            now = await campaigns.lock(tx, *self._key)
            if now is None or now.state is not CampaignState.RUNNING:
                return 0
            released = await campaigns.release_messages(tx, *self._key, AT_ONCE)
            for number_id in sorted({number_id for number_id, _ in released}):
                first = min(message_id for number, message_id in released if number == number_id)
                await tx.tell(f"queued {number_id} {first}")
            return len(released)

        while await self._runtime.store.write(work):
            pass
        self._released = row.version

    async def _hold(self) -> None:
        """What became queued since the pause, such as after a refusal for now."""
        queued = await self._runtime.store.read(lambda tx: campaigns.count_queued(tx, *self._key))
        if not queued:
            return

        async def work(tx: Tx) -> None:
            row = await campaigns.lock(tx, *self._key)
            if row is not None and row.state in actions.STOPPED:
                await campaigns.hold_messages(tx, *self._key)

        await self._runtime.store.write(work)

    async def _withdraw(self, row: CampaignRow) -> float | None:
        """After a cancel: its messages that have no intent, and whoever has none yet."""
        if row.ended_at is not None:
            return None
        now = self._runtime.clock.now()

        async def withdraw(tx: Tx) -> int:
            found = await campaigns.waiting_ids(tx, *self._key, AT_ONCE)
            return await messages.cancel_many(tx, self._key[0], found, now)

        while await self._runtime.store.write(withdraw):
            pass
        await self._for_places(lambda tx, after, until: recipients.cancel(tx, *self._key, after, until))
        if await self._runtime.store.read(lambda tx: campaigns.has_unsent(tx, *self._key)):
            return FULL_SECONDS  # what is on its way may come back, to be sent again
        await self._close(CampaignState.CANCELED)
        return None

    async def _skip_rest(self) -> None:
        """Its time is over."""

        async def skip(tx: Tx, after: int, until: int) -> None:
            row = await campaigns.lock(tx, *self._key)
            if row is not None and row.state is CampaignState.RUNNING:
                await recipients.skip_ready(tx, *self._key, Reason.TOO_LATE, after, until)

        if await self._runtime.store.read(lambda tx: recipients.has_ready(tx, *self._key)):
            await self._for_places(skip)

    async def _for_places(self, work: Callable[[Tx, int, int], Awaitable[None]]) -> None:
        """All places of the campaign, some in each transaction."""
        last = await self._runtime.store.read(lambda tx: recipients.last(tx, *self._key))
        for after in range(0, last, PLACES):
            await self._runtime.store.write(lambda tx, at=after: work(tx, at, at + PLACES))  # type: ignore[misc]

    async def _finish(self) -> None:
        await self._close(CampaignState.FINISHED)

    async def _close(self, state: CampaignState) -> None:
        now = self._runtime.clock.now()

        async def work(tx: Tx) -> None:
            row = await campaigns.lock(tx, *self._key)
            expected = CampaignState.RUNNING if state is CampaignState.FINISHED else CampaignState.CANCELED
            if row is not None and row.state is expected:
                closed = msgspec.structs.replace(row, state=state, ended_at=now, updated_at=now)
                await actions.keep(tx, row, closed, now)

        await self._runtime.store.write(work)

    async def _start_when_due(self, row: CampaignRow) -> float:
        now = self._runtime.clock.now()
        left = (row.start_at or 0) - now
        if left > 0:
            return left / 1000

        async def work(tx: Tx) -> None:
            found = await campaigns.lock(tx, *self._key)
            if (
                found is not None
                and found.state is CampaignState.SCHEDULED
                and found.start_at == row.start_at
            ):
                await actions.keep(tx, found, actions.started(found, now), now)

        await self._runtime.store.write(work)
        return 0.0


def _room(number: NumberRow, queued: int) -> int:
    """How many more may wait at a number."""
    return min(MOST_AHEAD, int(number.messages_per_second * AHEAD_SECONDS) + 1) - queued
