"""DISPATCH: send what is queued, each message once, for every number that this process owns.

Accept hands messages over after their commit; for numbers of other processes the news of it goes out with the
commit. `ownership.py` says which numbers are ours, `number.py` sends for one, `carry.py` carries one message.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from trunkline.loops import for_ever
from trunkline.membership import Membership
from trunkline.outbound.number import NumberDispatcher, Shared
from trunkline.outbound.ownership import NumberOwnership, take_over
from trunkline.outbound.preparation import Preparation
from trunkline.outbound.slots import FairSlots
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable, Tx, attempts, leases, numbers
from trunkline.store.lease_table import Lease
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow

ROUND_SECONDS = 1.0
"""How often it is looked who owns what; a process that leaves tells so, and then it is looked at once."""

GONE_SECONDS = 60.0

STOP_SECONDS = 5.0
"""How long a stop waits for sends on the wire; what is later is in doubt and settled after the next start.

In real time, as the wire is real, and so is whoever waits for the stop.
"""

HAND_OVER_SECONDS = 12.0
"""The same for a number that another process should have: longer than any send."""


class Dispatcher:
    """The numbers of this process. Without `start` it owns none, and tells of everything to others."""

    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        self._runtime = runtime
        self._membership = membership
        self.slots = FairSlots(runtime.settings.dispatch.max_in_flight)
        self.preparation = Preparation(runtime)
        self._ownership: NumberOwnership | None = None
        self._numbers: dict[str, NumberDispatcher] = {}
        self._following = asyncio.Lock()
        self._wake = asyncio.Event()
        self._gone_at = 0.0
        self._loops: list[asyncio.Task[None]] = []
        self._leaving: set[asyncio.Task[None]] = set()  # numbers that are being given up
        self._is_stopping = False
        tally = runtime.tally
        tally.gauge("sends_in_flight", lambda: self.slots.in_flight)
        tally.gauge("queued_in_memory", lambda: sum(len(one.line) for one in self._numbers.values()))
        tally.gauge("doubts_open", lambda: sum(one.in_doubt for one in self._numbers.values()))

    async def start(self) -> None:
        """Take over what is ours, then go on looking. `StoreUnavailable` when not even that is possible."""
        self._ownership = NumberOwnership(self._runtime, self._membership)
        # On its own: whatever else takes long, what is owned stays so.
        renewing = for_ever(self._runtime.clock, "the leases of the numbers", self._renew, ROUND_SECONDS)
        self._loops = [asyncio.create_task(renewing)]
        await self._settle_the_gone()
        await self.sync_numbers()
        self._loops.append(asyncio.create_task(self._look_for_ever()))

    async def sync_numbers(self) -> None:
        """Follow the directory and the ownership: numbers come, go, and take their new settings."""
        ownership = self._ownership
        if ownership is None:
            return
        async with self._following:
            if self._is_stopping:
                return
            known = self._runtime.directory.numbers
            take, give = await ownership.wanted(list(known.values()))
            for number_id in [number_id for number_id in self._numbers if number_id not in known]:
                self._give_up(number_id, STOP_SECONDS)
            for number_id in give:
                self._give_up(number_id, HAND_OVER_SECONDS)
            for number_id, present in list(self._numbers.items()):
                await present.change(known[number_id])
            # All at once: their transactions share commits.
            took = await asyncio.gather(*(self._take(row) for row in take), return_exceptions=True)
            for fault in took:
                if fault is not None:
                    raise fault

    def owns(self, number_id: str) -> bool:
        """Whether to hand messages over in memory is enough."""
        return number_id in self._numbers or not self._runtime.store.is_shared

    def has(self, number_id: str) -> bool:
        return number_id in self._numbers

    def hand_over(self, waiting: Sequence[Waiting]) -> None:
        """Messages just committed as queued. Called on the event loop, right after the commit.

        Where other processes accept too, what they took before may not be here yet: the line reads both.
        """
        for message in waiting:
            number = self._numbers.get(message.number_id)
            if number is None:
                continue
            if self._membership.is_alone:
                number.line.add(message)
            else:
                number.line.refresh(message.id)

    def settled(self, number_id: str, recipient: str, message_id: str) -> None:
        """Evidence ended the doubt about a message: its lane may go on."""
        number = self._numbers.get(number_id)
        if number is not None:
            number.settled(recipient, message_id)

    def free(self, number_id: str, recipient: str, message_id: str) -> None:
        """A doubt was given up, which tells nothing of the provider: the lane may go on."""
        number = self._numbers.get(number_id)
        if number is not None:
            number.free(recipient, message_id)

    def standing_ms(self) -> int:
        """For how long a number of ours has sent nothing of what it could."""
        return max((number.standing_ms() for number in self._numbers.values()), default=0)

    async def again(self, number_id: str, message_id: str) -> None:
        """A message whose doubt was ended is queued once more."""
        number = self._numbers.get(number_id)
        if number is not None:
            await number.again(message_id)
        else:
            await self._tell(f"again {number_id} {message_id}")

    async def opened(self, number_id: str, recipient: str, first: str) -> None:
        """Somebody wrote to a number that may be ours: what was held for that is queued again."""
        number = self._numbers.get(number_id)
        if number is not None:
            await number.opened(recipient, first)

    def refresh(self, number_id: str, first: str = "") -> None:
        """Another process has queued something, from this message on, for a number that may be ours."""
        self._membership.met()
        number = self._numbers.get(number_id)
        if number is not None:
            number.line.refresh(first)
            if not first:  # news were missed: older messages may be among it
                number.line.look_again()

    def look_soon(self) -> None:
        """Somebody left, or news were missed."""
        self._wake.set()

    async def stop(self) -> None:
        """Start no more sends; wait until those on the wire are recorded; leave the numbers to others."""
        self._is_stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ROUND_SECONDS), self._following:
                pass  # what is just being taken is known then
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for number_id in list(self._numbers):
            self._give_up(number_id, STOP_SECONDS)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=STOP_SECONDS + ROUND_SECONDS)
        await self.preparation.close()  # it may have looked at files without any number of its own
        if self._ownership is not None:
            self._ownership.close()

    # -- ownership

    async def _look_for_ever(self) -> None:
        """In real time, as leases are."""
        while True:
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            await self._round()

    async def _round(self) -> None:
        try:
            if self._runtime.store.is_shared or len(self._numbers) < len(self._runtime.directory.numbers):
                await self.sync_numbers()
            await self._settle_the_gone()
        except StoreUnavailable as fault:
            log.warning("who owns which number is left to the next time: %s", fault)
        except Exception as fault:
            log.error("who owns which number: a fault of ours, it goes on", exc_info=fault)

    async def _renew(self) -> None:
        assert self._ownership is not None
        lost = await self._ownership.renew()
        gone = [number for number_id in lost if (number := self._numbers.pop(number_id, None))]
        for number in gone:
            log.warning("number %s belongs to another process now", number.owned.lease.thing)
        await asyncio.gather(*(number.lose() for number in gone))

    async def _take(self, row: NumberRow) -> None:
        assert self._ownership is not None
        owned = await self._ownership.take(row)
        if owned is not None:
            shared = Shared(self._ownership.marks, self.slots, self._tell, self.preparation)
            number = NumberDispatcher(self._runtime, row, owned, shared)
            self._numbers[row.id] = number
            number.start()

    def _give_up(self, number_id: str, seconds: float) -> None:
        """In the background: its sends on the wire must not keep the other numbers waiting."""
        number = self._numbers.pop(number_id, None)
        if number is not None:
            task = asyncio.create_task(self._let_go(number, seconds))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _let_go(self, number: NumberDispatcher, seconds: float) -> None:
        assert self._ownership is not None
        number_id = number.owned.lease.thing
        try:
            await number.stop(seconds)
            await self._ownership.give_up(number.owned)
        except StoreUnavailable as fault:
            log.warning("number %s is free only when its lease ends: %s", number_id, fault)
        except Exception as fault:
            log.error("number %s: a fault of ours while it was given up", number_id, exc_info=fault)

    async def _settle_the_gone(self) -> None:
        """What numbers left open that were removed since, or whose sandbox is off, is in doubt as well."""
        now = asyncio.get_running_loop().time()
        if now < self._gone_at:
            return
        self._gone_at = now + GONE_SECONDS
        for account_id in list(self._runtime.directory.accounts):
            for number_id in await self._left_by_gone(account_id):
                lease = await take_over(self._runtime, account_id, number_id)
                if lease is not None:
                    await self._release(lease)
        assert self._ownership is not None
        await self._ownership.forget_dead()

    async def _left_by_gone(self, account_id: str) -> list[str]:
        known, ownership = self._runtime.directory.numbers, self._ownership
        assert ownership is not None

        async def work(tx: Tx) -> list[str]:
            every = await numbers.digits_by_id(tx, account_id)
            gone = [n for n in every if n not in known and not ownership.has(n)]
            left = [(n, await attempts.open_of_number(tx, account_id, n)) for n in gone]
            return [n for n, found in left if any(attempt.outcome is None for attempt in found)]

        return await self._runtime.store.read(work)

    async def _release(self, lease: Lease) -> None:
        await self._runtime.store.write(lambda tx: leases.TABLE.release(tx, lease))

    async def _tell(self, news: str) -> None:
        """To the other processes. What is not told now is found by their rescue."""
        try:
            await self._runtime.store.write(lambda tx: tx.tell(news))
        except StoreUnavailable as fault:
            log.warning("news are not told: %s", fault)
