"""Callbacks that do not answer: one job keeps knocking at each, the others wait for it.

Without this a thousand webhooks would try a dead address again and again. `reporter.py` asks; every job that
comes back from here is to be scheduled anew.
"""

from trunkline.sandbox.webhooks.jobs import Job


class _Outage:
    __slots__ = ("knocking", "waiting")

    def __init__(self, knocking: Job) -> None:
        self.knocking = knocking
        self.waiting: list[Job] = []


class Outages:
    """By the address of the callback."""

    def __init__(self) -> None:
        self._by_url: dict[str, _Outage] = {}

    @property
    def urls(self) -> list[str]:
        return list(self._by_url)

    def is_knocking(self, url: str, job: Job) -> bool:
        outage = self._by_url.get(url)
        return outage is not None and outage.knocking is job

    def wait(self, url: str, jobs: list[Job]) -> bool:
        """Whether these jobs wait from now on, as another one knocks."""
        outage = self._by_url.get(url)
        if outage is None or outage.knocking in jobs:
            return False
        outage.waiting += jobs
        return True

    def begin(self, url: str, jobs: list[Job]) -> None:
        """There was no answer: the first of these knocks, unless another does already."""
        outage = self._by_url.setdefault(url, _Outage(jobs[0]))
        outage.waiting += [job for job in jobs if job is not outage.knocking]

    def end(self, url: str) -> list[Job]:
        """There was an answer. Those that waited."""
        outage = self._by_url.pop(url, None)
        return [] if outage is None else outage.waiting

    def end_all(self) -> list[Job]:
        return [job for url in self.urls for job in self.end(url)]

    def stop_knocking(self, job: Job, *, but_at: str | None = None) -> list[Job]:
        """It will not try this callback again. Those that waited for it, of whom one takes its place."""
        left = [url for url, outage in self._by_url.items() if outage.knocking is job and url != but_at]
        return [waiting for url in left for waiting in self.end(url)]
