"""What Meta charged, from the `pricing` of its statuses. Pure.

A message is billed once, when it is delivered: `sent` says what it will cost, then one of `delivered` and
`read` says it again. In come the words that count, one for each message that was delivered.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

import msgspec

from trunkline.channels.whatsapp_cloud.pricing.cards import INTERNATIONAL, tiers_of
from trunkline.channels.whatsapp_cloud.pricing.markets import market_of
from trunkline.channels.whatsapp_cloud.pricing.rules import MESSAGES
from trunkline.pricing.cards import RateCard, card_on, empty_card
from trunkline.pricing.days import day_at, month_of
from trunkline.pricing.meter import Counts, Estimate, Meter


class Bill(msgspec.Struct, frozen=True):
    """Of one message."""

    at: int
    """When it was delivered."""
    market: str
    category: str
    why_free: str | None


def charge(  # noqa: PLR0913, PLR0917 - bills, prices, and what was before them
    billed: Iterable[tuple[Bill, int]],
    cards: Sequence[RateCard],
    currency: str,
    zone: tzinfo,
    counts: Counts,
    month: str | None = None,
) -> Estimate:
    """Bills in the order of time, with how many there are of each; each takes the card of its day.

    `counts`: of the month of the first bill, before it, or of `month`; a later month begins with none.
    """
    meter = Meter(currency, counts.charged)
    for bill, count in billed:
        day = day_at(bill.at, zone)
        if month not in {None, month_of(day)}:
            meter.begin_month({})
        month = month_of(day)
        place = (bill.market, bill.category)
        if bill.why_free is not None:
            meter.add_free(place, count, bill.why_free)
            continue
        card = card_on(cards, currency, day) or empty_card(currency)
        tiers = tiers_of(card, *place, has_tiers=day >= MESSAGES.since)
        meter.add_charged(place, count, card, tiers)
    return meter.read()


def bill_of(recipient: str, at: int, pricing: Mapping[str, Any], day: date) -> Bill:
    category = str(pricing.get("category") or "unknown").lower()
    category = category.replace("authentication_international", INTERNATIONAL)
    return Bill(at, market_of(recipient, day), category, _why_free(pricing))


def _why_free(pricing: Mapping[str, Any]) -> str | None:
    """`billable` is being withdrawn; it is looked at only where the type is not there."""
    if pricing.get("subtype") == "paid_exempt":
        return "paid_exempt"
    type_ = pricing.get("type")
    if isinstance(type_, str):
        return type_ if type_.startswith("free_") else None  # a word not known yet is not taken for free
    return None if pricing.get("billable") is not False else "not_billable"
