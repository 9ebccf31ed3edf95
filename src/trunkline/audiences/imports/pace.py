"""How much an import writes at a time: little while others write, too, and much while it is alone.

Whoever writes waits for the transaction before theirs. A hundred rows take some milliseconds, which nobody
feels; but of many small transactions each is synced, and so a file takes longer. So where the disk is quick,
more of them go together, for as long as a transaction stays short.
"""

from collections.abc import Callable

from trunkline.store.load import Load

BESIDE_OTHERS = 100
ALONE = 500
SHORT_SECONDS = 0.015
"""What a transaction may take beside others, with the wait for it."""

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
        self._beside = BESIDE_OTHERS

    @property
    def rows(self) -> int:
        """In the next transaction."""
        return ALONE if self._is_alone else self._beside

    def wrote(self, rows: int, seconds: float) -> float:
        """How long to rest."""
        total = self._load.commits.rows
        if total - self._known > rows:
            self._others_at = self._now()
        self._known = total
        if self._is_alone:
            return 0.0
        fit = int(min(rows, self._beside) * SHORT_SECONDS / max(seconds, 1e-6))
        self._beside = max(BESIDE_OTHERS, min(fit, 2 * self._beside, ALONE))
        return seconds * REST

    @property
    def _is_alone(self) -> bool:
        return self._now() > self._others_at + BUSY_SECONDS
