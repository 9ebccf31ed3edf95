"""One number that this process owns: takes messages from its line, as fast as its governor lets it.

Made by `dispatch.py` when the number's lease is taken, stopped when the number is given up or lost. What
became of each message comes from `carry.py`; here is decided what that means for line, pace and number.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from trunkline.failpoints import reach
from trunkline.leasing import Owned
from trunkline.loops import STORE_RETRY_SECONDS, for_ever, until_kept
from trunkline.model.message import State
from trunkline.outbound import doubts
from trunkline.outbound.carry import Carrier, IntentFault
from trunkline.outbound.file_waits import FileWaits
from trunkline.outbound.governor import Governor
from trunkline.outbound.line import Line
from trunkline.outbound.preparation import Preparation
from trunkline.outbound.slots import FairSlots
from trunkline.outbound.verdict import Verdict
from trunkline.outbound.wire_marks import WireMarks
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, attempts, messages, numbers, windows
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow

LOOK_SECONDS = 1.0
"""How late a scheduled message may start."""

COMPARE_SECONDS = 10.0
"""How often the lanes in doubt are compared with the store: somebody else may have ended a doubt."""

WINDOW_SECONDS = 60.0
"""How often it is looked whether a window is open for which something is held. Whoever opens one tells so; an
address that becomes known later opens it as well."""

FAULT_RETRY_SECONDS = 30.0
"""When a message is tried again whose intent the store refused."""

LONGEST_WAIT_SECONDS = 300.0
"""Then the governor is asked again: a place of the tier is up to a day away, and the tier may be raised."""

Tell = Callable[[str], Awaitable[None]]
"""Gives news to the other processes; see `bulletin.py`."""


class Shared(NamedTuple):
    """What all numbers of a process share."""

    marks: WireMarks
    slots: FairSlots
    tell: Tell
    preparation: Preparation


class NumberDispatcher:
    """The line, the pace and the sends of one number."""

    def __init__(self, runtime: Runtime, row: NumberRow, owned: Owned, shared: Shared) -> None:
        self.line = Line(runtime, row.account_id, row.id)
        self.owned = owned
        self.is_ready = False
        """The line is read: everything that waits is in its order."""
        self._runtime = runtime
        self._row = self._known = row
        self._tell = shared.tell
        self._slots = shared.slots
        self._governor = Governor(runtime.settings, row, runtime.clock.monotonic(), runtime.random)
        files = shared.preparation
        self._files = FileWaits(runtime, owned, files, self.line, self._hold)
        self._carrier = Carrier(
            runtime, row.connector, owned, shared.marks, self._governor, self._hold, files.forget
        )
        self._sends: set[asyncio.Task[None]] = set()
        self._out: set[str] = set()  # the messages that were taken from the line and have no outcome yet
        self._doubts: dict[str, str] = {}  # a message that blocks its lane → its recipient
        self._is_lost = False
        self._started_at = 0  # the last send
        self._loops: list[asyncio.Task[None]] = []

    # -- from outside

    def start(self) -> None:
        """In the background, and again until the store lets it."""
        name, clock = f"number {self._row.id}", self._runtime.clock
        self._loops = [
            asyncio.create_task(for_ever(clock, f"{name}, {what}", step, pause))
            for what, step, pause in (
                ("sending", self._run, STORE_RETRY_SECONDS),
                ("looking for due messages", self._look, LOOK_SECONDS),
                ("settling doubts", self._settle_doubts, doubts.EVERY_SECONDS),
                ("comparing doubts", self._compare_doubts, COMPARE_SECONDS),
                ("looking for open windows", self._look_for_windows, WINDOW_SECONDS),
            )
        ]

    @property
    def in_doubt(self) -> int:
        return len(self._doubts)

    def standing_ms(self) -> int:
        """For how long it has sent nothing of what it could; 0 when something slows it."""
        ready_since = self.line.ready_since()
        is_slowed = (
            self._row.held_reason is not None
            or self._slots.in_flight >= self._slots.most
            or self._governor.wait(self._runtime.clock.monotonic()) > 0
        )
        if ready_since is None or is_slowed:
            return 0
        return self.line.now() - max(ready_since, self._started_at)

    async def change(self, row: NumberRow) -> None:
        """The directory says so. It may not have heard yet of a hold of ours: only news of its own count."""
        if row == self._known:
            return
        self._governor.change(row)
        if self._row.held_reason is not None and row.held_reason is None:
            await self._release()  # nothing leaves meanwhile: it would overtake what was held
        self._row = self._known = row
        await until_kept(f"what number {row.id} held for a window", self._look_for_windows)
        self.line.wake.set()

    async def again(self, message_id: str) -> None:
        """A message whose doubt has ended is queued once more: it goes before what waits behind it."""
        read, account_id = self._runtime.store.read, self._row.account_id
        message = await read(lambda tx: messages.one_waiting(tx, account_id, message_id))
        if message is not None and not self._is_out(message_id):  # else it was heard before, and goes already
            self._doubts.pop(message_id, None)
            self.line.put_back(message, 0)

    async def opened(self, recipient: str, first: str) -> None:
        """Somebody wrote: what was held for that, from this message on, is queued again."""
        row, read = self._row, self._runtime.store.read
        found = await read(
            lambda tx: messages.queued_of_recipient(tx, row.account_id, row.id, recipient, first)
        )
        for message in found:
            self.line.add(message)

    def settled(self, recipient: str, message_id: str) -> None:
        """Evidence ended the doubt about a message: its lane may go on, and the provider is there."""
        self._governor.settled()
        self.free(recipient, message_id)

    def free(self, recipient: str, message_id: str) -> None:
        """The doubt about a message has ended, by evidence or not: its lane may go on."""
        self._doubts.pop(message_id, None)
        if not self._is_out(message_id):  # else a new attempt keeps the lane, or the answer is on its way
            self.line.free(recipient, message_id)

    async def stop(self, seconds: float) -> None:
        """Start no more sends; wait so long until those on the wire are recorded. Later ones are in doubt."""
        await self._stop_loops()
        if self._sends:
            _, late = await asyncio.wait(self._sends, timeout=seconds)
            for send in late:
                send.cancel()

    async def lose(self) -> None:
        """Another process owns the number now. Sends on the wire still tell what became of them."""
        self._is_lost = True
        await self._stop_loops()
        await self._tell(f"queued {self._row.id}")  # what only this line knew of

    async def _stop_loops(self) -> None:
        self._carrier.is_stopping = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._files.stop()

    def _is_out(self, message_id: str) -> bool:
        return message_id in self._out or self._files.has(message_id)

    # -- the loops

    async def _run(self) -> None:
        if not self.is_ready:
            if self._row.held_reason is None:  # the number may have been released while no server ran
                await self._unhold()
            clock = self._runtime.clock
            await self._governor.load(self._runtime.store, clock.now(), clock.monotonic())
            await self._note_doubts()  # first: one that ends from here on is not blocked by the line
            await self.line.make()
            self.is_ready = True
        await self._send_for_ever()

    async def _send_for_ever(self) -> None:
        """Take what may go, as fast as the pace and the process's slots allow."""
        clock = self._runtime.clock
        while True:
            if not self.owned.holds():  # the store is away; the lease is renewed or lost
                await asyncio.sleep(STORE_RETRY_SECONDS)
            elif self._row.held_reason is not None:
                await self._until_woken(None)
            elif (wait := self._governor.wait(clock.monotonic())) > 0:
                await clock.sleep(wait)
            elif (message := self._take()) is None:
                await self._until_woken(self.line.seconds_to_next())
            elif message.has_media and message.files is None:
                self._files.begin(self._row, message)
                await asyncio.sleep(0)  # there may be thousands
            else:
                self._out.add(message.id)
                if not self._slots.try_acquire(message.account_id):
                    await self._slots.acquire(message.account_id)
                self._start(message)

    def _take(self) -> Waiting | None:
        """The next message that the governor lets go; or one whose files are to be made ready first."""
        while (message := self.line.take()) is not None:
            if message.has_media and message.files is None:
                with_files = self._files.with_files(message)
                if with_files is None:
                    return message
                message = with_files
            wait = self._governor.admit(message, self._runtime.clock.monotonic())
            if wait == 0:
                return message
            self._later(message, min(wait, LONGEST_WAIT_SECONDS))
        return None

    def _later(self, message: Waiting, seconds: float) -> None:
        """Its files are asked for again then: meanwhile one may be removed, or the provider's id be over."""
        if message.files is not None:
            message = msgspec.structs.replace(message, files=None)
        self.line.put_back(message, seconds)

    async def _until_woken(self, seconds: float | None) -> None:
        self.line.wake.clear()
        await self._runtime.clock.wait(self.line.wake, seconds)

    async def _look(self) -> None:
        if self.is_ready:
            await self.line.look()

    async def _settle_doubts(self) -> None:
        if not self.is_ready or not self.owned.holds():
            return
        for end in await doubts.settle(self._runtime, self._row):
            if end.again is not None:
                await self.again(end.message_id)  # asked anew: the comparison may have been quicker
            elif end.is_evident:
                self.settled(end.recipient, end.message_id)
            else:
                self.free(end.recipient, end.message_id)

    async def _compare_doubts(self) -> None:
        """A doubt that nobody told us the end of must not block its lane for ever."""
        if not self.is_ready or not self._doubts:
            return
        before = dict(self._doubts)
        still = await self._note_doubts()
        for message_id, recipient in before.items():
            if message_id not in still:
                await self.again(message_id)
                self.free(recipient, message_id)

    async def _note_doubts(self) -> set[str]:
        """The messages in doubt, as the store has them."""
        row, read = self._row, self._runtime.store.read
        found = await read(lambda tx: attempts.open_of_number(tx, row.account_id, row.id))
        in_doubt = [attempt for attempt in found if attempt.outcome is not None]
        self._doubts.update((attempt.message_id, attempt.recipient) for attempt in in_doubt)
        return {attempt.message_id for attempt in in_doubt}

    async def _look_for_windows(self) -> None:
        """What is held for a window that is open by now, or that this number does not ask for any more."""
        store, key, now = self._runtime.store, (self._row.account_id, self._row.id), self._runtime.clock.now()
        if not self.owned.holds():
            return
        if self._row.window_policy == "hold":
            written = await store.read(lambda tx: windows.open_again(tx, *key, now))
            if written:
                await store.write(lambda tx: windows.opened(tx, *key, written))
        elif await store.read(lambda tx: windows.holds_any(tx, *key)):
            while await store.write(lambda tx: windows.release(tx, *key)) > 0:
                pass
            self.line.look_again()
            await self._look()  # at once: it goes before what is accepted from now on

    # -- one message

    def _start(self, message: Waiting) -> None:
        reach("C5")
        self._started_at = self.line.now()
        task = asyncio.create_task(self._carry(message))
        self._sends.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._sends.discard(task)
        self._slots.release()
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("number %s: a send failed inside us", self._row.id, exc_info=fault)

    async def _carry(self, message: Waiting) -> None:
        try:
            verdict = await self._carrier.carry(message)
        except IntentFault as fault:
            log.error("message %s: the store refused its intent", message.id, exc_info=fault.__cause__)
            self._governor.withdraw(message)
            self._later(message, FAULT_RETRY_SECONDS)
            return
        finally:
            self._out.discard(message.id)
        if verdict is None:
            self._governor.withdraw(message)
        if self._is_lost:
            await self._tell_owner(message, verdict)
        elif verdict is None:
            self.line.free(message.recipient, message.id)
        else:
            self._after(message, verdict)

    def _after(self, message: Waiting, verdict: Verdict) -> None:
        """What a recorded verdict means for the line and the pace."""
        self._governor.learn(message, verdict, self._runtime.clock.monotonic())
        if verdict.retry_seconds is not None:
            self._later(message, verdict.retry_seconds)
        elif verdict.is_open:
            self._doubts[message.id] = message.recipient
        else:
            self.line.free(message.recipient, message.id)

    async def _tell_owner(self, message: Waiting, verdict: Verdict | None) -> None:
        """The new owner saw this attempt as a doubt, which our answer has just ended."""
        if verdict is not None and not verdict.is_open:
            word = "again" if verdict.state is State.QUEUED else "settled"
            about = message.id if word == "again" else f"{message.recipient} {message.id}"
            await self._tell(f"{word} {self._row.id} {about}")

    # -- holds

    async def _hold(self, reason: str) -> None:
        row, now = self._row, self._runtime.clock.now()
        if row.held_reason is not None:
            return
        log.error("number %s is held: %s", row.id, reason)
        self._row = msgspec.structs.replace(row, held_reason=reason)

        async def write(tx: Tx) -> None:
            await numbers.hold(tx, row.account_id, row.id, reason, now)
            await tx.tell("directory")

        async def keep() -> None:
            await self._runtime.store.write(write)
            await self._runtime.directory.reload()

        await until_kept(f"the hold of number {row.id}", keep)

    async def _release(self) -> None:
        """The held messages come before those that queued behind them, so the whole line is made anew."""
        await self._files.end()
        if self._sends:
            await asyncio.wait(self._sends)
        await until_kept(f"the release of number {self._row.id}", self._unhold)
        await until_kept(f"the line of number {self._row.id}", self.line.make)

    async def _unhold(self) -> None:
        row, store = self._row, self._runtime.store
        while await store.write(lambda tx: messages.unhold(tx, row.account_id, row.id)):
            pass
