"""The clock on somebody's wall: when it is their time, and when they are not to be disturbed.

Comes in: the zones that a person may live in, mostly one. Goes out: moments (ms). Where a country has
several zones and nothing tells which, the one answer is taken that is safe in all of them
(docs/campaign-planning.md).
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from trunkline.campaigns.time_zones import zone, zones_of
from trunkline.model.campaign import QuietHours, Schedule

HOUR = 3_600_000
DAY = 24 * HOUR
NOON = time(12)

LATE = 6 * HOUR
"""So long after a local time it is not that time any more: the next day's is waited for."""
_CHUNK_DAYS = 16
_NEVER_DAYS = 3
"""Quiet so long without a break is quiet for ever: the zones together leave no hour of the day."""
_REMEMBERED = 5_000


def parse(text: str) -> time:
    """`09:30`. `ValueError` when it is no time of day."""
    if len(text) != 5 or text[2] != ":":
        raise ValueError(f"{text} is no time of day such as 09:30")
    return time(int(text[:2]), int(text[3:]))


class Walls:
    """The walls of everybody, by what is known of where they live."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        quiet = schedule.quiet_hours
        is_one = schedule.local_time is None and (quiet is None or quiet.time_zone is not None)
        self._only = Wall((), schedule) if is_one else None
        self._known: dict[str | tuple[str, ...], Wall] = {}

    @property
    def are_one(self) -> bool:
        """It does not matter where somebody lives."""
        return self._only is not None

    def of(self, address: str, time_zone: str | None) -> "Wall":
        """`time_zone` is what is known of them; one that does not exist is not."""
        if self._only is not None:
            return self._only
        key = time_zone if time_zone and zone(time_zone) is not None else zones_of(address)
        wall = self._known.get(key)
        if wall is None:
            wall = self._known[key] = Wall((key,) if isinstance(key, str) else key, self._schedule)
        return wall


class Wall:
    """The clocks of all zones in which somebody may live."""

    def __init__(self, zones: tuple[str, ...], schedule: Schedule) -> None:
        quiet = schedule.quiet_hours
        self._zones = _found(zones)
        self._quiet_zones = _found((quiet.time_zone,)) if quiet and quiet.time_zone else self._zones
        self._local_time = parse(schedule.local_time) if schedule.local_time else None
        self._quiet = _quiet_hours(quiet)
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._next_day: date | None = None  # the quiet hours are known before it
        self._known: dict[int, int | None] = {}

    def first(self, at: int) -> int | None:
        """From `at` on, the first moment for a message: at the local time, if there is one, and not in the
        quiet hours. None: there is none in any day."""
        if at not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[at] = self.awake(self._at_local_time(at))
        return self._known[at]

    def still(self, due_at: int, at: int) -> int | None:
        """`at`, if what was due before may still go then; or the first moment after it. None: never."""
        is_late = self._local_time is not None and at - due_at > LATE
        return self.first(at) if is_late else self.awake(at)

    def awake(self, at: int) -> int | None:
        """`at`, or the end of the quiet hours that it is in. None: they have none."""
        interval = self._interval(at)
        if interval is None:
            return at
        return None if interval[1] - interval[0] > _NEVER_DAYS * DAY else interval[1]

    def _at_local_time(self, at: int) -> int:
        """Of several zones the western one decides in the morning, and the eastern one from noon on: it is
        nowhere earlier than that in the morning, and nowhere later in the evening."""
        if self._local_time is None:
            return at
        choose = max if self._local_time < NOON else min
        day = _date(at) - timedelta(days=2)
        while True:
            moment = choose(_moment(day, self._local_time, each) for each in self._zones)
            if moment >= at:
                return moment
            day += timedelta(days=1)

    def _interval(self, at: int) -> tuple[int, int] | None:
        """The quiet hours around `at`."""
        if self._quiet is None:
            return None
        self._know(at)
        place = bisect_right(self._starts, at) - 1
        if place < 0 or self._ends[place] <= at:
            return None
        return self._starts[place], self._ends[place]

    def _know(self, at: int) -> None:
        """Quiet hours are counted out as far as they are needed, with some days to spare."""
        last = _date(at) + timedelta(days=_NEVER_DAYS + 3)
        if self._next_day is None or at < self._starts[0]:
            self._starts, self._ends = [], []
            self._next_day = _date(at) - timedelta(days=3)
        while self._next_day <= last:
            self._add(self._next_day)
            self._next_day += timedelta(days=_CHUNK_DAYS)

    def _add(self, first: date) -> None:
        assert self._quiet is not None
        days = [first + timedelta(days=n) for n in range(_CHUNK_DAYS)]
        new = [_night(day, *self._quiet, each) for day in days for each in self._quiet_zones]
        merged: list[tuple[int, int]] = []
        for start, end in sorted([*zip(self._starts, self._ends, strict=True), *new]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        self._starts = [start for start, _ in merged]
        self._ends = [end for _, end in merged]


def _found(zones: tuple[str, ...]) -> list[ZoneInfo]:
    return [found for name in zones if (found := zone(name)) is not None] or [ZoneInfo("UTC")]


def _quiet_hours(quiet: QuietHours | None) -> tuple[time, time] | None:
    """None as well when they begin and end at the same time."""
    if quiet is None or quiet.start == quiet.end:
        return None
    return parse(quiet.start), parse(quiet.end)


def _night(day: date, start: time, end: time, where: ZoneInfo) -> tuple[int, int]:
    """That begin on this day. Where a clock is put forward or back they are the longer of two readings."""
    last = day if start < end else day + timedelta(days=1)
    begin = min(_moment(day, start.replace(fold=fold), where) for fold in (0, 1))
    return begin, max(_moment(last, end.replace(fold=fold), where) for fold in (0, 1))


def _moment(day: date, at: time, where: ZoneInfo) -> int:
    return round(datetime.combine(day, at, where).timestamp() * 1000)


def _date(at: int) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()
