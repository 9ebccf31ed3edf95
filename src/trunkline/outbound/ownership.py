"""Which numbers this process sends for: leases, as `leasing.py` keeps them, and what a former owner left.

A send that starts under a lease has ended before another process can own the number. A process that is proven
dead need not be waited for, and its wire marks prove what of its open attempts never left.
"""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import NamedTuple

from trunkline.leasing import Owned, Ownership, real_now
from trunkline.membership import Membership
from trunkline.outbound.verdict import REPEATABLE
from trunkline.outbound.wire_marks import Attempt, WireMarks, forget_others, is_dead, marked_by
from trunkline.runtime import Runtime, log
from trunkline.store import Tx, attempts, leases
from trunkline.store.attempts import OpenAttempt
from trunkline.store.lease_table import Held, Lease
from trunkline.store.numbers import NumberRow

DISPATCH = "dispatch"


class NumberOwnership(Ownership):
    def __init__(self, runtime: Runtime, membership: Membership) -> None:
        longest = runtime.settings.dispatch.send_timeout_seconds
        super().__init__(runtime, membership, DISPATCH, leases.TABLE, longest)
        self._data = Path(runtime.settings.data)
        self.marks = WireMarks(self._data, runtime.process_id)

    async def wanted(self, rows: Sequence[NumberRow]) -> tuple[list[NumberRow], list[str]]:
        """The numbers to take, and those of ours that another process should have."""
        others = self._others(rows)
        if not self._runtime.store.is_shared:
            return others, []
        held = await self._held({row.account_id for row in rows})
        known = {one.owner for one in held.values()} | {process.id for process in self._membership.living}
        dead = {process_id for process_id in known if is_dead(self._data, process_id)}
        only_here = {row.id for row in rows if row.is_builtin}  # a sandbox's number is only where that runs
        return self._split(rows, others, held, dead, only_here)

    async def take(self, row: NumberRow) -> Owned | None:
        """None while another process has it. What a former owner left open is settled, or is in doubt."""
        asked_at = real_now()
        lease = await take_over(self._runtime, row.account_id, row.id)
        if lease is None:
            return None
        owned = self._owned[row.id] = Owned(lease, self._until(asked_at))
        return owned

    def close(self) -> None:
        """When every number is given up."""
        self.marks.close()

    async def forget_dead(self) -> None:
        """Remove the wire marks of processes whose numbers all have another owner: nobody asks for them."""
        living = {process.id for process in self._membership.living}
        held = await self._held(self._runtime.directory.accounts)
        forget_others(self._data, living | {one.owner for one in held.values()})


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
