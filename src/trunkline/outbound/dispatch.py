"""DISPATCH: claim the next message of a number, send it once, record what became of it.

In come messages that accept handed over in memory, or that a scan of the store found (at the start, when a
schedule is due, after more waited than memory takes). For each: the intent is committed, then the connector
sends, then the outcome is committed. A crash between the two leaves an open attempt, which the next run
treats as doubtful: nothing is ever sent again on a guess. Statuses settle the doubt (`inbound/statuses.py`).
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence

import msgspec

from trunkline.channels.contract import Ambiguous, Outcome, Outgoing, Refused, SendError, Taken
from trunkline.model.evidence import make_token
from trunkline.model.message import State
from trunkline.outbound.context import provider_id_of
from trunkline.outbound.lanes import Lanes
from trunkline.outbound.pacing import NumberPace, PairPace
from trunkline.outbound.verdict import Verdict, judge
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, attempts, leases, messages, numbers, settlement
from trunkline.store.attempts import Intent
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow

IN_MEMORY = 10_000
"""Waiting messages of one number that are held in memory; the rest is read from the store in turn."""

SCAN_SECONDS = 1.0
"""How late a scheduled message may start, and how soon a released number goes on."""

STORE_RETRY_SECONDS = 0.5


class Dispatcher:
    """All numbers of this process. One `NumberDispatcher` each, made when the directory knows the number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._numbers: dict[str, NumberDispatcher] = {}
        self._owner = f"{os.uname().nodename}:{os.getpid()}"

    async def start(self) -> None:
        """Take every number over, put its open attempts in doubt, load what waits."""
        await self.sync_numbers()

    async def sync_numbers(self) -> None:
        """Follow the directory: new numbers start, removed ones stop, changed ones take their new pace."""
        known = self._runtime.directory.numbers
        for number_id in [number_id for number_id in self._numbers if number_id not in known]:
            await self._numbers.pop(number_id).stop()
        for row in known.values():
            present = self._numbers.get(row.id)
            if present is None:
                self._numbers[row.id] = present = NumberDispatcher(self._runtime, row)
                await present.start(self._owner)
            else:
                await present.change(row)

    def hand_over(self, waiting: Sequence[Waiting]) -> None:
        """Messages just committed as queued. Called on the event loop, right after the commit."""
        for message in waiting:
            number = self._numbers.get(message.number_id)
            if number is not None:
                number.add(message)

    def settled(self, number_id: str, recipient: str, message_id: str) -> None:
        """Evidence ended the doubt about a message: its lane may go on."""
        number = self._numbers.get(number_id)
        if number is not None:
            number.free(recipient, message_id)

    async def stop(self) -> None:
        """Start no more sends; wait until those on the wire are recorded."""
        await asyncio.gather(*(number.stop() for number in self._numbers.values()))


class NumberDispatcher:
    """The line, the pace and the sends of one number."""

    def __init__(self, runtime: Runtime, row: NumberRow) -> None:
        now = runtime.clock.monotonic()
        dispatch = runtime.settings.dispatch
        self._runtime = runtime
        self._row = row
        self._epoch = 0
        self._lanes = Lanes()
        self._pace = NumberPace(row.messages_per_second, now)
        self._pairs = PairPace(dispatch.pair_interval_seconds, dispatch.pair_burst)
        self._slots = asyncio.Semaphore(dispatch.max_in_flight)
        self._sends: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._more_in_store = False
        self._stopping = False
        self._loops: list[asyncio.Task[None]] = []

    # -- from outside

    async def start(self, owner: str) -> None:
        account_id, number_id, now = self._row.account_id, self._row.id, self._runtime.clock.now()

        async def take_over(tx: Tx) -> None:
            self._epoch = await leases.take(tx, account_id, number_id, owner)
            left = await attempts.open_of_number(tx, account_id, number_id)
            await attempts.doubt(tx, account_id, left, "the process ended while this was being sent", now)

        await self._runtime.store.write(take_over)
        await self._fill()
        self._loops = [asyncio.create_task(self._run()), asyncio.create_task(self._scan())]

    def add(self, message: Waiting) -> None:
        if len(self._lanes) >= IN_MEMORY or self._more_in_store:
            self._more_in_store = True  # its turn comes when the store is read again
        else:
            self._lanes.add(message, self._runtime.clock.now())
            self._wake.set()

    def free(self, recipient: str, message_id: str) -> None:
        self._lanes.free(recipient, message_id, self._runtime.clock.now())
        self._wake.set()

    async def change(self, row: NumberRow) -> None:
        self._pace.set_rate(row.messages_per_second)
        if self._row.held_reason is not None and row.held_reason is None:
            await self._release()
        self._row = row
        self._wake.set()

    async def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._sends:
            await asyncio.wait(self._sends, timeout=self._runtime.settings.dispatch.send_timeout_seconds + 5)

    # -- the line

    async def _fill(self) -> None:
        """Make the line anew from the store: lanes in doubt are blocked, the rest is in its order."""
        row = self._row
        left = await self._runtime.store.read(lambda tx: attempts.open_of_number(tx, row.account_id, row.id))
        self._lanes = Lanes()
        for attempt in left:
            self._lanes.block(attempt.recipient, attempt.message_id)
        await self._load()

    async def _load(self) -> None:
        """Add to the line from the store, oldest first."""
        row, after = self._row, ""
        self._more_in_store = False
        while len(self._lanes) < IN_MEMORY:
            account_id, number_id, start = row.account_id, row.id, after
            found = await self._runtime.store.read(
                lambda tx: messages.waiting(tx, account_id, number_id, start, 1_000)  # noqa: B023 - awaited at once
            )
            now = self._runtime.clock.now()
            for message in found:
                self._lanes.add(message, now)
            if len(found) < 1_000:
                self._wake.set()
                return
            after = found[-1].id
        self._more_in_store = True
        self._wake.set()

    async def _scan(self) -> None:
        """Every second: schedules that are due, and the rest of a line that was too long for memory."""
        while True:
            await asyncio.sleep(SCAN_SECONDS)
            try:
                await self._wake_scheduled()
                if self._more_in_store and len(self._lanes) < IN_MEMORY // 2:
                    await self._load()
            except StoreUnavailable as fault:
                log.warning("number %s: the store could not be read: %s", self._row.id, fault)

    async def _wake_scheduled(self) -> None:
        row, now = self._row, self._runtime.clock.now()
        due = await self._runtime.store.read(
            lambda tx: messages.has_scheduled(tx, row.account_id, row.id, now)
        )
        if due:
            woken = await self._runtime.store.write(
                lambda tx: messages.wake(tx, row.account_id, row.id, now, 1_000)
            )
            for message in woken:
                self.add(message)

    async def _release(self) -> None:
        """The held messages come before those that queued behind them, so the whole line is made anew."""
        row = self._row
        if self._sends:
            await asyncio.wait(self._sends)
        await self._runtime.store.write(lambda tx: messages.unhold(tx, row.account_id, row.id))
        await self._fill()

    async def _run(self) -> None:
        """Take what may go, as fast as the pace allows."""
        clock = self._runtime.clock
        while not self._stopping:
            message = None if self._row.held_reason else self._lanes.take(clock.now())
            if message is None:
                await self._idle()
                continue
            wait = self._pairs.wait(message.recipient, clock.monotonic())
            if wait > 0:
                now = clock.now()
                self._lanes.put_back(message, now + int(wait * 1000) + 1, now)
                continue
            await self._slots.acquire()
            while (wait := self._pace.take(clock.monotonic())) > 0:  # noqa: ASYNC110 - time is what it waits for
                await asyncio.sleep(wait)
            self._start(message)

    async def _idle(self) -> None:
        """Until something is added or freed, or the earliest resting lane is due."""
        wake_at = None if self._row.held_reason else self._lanes.next_wake()
        seconds = None if wake_at is None else max(0.0, (wake_at - self._runtime.clock.now()) / 1000)
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    # -- one message

    def _start(self, message: Waiting) -> None:
        task = asyncio.create_task(self._carry(message))
        self._sends.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._sends.discard(task)
        self._slots.release()
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("number %s: a send failed inside us", self._row.id, exc_info=fault)

    async def _carry(self, message: Waiting) -> None:
        """claim → do → record."""
        n = await self._open_intent(message)
        if n is None:
            await self._drop(message)
            return
        outcome = await self._send(message, n)
        verdict = judge(outcome, message.type, n, self._runtime.random)
        if await self._record(message, n, outcome, verdict):
            self._after(message, verdict)
        else:  # a status settled it before its answer was recorded
            self.free(message.recipient, message.id)

    async def _open_intent(self, message: Waiting) -> int | None:
        """The attempt's number once the intent is durable; None when the message may not be sent now."""
        intent = Intent(
            account_id=message.account_id,
            message_id=message.id,
            number_id=message.number_id,
            recipient=message.recipient,
            epoch=self._epoch,
            now=self._runtime.clock.now(),
        )
        while True:
            try:
                return await self._runtime.store.batch(attempts.open_intents, intent)
            except StoreUnavailable as fault:
                if self._stopping:
                    return None
                log.warning("message %s waits for the store: %s", message.id, fault)
                await asyncio.sleep(STORE_RETRY_SECONDS)

    async def _drop(self, message: Waiting) -> None:
        """Canceled or expired while it waited, or the number has another owner."""
        now = self._runtime.clock.now()
        if now >= message.expires_at and not self._stopping:
            await self._runtime.store.write(
                lambda tx: messages.expire(tx, message.account_id, message.id, now)
            )
        self.free(message.recipient, message.id)

    async def _send(self, message: Waiting, n: int) -> Outcome:
        number = self._runtime.directory.opened(message.number_id)
        context_id = message.context_id
        if context_id is not None:
            context_id = await provider_id_of(self._runtime, message.account_id, context_id)
            if not context_id and message.type in ("reaction", "read"):
                return Refused(_NEVER_SENT)
        outgoing = Outgoing(
            recipient=message.recipient,
            recipient_kind=message.recipient_kind,
            type=message.type,
            content=msgspec.json.decode(message.content),
            context_id=context_id or None,
            token=make_token(message.id, n, self._runtime.vault.evidence_mac),
        )
        try:
            return await self._runtime.connectors[self._row.connector].send(number, outgoing)
        except Exception as fault:
            log.error("message %s: the connector failed", message.id, exc_info=fault)
            return Ambiguous(f"internal fault while sending: {type(fault).__name__}")

    async def _record(self, message: Waiting, n: int, outcome: Outcome, verdict: Verdict) -> bool:
        """Until the store took it: an outcome is never forgotten while the process lives."""
        row = _outcome_row(message, n, outcome, verdict, self._runtime.clock.now())
        while True:
            try:
                return await self._runtime.store.batch(settlement.record_outcomes, row)
            except StoreUnavailable as fault:
                log.warning("message %s: its outcome waits for the store: %s", message.id, fault)
                await asyncio.sleep(STORE_RETRY_SECONDS)

    def _after(self, message: Waiting, verdict: Verdict) -> None:
        """What a recorded verdict means for the line and the pace."""
        now = self._runtime.clock.now()
        if verdict.slow_number_seconds is not None:
            self._pace.pause(verdict.slow_number_seconds, self._runtime.clock.monotonic())
        if verdict.hold_number is not None:
            self._hold(verdict.reason or verdict.hold_number)
        if verdict.retry_seconds is not None:
            self._lanes.put_back(message, now + int(verdict.retry_seconds * 1000), now)
            self._wake.set()
        elif not verdict.is_open:
            self.free(message.recipient, message.id)

    def _hold(self, reason: str) -> None:
        log.error("number %s is held: %s", self._row.id, reason)
        self._row = msgspec.structs.replace(self._row, held_reason=reason)
        self._loops.append(asyncio.create_task(self._keep_hold(reason)))

    async def _keep_hold(self, reason: str) -> None:
        row, now = self._row, self._runtime.clock.now()
        await self._runtime.store.write(lambda tx: numbers.hold(tx, row.account_id, row.id, reason, now))
        await self._runtime.directory.reload()


_NEVER_SENT = SendError(
    code=0,
    title="The message it refers to was never sent",
    cause="The message of ours that it names has no id at the provider.",
    actor="sender",
    remedy="Refer to a message that was sent.",
)


def _outcome_row(message: Waiting, n: int, outcome: Outcome, verdict: Verdict, now: int) -> attempts.Outcome:
    taken = outcome if isinstance(outcome, Taken) else None
    return attempts.Outcome(
        account_id=message.account_id,
        message_id=message.id,
        n=n,
        outcome=verdict.outcome,
        is_open=verdict.is_open,
        finished_at=now,
        http_status=verdict.http_status,
        detail=verdict.detail,
        error=msgspec.json.encode(verdict.error).decode() if verdict.error else None,
        state=verdict.state,
        state_reason=verdict.reason,
        due_at=now + int(verdict.retry_seconds * 1000) if verdict.retry_seconds else message.due_at,
        provider_id=(taken.provider_id or None) if taken else None,
        provider_recipient=taken.recipient if taken else None,
        submitted_at=now if taken else None,
        failed_at=now if verdict.state is State.FAILED else None,
    )
