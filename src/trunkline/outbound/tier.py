"""The tier of one number: how many people it may write to first within any 24 hours.

Meta counts the people to whom a business opens a conversation by a template (Cloud API, "Messaging limits").
Who was counted within 24 hours is free. Pure: what must outlive the process is in `store/tier_uses.py`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from trunkline.model.message import Priority

DAY = 86_400.0
MARGIN = 1.0
"""Seconds, as Meta's clock is not ours."""


def reserve_of(limit: int | None, chosen: int | None) -> int:
    """How many places of a tier messages of bulk leave to others: a tenth, unless somebody chose."""
    if limit is None:
        return 0
    return limit // 10 if chosen is None else min(chosen, limit)


class Tier:
    """`now` and every moment are a clock's monotonic reading; they may lie before its beginning."""

    def __init__(self, limit: int | None, reserve: int = 0) -> None:
        self.limit = limit
        """None: there is none, and nobody is counted."""
        self.reserve = reserve
        """Places that messages of bulk leave to others."""
        self._at: OrderedDict[str, float] = OrderedDict()  # recipient → when last counted, oldest first
        self._out: set[str] = set()  # recipients who are not counted yet and may be by a send on the wire
        self._turns: list[Iterator[float]] = [iter(()) for _ in Priority]

    def load(self, uses: Iterable[tuple[str, float]]) -> None:
        """(recipient, moment) of those counted before, oldest first."""
        self._at = OrderedDict(uses)

    def used(self, now: float) -> int:
        while self._at and next(iter(self._at.values())) <= now - DAY - MARGIN:
            self._at.popitem(last=False)
        return len(self._at) + len(self._out)

    def wait(self, recipient: str, priority: int, now: float) -> float:
        """Seconds until this recipient may be written to; 0 when now."""
        if self.limit is None or self.used(now) < self._most(priority):
            return 0.0
        return 0.0 if recipient in self._at or recipient in self._out else self._turn(priority, now)

    def _most(self, priority: int) -> int:
        assert self.limit is not None
        return self.limit - self.reserve if priority == Priority.BULK else self.limit

    def begin(self, recipient: str) -> None:
        """A message that may count goes out."""
        if self.limit is not None and recipient not in self._at:
            self._out.add(recipient)

    def count(self, recipient: str, now: float) -> None:
        """It was taken, or may have been."""
        self._out.discard(recipient)
        self._at[recipient] = now
        self._at.move_to_end(recipient)

    def withdraw(self, recipient: str) -> None:
        """It was not taken."""
        self._out.discard(recipient)

    def _turn(self, priority: int, now: float) -> float:
        """Until one of those counted is free again.

        Each who asks is given another one, or all who wait would come back for every single place.
        """
        for _ in range(2):
            for at in self._turns[priority]:
                if at > now - DAY - MARGIN:
                    return at + DAY + MARGIN - now
            self._turns[priority] = iter(tuple(self._at.values()))
        return MARGIN  # all are on the wire
