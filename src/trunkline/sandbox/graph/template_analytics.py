"""`/{account}/template_analytics`: what became of the messages of some templates, day by day."""

from collections import Counter, defaultdict
from typing import Any

from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.analytics_rows import read_list, read_moment, read_progress
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.graph.paging import page_of
from trunkline.sandbox.runtime import Runtime

_DAY = 86_400_000
_LOOK_BACK = 90 * _DAY
_MOST_TEMPLATES = 10
_METRICS = ("COST", "CLICKED", "DELIVERED", "READ", "SENT")


def part(runtime: Runtime) -> Part:
    edge = _TemplateAnalytics(runtime)
    return Part(routes={("account", "template_analytics", "GET"): edge.get})


class _TemplateAnalytics:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def get(self, call: Call) -> dict[str, Any]:
        start, end = self._read_days(call)
        ids = read_list(call, "template_ids")
        if not 1 <= len(ids) <= _MOST_TEMPLATES:
            raise invalid(f"Param template_ids must have 1 to {_MOST_TEMPLATES} elements.")
        metrics = _read_metrics(call)
        if not self._runtime.account.facts.insights:
            raise GraphError(200007, details="Template insights are not enabled for this account.")
        counted = await self._count(start, end)
        points = [
            {
                "template_id": id_,
                "start": day // 1000,
                "end": (day + _DAY) // 1000,
                **_values(counts, metrics),
            }
            for id_ in ids
            for day, counts in sorted(counted[self._name_of(id_)].items())
        ]
        page = {"granularity": "DAILY", "product_type": "cloud_api", "data_points": points}
        return page_of([page], call, self._runtime.identity.url, key="granularity")

    def _read_days(self, call: Call) -> tuple[int, int]:
        """Whole days; the last one is part of it."""
        if str(call.params.get("granularity") or "").upper() != "DAILY":
            raise invalid("Param granularity must be one of {DAILY}.")
        start, end = read_moment(call, "start"), read_moment(call, "end")
        if start > end:
            raise invalid("Param start must be before param end.")
        if start < self._runtime.clock.now() - _LOOK_BACK - _DAY:
            raise invalid("Param start must be within the last 90 days.")
        return start // _DAY * _DAY, end // _DAY * _DAY + _DAY

    async def _count(self, start: int, end: int) -> dict[tuple[str, str], dict[int, Counter[str]]]:
        """(name, language) → day → how many had each status."""
        await self._runtime.ledger.flush()
        counted: dict[tuple[str, str], dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for row in await self._runtime.database.read("count_templates", (start, end)):
            day, name, language, plan, reported, count = row
            assert isinstance(plan, bytes)
            statuses, _ = read_progress(plan, int(reported or 0))
            if statuses & {"read", "played"}:
                statuses |= {"delivered"}
            for status in statuses:
                counted[str(name), str(language)][int(day or 0)][status] += int(count or 0)
        return counted

    def _name_of(self, template_id: str) -> tuple[str, str]:
        """Of a template that does not exist, one that nothing was sent with."""
        template = self._runtime.templates.get(template_id)
        return (template.name, template.language) if template is not None else (template_id, "")


def _read_metrics(call: Call) -> tuple[str, ...]:
    names = tuple(name.upper() for name in read_list(call, "metric_types")) or _METRICS
    for name in names:
        if name not in _METRICS:
            raise invalid(f'Param metric_types[0] must be one of {{{", ".join(_METRICS)}}} - got "{name}".')
    return names


def _values(counts: Counter[str], metrics: tuple[str, ...]) -> dict[str, Any]:
    """Clicks are empty: the sandbox does not know what is done with a link."""
    values: dict[str, Any] = {
        name.lower(): counts[name.lower()] for name in ("SENT", "DELIVERED", "READ") if name in metrics
    }
    if "CLICKED" in metrics:
        values["clicked"] = []
    if "COST" in metrics:
        values["cost"] = [{"type": "amount_spent", "value": 0}, {"type": "cost_per_delivered", "value": 0}]
    return values
