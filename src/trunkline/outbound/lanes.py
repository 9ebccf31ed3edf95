"""The waiting line of one number: first come first served over lanes, one message of a lane at a time.

A lane is one (number, recipient) pair. Pure data structure: it knows nothing of the store, of pacing or of
real time. The dispatcher asks it for the next message that may go; the lane stays busy until it is freed.
"""

import heapq
from collections import deque
from enum import Enum, auto

from trunkline.store.messages import Waiting

LONG = 50
"""A lane with more than these counts as if it had these: one recipient must not fill the line for all."""


class _Is(Enum):
    EMPTY = auto()
    READY = auto()
    RESTING = auto()
    BUSY = auto()


class _Lane:
    __slots__ = ("holder", "state", "until", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.state = _Is.EMPTY
        self.until = 0
        self.holder = ""  # the message that keeps the lane busy


class Lanes:
    """Every waiting message of one number that is held in memory."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[str] = deque()
        self._resting: list[tuple[int, str]] = []  # (until, recipient), earliest first
        self._known: set[str] = set()  # those that wait and those that keep a lane busy
        self.counted = 0
        """How many wait, long lanes cut short."""
        self._waiting = 0

    def __len__(self) -> int:
        """How many wait."""
        return self._waiting

    def add(self, message: Waiting, now: int) -> None:
        """Put a message at the end of its lane. One that is here already is left alone."""
        if message.id in self._known:
            return
        self._known.add(message.id)
        lane = self._lane(message.recipient)
        lane.waiting.append(message)
        self._count(lane, 1)
        if lane.state is _Is.EMPTY:
            self._schedule(message.recipient, lane, message.due_at, now)

    def take(self, now: int) -> Waiting | None:
        """The next message that may go; its lane is busy from now on."""
        self._wake(now)
        while self._ready:
            lane = self._lanes.get(self._ready.popleft())
            if lane is not None and lane.state is _Is.READY:
                self._count(lane, -1)
                message = lane.waiting.popleft()
                lane.state, lane.holder = _Is.BUSY, message.id
                return message
        return None

    def free(self, recipient: str, message_id: str, now: int) -> None:
        """The message that keeps the lane busy is settled: the next one may go when it is due.

        Nothing happens when another message keeps it busy: news of the former one may come twice.
        """
        lane = self._lanes.get(recipient)
        if lane is None or lane.state is not _Is.BUSY or lane.holder != message_id:
            return
        self._known.discard(message_id)
        if lane.waiting:
            self._schedule(recipient, lane, lane.waiting[0].due_at, now)
        else:
            del self._lanes[recipient]

    def put_back(self, message: Waiting, until: int, now: int) -> None:
        """The busy lane's message goes again at `until`, before everything behind it."""
        self._known.add(message.id)
        lane = self._lane(message.recipient)
        lane.waiting.appendleft(message)
        self._count(lane, 1)
        self._schedule(message.recipient, lane, until, now)

    def block(self, recipient: str, message_id: str) -> None:
        """Nothing leaves in this lane until this message is settled: an earlier run left its attempt open."""
        lane = self._lane(recipient)
        lane.state, lane.holder = _Is.BUSY, message_id

    def next_wake(self) -> int | None:
        """When the earliest resting lane is due."""
        return self._resting[0][0] if self._resting else None

    def _count(self, lane: _Lane, change: int) -> None:
        """With the message that comes or goes in the lane."""
        self._waiting += change
        if len(lane.waiting) <= LONG:
            self.counted += change

    def _lane(self, recipient: str) -> _Lane:
        lane = self._lanes.get(recipient)
        if lane is None:
            lane = self._lanes[recipient] = _Lane()
        return lane

    def _schedule(self, recipient: str, lane: _Lane, until: int, now: int) -> None:
        if until > now:
            lane.state, lane.until = _Is.RESTING, until
            heapq.heappush(self._resting, (until, recipient))
        else:
            lane.state = _Is.READY
            self._ready.append(recipient)

    def _wake(self, now: int) -> None:
        while self._resting and self._resting[0][0] <= now:
            until, recipient = heapq.heappop(self._resting)
            lane = self._lanes.get(recipient)
            if lane is not None and lane.state is _Is.RESTING and lane.until == until:
                lane.state = _Is.READY
                self._ready.append(recipient)
