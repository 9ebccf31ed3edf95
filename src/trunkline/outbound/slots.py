"""One bound for the sends in flight of the whole process, shared by accounts in turn.

In comes a number that could send; out goes a slot, which its send gives back. While there are free slots
nobody waits. When all are out, those who wait get them in turn over their accounts, whatever the numbers of
each: an account with a hundred busy numbers gets no more than one with a single one.
"""

import asyncio
from collections import OrderedDict, deque


class FairSlots:
    """Belongs to one event loop. Every step takes the same time however many wait."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._out = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # the next account first

    @property
    def in_flight(self) -> int:
        return self._out

    def try_acquire(self, account_id: str) -> bool:
        """A slot at once, unless there is none, or others wait already."""
        if self._out >= self.most or self._waiting:
            return False
        self._out += 1
        return True

    async def acquire(self, account_id: str) -> None:
        """A slot, when it is this account's turn. Numbers of an account come in the order of their asking."""
        if self.try_acquire(account_id):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given in the same moment
                self.release()
            raise

    def release(self) -> None:
        """A send has ended: its slot goes to the next who waits."""
        while self._waiting:
            account_id, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._waiting[account_id] = queue  # behind the others
            if not turn.done():  # or it was canceled meanwhile
                turn.set_result(None)
                return
        self._out -= 1
