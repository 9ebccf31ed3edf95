"""Rate cards and billing as callers see them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.api.views import Time
from trunkline.channels.pricing_contract import Billing
from trunkline.clock import to_rfc3339
from trunkline.pricing.cards import RateCard
from trunkline.pricing.money import format_micros
from trunkline.pricing.rows import Fault


class CardView(msgspec.Struct, kw_only=True):
    """A rate card, without its rates."""

    id: Annotated[str | None, Meta(description="Null when it was only looked at.")]
    currency: str
    effective_from: Annotated[str, Meta(description="Its first day, where the account is billed.")]
    source: str
    sample: Annotated[bool, Meta(description="It came with the program: not to plan a budget on.")]
    markets: int
    rates: Annotated[int, Meta(description="So many markets and categories have one.")]
    created_at: Time | None


class CardList(msgspec.Struct):
    """All rate cards of an account: samples, then its own in the order in which they came."""

    data: list[CardView]


class TierView(msgspec.Struct, kw_only=True):
    """A rate, from a message of the month on."""

    first: int
    rate: str


class PriceView(msgspec.Struct, kw_only=True):
    """What one message costs, by its place in the month."""

    market: str
    category: str
    tiers: list[TierView]


class CardWithRates(CardView, kw_only=True):
    """A rate card, whole."""

    prices: list[PriceView]


class FaultView(msgspec.Struct, kw_only=True):
    """Something wrong in a file of rates; the rest of it was taken."""

    line: Annotated[int, Meta(description="From 1; 0 is the file as a whole.")]
    column: Annotated[str | None, Meta(description="Null: the whole line.")]
    reason: str
    found: str


class CardTaken(msgspec.Struct, kw_only=True):
    """What was read of a file of rates."""

    card: CardView
    faults: list[FaultView]


class InternationalView(msgspec.Struct, kw_only=True):
    """A market in which the account pays the rate for international authentication."""

    market: str
    since: str


class BillingView(msgspec.Struct, kw_only=True):
    """How an account is billed by its provider: what its owner said, and what the provider told."""

    currency: str
    time_zone: str
    country: str | None
    utility_in_window: Annotated[str, Meta(description="charged or free, since October 2026.")]
    exempt: bool
    international: list[InternationalView]


def show_card(card: RateCard, card_id: str | None, created_at: int | None) -> CardView:
    return CardView(
        id=card_id,
        currency=card.currency,
        effective_from=card.effective_from.isoformat(),
        source=card.source,
        sample=card.is_sample,
        markets=len({market for market, _ in card.prices}),
        rates=len(card.prices),
        created_at=None if created_at is None else to_rfc3339(created_at),
    )


def show_rates(card: RateCard, card_id: str, created_at: int | None) -> CardWithRates:
    prices = [
        PriceView(
            market=market,
            category=category,
            tiers=[TierView(first=tier.first, rate=format_micros(tier.rate)) for tier in tiers],
        )
        for (market, category), tiers in sorted(card.prices.items())
    ]
    return CardWithRates(**msgspec.structs.asdict(show_card(card, card_id, created_at)), prices=prices)


def show_fault(fault: Fault) -> FaultView:
    return FaultView(line=fault.line, column=fault.column or None, reason=fault.reason, found=fault.found)


def show_billing(billing: Billing) -> BillingView:
    return BillingView(
        currency=billing.currency,
        time_zone=billing.time_zone,
        country=billing.country,
        utility_in_window="charged" if billing.is_utility_charged_in_window else "free",
        exempt=billing.is_exempt,
        international=[
            InternationalView(market=market, since=since.isoformat())
            for market, since in sorted(billing.international.items())
        ],
    )
