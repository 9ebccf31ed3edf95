"""Which numbers this process sends for: leases with an epoch, renewed while it lives.

One process owns a number at a time. A lease lasts `leases.LIFE_MS` by the database's clock. The owner itself
trusts it for less: counted from before it asked, minus the longest send and a margin. So every send that it
starts has ended before anybody else can own the number. What it may then still write is fenced by the epoch.

Each number prefers one of the living dispatchers (`membership.py`). Where no other process can use the
database, every number is taken at once.
"""

import asyncio
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import NamedTuple

from trunkline.membership import Membership
from trunkline.outbound.verdict import REPEATABLE
from trunkline.outbound.wire_marks import Attempt, WireMarks, forget_others, is_dead, marked_by
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, attempts, leases
from trunkline.store.attempts import OpenAttempt
from trunkline.store.leases import LIFE_MS, Held, Lease
from trunkline.store.numbers import NumberRow

RENEW_SECONDS = 4.0
MARGIN_SECONDS = 3.0
SETTLED_IN_MS = 3_000
"""A process younger than this is not yet given numbers that another one serves well."""

ORPHANED_ROUNDS = 5
"""After so many looks at a free number that its preferred process does not take, anybody takes it."""

DISPATCH = "dispatch"


class Owned:
    """A number of this process. Real time throughout, as the database's clock is real."""

    def __init__(self, lease: Lease, until: float) -> None:
        self.lease = lease
        self.until = until

    def holds(self) -> bool:
        """Whether a send that starts now has ended before anybody else can own the number."""
        return _now() < self.until


class Ownership:
    """Of one process. Its caller decides when to look; nothing here runs by itself."""

    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        self._runtime = runtime
        self._membership = membership
        self._data = Path(runtime.settings.data)
        self._trust = LIFE_MS / 1000 - runtime.settings.dispatch.send_timeout_seconds - MARGIN_SECONDS
        self._owned: dict[str, Owned] = {}
        self._free_for: dict[str, int] = {}
        self._renew_at = 0.0
        self.marks = WireMarks(self._data, runtime.process_id)

    async def renew(self) -> list[str]:
        """Every few seconds. The numbers that others have taken meanwhile."""
        asked_at = _now()
        if asked_at < self._renew_at:
            return []
        asked = dict(self._owned)
        held = [owned.lease for owned in asked.values()]
        still = await self._runtime.store.write(lambda tx: leases.renew(tx, held))
        self._renew_at = asked_at + RENEW_SECONDS
        for number_id in still:
            asked[number_id].until = self._until(asked_at)
        lost = [
            number_id
            for number_id, owned in asked.items()
            if number_id not in still and self._owned.get(number_id) is owned
        ]
        for number_id in lost:
            del self._owned[number_id]
        return lost

    async def wanted(self, rows: Sequence[NumberRow]) -> tuple[list[NumberRow], list[str]]:
        """The numbers to take, and those of ours that another process should have."""
        others = [row for row in rows if row.id not in self._owned]
        if not self._runtime.store.is_shared:
            return others, []
        held = await self._held({row.account_id for row in rows})
        dead = {one.owner for one in held.values() if is_dead(self._data, one.owner)}
        preferred = {
            row.id: self._membership.preferred(row.id, DISPATCH, without=dead | self._left(held.get(row.id)))
            for row in rows
        }
        settled = {process.id for process in self._membership.living if process.age_ms >= SETTLED_IN_MS}
        shared = {row.id for row in rows if not row.is_builtin}  # a sandbox's number is only where that runs
        give = [n for n in self._owned if n in shared and preferred[n] in settled - {self._me}]
        free = [row for row in others if self._is_free(held.get(row.id), dead)]
        self._free_for = {row.id: self._free_for.get(row.id, 0) + 1 for row in free}
        return [row for row in free if row.is_builtin or self._is_ours(row.id, preferred[row.id])], give

    def _left(self, held: Held | None) -> set[str]:
        """Whoever gave a number up stops, or left it to another: it need not be waited for."""
        return {held.owner} if held is not None and held.is_over and held.owner != self._me else set()

    async def take(self, row: NumberRow) -> Owned | None:
        """None while another process has it. What a former owner left open is settled, or is in doubt."""
        asked_at = _now()
        lease = await take_over(self._runtime, row.account_id, row.id)
        if lease is None:
            return None
        owned = self._owned[row.id] = Owned(lease, self._until(asked_at))
        return owned

    def has(self, number_id: str) -> bool:
        """Also while it is being given up."""
        return number_id in self._owned

    async def give_up(self, owned: Owned) -> None:
        """Nothing of the number is on its way any more: the next owner need not wait for the lease's end."""
        if self._owned.get(owned.lease.number_id) is owned:
            del self._owned[owned.lease.number_id]

        async def work(tx: Tx) -> None:
            await leases.release(tx, owned.lease)
            await tx.tell("released")

        await self._runtime.store.write(work)

    def close(self) -> None:
        """When every number is given up."""
        self.marks.close()

    async def forget_dead(self) -> None:
        """Remove the wire marks of processes whose numbers all have another owner: nobody asks for them."""
        living = {process.id for process in self._membership.living}
        held = await self._held(self._runtime.directory.accounts)
        forget_others(self._data, living | {one.owner for one in held.values()})

    @property
    def _me(self) -> str:
        return self._runtime.process_id

    def _until(self, asked_at: float) -> float:
        return asked_at + self._trust if self._runtime.store.is_shared else float("inf")

    async def _held(self, accounts: Iterable[str]) -> dict[str, Held]:
        async def work(tx: Tx) -> dict[str, Held]:
            return {held.number_id: held for held in await leases.of_accounts(tx, accounts)}

        return await self._runtime.store.read(work)

    def _is_free(self, held: Held | None, dead: Set[str]) -> bool:
        return held is None or bool(held.is_over) or held.owner == self._me or held.owner in dead

    def _is_ours(self, number_id: str, preferred: str) -> bool:
        return preferred == self._me or self._free_for[number_id] > ORPHANED_ROUNDS


class _Former(NamedTuple):
    """Who had a number before, and what can be known of that process from here."""

    held: Held | None
    is_dead: bool = False
    marked: Set[Attempt] | None = None
    """What it may have sent of what it left open; None without proof."""


async def take_over(runtime: Runtime, account_id: str, number_id: str) -> Lease | None:
    """The new lease, None while another process has the number.

    Attempts that the former owner left without an outcome are in doubt from now on, except those that its
    wire marks prove not to have left. The lease of one that is proven dead need not be waited for.
    """
    owner, is_shared = runtime.process_id, runtime.store.is_shared
    former = await _former(runtime, account_id, number_id)
    now = runtime.clock.now()

    async def work(tx: Tx) -> Lease | None:
        before = await leases.current(tx, account_id, number_id)
        is_known = _is_same(before, former.held)
        is_alone = not is_shared or (is_known and former.is_dead)
        epoch = await leases.take(tx, account_id, number_id, owner, is_alone=is_alone)
        if epoch is None:
            return None
        marked = former.marked if is_known else None
        left = [
            one for one in await attempts.open_of_number(tx, account_id, number_id) if one.outcome is None
        ]
        unsent = [one for one in left if _never_left(one, before, marked)]
        await attempts.requeue(tx, account_id, unsent, "the process ended before this left", now)
        doubtful = [one for one in left if one not in unsent]
        await attempts.doubt(tx, account_id, doubtful, "the process ended while this was being sent", now)
        return Lease(account_id, number_id, owner, epoch)

    lease = await runtime.store.write(work)
    if lease is not None and former.held is not None and is_shared:
        log.info("number %s is taken over from %s in epoch %d", number_id, former.held.owner, lease.epoch)
    return lease


async def _former(runtime: Runtime, account_id: str, number_id: str) -> _Former:
    held = await runtime.store.read(lambda tx: leases.seen(tx, account_id, number_id))
    if held is None:
        return _Former(None)
    data = Path(runtime.settings.data)
    return _Former(held, is_dead(data, held.owner), marked_by(data, held.owner))


def _is_same(one: Held | None, other: Held | None) -> bool:
    return one is not None and other is not None and (one.owner, one.epoch) == (other.owner, other.epoch)


def _never_left(attempt: OpenAttempt, former: Held | None, marked: Set[Attempt] | None) -> bool:
    """A read mark may as well go twice: that changes nothing."""
    if attempt.type in REPEATABLE:
        return True
    if marked is None or former is None or attempt.epoch != former.epoch:
        return False
    return (attempt.message_id, attempt.n) not in marked


def _now() -> float:
    """The machine's time, not the clock's: nobody's lease ends sooner because virtual time is moved."""
    return asyncio.get_running_loop().time()
