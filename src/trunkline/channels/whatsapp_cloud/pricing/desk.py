"""WhatsApp's side of `channels/pricing_contract.py`: loads and arrivals → groups, bills, an estimate.

Pure. Messages of one quarter of an hour, or of one day, are taken together by the core; no time zone has its
midnight within a quarter.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from trunkline.channels.pricing_contract import Arrivals, Billing, Info, Load, Month
from trunkline.channels.whatsapp_cloud.pricing import cards as meta_cards
from trunkline.channels.whatsapp_cloud.pricing import charging, told
from trunkline.channels.whatsapp_cloud.pricing.actual import Bill, bill_of, charge
from trunkline.channels.whatsapp_cloud.pricing.charging import Group, Terms
from trunkline.channels.whatsapp_cloud.pricing.estimate import Till
from trunkline.channels.whatsapp_cloud.pricing.markets import market_of
from trunkline.channels.whatsapp_cloud.pricing.rules import FREE_SERVICE_MESSAGES, rules_on
from trunkline.pricing.cards import RateCard, card_on, empty_card
from trunkline.pricing.days import day_at, day_start, month_of, month_start
from trunkline.pricing.meter import Counts, Estimate
from trunkline.pricing.reading import Heading, Reading


class CloudPricing:
    """Implements `pricing_contract.Pricing`."""

    address_part = 4
    currencies: Set[str] = meta_cards.CURRENCIES
    categories: Sequence[str] = meta_cards.CATEGORIES
    free_quota = FREE_SERVICE_MESSAGES
    quota_categories: Set[str] = frozenset({"service", "group_service"})

    def read_card(self, data: bytes, heading: Heading) -> Reading:
        return meta_cards.read(data, heading)

    def samples(self) -> Sequence[RateCard]:
        return meta_cards.samples()

    def category_of(self, type: str, template_category: str | None) -> str:
        return charging.category_of(type, template_category)

    def rules_at(self, at: int, billing: Billing) -> str:
        return _terms(_day(at, billing), billing).rules.name

    def day_start(self, at: int, billing: Billing) -> int:
        return day_start(at, ZoneInfo(billing.time_zone))

    def month_start(self, at: int, billing: Billing) -> int:
        return month_start(at, ZoneInfo(billing.time_zone))

    def estimate(
        self, loads: Iterable[Load], cards: Sequence[RateCard], billing: Billing, before: Month
    ) -> Estimate:
        known = month = month_of(_day(before.at, billing))
        till = Till(billing.currency, before.counts)
        days: dict[date, tuple[RateCard, Terms]] = {}
        for load in loads:
            day = _day(load.at, billing)
            if month_of(day) != month:
                month = month_of(day)
                till.begin_month(before.counts if month == known else Counts())
            if day not in days:
                days[day] = _card(cards, billing, day), _terms(day, billing)
            till.add(_group(load, day), load.count, *days[day])
        return till.read()[0]

    def actual(
        self, arrivals: Iterable[Arrivals], cards: Sequence[RateCard], billing: Billing, before: Month
    ) -> Estimate:
        zone = ZoneInfo(billing.time_zone)
        month = month_of(_day(before.at, billing))
        return charge(_bills(arrivals, billing), cards, billing.currency, zone, before.counts, month)

    def counts(self, arrivals: Iterable[Arrivals], billing: Billing) -> Counts:
        charged: Counter[tuple[str, str]] = Counter()
        quota: Counter[str] = Counter()
        for one in arrivals:
            bill = bill_of(one.address, one.at, one.pricing, _day(one.at, billing))
            if bill.why_free is None:
                charged[bill.market, bill.category] += one.count
            elif bill.category in self.quota_categories and bill.why_free == "free_customer_service":
                quota[one.number_id] += one.count
        return Counts(dict(charged), dict(quota))

    def with_told(self, billing: Billing, infos: Sequence[Info]) -> Billing:
        zone, since = ZoneInfo(billing.time_zone), dict[str, date]()
        for info in infos:
            since |= told.international_told(info, billing.country, zone)
        return msgspec.structs.replace(billing, international=since | billing.international)

    def raised(self, month: Month, billing: Billing, infos: Sequence[Info]) -> Month:
        counts, name = month.counts, month_of(_day(month.at, billing))
        for reached in (one for info in infos for one in told.tiers_told(info)):
            if reached.at <= month.at:
                counts = told.with_tier(counts, name, reached)
        return Month(month.at, counts)


def _bills(arrivals: Iterable[Arrivals], billing: Billing) -> list[tuple[Bill, int]]:
    """With how many there are of each, in the order of time."""
    found = [
        (bill_of(one.address, one.at, one.pricing, _day(one.at, billing)), one.count) for one in arrivals
    ]
    return sorted(found, key=lambda item: item[0].at)


def _group(load: Load, day: date) -> Group:
    return Group(
        market=market_of(load.address, day),
        category=load.category,
        is_window_open=load.is_window_open,
        is_free_entry=load.is_free_entry,
        number=load.number_id,
    )


def _card(cards: Sequence[RateCard], billing: Billing, day: date) -> RateCard:
    return card_on(cards, billing.currency, day) or empty_card(billing.currency)


def _terms(day: date, billing: Billing) -> Terms:
    rules = rules_on(day, is_utility_charged_in_window=billing.is_utility_charged_in_window)
    return Terms(day=day, rules=rules, is_exempt=billing.is_exempt, international=billing.international)


def _day(at: int, billing: Billing) -> date:
    return _day_in(at // 900_000, billing.time_zone)


@lru_cache(maxsize=4096)
def _day_in(quarter: int, time_zone: str) -> date:
    """No time zone has its midnight within a quarter of an hour."""
    return day_at(quarter * 900_000, ZoneInfo(time_zone))
