"""Who of those whose turn has come may really go now: the plan was made beforehand, and things change.

A pause, a slow pace or a late start must not bring a message into somebody's night, and the places of a tier
may have been used by others meanwhile. In come recipients that are due; out go those for whom messages can be
made, and the new turns of the rest. Messages that wait already are moved out of the night by `hush`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import structs

from trunkline.campaigns.local_time import HOUR, Wall, Walls
from trunkline.campaigns.plan_start import counts_people, reserve, tier_partners
from trunkline.model.campaign import CampaignState, Definition
from trunkline.outbound.tier import DAY, MARGIN
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients, tier_uses
from trunkline.store.numbers import NumberRow
from trunkline.store.recipients import DueRecipient

AHEAD = 5_000
"""Quiet hours count from so long before: a message may be queued for some seconds."""

PLACES_SECONDS = 2.0
"""How long a count of places is believed; longer where there are so many that counting takes its time."""
_QUICKLY = 5_000
"""So many are counted for each second that the count is believed."""


class Sifted(NamedTuple):
    go: Sequence[DueRecipient]
    later: Sequence[tuple[int, int]] = ()
    """(n, when) of those who get another turn."""
    late: Sequence[int] = ()
    """Those who get none: the campaign ends before it.

    Whoever is in none of the three waits for a place of the tier.
    """


class Gate:
    """Of one running campaign."""

    def __init__(
        self, runtime: Runtime, key: tuple[str, str], definition: Definition, started_at: int | None
    ) -> None:
        self._runtime = runtime
        self._key = key
        self._definition = definition
        self._started_at = started_at or 0
        self._walls = Walls(definition.schedule)
        self._counts = counts_people(definition)
        self._left: dict[str, tuple[float, int]] = {}  # tier → until when it is believed, places left

    @property
    def has_quiet_hours(self) -> bool:
        return self._definition.schedule.quiet_hours is not None

    async def sift(self, number: NumberRow, due: Sequence[DueRecipient]) -> Sifted:
        awake = await self._awake(due)
        if self._definition.schedule.validity_minutes is not None:
            awake = awake._replace(go=[self._since_start(one) for one in awake.go])
        if not awake.go or number.daily_recipients is None or not self._counts:
            return awake
        return awake._replace(go=await self._with_place(number, awake.go))

    async def hush(self) -> int:
        """Its messages that wait while their recipients' quiet hours begin go after these; how many."""
        if not self.has_quiet_hours:
            return 0
        now = self._runtime.clock.now()

        async def work(tx: Tx) -> int:
            row = await campaigns.lock(tx, *self._key)
            if row is None or row.state is not CampaignState.RUNNING:
                return 0
            later = []
            for message_id, address, time_zone in await recipients.waiting(tx, *self._key):
                at = self._walls.of(address, time_zone).awake(now)
                if at is not None and at > now:
                    later.append((message_id, at))
            await recipients.postpone_messages(tx, self._key[0], later)
            return len(later)

        return await self._runtime.store.write(work)

    # -- the time of day

    async def _awake(self, due: Sequence[DueRecipient]) -> Sifted:
        schedule = self._definition.schedule
        if schedule.quiet_hours is None and schedule.local_time is None:
            return Sifted(due)
        zones = {} if self._walls.are_one else await self._zones(due)
        now = self._runtime.clock.now()
        go, later, late = [], [], []
        for one in due:
            wall = self._walls.of(one.address, zones.get(one.contact_id))
            at = self._turn(wall, one.due_at, now)
            if at is None or (schedule.end_at is not None and at > schedule.end_at):
                late.append(one.n)
            elif at > now:
                later.append((one.n, at))
            else:
                go.append(one)
        return Sifted(go, later, late)

    def _turn(self, wall: Wall, due_at: int, now: int) -> int | None:
        """`now`, when it may go; else when. A local time that passed before the start comes again."""
        if self._definition.schedule.local_time is not None and due_at < self._started_at - HOUR:
            return wall.first(max(now, self._started_at))
        soon = now + AHEAD
        awake = wall.awake(soon)
        return awake if awake != soon else wall.still(due_at, now)

    def _since_start(self, one: DueRecipient) -> DueRecipient:
        """Whoever was to have it before the start is to have it from the start on."""
        return structs.replace(one, due_at=max(one.due_at, self._started_at))

    async def _zones(self, due: Sequence[DueRecipient]) -> dict[str, str]:
        contacts = [one.contact_id for one in due]
        return await self._runtime.store.read(lambda tx: recipients.time_zones(tx, self._key[0], contacts))

    # -- the tier

    async def _with_place(self, number: NumberRow, due: Sequence[DueRecipient]) -> list[DueRecipient]:
        """Whoever is counted already needs none."""
        left = await self._places(number)
        counted: set[str] = set()
        if left < len(due):
            counted = await self._counted(number, due)
        go = []
        for one in due:
            if one.address not in counted:
                if left <= 0:
                    continue
                left -= 1
            go.append(one)
        name = _tier_of(number, tier_partners(self._runtime, number))
        self._left[name] = (self._left[name][0], left)
        return go

    async def _places(self, number: NumberRow) -> int:
        partners = tier_partners(self._runtime, number)
        name = _tier_of(number, partners)
        now = self._runtime.clock.monotonic()
        until, left = self._left.get(name, (0.0, 0))
        if now < until:
            return left
        limit = number.daily_recipients or 0
        left = limit - reserve(number, self._definition)
        since = self._since()

        async def read(tx: Tx) -> int:
            return sum([await tier_uses.taken(tx, one.account_id, one.id, since, limit) for one in partners])

        left -= await self._runtime.store.read(read)
        self._left[name] = (now + max(PLACES_SECONDS, limit / _QUICKLY), left)
        return left

    async def _counted(self, number: NumberRow, due: Sequence[DueRecipient]) -> set[str]:
        people, since = [one.address for one in due], self._since()
        return await self._runtime.store.read(
            lambda tx: tier_uses.of_recipients(tx, number.account_id, number.id, people, since)
        )

    def _since(self) -> int:
        return self._runtime.clock.now() - int((DAY + MARGIN) * 1000)


def _tier_of(number: NumberRow, partners: Sequence[NumberRow]) -> str:
    return number.waba_id if len(partners) > 1 else number.id
