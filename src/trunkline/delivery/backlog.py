"""What there is to deliver to one endpoint: its stretch of the log, and the rows that wait for another try.

Reads only as much as can go soon, so that an endpoint that is down or slow costs no memory however much
waits for it. Nothing is handed out twice at a time: what is out stays so until it is recorded.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from trunkline.delivery.window import Window
from trunkline.store import Store, Tx, deliveries, events
from trunkline.store.deliveries import Due
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow


class Job(NamedTuple):
    """An event to deliver; `row` where it was tried before, or is replayed."""

    event_id: str
    event: EventRow | None
    """None when a row outlived its event."""
    row: Due | None


class _Read(NamedTuple):
    page: Sequence[EventRow]
    recorded: set[str]
    blocked: set[str]
    due: Sequence[Due]


class Backlog:
    """Of one endpoint. `look` is called by its loop only; the rest by its posts as well."""

    def __init__(self, store: Store, endpoint: EndpointRow, position: str, newest: str) -> None:
        self._store = store
        self._endpoint = endpoint
        self._newest = newest  # up to there, something beyond the position may be recorded already
        self.window = Window(position)
        self.rows_at: int | None = 0
        """When the next row is due, as far as it is known; None when none waits."""
        self._has_more = True
        self._due: deque[Due] = deque()
        self._rows_out: set[str] = set()
        self._ended: set[str] = set()  # rows recorded since the last look began
        self._rows_are_next = False

    def change(self, endpoint: EndpointRow) -> None:
        self._endpoint = endpoint

    def ring(self) -> None:
        """There may be something new in the log."""
        self._has_more = True

    def look_again(self) -> None:
        """There may be something new in the log and among the rows."""
        self._has_more = True
        self.rows_at = 0

    @property
    def is_ready(self) -> bool:
        return bool(self._due or self.window.waiting)

    def shrink(self) -> None:
        """It is only probed: what waits may as well wait in the log."""
        if self.window.waiting > 1:
            self.window.drop_waiting()
            self._has_more = True

    async def look(
        self, is_wanted: Callable[[EventRow], bool], want: int, now: int, *, at_any_time: bool
    ) -> list[EventRow]:
        """Read up to `want` of each kind. The events that came behind others of their lane: they are out.

        `at_any_time` takes rows before they are due, as a probe of a paused endpoint does.
        """
        of_log = self._log_room(want)
        of_rows = self._row_room(want, now, at_any_time=at_any_time)
        if not of_log and not of_rows:
            return []
        self._ended.clear()
        found = await self._read(of_log, of_rows)
        if of_rows:
            self._know_rows(found.due, of_rows, now, at_any_time=at_any_time)
        if of_log:
            self._has_more = self._has_more or len(found.page) == of_log
            self.window.add(found.page, lambda event: event.id not in found.recorded and is_wanted(event))
        return self.window.take_followers(found.blocked) if found.blocked else []

    def take(self, size: int) -> list[Job]:
        """What goes into the next post: rows and the log in turn. Rows go in ever smaller batches, so that
        the event that spoils a batch is alone in the end."""
        if self._due and (self._rows_are_next or not self.window.waiting):
            self._rows_are_next = False
            count = max(1, size >> self._due[0].tries)
            rows = [self._due.popleft() for _ in range(min(count, len(self._due)))]
            self._rows_out.update(row.event_id for row in rows)
            return [Job(row.event_id, row.event, row) for row in rows]
        taken = self.window.take(size, in_order=bool(self._endpoint.is_ordered))
        self._rows_are_next = True
        if not taken and self._due:
            return self.take(size)
        return [Job(event.id, event, None) for event in taken]

    def done(self, jobs: Sequence[Job], followers: Sequence[EventRow], next_at: int | None) -> None:
        """They are recorded; `next_at` is the earliest moment at which one of them is due again."""
        self.window.done([job.event_id for job in jobs if job.row is None])
        self.window.done([event.id for event in followers])
        ended = {job.event_id for job in jobs if job.row is not None}
        self._rows_out -= ended
        self._ended |= ended
        if next_at is not None:
            self.rows_at = _earlier(self.rows_at, next_at)

    def _log_room(self, want: int) -> int:
        """In strict order the next page is read when nothing of the last one is left: what became a row
        meanwhile is seen then, and holds its lane."""
        if not self._has_more or (self._endpoint.is_ordered and self.window.open):
            return 0
        return self.window.room(want)

    def _row_room(self, want: int, now: int, *, at_any_time: bool) -> int:
        if self._due or self.rows_at is None or (self.rows_at > now and not at_any_time):
            return 0
        return want + len(self._rows_out)

    async def _read(self, of_log: int, of_rows: int) -> _Read:
        account_id, endpoint_id = self._endpoint.account_id, self._endpoint.id
        cursor, is_ordered = self.window.cursor, self._endpoint.is_ordered
        if of_log:
            self._has_more = False
        if of_rows:
            self.rows_at = None

        async def work(tx: Tx) -> _Read:
            page = await events.after(tx, account_id, cursor, of_log) if of_log else []
            early = [event.id for event in page if event.id <= self._newest]
            recorded = await deliveries.recorded(tx, account_id, endpoint_id, early)
            lanes = sorted({event.lane for event in page if event.lane}) if is_ordered else []
            blocked = await deliveries.lanes_waiting(tx, account_id, endpoint_id, lanes)
            due = await deliveries.earliest(tx, account_id, endpoint_id, of_rows) if of_rows else []
            return _Read(page, recorded, blocked, due)

        try:
            return await self._store.read(work)
        except BaseException:
            self.look_again()
            raise

    def _know_rows(self, rows: Sequence[Due], asked: int, now: int, *, at_any_time: bool) -> None:
        mine = [row for row in rows if row.event_id not in self._rows_out | self._ended]
        self._due.extend(row for row in mine if at_any_time or row.next_at <= now)
        later = [row.next_at for row in mine if row.next_at > now]
        if later:
            self.rows_at = _earlier(self.rows_at, later[0])
        elif len(rows) == asked:
            self.rows_at = 0  # there may be more


def _earlier(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)
