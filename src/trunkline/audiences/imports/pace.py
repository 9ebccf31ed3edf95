"""How much an import writes at a time: little while others write, too, and much while it is alone.

Whoever writes waits for the transaction before theirs. A hundred rows take some milliseconds, which nobody
feels; but of many small transactions each is synced, and so a file takes longer.
"""

from collections.abc import Callable

from trunkline.store.load import Load

BESIDE_OTHERS = 100
ALONE = 500
REST = 0.2
"""Beside others: for each second of writing so many of rest."""

BUSY_SECONDS = 1.0
"""Since somebody else wrote."""


class Pace:
    def __init__(self, load: Load, now: Callable[[], float]) -> None:
        self._load = load
        self._now = now
        self._known = load.commits.rows
        self._others_at = float("-inf")

    @property
    def rows(self) -> int:
        """In the next transaction."""
        return ALONE if self._is_alone else BESIDE_OTHERS

    def wrote(self, rows: int, seconds: float) -> float:
        """How long to rest."""
        total = self._load.commits.rows
        if total - self._known > rows:
            self._others_at = self._now()
        self._known = total
        return 0.0 if self._is_alone else seconds * REST

    @property
    def _is_alone(self) -> bool:
        return self._now() > self._others_at + BUSY_SECONDS
