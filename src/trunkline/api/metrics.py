"""GET /metrics: what the process counts and measures, as Prometheus reads it.

For the operator's token, or for the one of the setting `metrics.token`. Labels hold kinds, never accounts,
numbers or ids: what is shown has a fixed size and tells nothing of anybody.
"""

import hmac
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response
from trunkline.errors import Refusal
from trunkline.runtime import Runtime
from trunkline.store.load import COMMIT_SECONDS, Commits
from trunkline.tally import LABELS, METRICS

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "trunkline_"


async def show(api: Api, request: Request, caller: Caller) -> Response:
    _expect_token(api, request.headers.get("authorization", ""))
    registry = CollectorRegistry()
    registry.register(_Collector(api.runtime))
    return Response(200, generate_latest(registry), TEXT)


def _expect_token(api: Api, header: str) -> None:
    """The operator's, or the one of the setting."""
    scheme, _, rest = header.partition(" ")
    given = rest.strip() if scheme.lower() == "bearer" else header
    own = api.runtime.settings.metrics.token
    is_own = bool(own) and hmac.compare_digest(given.encode("utf-8", "replace"), own.encode())
    if not is_own and not api.gatekeeper.is_operator_token(given):
        word = "key_invalid" if header else "key_missing"
        detail = "Send the operator's token, or that of the setting metrics.token."
        raise Refusal(word, detail, headers={"WWW-Authenticate": "Bearer"})


def prepare(api: Api) -> None:
    """Name the gauges of what the API knows itself. Other parts name theirs."""
    tally, load, gate = api.runtime.tally, api.runtime.store.load, api.gate
    tally.gauge("store_backlog_rows", lambda: load.waiting)
    tally.gauge("store_rows_per_second", lambda: load.rows_per_second)
    tally.gauge("store_failing", lambda: load.failing is not None)
    tally.gauge("disk_short", lambda: load.is_short)
    tally.gauge("accepts_in_flight", lambda: gate.in_flight)
    tally.gauge("event_streams", lambda: api.streams.open)
    tally.gauge("body_bytes", lambda: gate.bodies.held + gate.posts.held)
    tally.gauge("loop_late_seconds", lambda: gate.late_seconds)
    tally.gauge("pressure", gate.pressure)
    tally.gauge("numbers_held", lambda: _held(api.runtime))


def _held(runtime: Runtime) -> int:
    return sum(row.held_reason is not None for row in runtime.directory.numbers.values())


class _Collector(Collector):
    def __init__(self, runtime: Runtime) -> None:
        self._tally = runtime.tally
        self._commits = runtime.store.load.commits

    def collect(self) -> Iterator[Metric]:
        for name, about in METRICS.items():
            if name.endswith("_total"):
                yield self._counter(name, about)
            elif name == "commit_seconds":
                yield _histogram(self._commits, about)
            elif name in self._tally.gauges:
                yield GaugeMetricFamily(_PREFIX + name, about, value=float(self._tally.gauges[name]()))

    def _counter(self, name: str, about: str) -> Metric:
        label, counts = LABELS.get(name), self._tally.counts
        if name == "commit_rows_total":
            return CounterMetricFamily(_PREFIX + name, about, value=self._commits.rows)
        if label is None:
            return CounterMetricFamily(_PREFIX + name, about, value=counts[name])
        family = CounterMetricFamily(_PREFIX + name, about, labels=[label])
        for key, count in sorted(counts.items()):
            counted, _, kind = key.partition(" ")
            if counted == name:
                family.add_metric([kind], count)
        return family


def _histogram(commits: Commits, about: str) -> Metric:
    ends = [*(str(end) for end in COMMIT_SECONDS), "+Inf"]
    below, so_far = [], 0
    for end, count in zip(ends, commits.by_seconds, strict=True):
        so_far += count
        below.append((end, float(so_far)))
    family = HistogramMetricFamily(_PREFIX + "commit_seconds", about)
    family.add_metric([], below, commits.seconds)
    return family
