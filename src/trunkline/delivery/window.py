"""The part of the account's log that an endpoint is at: what was read and is not recorded yet. Pure.

`position` is the last event of which nothing before, and not it itself, is left to do. It moves over events
in the order of the log only, however the posts end; so what was neither delivered nor given a row is read
again by whoever comes next. Small: what is recorded is kept as its id alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice

from trunkline.store.events import EventRow

LONGEST = 5_000
"""Events, recorded ones too: how far posts may run ahead of one that takes long."""


class Window:
    def __init__(self, position: str) -> None:
        self.position = position
        self.cursor = position
        """The last event that was read."""
        self._is_done: OrderedDict[str, bool] = OrderedDict()  # what was read beyond the position
        self._waiting: OrderedDict[str, EventRow] = OrderedDict()
        self._out: dict[str, EventRow] = {}

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def open(self) -> int:
        """Events that wait or are out."""
        return len(self._waiting) + len(self._out)

    def room(self, want: int) -> int:
        """How many events to read, to have so many at hand."""
        return max(0, min(want - self.open, LONGEST - len(self._is_done)))

    def add(self, page: Sequence[EventRow], is_wanted: Callable[[EventRow], bool]) -> None:
        for event in page:
            wanted = is_wanted(event)
            self._is_done[event.id] = not wanted
            if wanted:
                self._waiting[event.id] = event
        if page:
            self.cursor = page[-1].id
        self._trim()

    def take(self, count: int, *, in_order: bool) -> list[EventRow]:
        """Up to so many that wait, now out. `in_order`: of each lane the first, if none of it is out."""
        if not in_order:
            return self._send_out(list(islice(self._waiting.values(), count)))
        lanes = {event.lane for event in self._out.values()}
        taken: list[EventRow] = []
        for event in self._waiting.values():
            if len(taken) == count:
                break
            if event.lane is None or event.lane not in lanes:
                taken.append(event)
            lanes.add(event.lane)
        return self._send_out(taken)

    def take_followers(self, lanes: Collection[str]) -> list[EventRow]:
        """All that wait of these lanes, now out."""
        return self._send_out([event for event in self._waiting.values() if event.lane in lanes])

    def position_with(self, ids: Collection[str]) -> str:
        """Where the position would be if these were recorded too."""
        position = self.position
        for id_, is_done in self._is_done.items():
            if not is_done and id_ not in ids:
                break
            position = id_
        return position

    def done(self, ids: Iterable[str]) -> None:
        """They are recorded."""
        for id_ in ids:
            del self._out[id_]
            self._is_done[id_] = True
        self._trim()

    def drop_waiting(self) -> None:
        """Forget what waits behind the last event that was begun: it stays in the log, and is read again."""
        while self._waiting and next(reversed(self._is_done)) == next(reversed(self._waiting)):
            id_, _ = self._waiting.popitem()
            del self._is_done[id_]
        self.cursor = next(reversed(self._is_done), self.position)

    def _send_out(self, events: list[EventRow]) -> list[EventRow]:
        for event in events:
            del self._waiting[event.id]
            self._out[event.id] = event
        return events

    def _trim(self) -> None:
        while self._is_done and self._is_done[next(iter(self._is_done))]:
            self.position, _ = self._is_done.popitem(last=False)
