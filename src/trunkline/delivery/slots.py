"""The posts that may be on their way at once in the whole process, shared by accounts in turn.

Endpoints that are slow or fail have less than half of the slots; with those of which nothing is known yet,
half. So whatever they do, the other half belongs to those that answer, and a new one can show how it does.
When an endpoint becomes slow, what it has out counts as slow at once. Belongs to one event loop.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from typing import Literal, NamedTuple

Kind = Literal["quick", "new", "slow"]
_KINDS: tuple[Kind, ...] = ("quick", "new", "slow")


class _Turn(NamedTuple):
    account_id: str
    endpoint_id: str
    given: "asyncio.Future[None]"


class _Line:
    """Who waits, in turn over their accounts."""

    def __init__(self) -> None:
        self._by_account: OrderedDict[str, deque[_Turn]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._by_account)

    def add(self, turn: _Turn) -> None:
        self._by_account.setdefault(turn.account_id, deque()).append(turn)

    def take(self) -> _Turn:
        account_id, turns = self._by_account.popitem(last=False)
        turn = turns.popleft()
        if turns:
            self._by_account[account_id] = turns  # behind the others
        return turn


class DeliverySlots:
    def __init__(self, most: int) -> None:
        self.most = most
        self.half = max(1, most // 2)
        """What the slow and the new ones may have together, and any endpoint alone."""
        self._most_new = max(1, self.half // 4)
        self._most_slow = max(1, self.half - self._most_new)
        self._held: Counter[str] = Counter()
        self._kinds: dict[str, Kind] = {}
        self._out: dict[Kind, int] = dict.fromkeys(_KINDS, 0)
        self._lines: dict[Kind, _Line] = {kind: _Line() for kind in _KINDS}
        self._order = deque(_KINDS)  # whose turn it is

    @property
    def out(self) -> int:
        return sum(self._out.values())

    @property
    def slow_out(self) -> int:
        """Held by endpoints that are slow, or of which nothing is known."""
        return self._out["slow"] + self._out["new"]

    async def acquire(self, account_id: str, endpoint_id: str) -> None:
        """A slot, when it is this account's turn."""
        kind = self._kind(endpoint_id)
        line = self._lines[kind]
        if not line and self._has_room(kind):
            self._give(endpoint_id)
            return
        turn = _Turn(account_id, endpoint_id, asyncio.get_running_loop().create_future())
        line.add(turn)
        try:
            await turn.given
        except asyncio.CancelledError:
            if turn.given.done() and not turn.given.cancelled():  # it was given in the same moment
                self.release(endpoint_id)
            raise

    def release(self, endpoint_id: str) -> None:
        """A post has its answer."""
        self._out[self._kind(endpoint_id)] -= 1
        self._held[endpoint_id] -= 1
        if not self._held[endpoint_id]:
            del self._held[endpoint_id]
        self._pass_on()

    def mark(self, endpoint_id: str, kind: Kind) -> None:
        """How an endpoint does now."""
        before = self._kind(endpoint_id)
        if kind != before:
            self._kinds[endpoint_id] = kind
            self._out[before] -= self._held[endpoint_id]
            self._out[kind] += self._held[endpoint_id]
            self._pass_on()

    def forget(self, endpoint_id: str) -> None:
        """It is not delivered to from here any more."""
        self.mark(endpoint_id, "new")
        self._kinds.pop(endpoint_id, None)

    def _kind(self, endpoint_id: str) -> Kind:
        return self._kinds.get(endpoint_id, "new")

    def _pass_on(self) -> None:
        """The kinds take turns, as long as each has room."""
        while (kind := self._next_kind()) is not None:
            turn = self._lines[kind].take()
            now = self._kind(turn.endpoint_id)
            if turn.given.done():  # it was canceled meanwhile
                continue
            if self._has_room(now):
                self._order.remove(kind)
                self._order.append(kind)
                self._give(turn.endpoint_id)
                turn.given.set_result(None)
            else:  # it was of another kind when it came
                self._lines[now].add(turn)

    def _next_kind(self) -> Kind | None:
        return next((kind for kind in self._order if self._lines[kind] and self._has_room(kind)), None)

    def _has_room(self, kind: Kind) -> bool:
        if self.out >= self.most:
            return False
        if kind == "quick":
            return True
        most = self._most_slow if kind == "slow" else self._most_new
        return self._out[kind] < most and self.slow_out < self.half

    def _give(self, endpoint_id: str) -> None:
        self._out[self._kind(endpoint_id)] += 1
        self._held[endpoint_id] += 1
