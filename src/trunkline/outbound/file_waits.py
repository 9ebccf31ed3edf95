"""The messages of one number that wait for their files, between the line and the send.

Each was taken from the line and keeps its lane busy, so that order holds. It comes back with the provider's
ids, or fails, or rests when something is away. What takes longer than a moment is shown as held for `media`.
The pool is small and none of the send slots: who sends plain text does not wait for somebody's slow link.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from trunkline.leasing import Owned
from trunkline.loops import until_kept
from trunkline.outbound import unfit
from trunkline.outbound.line import Line
from trunkline.outbound.preparation import Barred, Later, Preparation, Prepared, Ready, Unusable
from trunkline.outbound.turns import Turn
from trunkline.runtime import Runtime, log
from trunkline.store import media_waits
from trunkline.store.media_waits import Wait
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow

AT_ONCE = 64
"""Of a number."""

TURN_SECONDS = 1.0
"""How soon one is tried again that found no room; later where so many wait that asking would cost much."""

ASKED_A_SECOND = 1000

SHOWN_SECONDS = 1.0
"""What is ready by then was never seen to wait."""

LOOK_SECONDS = 5.0
"""How often it is looked whether it is waited for at all: it may have been canceled."""

FAULT_SECONDS = 30.0


class _Put(msgspec.Struct):
    """What is remembered of a message that was put off."""

    tries: int = 0
    until: float = 0.0
    """By the clock's monotonic reading."""
    is_held: bool = False


class FileWaits:
    """Of one number, for as long as this process owns it."""

    def __init__(
        self,
        runtime: Runtime,
        owned: Owned,
        preparation: Preparation,
        line: Line,
        hold: Callable[[str], Awaitable[None]],
    ) -> None:
        self._runtime = runtime
        self._owned = owned
        self._preparation = preparation
        self._line = line
        self._hold_number = hold
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._put: dict[str, _Put] = {}
        self._aside: set[str] = set()  # those that rest in the line
        self._wakes: set[asyncio.Event] = set()
        self._is_ending = False

    def with_files(self, message: Waiting) -> Waiting | None:
        """The message as it may be sent, where nothing is to be waited for."""
        if message.id in self._aside:
            self._aside.discard(message.id)
            self._line.aside[message.priority] -= 1
        if message.id in self._put:  # the store has it as held, perhaps
            return None
        files = self._preparation.ready(message)
        return None if files is None else msgspec.structs.replace(message, files=files)

    def has(self, message_id: str) -> bool:
        return message_id in self._tasks

    def begin(self, row: NumberRow, message: Waiting) -> None:
        """One that was taken from the line."""
        turn = self._preparation.take_turn(message) if len(self._tasks) < AT_ONCE else None
        if turn is None:
            self._rest(message, max(TURN_SECONDS, len(self._line) / ASKED_A_SECOND))
            return
        task = self._tasks[message.id] = asyncio.create_task(self._see_to(row, message))
        task.add_done_callback(lambda done: self._done(message.id, done, turn))

    async def end(self) -> None:
        """Before the line is made anew: what is under way is left as the store has it."""
        self._is_ending = True
        for wake in self._wakes:
            wake.set()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))
        self._put.clear()
        self._aside.clear()
        self._is_ending = False

    async def stop(self) -> None:
        """The number is given up, or lost: its next owner begins anew with what it finds."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, message_id: str, task: "asyncio.Task[None]", turn: Turn) -> None:
        if self._tasks.get(message_id) is task:  # or it was taken from the line again before this was called
            del self._tasks[message_id]
        self._preparation.give_back(turn)

    # -- one message

    async def _see_to(self, row: NumberRow, message: Waiting) -> None:
        try:
            await self._do(row, message, self._put.setdefault(message.id, _Put()))
        except Exception as fault:
            log.error("message %s: a fault of ours with its files", message.id, exc_info=fault)
            self._rest(message, FAULT_SECONDS)

    async def _do(self, row: NumberRow, message: Waiting, put: _Put) -> None:
        left = put.until - self._runtime.clock.monotonic()
        asks = put.tries and (left <= 0 or self._line.is_waited_for(message))
        if asks and not await self._is_wanted(message):
            self._drop(message)
        elif left > 0:
            self._rest(message, min(left, LOOK_SECONDS))
        else:
            prepared = await self._prepared(row, message, put)
            if prepared is not None:
                await self._conclude(message, put, prepared)

    async def _prepared(self, row: NumberRow, message: Waiting, put: _Put) -> Prepared | None:
        """None where it is over without an answer."""
        wake = asyncio.Event()
        work = asyncio.create_task(self._preparation.prepare(row, message, put.tries))
        work.add_done_callback(lambda _: wake.set())
        self._wakes.add(wake)
        look_at = 0.0
        try:
            while True:
                await self._runtime.clock.wait(wake, SHOWN_SECONDS)
                now = self._runtime.clock.monotonic()
                if self._is_ending:
                    return None
                if work.done():
                    return work.result()
                if self._line.is_overtaken(message):  # it is taken again behind that, and joins what runs
                    self._line.put_back(message, 0)
                    return None
                if now >= look_at:
                    if not await self._go_on(message, put):
                        self._drop(message)
                        return None
                    look_at = now + LOOK_SECONDS
                wake.clear()
                if self._is_ending or work.done():  # meanwhile
                    wake.set()
        finally:
            self._wakes.discard(wake)
            work.cancel()

    async def _conclude(self, message: Waiting, put: _Put, prepared: Prepared) -> None:
        match prepared:
            case Ready(files):
                if not put.is_held or await self._resume(message):
                    self._put.pop(message.id, None)
                    self._line.put_back(msgspec.structs.replace(message, files=files), 0)
                else:
                    self._drop(message)
            case Unusable(error):
                log.info("message %s: %s", message.id, error.cause)
                await self._refuse(message, unfit.encoded(error))
                self._drop(message)
            case Later(seconds, why):
                log.info("message %s waits for its files: %s", message.id, why)
                put.tries += 1
                put.until = self._runtime.clock.monotonic() + seconds
                if await self._go_on(message, put):
                    self._rest(message, min(seconds, LOOK_SECONDS))
                else:
                    self._drop(message)
            case Barred(reason):
                await self._hold_number(reason)
                self._rest(message, TURN_SECONDS)  # until the release makes the line anew

    async def _go_on(self, message: Waiting, put: _Put) -> bool:
        """Whether it is still waited for; it is shown as held then."""
        if put.is_held:
            return await self._is_wanted(message)
        put.is_held = await self._hold(message)
        return put.is_held

    def _rest(self, message: Waiting, seconds: float) -> None:
        """It is taken again after so long; until then it waits in the line, and takes no room there."""
        if message.id not in self._aside:
            self._aside.add(message.id)
            self._line.aside[message.priority] += 1
        self._line.put_back(message, seconds)

    def _drop(self, message: Waiting) -> None:
        """It goes no further: its lane is free."""
        self._put.pop(message.id, None)
        self._line.free(message.recipient, message.id)

    # -- the store

    async def _is_wanted(self, message: Waiting) -> bool:
        key = (message.account_id, message.id)
        store = self._runtime.store
        return await until_kept(
            f"whether message {message.id} waits", lambda: store.read(lambda tx: media_waits.still(tx, *key))
        )

    async def _resume(self, message: Waiting) -> bool:
        wait, store = self._wait(message), self._runtime.store
        return await until_kept(
            f"the end of the wait of message {message.id}",
            lambda: store.batch(media_waits.resume_many, wait),
        )

    async def _refuse(self, message: Waiting, error: str) -> None:
        wait, store = self._wait(message, error), self._runtime.store
        await until_kept(
            f"the end of message {message.id}", lambda: store.batch(media_waits.refuse_many, wait)
        )

    async def _hold(self, message: Waiting) -> bool:
        wait, store = self._wait(message), self._runtime.store
        return await until_kept(
            f"the wait of message {message.id}", lambda: store.batch(media_waits.hold_many, wait)
        )

    def _wait(self, message: Waiting, error: str = "") -> Wait:
        return Wait(
            account_id=message.account_id,
            message_id=message.id,
            number_id=message.number_id,
            epoch=self._owned.lease.epoch,
            now=self._runtime.clock.now(),
            error=error,
        )
