"""What Meta charged, from the `pricing` of its statuses. Pure.

A message is billed once, when it is delivered: `sent` says what it will cost, then one of `delivered` and
`read` says it again. Statuses may come twice and in any order; the result is the same.
"""

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from typing import Any

import msgspec

from trunkline.channels.contract import StatusFact
from trunkline.channels.whatsapp_cloud.pricing.cards import INTERNATIONAL, tiers_of
from trunkline.channels.whatsapp_cloud.pricing.estimate import Counts
from trunkline.channels.whatsapp_cloud.pricing.markets import market_of
from trunkline.channels.whatsapp_cloud.pricing.rules import MESSAGES
from trunkline.pricing.cards import RateCard, card_on, empty_card
from trunkline.pricing.days import day_at, month_of
from trunkline.pricing.meter import Estimate, Meter

UNKNOWN = ""
"""The market, when no status of a message names its recipient."""

_ARRIVED = frozenset({"delivered", "read", "played"})


class Bill(msgspec.Struct, frozen=True):
    """One message, or one conversation of the time when these were charged."""

    at: int
    """When it was delivered, as far as its statuses say."""
    market: str
    category: str
    why_free: str | None


class _Seen(msgspec.Struct):
    """What the statuses of one message say together."""

    arrived_at: int | None = None
    recipient: str | None = None
    pricing: dict[str, Any] | None = None
    is_final: bool = False
    """The pricing is that of its delivery, not the promise of `sent`."""
    conversation: str | None = None


def actual(
    facts: Iterable[StatusFact],
    cards: Sequence[RateCard],
    currency: str,
    zone: tzinfo,
    counts: Counts,
) -> Estimate:
    """`counts`: of the month of the first bill, before it; a later month begins with none.

    `cards` may be many: each bill takes the one of its day.
    """
    meter = Meter(currency, counts.charged)
    month: str | None = None
    for bill in bills(facts, zone):
        day = day_at(bill.at, zone)
        if month not in {None, month_of(day)}:
            meter.begin_month()
        month = month_of(day)
        place = (bill.market, bill.category)
        if bill.why_free is not None:
            meter.add_free(place, 1, bill.why_free)
            continue
        card = card_on(cards, currency, day) or empty_card(currency)
        meter.add_charged(place, 1, card, tiers_of(card, *place, has_tiers=day >= MESSAGES.since))
    return meter.read()


def bills(facts: Iterable[StatusFact], zone: tzinfo) -> list[Bill]:
    """In the order of delivery. What was never delivered, or never priced, is on no bill."""
    seen: dict[str, _Seen] = {}
    for fact in facts:
        _take(seen.setdefault(fact.provider_id, _Seen()), fact)
    found: list[tuple[int, str, Bill]] = []
    opened: set[str] = set()
    for provider_id, one in seen.items():
        if one.arrived_at is not None and one.pricing is not None:
            bill = _bill(one, one.arrived_at, one.pricing, day_at(one.arrived_at, zone))
            found.append((one.arrived_at, provider_id, bill))
    found.sort(key=lambda item: item[:2])
    return [bill for _, provider_id, bill in found if _is_first(seen[provider_id], opened)]


def _take(one: _Seen, fact: StatusFact) -> None:
    arrived = fact.status in _ARRIVED
    if arrived:
        one.arrived_at = fact.at if one.arrived_at is None else min(one.arrived_at, fact.at)
    if fact.pricing is not None and (one.pricing is None or (arrived and not one.is_final)):
        one.pricing, one.is_final = fact.pricing, arrived
    if fact.conversation is not None and isinstance(fact.conversation.get("id"), str):
        one.conversation = fact.conversation["id"]
    one.recipient = one.recipient or fact.recipient


def _bill(one: _Seen, at: int, pricing: dict[str, Any], day: date) -> Bill:
    market = UNKNOWN if one.recipient is None else market_of(one.recipient, day)
    category = str(pricing.get("category") or "unknown").lower()
    category = category.replace("authentication_international", INTERNATIONAL)
    return Bill(at, market, category, _why_free(pricing))


def _why_free(pricing: dict[str, Any]) -> str | None:
    """`billable` is being withdrawn; it is looked at only where the type is not there."""
    if pricing.get("subtype") == "paid_exempt":
        return "paid_exempt"
    type_ = pricing.get("type")
    if isinstance(type_, str):
        return type_ if type_.startswith("free_") else None  # a word not known yet is not taken for free
    return None if pricing.get("billable") is not False else "not_billable"


def _is_first(one: _Seen, opened: set[str]) -> bool:
    """Of its conversation, where these are what is charged; else always."""
    if one.conversation is None or one.pricing is None or one.pricing.get("pricing_model") != "CBP":
        return True
    is_new = one.conversation not in opened
    opened.add(one.conversation)
    return is_new
