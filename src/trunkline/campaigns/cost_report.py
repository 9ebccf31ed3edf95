"""What an estimate says to people: amounts as decimal text, and where its numbers come from. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.channels.pricing_contract import Billing
from trunkline.pricing.cards import RateCard
from trunkline.pricing.meter import Estimate, Line
from trunkline.pricing.money import format_micros


class CostTier(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of a line that cost the same."""

    first: Annotated[int, Meta(description="From this message of the month on.")]
    last: Annotated[int | None, Meta(description="Null: without an end.")]
    rate: Annotated[str, Meta(description="Of one message.")]
    count: int
    amount: str


class CostLine(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one market and category."""

    market: str
    category: str
    count: int
    charged: int
    unpriced: Annotated[int, Meta(description="Charged, but no rate card says how much.")]
    amount: str
    free: Annotated[dict[str, int], Meta(description="How many cost nothing, by the reason.")]
    tiers: list[CostTier]


class UsedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A rate card that was used."""

    effective_from: str
    source: str
    sample: Annotated[bool, Meta(description="It came with the program: not to plan a budget on.")]


class CostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What messages cost. Taxes are not in it."""

    currency: str
    total: str
    total_micros: Annotated[int, Meta(description="The same in millionths of the currency's unit.")]
    count: Annotated[int, Meta(description="Messages, free ones with them.")]
    charged: int
    unpriced: Annotated[int, Meta(description="Above zero: the total is a lower bound.")]
    time_zone: str
    rules: Annotated[str | None, Meta(description="Those of the first day; null when there are no messages.")]
    cards: list[UsedCard]
    lines: list[CostLine]


def show(estimate: Estimate, billing: Billing, cards: Sequence[RateCard], rules: str | None) -> CostReport:
    lines = [_line(line) for line in estimate.lines]
    used = [
        UsedCard(effective_from=card.effective_from.isoformat(), source=card.source, sample=card.is_sample)
        for card in _used(estimate, billing.currency, cards)
    ]
    return CostReport(
        currency=estimate.currency,
        total=format_micros(estimate.total),
        total_micros=estimate.total,
        count=sum(line.count for line in lines),
        charged=sum(line.charged for line in lines),
        unpriced=estimate.unpriced,
        time_zone=billing.time_zone,
        rules=rules,
        cards=used,
        lines=lines,
    )


def _used(estimate: Estimate, currency: str, cards: Sequence[RateCard]) -> list[RateCard]:
    """Of two from the same day the account's own, as it was when they were used."""
    days: Mapping[object, RateCard] = {
        card.effective_from: card
        for card in sorted(cards, key=lambda card: not card.is_sample)
        if card.currency == currency
    }
    return [days[day] for day in estimate.cards]


def _line(line: Line) -> CostLine:
    return CostLine(
        market=line.market,
        category=line.category,
        count=line.count,
        charged=line.charged,
        unpriced=line.unpriced,
        amount=format_micros(line.amount),
        free=dict(line.free),
        tiers=[
            CostTier(
                first=row.first,
                last=row.last,
                rate=format_micros(row.rate),
                count=row.count,
                amount=format_micros(row.amount),
            )
            for row in line.tiers
        ],
    )
