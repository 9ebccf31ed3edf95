"""What a campaign will cost if everybody gets it, how far a budget goes, and what it did cost.

The check opens `Costs` and adds each recipient, in any order; the report takes them in the order of their
turns, as the provider will. It is as right as the cards and the month's counts are (docs/pricing.md).
"""

import heapq
from collections.abc import Iterator

from trunkline.campaigns.cost_report import CostReport, show
from trunkline.campaigns.price_book import PriceBook, arrivals, open_book
from trunkline.channels.pricing_contract import Load, Month
from trunkline.model.campaign import Definition
from trunkline.pricing.money import parse_micros
from trunkline.runtime import Runtime
from trunkline.store import charges
from trunkline.store.charges import QUARTER

_Key = tuple[int, str, str, str, bool, bool]
"""Begin of the day, beginning of the address, number, category, open window, free entry window."""


async def open(runtime: Runtime, account_id: str, definition: Definition) -> "Costs":
    """With what the month had until now."""
    first = runtime.directory.numbers.get(definition.numbers[0]) if definition.numbers else None
    book = await open_book(runtime, account_id, first.connector if first else None)
    if book is None:
        return Costs(None, Month(0))
    now = runtime.clock.now()
    return Costs(book, await book.month(runtime.store, now))


async def actual(runtime: Runtime, account_id: str, campaign_id: str) -> CostReport | None:
    """What its messages cost that were delivered until now; None where the provider charges nothing."""
    book = await open_book(runtime, account_id)
    if book is None:
        return None
    store = runtime.store
    delivered = await charges.of_campaign(store, account_id, campaign_id, book.pricing.address_part)
    at = min((one.first for one in delivered), default=runtime.clock.now())
    before = await book.month(store, at, until=at, without=campaign_id)
    found = arrivals(delivered)
    estimate = book.pricing.actual(found, book.cards, book.billing, before)
    rules = book.pricing.rules_at(at, book.billing) if found else None
    return show(estimate, book.billing, book.cards, rules)


def most_within(report: CostReport, micros: int) -> int | None:
    """So many of its messages cost no more than this, whoever gets them: as if the dearest went first.

    None: all of them do.
    """
    if report.total_micros <= micros:
        return None
    made = 0
    tiers = [(parse_micros(tier.rate), tier.count) for line in report.lines for tier in line.tiers]
    for rate, count in sorted(tiers, reverse=True):
        if rate * count > micros:
            return made + micros // rate
        micros -= rate * count
        made += count
    return made


class Costs:
    """Counts; `add` is called for each of a million."""

    def __init__(self, book: PriceBook | None, before: Month) -> None:
        self._book = book
        self._before = before
        self._part = book.pricing.address_part if book else 0
        self._loads: dict[_Key, int] = {}
        self._with_quota = frozenset(book.pricing.quota_categories) if book else frozenset[str]()
        self._first: dict[tuple[str, int], list[tuple[int, int, _Key]]] = {}
        self._seen = 0
        self._days: dict[int, tuple[int, int]] = {}

    def add(  # noqa: PLR0913, PLR0917 - what decides a price
        self, address: str, number_id: str, category: str, in_window: bool, free_entry: bool, due_at: int
    ) -> None:
        """`category`: as `category_of` says. `due_at`: when it will be delivered, as far as is known."""
        if self._book is None:
            return
        quarter = due_at // QUARTER
        day, month = self._days.get(quarter) or self._begins(self._book, quarter)
        key = (day, address[: self._part], number_id, category, in_window, free_entry)
        self._loads[key] = self._loads.get(key, 0) + 1
        if category in self._with_quota and not free_entry:
            self._remember(self._book, key, month, due_at)

    def category_of(self, type: str, template_category: str | None) -> str:
        """Of a message of this type, whose template has this category as the provider writes it."""
        return self._book.pricing.category_of(type, template_category) if self._book else ""

    def report(self) -> CostReport | None:
        """None where the provider charges nothing."""
        if self._book is None:
            return None
        book, loads = self._book, list(self._in_order())
        estimate = book.pricing.estimate(loads, book.cards, book.billing, self._before)
        rules = book.pricing.rules_at(loads[0].at, book.billing) if loads else None
        return show(estimate, book.billing, book.cards, rules)

    def _remember(self, book: PriceBook, key: _Key, month: int, due_at: int) -> None:
        """The first ones of a number and month, one by one: some of them may be free."""
        first = self._first.setdefault((key[2], month), [])
        self._seen += 1
        place = (-due_at, -self._seen, key)  # a heap whose root is the last of them
        if len(first) < book.pricing.free_quota:
            heapq.heappush(first, place)
        elif place > first[0]:
            heapq.heapreplace(first, place)

    def _begins(self, book: PriceBook, quarter: int) -> tuple[int, int]:
        """When its day did, and its month: a day has one price, and a slow campaign many quarters."""
        at = quarter * QUARTER
        found = book.pricing.day_start(at, book.billing), book.pricing.month_start(at, book.billing)
        self._days[quarter] = found
        return found

    def _in_order(self) -> Iterator[Load]:
        """By day, and of each number those that its quota may be for before all others."""
        early = sorted((place for first in self._first.values() for place in first), reverse=True)
        rest = dict(self._loads)
        for _, _, key in early:
            rest[key] -= 1
        loads = [_load(key, 1) for _, _, key in early]
        loads += [_load(key, count) for key, count in sorted(rest.items()) if count]
        return iter(sorted(loads, key=lambda load: load.at))


def _load(key: _Key, count: int) -> Load:
    day, address, number_id, category, in_window, free_entry = key
    return Load(address, number_id, category, day, count, in_window, free_entry)
