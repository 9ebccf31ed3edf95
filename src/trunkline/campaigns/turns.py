"""Turns: from which number, and when, each recipient of a campaign gets their message.

Comes in: an address and the time zone that is known of it, one after the other. Goes out: a number and a
moment that the schedule, the paces and the tiers of the numbers allow; or why there is none. Pure: what a
plan must know beforehand is read by `plan_start.py`, what it adds up to is told by `plan.py`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from trunkline.campaigns.local_time import Wall, Walls
from trunkline.campaigns.plan_places import DAY_SLOTS, MOST_SLOTS, SLOT, Pace, Places
from trunkline.model.campaign import Schedule

MARGIN = 2_000
"""So much after a place of the tier should be free: clocks differ."""
_PACE_MS = 60_000
"""Whoever waits less for those before them is not said to wait."""

_CAUSES = _LOCAL, _QUIET, _TIER, _PACE = (1, 2, 4, 8)
"""Why somebody waits, as in `Causes`; several may be true of one."""


class Late(StrEnum):
    """Why somebody has no turn (`detail` of the reason `too_late`)."""

    END = "after_end"  # the campaign ends before
    VALIDITY = "validity"  # so many are before them that their message would be too old
    QUIET = "always_quiet"  # the time zones of their country together leave no hour that is not quiet
    TIER = "no_place"  # nothing of the tier is left beside the reserve
    FAR = "too_far"  # more than a year ahead


class Turn(NamedTuple):
    number_id: str
    due_at: int
    """From then on the rules let it go."""
    planned_at: int
    """When it goes by the pace, after those before it."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """A number, as a plan sees it."""

    number_id: str
    per_second: float
    tier: int | None = None
    """New people within 24 hours; None is any number."""
    reserve: int = 0
    """Of these, how many are left to others."""
    used: Mapping[str, int] = {}
    """Recipient → when they were counted last (ms), of the last 24 hours."""
    planned: Sequence[tuple[int, int]] = ()
    """(moment, how many) of what other campaigns will send by it."""
    shares_with: str | None = None
    """Numbers with the same word here have one tier together."""


class Causes(msgspec.Struct, frozen=True):
    """Of those who have a turn, how many wait for what, beyond the start."""

    local_time: int = 0
    quiet_hours: int = 0
    tier: int = 0
    pace: int = 0


class Planner:
    """Gives one turn after the other. `counts`: the content is a template, so that tiers count its people."""

    def __init__(
        self,
        schedule: Schedule,
        senders: Sequence[Sender],
        start: int,
        *,
        counts: bool = True,
        per_second: float | None = None,
    ) -> None:
        self.start = start
        self.senders = tuple(senders)
        self.late: dict[Late, int] = {}
        self.slots: dict[tuple[str, int], int] = {}
        """(number, quarter of an hour since the start) → how many are planned in it."""
        self.last_due_at = self.last_at = 0
        self.schedule = schedule
        self._why: dict[int, int] = {}
        self._walls = Walls(schedule)
        pace = (Pace(per_second, start),) if per_second else ()
        self._lanes = _lanes(self.senders, start, pace, counts=counts)
        self._chosen: dict[tuple[str, ...], list[_Lane]] = {}
        self._from: dict[tuple[Wall, tuple[str, ...], str | None], tuple[int, int]] = {}

    def turn(self, address: str, time_zone: str | None, numbers: tuple[str, ...] = ()) -> Turn | Late:
        """`numbers`: only from these; without any, from whichever is first."""
        found = self._find(address, self._walls.of(address, time_zone), numbers)
        if isinstance(found, Late):
            self.late[found] = self.late.get(found, 0) + 1
        return found

    @property
    def causes(self) -> Causes:
        counts = [sum(count for why, count in self._why.items() if why & one) for one in _CAUSES]
        return Causes(*counts)

    def _find(self, address: str, wall: Wall, numbers: tuple[str, ...]) -> Turn | Late:
        """What is full stays full: whoever has the same wall is looked for from the last one's time on."""
        lanes = self._among(numbers)
        free_at = None
        for lane in lanes:
            if address in lane.counted:
                free_at = lane.number_id
                break
        key = (wall, numbers, free_at)
        at, why = self._from.get(key) or self._begin(wall)
        while at is not None:
            looks = [lane.look(at, is_free=lane.number_id == free_at) for lane in lanes]
            best = looks[0] if len(looks) == 1 else min(looks)
            if best.slot >= MOST_SLOTS:
                return Late.FAR if any(lane.has_places for lane in lanes) else Late.TIER
            if (late := self._too_late(best)) is not None:
                return late
            then = at if best.due_at == at else wall.first(best.due_at)
            if then != best.due_at:
                at, why = then, why | _TIER
            elif (then := wall.still(best.due_at, best.planned_at)) != best.planned_at:
                at, why = then, why | _PACE
            elif best.lane.number_id == free_at and not best.lane.move(address, best.slot):
                return self._find(address, wall, numbers)  # they do not count as free any more
            else:
                self._from[key] = at, why
                return self._take(best, why if best.due_at == at else why | _TIER, free_at)
        return Late.QUIET

    def _among(self, numbers: tuple[str, ...]) -> "list[_Lane]":
        found = self._chosen.get(numbers)
        if found is None:
            found = [lane for lane in self._lanes if not numbers or lane.number_id in numbers]
            self._chosen[numbers] = found
        return found

    def _begin(self, wall: Wall) -> tuple[int | None, int]:
        at = wall.first(self.start)
        if at == self.start:
            return at, 0
        return at, _LOCAL if self.schedule.local_time else _QUIET

    def _too_late(self, look: "_Look") -> Late | None:
        schedule = self.schedule
        if schedule.end_at is not None and look.planned_at > schedule.end_at:
            return Late.END
        if schedule.validity_minutes is None:
            return None
        return Late.VALIDITY if look.planned_at > look.due_at + schedule.validity_minutes * 60_000 else None

    def _take(self, look: "_Look", why: int, free_at: str | None) -> Turn:
        lane = look.lane
        lane.take(look, is_free=lane.number_id == free_at)
        key = (lane.number_id, look.slot)
        self.slots[key] = self.slots.get(key, 0) + 1
        self.last_at = max(self.last_at, look.planned_at)
        self.last_due_at = max(self.last_due_at, look.due_at)
        if look.planned_at - look.due_at > _PACE_MS:
            why |= _PACE
        self._why[why] = self._why.get(why, 0) + 1
        return Turn(lane.number_id, look.due_at, look.planned_at)


class _Look(NamedTuple):
    """Where somebody would get their turn. The least one is taken."""

    planned_at: int
    place: int
    """Of the number among the others: with it no two are equal."""
    slot: int
    due_at: int
    lane: "_Lane"


class _Lane:
    """The room that one number has."""

    def __init__(
        self,
        place: int,
        sender: Sender,
        start: int,
        places: Places | None,
        paces: tuple[Pace, ...],
    ) -> None:
        self.number_id = sender.number_id
        self.counted: dict[str, int] = {}
        """Recipient → the slot in which they were counted, 0 at most."""
        self._place = place
        self._start = start
        self._places = places
        self._paces = paces
        self._rooms: tuple[Pace | Places, ...] = paces if places is None else (places, *paces)

    @property
    def has_places(self) -> bool:
        return self._places is None or self._places.most > 0

    def load_used(self, sender: Sender) -> None:
        if self._places is None:
            return
        for recipient, at in sender.used.items():
            # Rather free too late than too early.
            self.counted[recipient] = (at - self._start) // SLOT + 1
        for slot, count in Counter(self.counted.values()).items():
            self._places.load(slot, count)

    def load_planned(self, sender: Sender) -> None:
        for at, count in sender.planned:
            slot = max(0, (at - self._start) // SLOT)  # who is overdue goes now
            self._paces[0].load(slot, count)
            if self._places is not None:
                self._places.promise(slot, count)

    def look(self, at: int, *, is_free: bool) -> _Look:
        """In the first slot in which tier and paces have room. Only the tier decides when it is due."""
        places = None if is_free else self._places
        now = (at - self._start) // SLOT
        allowed = now if places is None else places.open(now)
        slot = _open(self._paces if places is None else self._rooms, allowed)
        due_at = at if allowed == now else self._start + allowed * SLOT + MARGIN
        planned_at = max(due_at, self._start + slot * SLOT)
        for pace in self._paces:
            planned_at = pace.moment(slot, planned_at)
        return _Look(planned_at, self._place, slot, due_at, self)

    def take(self, look: _Look, *, is_free: bool) -> None:
        if self._places is not None and not is_free:
            self._places.take(look.slot)
        for pace in self._paces:
            pace.take(look.slot, look.planned_at)

    def move(self, recipient: str, slot: int) -> bool:
        """Whoever was counted within 24 hours keeps their place, if all places in between are not taken."""
        old = self.counted.pop(recipient)
        return self._places is not None and slot < old + DAY_SLOTS and self._places.move(old, slot)


def _open(rooms: Sequence[Pace | Places], slot: int) -> int:
    """The first slot that is open in all of them."""
    while True:
        first = slot
        for room in rooms:
            slot = room.open(slot)
        if slot == first or slot >= MOST_SLOTS:
            return slot


def _lanes(senders: Sequence[Sender], start: int, paces: tuple[Pace, ...], *, counts: bool) -> list[_Lane]:
    shared: dict[str, Places] = {}
    found = []
    for place, sender in enumerate(senders):
        places = None
        if counts and sender.tier is not None:
            name = sender.shares_with or f"number {sender.number_id}"
            places = shared.setdefault(name, Places(max(0, sender.tier - sender.reserve)))
        lane = _Lane(place, sender, start, places, (Pace(sender.per_second, start), *paces))
        lane.load_used(sender)
        found.append(lane)
    for lane, sender in zip(found, senders, strict=True):  # with what is used at all that share a tier
        lane.load_planned(sender)
    return found
