"""Analytics of the account, counted from the ledger: what was sent and delivered, by time and dimension.

Costs are 0, as the sandbox bills nobody. Days are those of UTC.
"""

from collections import Counter
from typing import Any

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.graph.analytics_rows import Group, Period, read_groups, read_list, read_period
from trunkline.sandbox.graph.call import Call, Part
from trunkline.sandbox.runtime import Runtime

_HOUR = 3_600_000
_SHORT = {"HALF_HOUR": _HOUR // 2, "DAY": 24 * _HOUR, "MONTH": 30 * 24 * _HOUR}
_LONG = {"HALF_HOUR": _HOUR // 2, "DAILY": 24 * _HOUR, "MONTHLY": 30 * 24 * _HOUR}
_PRODUCTS = {"0": True, "2": False}
"""Product type → whether it stands for templates: notifications are 0, customer support is 2."""
_OF_CONVERSATIONS = {
    "CONVERSATION_CATEGORY": ("conversation_category", "category"),
    "CONVERSATION_DIRECTION": ("conversation_direction", "direction"),
    "CONVERSATION_TYPE": ("conversation_type", "conversation_type"),
    "COUNTRY": ("country", "country"),
    "PHONE": ("phone_number", "phone_number"),
}
"""Dimension → its name in a data point, and the attribute of a group."""
_OF_PRICES = {
    "COUNTRY": ("country", "country"),
    "PHONE": ("phone_number", "phone_number"),
    "PRICING_CATEGORY": ("pricing_category", "category"),
    "PRICING_TYPE": ("pricing_type", "pricing_type"),
    "TIER": ("tier", "tier"),
}


def part(runtime: Runtime) -> Part:
    analytics = _Analytics(runtime)
    return Part(
        fields={
            ("account", "analytics"): analytics.messages,
            ("account", "conversation_analytics"): analytics.conversations,
            ("account", "pricing_analytics"): analytics.pricing,
        }
    )


class _Analytics:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def messages(self, call: Call) -> dict[str, Any]:
        period, groups = await self._groups(call, _SHORT)
        if products := read_list(call, "product_types"):
            kinds = {_PRODUCTS[product] for product in products if product in _PRODUCTS}
            groups = [group for group in groups if group.is_template in kinds]
        sent, delivered = Counter[int](), Counter[int]()
        for group in groups:
            sent[group.start] += group.sent
            delivered[group.start] += group.delivered
        return {
            "phone_numbers": sorted({group.phone_number for group in groups}),
            "country_codes": sorted({group.country for group in groups}),
            "granularity": period.granularity,
            "data_points": [
                {**period.bounds(start), "sent": sent[start], "delivered": delivered[start]}
                for start in sorted(sent)
            ],
        }

    async def conversations(self, call: Call) -> dict[str, Any]:
        """A user to whom something was delivered counts once in a point for each kind of message."""
        period, groups = await self._groups(call, _LONG)
        groups = _only(groups, call, "conversation_categories", "category")
        groups = _only(groups, call, "conversation_directions", "direction")
        groups = _only(groups, call, "conversation_types", "conversation_type")
        weighed = [(group, group.users if group.delivered else 0) for group in groups]
        return _points(call, period, weighed, "conversation", _OF_CONVERSATIONS)

    async def pricing(self, call: Call) -> dict[str, Any]:
        """The volume is what was delivered, as Meta bills on delivery."""
        period, groups = await self._groups(call, _LONG)
        groups = _only(groups, call, "pricing_categories", "category")
        groups = _only(groups, call, "pricing_types", "pricing_type")
        weighed = [(group, group.delivered) for group in groups]
        return _points(call, period, weighed, "volume", _OF_PRICES)

    async def _groups(self, call: Call, granularities: dict[str, int]) -> tuple[Period, list[Group]]:
        """Of the numbers and countries that are asked for; none named means all."""
        period = read_period(call, granularities, self._runtime.clock.now())
        numbers = {"".join(filter(str.isdecimal, one)) for one in read_list(call, "phone_numbers")}
        countries = set(read_list(call, "country_codes"))
        groups = [
            group
            for group in await read_groups(self._runtime, period)
            if (not numbers or group.phone_number in numbers)
            and (not countries or group.country in countries)
        ]
        return period, groups


def _only(groups: list[Group], call: Call, param: str, attribute: str) -> list[Group]:
    wanted = {value.upper() for value in read_list(call, param)}
    return [group for group in groups if not wanted or getattr(group, attribute) in wanted]


def _points(
    call: Call,
    period: Period,
    weighed: list[tuple[Group, int]],
    metric: str,
    dimensions: dict[str, tuple[str, str]],
) -> dict[str, Any]:
    """One data point for each moment and each combination of the dimensions that were asked for."""
    metrics = _chosen(call, "metric_types", (metric.upper(), "COST")) or (metric.upper(), "COST")
    asked = [dimensions[name] for name in _chosen(call, "dimensions", tuple(dimensions))]
    counted = Counter[tuple[Any, ...]]()
    for group, weight in weighed:
        counted[group.start, *(getattr(group, attribute) for _, attribute in asked)] += weight
    points = []
    for (start, *values), weight in sorted(counted.items(), key=repr):
        point: dict[str, Any] = period.bounds(start)
        labels = zip(asked, values, strict=True)
        point |= {label: value for (label, _), value in labels if value is not None}
        point |= {metric: weight} if metric.upper() in metrics else {}
        point |= {"cost": 0} if "COST" in metrics else {}
        if weight:
            points.append(point)
    return {"data": [{"data_points": points}]}


def _chosen(call: Call, param: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.upper() for name in read_list(call, param)))
    for name in names:
        if name not in known:
            raise invalid(f'Param {param}[0] must be one of {{{", ".join(known)}}} - got "{name}".')
    return names
