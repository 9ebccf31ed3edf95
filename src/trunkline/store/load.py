"""How busy a store is, in plain numbers that its writer keeps and anybody may read: the gate of the API
before each request, readiness, metrics. Made by the store; nothing here asks the database.
"""

from time import perf_counter

COMMIT_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends of the classes in which commits are counted by their time; the last class has none."""


class Commits:
    """Every commit since the start."""

    def __init__(self) -> None:
        self.count = 0
        self.rows = 0
        self.seconds = 0.0
        self.by_seconds = [0] * (len(COMMIT_SECONDS) + 1)

    def add(self, seconds: float, rows: int) -> None:
        self.count += 1
        self.rows += rows
        self.seconds += seconds
        place = 0
        while place < len(COMMIT_SECONDS) and seconds > COMMIT_SECONDS[place]:
            place += 1
        self.by_seconds[place] += 1


class Load:
    """Of one store in one process."""

    __slots__ = (
        "ahead_limit",
        "began_at",
        "broken",
        "commits",
        "failing",
        "is_short",
        "rows_per_second",
        "waiting",
    )

    def __init__(self, ahead_limit: int) -> None:
        self.waiting = 0
        """Rows that wait for the writer or are with it."""
        self.ahead_limit = ahead_limit
        """How many may wait before new work should not be taken."""
        self.rows_per_second = 0.0
        """At which rows were written lately, while any were; 0 before the first commit."""
        self.began_at = 0.0
        """When the commit under way began; 0 between commits."""
        self.failing: str | None = None
        """Why the last commit failed; None when it did not."""
        self.is_short = False
        """The disk was full, and the reserve for what must be written is given up."""
        self.broken: str | None = None
        """Why this store can not be used again by this process."""
        self.commits = Commits()

    def commit_age(self) -> float:
        """Seconds that the commit under way has taken so far; 0 between commits."""
        began_at = self.began_at
        return perf_counter() - began_at if began_at else 0.0
