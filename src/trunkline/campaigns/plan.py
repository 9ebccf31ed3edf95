"""The plan of a campaign as people read it: which number sends how many on which day, when it ends, and why
not earlier. Made of a `Planner` that has given everybody their turn.
"""

from collections import Counter
from datetime import UTC, datetime, tzinfo
from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.campaigns.plan_places import SLOT
from trunkline.campaigns.time_zones import zone
from trunkline.campaigns.turns import Causes, Late, Planner
from trunkline.clock import to_rfc3339
from trunkline.model.campaign import Schedule

_WORDS = {
    Late.END: "come after the campaign's end",
    Late.VALIDITY: "would get their message later than it is valid, so many are before them",
    Late.QUIET: "live in a country whose time zones together leave no hour outside the quiet hours",
    Late.TIER: "find no place in the 24-hour tier, of which everything is reserved",
    Late.FAR: "would wait for more than a year",
}


class Day(msgspec.Struct, frozen=True, kw_only=True):
    date: Annotated[str, Meta(description="In the plan's `time_zone`.")]
    recipients: int
    numbers: Annotated[dict[str, int], Meta(description="Number → how many of them.")]


class SenderPlan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    number_id: str
    recipients: int
    per_second: float
    tier: Annotated[int | None, Meta(description="New people within 24 hours.")] = None
    reserve: Annotated[int, Meta(description="Of these, left to other messages.")] = 0
    used: Annotated[int, Meta(description="Of these, used when it was planned.")] = 0
    shares_tier: Annotated[bool, Meta(description="With the other numbers of its business account.")] = False


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When who gets it, as far as it can be known beforehand."""

    time_zone: str
    start_at: str
    last_turn_at: Annotated[str | None, Meta(description="From then on nobody waits for a rule.")] = None
    finish_at: Annotated[str | None, Meta(description="When the last message goes, by the pace.")] = None
    recipients: int
    days: list[Day]
    numbers: list[SenderPlan]
    waiting: Annotated[
        dict[str, int],
        Meta(description="How many have to wait, and for what: `local_time`, `quiet_hours`, `tier`, `pace`."),
    ]
    too_late: Annotated[dict[str, int], Meta(description="Who gets nothing: why → how many.")] = {}
    notes: Annotated[list[str], Meta(description="The same in words.")] = []


def plan_of(planner: Planner, schedule: Schedule) -> Plan:
    quiet = schedule.quiet_hours
    name = quiet.time_zone if quiet is not None and quiet.time_zone else "UTC"
    days = _days(planner, zone(name) or UTC)
    by_number = Counter[str]()
    for day in days:
        by_number.update(day.numbers)
    return Plan(
        time_zone=name,
        start_at=to_rfc3339(planner.start),
        last_turn_at=to_rfc3339(planner.last_due_at) if days else None,
        finish_at=to_rfc3339(planner.last_at) if days else None,
        recipients=by_number.total(),
        days=days,
        numbers=[
            SenderPlan(
                number_id=sender.number_id,
                recipients=by_number[sender.number_id],
                per_second=sender.per_second,
                tier=sender.tier,
                reserve=sender.reserve,
                used=len(sender.used),
                shares_tier=sender.shares_with is not None,
            )
            for sender in planner.senders
        ],
        waiting=msgspec.structs.asdict(planner.causes),
        too_late={late.value: count for late, count in planner.late.items()},
        notes=_notes(planner, len(days)),
    )


def _days(planner: Planner, where: tzinfo) -> list[Day]:
    found: dict[str, Counter[str]] = {}
    for (number_id, slot), count in planner.slots.items():
        at = datetime.fromtimestamp((planner.start + slot * SLOT) / 1000, where)
        found.setdefault(at.date().isoformat(), Counter())[number_id] += count
    return [
        Day(date=date, recipients=numbers.total(), numbers=dict(numbers))
        for date, numbers in sorted(found.items())
    ]


def _notes(planner: Planner, days: int) -> list[str]:
    return [
        *(f"{count:,} {_WORDS[late]}." for late, count in planner.late.items()),
        *([_limit(planner.causes, days)] if days > 1 else []),
    ]


def _limit(causes: Causes, days: int) -> str:
    """What most of them wait for."""
    words = {
        "tier": "the numbers' 24-hour tiers, less what is reserved",
        "quiet_hours": "the quiet hours and the pace together",
        "local_time": "the time of day that it is sent at",
        "pace": "the pace",
    }
    counts = msgspec.structs.asdict(causes)
    first = max(words, key=lambda name: counts[name])
    return f"It takes parts of {days} days because of {words[first]}."
