"""The waiting line of one number: who goes next, by priority and in turn over lanes.

A lane is one (number, recipient) pair; one message of it is out at a time. Messages of the same priority
keep their order in a lane; one of a higher priority overtakes those below it. Pure data structure: it knows
nothing of the store, of pacing or of real time. The dispatcher asks it for the next message that may go; the
lane stays busy until it is freed.
"""

import heapq
from collections import OrderedDict, deque
from enum import Enum, auto

import msgspec

from trunkline.model.message import Priority
from trunkline.store.messages import Waiting

LONG = 50
"""A recipient with more than these in a priority counts as if it had these: one must not fill the line."""

NORMAL_TO_BULK = 4
"""So many normal ones go for each of bulk, when both could go."""

_NORMAL, _BULK = int(Priority.NORMAL), int(Priority.BULK)


class _Is(Enum):
    EMPTY = auto()
    READY = auto()
    RESTING = auto()
    BUSY = auto()


_EMPTY, _READY, _RESTING, _BUSY = _Is  # a look into an Enum costs more than the rest of a step


class _Lane:
    __slots__ = ("holder", "queues", "rank", "recipient", "state", "until")

    def __init__(self, recipient: str) -> None:
        self.recipient = recipient
        self.queues: list[deque[Waiting] | None] = [None] * len(Priority)  # made when needed: most never are
        self.state = _EMPTY
        self.rank = 0  # while ready or resting: the best priority that it holds
        self.until = 0
        self.holder = ""  # the message that keeps the lane busy, while it is busy

    def best(self) -> int:
        """The best priority that waits; one below the last when nothing does."""
        high, normal, bulk = self.queues
        return 0 if high else 1 if normal else 2 if bulk else 3


class Lanes:
    """Every waiting message of one number that is held in memory."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._ready: tuple[OrderedDict[str, _Lane], ...] = tuple(OrderedDict() for _ in Priority)
        self._resting: list[tuple[int, str]] = []  # (until, recipient), earliest first
        self._known: set[str] = set()  # those that wait and those that keep a lane busy
        self._ahead = 0  # normal ones since the last of bulk
        self.counted = [0] * len(Priority)
        """How many of each priority wait, long lanes cut short."""
        self.waiting = [0] * len(Priority)
        """How many of each priority wait."""

    def __len__(self) -> int:
        """How many wait."""
        return sum(self.waiting)

    def add(self, message: Waiting, now: int) -> None:
        """Put a message into its lane, behind those of its priority that are older.

        One that is here already is left alone. Ids tell the age: what another process accepted earlier may
        be heard of later.
        """
        if message.id in self._known:
            return
        self._known.add(message.id)
        lane = self._lane(message.recipient)
        queue = self._queue(lane, message.priority)
        queue.append(message)
        self._count(message.priority, len(queue), 1)
        if len(queue) > 1 and queue[-2].id > message.id:
            _sort_last(queue)
        if lane.state is _BUSY or (lane.rank < message.priority and lane.state is not _EMPTY):
            return
        if queue[0] is message:
            self._schedule(lane, now)

    def take(self, now: int) -> Waiting | None:
        """The next message that may go; its lane is busy from now on."""
        if self._resting and self._resting[0][0] <= now:
            self._wake(now)
        rank = self._turn()
        if rank is None:
            return None
        _, lane = self._ready[rank].popitem(last=False)
        queue = lane.queues[rank]
        assert queue  # or the lane would not be ready at this rank
        self._count(rank, len(queue), -1)
        message = queue.popleft()
        lane.state, lane.holder = _BUSY, message.id
        return message

    def ready_since(self) -> int | None:
        """Since when what goes next, of any priority, could have gone; None when nothing could."""
        heads = [(rank, next(iter(lanes.values()))) for rank, lanes in enumerate(self._ready) if lanes]
        queues = [lane.queues[rank] for rank, lane in heads]
        return min((queue[0].due_at for queue in queues if queue), default=None)

    def free(self, recipient: str, message_id: str, now: int) -> None:
        """The message that keeps the lane busy is settled: the next one may go when it is due.

        Nothing happens when another message keeps it busy: news of the former one may come twice.
        """
        lane = self._lanes.get(recipient)
        if lane is None or lane.state is not _BUSY or lane.holder != message_id:
            return
        self._known.discard(message_id)
        lane.holder = ""
        self._schedule(lane, now)

    def put_back(self, message: Waiting, until: int, now: int) -> None:
        """The busy lane's message goes again at `until`, before everything of its priority in the lane.

        So does one whose doubt has ended, unless it waits here already.
        """
        lane = self._lane(message.recipient)
        if message.id in self._known and lane.holder != message.id:
            return
        self._known.add(message.id)
        queue = self._queue(lane, message.priority)
        queue.appendleft(msgspec.structs.replace(message, due_at=until))
        self._count(message.priority, len(queue), 1)
        if lane.holder in ("", message.id):  # or another one is out, and frees the lane
            lane.holder = ""
            self._schedule(lane, now)

    def best(self, recipient: str) -> int:
        """The best priority that waits in this lane, beside the message that keeps it busy, or one below."""
        lane = self._lanes.get(recipient)
        return lane.best() if lane is not None else len(Priority)

    def block(self, recipient: str, message_id: str) -> None:
        """Nothing leaves in this lane until this message is settled: an earlier run left its attempt open."""
        lane = self._lane(recipient)
        if lane.state is _READY:
            del self._ready[lane.rank][recipient]
        lane.state, lane.holder = _BUSY, message_id
        self._known.add(message_id)

    def next_wake(self) -> int | None:
        """When the earliest resting lane is due."""
        return self._resting[0][0] if self._resting else None

    def _turn(self) -> int | None:
        """Whose turn it is: high before all; of bulk one for so many normal ones."""
        high, normal, bulk = self._ready
        if high:
            return 0
        if not normal:
            self._ahead = 0
            return _BULK if bulk else None
        if not bulk:
            return _NORMAL
        if self._ahead < NORMAL_TO_BULK:
            self._ahead += 1
            return _NORMAL
        self._ahead = 0
        return _BULK

    def _count(self, rank: int, length: int, change: int) -> None:
        """With the message that comes or goes in a queue of this length."""
        self.waiting[rank] += change
        if length <= LONG:
            self.counted[rank] += change

    def _lane(self, recipient: str) -> _Lane:
        lane = self._lanes.get(recipient)
        if lane is None:
            lane = self._lanes[recipient] = _Lane(recipient)
        return lane

    def _queue(self, lane: _Lane, priority: int) -> deque[Waiting]:
        queue = lane.queues[priority]
        if queue is None:
            queue = lane.queues[priority] = deque()
        return queue

    def _schedule(self, lane: _Lane, now: int) -> None:
        """Ready or resting, as its best message is due; forgotten when it holds none."""
        if lane.state is _READY:
            del self._ready[lane.rank][lane.recipient]
        rank = lane.best()
        if rank == len(lane.queues):
            del self._lanes[lane.recipient]
            return
        lane.rank = rank
        queue = lane.queues[rank]
        assert queue
        lane.until = until = queue[0].due_at
        if until > now:
            lane.state = _RESTING
            heapq.heappush(self._resting, (until, lane.recipient))
        else:
            lane.state = _READY
            self._ready[rank][lane.recipient] = lane

    def _wake(self, now: int) -> None:
        while self._resting and self._resting[0][0] <= now:
            until, recipient = heapq.heappop(self._resting)
            lane = self._lanes.get(recipient)
            if lane is not None and lane.state is _RESTING and lane.until == until:
                lane.state = _READY
                self._ready[lane.rank][recipient] = lane


def _sort_last(queue: deque[Waiting]) -> None:
    """Move the last one forward to where its id belongs. Rare: two processes accepted for one recipient."""
    message = queue.pop()
    at = len(queue)
    while at and queue[at - 1].id > message.id:
        at -= 1
    queue.insert(at, message)
