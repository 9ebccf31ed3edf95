"""Room in time: how many messages go into each quarter of an hour, by a pace and by a limit for any 24 hours.

Pure. A `Slot` is the number of a quarter of an hour, counted from the start of the plan. Slots only fill, so
what was full once is never looked at again.
"""

SLOT = 900_000
DAY_SLOTS = 96
MOST_SLOTS = 400 * DAY_SLOTS
"""A plan does not look farther."""


class Pace:
    """So many a second. Within a slot one comes after the other."""

    def __init__(self, per_second: float, origin: int) -> None:
        self._per_ms = per_second / 1000
        self._origin = origin
        self._used: dict[int, int] = {}
        self._begin: dict[int, int] = {}
        self._room: dict[int, int] = {}
        self._next: dict[int, int] = {}  # full slot → one that may be open

    def open(self, slot: int) -> int:
        return _follow(self._next, slot) if slot in self._next else slot

    def moment(self, slot: int, at: int) -> int:
        """When the next one of an open slot goes, from `at` on."""
        begin = self._begin.get(slot)
        return at if begin is None else max(at, begin + int(self._used[slot] / self._per_ms))

    def take(self, slot: int, at: int, count: int = 1) -> None:
        if slot not in self._begin:
            end = self._origin + (slot + 1) * SLOT
            self._begin[slot] = at
            self._used[slot] = 0
            self._room[slot] = max(1, int((end - at) * self._per_ms))
        self._used[slot] += count
        if self._used[slot] >= self._room[slot]:
            self._next[slot] = slot + 1

    def load(self, slot: int, count: int) -> None:
        """What others will send: they take turns with us, so half of the pace is always left."""
        while count > 0:
            slot = self.open(max(0, slot))
            most = max(1, int(SLOT * self._per_ms) // 2)
            self.take(slot, self._origin + slot * SLOT, min(count, most))
            count -= most
            slot += 1


class Places:
    """So many within any 24 hours, as the tier of a number counts people.

    Room is taken in blocks of a hundredth, so that most takings cost nothing.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._sums: list[int] = []  # at i: of the 24 hours that end with slot i - DAY_SLOTS
        self._room: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self._block = max(1, most // 100)

    def load(self, slot: int, count: int = 1) -> None:
        """Counted before the plan begins (a slot below 0), or by others."""
        first = max(0, slot + DAY_SLOTS)
        self._reach(first + DAY_SLOTS)
        for index in range(first, slot + 2 * DAY_SLOTS):
            self._sums[index] += count

    def promise(self, slot: int, count: int) -> None:
        """Others will take so many from a slot on, as soon as they can."""
        while count > 0 and (slot := self.open(slot)) < MOST_SLOTS:
            taken = min(count, self._room[slot])
            self._room[slot] -= taken
            count -= taken

    def open(self, slot: int) -> int:
        if self._room.get(slot):
            return slot
        return self._look(slot)

    def _look(self, slot: int) -> int:
        """The first slot from this one on with a place; `MOST_SLOTS` when there is none."""
        if self.most <= 0:
            return MOST_SLOTS
        slot = _follow(self._next, slot)
        while slot < MOST_SLOTS and not self._room.get(slot):
            full = self._fill(slot)
            if full is None:
                return slot
            for each in range(slot, full + 1):
                self._next[each] = full + 1
            slot = _follow(self._next, full + 1)
        return slot

    def take(self, slot: int) -> None:
        """In a slot that is open."""
        self._room[slot] -= 1

    def move(self, old: int, slot: int) -> bool:
        """Somebody who was counted in `old` counts from `slot` on. False: no place in between is left."""
        first, last = old + 2 * DAY_SLOTS, slot + 2 * DAY_SLOTS
        self._reach(last)
        if first < last and max(self._sums[first:last]) >= self.most:
            return False
        for index in range(first, last):
            self._sums[index] += 1
        return True

    def _fill(self, slot: int) -> int | None:
        """Take a block for a slot; or the last slot that is full because of the same 24 hours."""
        first, last = slot + DAY_SLOTS, slot + 2 * DAY_SLOTS
        self._reach(last)
        sums = self._sums[first:last]
        room = min(self._block, self.most - max(sums))
        if room > 0:
            self._sums[first:last] = [each + room for each in sums]
            self._room[slot] = room
            return None
        return max(slot + index for index, each in enumerate(sums) if each >= self.most)

    def _reach(self, length: int) -> None:
        if len(self._sums) < length:
            self._sums.extend([0] * (length + DAY_SLOTS - len(self._sums)))


def _follow(following: dict[int, int], slot: int) -> int:
    """The end of a chain, which is made shorter on the way."""
    end = slot
    while end in following:
        end = following[end]
    while slot != end:
        following[slot], slot = end, following[slot]
    return end
