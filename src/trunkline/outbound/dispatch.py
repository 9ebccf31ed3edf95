"""DISPATCH: claim the next message of a number, send it once, record what became of it.

In come messages through the number's line (`line.py`). For each: the intent is committed, then the connector
sends, then the outcome is committed. A crash between the two leaves an open attempt, which the next run
treats as doubtful: nothing is ever sent again on a guess. Statuses settle the doubt (`inbound/statuses.py`).
A fault of the store or of ours delays a message, or leaves it visibly in doubt; it never drops one.
"""

import asyncio
import os
from collections.abc import Sequence

import msgspec

from trunkline.channels.contract import Ambiguous, NotSent, Outcome, Outgoing, Refused, SendError, Taken
from trunkline.loops import STORE_RETRY_SECONDS, for_ever, until_kept
from trunkline.model.evidence import make_token
from trunkline.model.message import State
from trunkline.outbound.context import provider_id_of
from trunkline.outbound.line import Line
from trunkline.outbound.pacing import NumberPace, PairPace
from trunkline.outbound.verdict import Verdict, judge
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, attempts, leases, messages, numbers, settlement
from trunkline.store.attempts import Intent
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow

SCAN_SECONDS = 1.0
"""How late a scheduled message may start."""

STOP_SECONDS = 5.0
"""How long a stop waits for sends on the wire; what is later is in doubt and settled after the next start.

In real time, as the wire is real, and so is whoever waits for the stop.
"""

FAULT_RETRY_SECONDS = 30.0
"""When a message is tried again whose intent the store refused."""


class Dispatcher:
    """All numbers of this process. One `NumberDispatcher` each, made when the directory knows the number."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._numbers: dict[str, NumberDispatcher] = {}
        self._owner = f"{os.uname().nodename}:{os.getpid()}"
        self._following = asyncio.Lock()

    async def start(self) -> None:
        """Take every number over, put its open attempts in doubt, load what waits."""
        await self._doubt_the_gone()
        await self.sync_numbers()

    async def sync_numbers(self) -> None:
        """Follow the directory: new numbers start, removed ones stop, changed ones take their new pace."""
        async with self._following:
            known = self._runtime.directory.numbers
            for number_id in [number_id for number_id in self._numbers if number_id not in known]:
                await self._numbers.pop(number_id).stop()
            for row in known.values():
                present = self._numbers.get(row.id)
                if present is None:
                    self._numbers[row.id] = present = NumberDispatcher(self._runtime, row)
                    present.start(self._owner)
                else:
                    await present.change(row)

    def hand_over(self, waiting: Sequence[Waiting]) -> None:
        """Messages just committed as queued. Called on the event loop, right after the commit."""
        for message in waiting:
            number = self._numbers.get(message.number_id)
            if number is not None:
                number.line.add(message)

    def settled(self, number_id: str, recipient: str, message_id: str) -> None:
        """Evidence ended the doubt about a message: its lane may go on."""
        number = self._numbers.get(number_id)
        if number is not None:
            number.line.free(recipient, message_id)

    async def stop(self) -> None:
        """Start no more sends; wait until those on the wire are recorded."""
        await asyncio.gather(*(number.stop() for number in self._numbers.values()))

    async def _doubt_the_gone(self) -> None:
        """What numbers left open that were removed since, or whose sandbox is off, is in doubt as well."""
        directory, now = self._runtime.directory, self._runtime.clock.now()

        async def work(tx: Tx) -> None:
            for account_id in directory.accounts:
                for number_id in await numbers.digits_by_id(tx, account_id):
                    if number_id not in directory.numbers:
                        await _take_over(tx, account_id, number_id, self._owner, now)

        await self._runtime.store.write(work)


async def _take_over(tx: Tx, account_id: str, number_id: str, owner: str, now: int) -> int:
    """The new epoch. What a former owner left without an outcome is in doubt from now on."""
    epoch = await leases.take(tx, account_id, number_id, owner)
    left = await attempts.open_of_number(tx, account_id, number_id)
    await attempts.doubt(tx, account_id, left, "the process ended while this was being sent", now)
    return epoch


class NumberDispatcher:
    """The pace and the sends of one number."""

    def __init__(self, runtime: Runtime, row: NumberRow) -> None:
        now = runtime.clock.monotonic()
        dispatch = runtime.settings.dispatch
        self.line = Line(runtime, row.account_id, row.id)
        self._runtime = runtime
        self._row = row
        self._epoch = 0  # until it is taken over
        self._pace = NumberPace(row.messages_per_second, now)
        self._pairs = PairPace(dispatch.pair_interval_seconds, dispatch.pair_burst)
        self._most_sends = dispatch.max_in_flight
        self._sends: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._loops: list[asyncio.Task[None]] = []

    # -- from outside

    def start(self, owner: str) -> None:
        """In the background, and again until the store lets it."""
        name, clock = f"number {self._row.id}", self._runtime.clock
        sending = for_ever(clock, f"{name}, sending", lambda: self._run(owner), STORE_RETRY_SECONDS)
        looking = for_ever(clock, f"{name}, looking for due messages", self._look, SCAN_SECONDS)
        self._loops = [asyncio.create_task(sending), asyncio.create_task(looking)]

    async def change(self, row: NumberRow) -> None:
        self._pace.set_rate(row.messages_per_second)
        if self._row.held_reason is not None and row.held_reason is None:
            await self._release()
        self._row = row
        self.line.wake.set()

    async def stop(self) -> None:
        self._stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        if self._sends:
            _, late = await asyncio.wait(self._sends, timeout=STOP_SECONDS)
            for send in late:
                send.cancel()

    # -- the loops

    async def _run(self, owner: str) -> None:
        if not self._epoch:
            await self._start_line(owner)
        await self._send_for_ever()

    async def _start_line(self, owner: str) -> None:
        row, now = self._row, self._runtime.clock.now()
        epoch = await self._runtime.store.write(lambda tx: _take_over(tx, row.account_id, row.id, owner, now))
        if row.held_reason is None:  # the number may have been released while no server ran
            await self._unhold()
        await self.line.make()
        self._epoch = epoch

    async def _send_for_ever(self) -> None:
        """Take what may go, as fast as the pace allows.

        Nothing is waited for between the taking and the start, so that no message is known here alone.
        """
        clock = self._runtime.clock
        while True:
            if self._row.held_reason is not None or len(self._sends) >= self._most_sends:
                await self._until_woken(None)
            elif (wait := self._pace.wait(clock.monotonic())) > 0:
                await clock.sleep(wait)
            elif (message := self._take()) is None:
                await self._until_woken(self.line.seconds_to_next())
            else:
                self._pace.take(clock.monotonic())
                self._start(message)

    def _take(self) -> Waiting | None:
        """The next message whose recipient may get one more."""
        while (message := self.line.take()) is not None:
            wait = self._pairs.wait(message.recipient, self._runtime.clock.monotonic())
            if wait == 0:
                return message
            self.line.put_back(message, wait)
        return None

    async def _until_woken(self, seconds: float | None) -> None:
        self.line.wake.clear()
        await self._runtime.clock.wait(self.line.wake, seconds)

    async def _look(self) -> None:
        if self._epoch:
            await self.line.look()

    async def _release(self) -> None:
        """The held messages come before those that queued behind them, so the whole line is made anew."""
        if self._sends:
            await asyncio.wait(self._sends)
        await until_kept(f"the release of number {self._row.id}", self._unhold)
        await until_kept(f"the line of number {self._row.id}", self.line.make)

    async def _unhold(self) -> None:
        row, store = self._row, self._runtime.store
        while await store.write(lambda tx: messages.unhold(tx, row.account_id, row.id)):
            pass

    # -- one message

    def _start(self, message: Waiting) -> None:
        task = asyncio.create_task(self._carry(message))
        self._sends.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._sends.discard(task)
        self.line.wake.set()
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("number %s: a send failed inside us", self._row.id, exc_info=fault)

    async def _carry(self, message: Waiting) -> None:
        """claim → do → record."""
        try:
            n = await self._open_intent(message)
        except Exception as fault:  # the store knows what we do not, as an open attempt in this lane
            log.error("message %s: the store refused its intent", message.id, exc_info=fault)
            self.line.put_back(message, FAULT_RETRY_SECONDS)
            return
        if n is None:
            self.line.free(message.recipient, message.id)
            return
        outcome = await self._send(message, n)
        verdict = await self._record(message, n, outcome)
        if verdict is not None:
            self._after(message, verdict)
        else:  # a status settled it before its answer was recorded
            self.line.free(message.recipient, message.id)

    async def _open_intent(self, message: Waiting) -> int | None:
        """The attempt's number once the intent is durable; None when the message may not be sent now.

        It was canceled, or its life ended, or another process owns the number.
        """
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
                await asyncio.sleep(STORE_RETRY_SECONDS)  # real time, as in loops.py

    async def _send(self, message: Waiting, n: int) -> Outcome:
        try:
            number = self._runtime.directory.opened(message.number_id)
            outgoing = await self._outgoing(message, n)
        except (StoreUnavailable, KeyError) as fault:  # the store is away, or the number was just removed
            return NotSent(f"not ready to be sent: {type(fault).__name__}")
        if outgoing is None:
            return Refused(_NEVER_SENT)
        try:
            return await self._runtime.connectors[self._row.connector].send(number, outgoing)
        except Exception as fault:
            log.error("message %s: the connector failed", message.id, exc_info=fault)
            return Ambiguous(f"internal fault while sending: {type(fault).__name__}")

    async def _outgoing(self, message: Waiting, n: int) -> Outgoing | None:
        """None when the message that it refers to can not be named to the provider."""
        context_id = message.context_id
        if context_id is not None:
            context_id = await provider_id_of(self._runtime, message.account_id, context_id)
            if not context_id and message.type in ("reaction", "read"):
                return None
        return Outgoing(
            recipient=message.recipient,
            recipient_kind=message.recipient_kind,
            type=message.type,
            content=msgspec.json.decode(message.content),
            context_id=context_id or None,
            token=make_token(message.id, n, self._runtime.vault.evidence_mac),
        )

    async def _record(self, message: Waiting, n: int, outcome: Outcome) -> Verdict | None:
        """What was recorded, sooner or later; None when a status had settled the send before."""
        try:
            return await self._until_recorded(message, n, outcome)
        except Exception as fault:  # odd words in it, perhaps; that there is a doubt must be seen at least
            log.error("message %s: its outcome can not be stored", message.id, exc_info=fault)
            return await self._until_recorded(message, n, Ambiguous("internal fault while it was recorded"))

    async def _until_recorded(self, message: Waiting, n: int, outcome: Outcome) -> Verdict | None:
        verdict = judge(outcome, message.type, n, self._runtime.random)
        if verdict.hold_number is not None and self._row.held_reason is None:
            # First: who sees a held message and releases its number must not be overtaken by this.
            await self._hold(verdict.reason or verdict.hold_number)
        row = _outcome_row(message, n, outcome, verdict, self._runtime.clock.now())
        took = await until_kept(
            f"the outcome of message {message.id}",
            lambda: self._runtime.store.batch(settlement.record_outcomes, row),
        )
        return verdict if took else None

    def _after(self, message: Waiting, verdict: Verdict) -> None:
        """What a recorded verdict means for the line and the pace."""
        if verdict.slow_number_seconds is not None:
            self._pace.pause(verdict.slow_number_seconds, self._runtime.clock.monotonic())
        if verdict.retry_seconds is not None:
            self.line.put_back(message, verdict.retry_seconds)
        elif not verdict.is_open:
            self.line.free(message.recipient, message.id)

    async def _hold(self, reason: str) -> None:
        row, now = self._row, self._runtime.clock.now()
        log.error("number %s is held: %s", row.id, reason)
        self._row = msgspec.structs.replace(row, held_reason=reason)

        async def keep() -> None:
            await self._runtime.store.write(lambda tx: numbers.hold(tx, row.account_id, row.id, reason, now))
            await self._runtime.directory.reload()

        await until_kept(f"the hold of number {row.id}", keep)


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
