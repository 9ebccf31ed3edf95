"""What this process owns of one kind of thing: leases with an epoch, renewed while it lives.

A lease lasts for its table's life by the database's clock. The owner itself trusts it for less: counted from
before it asked, minus the longest operation and a margin. So whatever it starts has ended before anybody else
can own the thing. What it may then still write is fenced by the epoch.

Each thing prefers one of the living processes that have the role for it (`membership.py`). Where no other
process can use the database, everything is taken at once. Real time throughout, as the database's clock is.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Protocol, TypeVar

from trunkline.membership import Membership
from trunkline.runtime import Runtime
from trunkline.store import Tx
from trunkline.store.lease_table import Held, Lease, LeaseTable

RENEW_SECONDS = 4.0
MARGIN_SECONDS = 3.0
SETTLED_IN_MS = 3_000
"""A process younger than this is not yet given things that another one serves well."""

ORPHANED_ROUNDS = 5
"""After so many looks at a free thing that its preferred process does not take, anybody takes it."""


class Thing(Protocol):
    """A row of something that one process serves at a time."""

    @property
    def id(self) -> str: ...
    @property
    def account_id(self) -> str: ...


Kind = TypeVar("Kind", bound=Thing)


class Owned:
    """A thing of this process."""

    def __init__(self, lease: Lease, until: float) -> None:
        self.lease = lease
        self.until = until

    def holds(self) -> bool:
        """Whether what starts now has ended before anybody else can own the thing."""
        return real_now() < self.until


class Ownership:
    """Of one process and one kind. Its caller decides when to look; nothing here runs by itself.

    A kind adds how it is taken (into `_owned`), and which leases it looks at before it shares.
    """

    def __init__(
        self, runtime: Runtime, membership: Membership, role: str, table: LeaseTable, longest_seconds: float
    ) -> None:
        self._runtime = runtime
        self._membership = membership
        self._role = role
        self._table = table
        self._trust = table.life_ms / 1000 - longest_seconds - MARGIN_SECONDS
        self._owned: dict[str, Owned] = {}
        self._free_for: dict[str, int] = {}
        self._renew_at = 0.0

    async def renew(self) -> list[str]:
        """Every few seconds. The things that others have taken meanwhile."""
        asked_at = real_now()
        if asked_at < self._renew_at or not self._owned:
            return []
        asked = dict(self._owned)
        held = [owned.lease for owned in asked.values()]
        still = await self._runtime.store.write(lambda tx: self._table.renew(tx, held))
        self._renew_at = asked_at + RENEW_SECONDS
        for thing in still:
            asked[thing].until = self._until(asked_at)
        lost = [one for one, owned in asked.items() if one not in still and self._owned.get(one) is owned]
        for thing in lost:
            del self._owned[thing]
        return lost

    def has(self, thing: str) -> bool:
        """Also while it is being given up."""
        return thing in self._owned

    async def give_up(self, owned: Owned) -> None:
        """Nothing of it is on its way any more: the next owner need not wait for the lease's end."""
        if self._owned.get(owned.lease.thing) is owned:
            del self._owned[owned.lease.thing]

        async def work(tx: Tx) -> None:
            await self._table.release(tx, owned.lease)
            await tx.tell("released")

        await self._runtime.store.write(work)

    # -- for the kinds

    @property
    def _me(self) -> str:
        return self._runtime.process_id

    def _others(self, rows: Sequence[Kind]) -> list[Kind]:
        return [row for row in rows if row.id not in self._owned]

    async def _held(self, accounts: Iterable[str]) -> dict[str, Held]:
        found = await self._runtime.store.read(lambda tx: self._table.of_accounts(tx, accounts))
        return {held.thing: held for held in found}

    def _split(
        self,
        rows: Sequence[Kind],
        others: Sequence[Kind],
        held: Mapping[str, Held],
        dead: Set[str] = frozenset(),
        only_here: Set[str] = frozenset(),
    ) -> tuple[list[Kind], list[str]]:
        """Which of the others to take, and which of ours another process should have."""
        preferred = {
            row.id: self._me if row.id in only_here else self._preferred(row.id, held.get(row.id), dead)
            for row in rows
        }
        settled = {process.id for process in self._membership.living if process.age_ms >= SETTLED_IN_MS}
        give = [one for one in self._owned if preferred.get(one) in settled - {self._me}]
        free = [row for row in others if self._is_free(held.get(row.id), dead)]
        self._free_for = {row.id: self._free_for.get(row.id, 0) + 1 for row in free}
        return [row for row in free if self._is_ours(row.id, preferred[row.id])], give

    def _preferred(self, thing: str, held: Held | None, dead: Set[str]) -> str:
        return self._membership.preferred(thing, self._role, without=dead | self._left(held))

    def _left(self, held: Held | None) -> set[str]:
        """Whoever gave a thing up stops, or left it to another: it need not be waited for."""
        return {held.owner} if held is not None and held.is_over and held.owner != self._me else set()

    def _is_free(self, held: Held | None, dead: Set[str]) -> bool:
        return held is None or bool(held.is_over) or held.owner == self._me or held.owner in dead

    def _is_ours(self, thing: str, preferred: str) -> bool:
        return preferred == self._me or self._free_for[thing] > ORPHANED_ROUNDS

    def _until(self, asked_at: float) -> float:
        return asked_at + self._trust if self._runtime.store.is_shared else float("inf")


def real_now() -> float:
    """The machine's time, not the clock's: nobody's lease ends sooner because virtual time is moved."""
    return asyncio.get_running_loop().time()
