"""A file of rates → a rate card, with every bad cell named by line, column and reason. Pure.

Two layouts are read, told apart by their header:

    wide    market, currency, and a column for each category: list rates
    long    market, category, from, to, rate, and currency if there is one: volume tiers

Lines above the header are remarks. Good rows are used whatever the others are like; nothing is guessed.
"""

from collections.abc import Iterator, Mapping, Set
from datetime import date

import msgspec

from trunkline.pricing.cards import Place, RateCard, Tier, Tiers, flat
from trunkline.pricing.money import parse_micros
from trunkline.pricing.rows import Fault, Row, Table, plain, table_of
from trunkline.pricing.tier_rows import TierSpan, tiers_of

_NOTHING = {"", "n/a", "na", "-"}
_LONG = {"market", "category", "from", "to", "rate"}


class Words(msgspec.Struct, frozen=True):
    """What a provider's files may say, each in the form of `plain`, and what it means here.

    Currencies: only those that are not written as their code, in lower case."""

    markets: Mapping[str, str]
    categories: Mapping[str, str]
    currencies: Mapping[str, str]


class Heading(msgspec.Struct, frozen=True):
    """What a file does not say of itself."""

    currency: str
    effective_from: date
    source: str
    is_sample: bool = False


class Reading(msgspec.Struct, frozen=True):
    card: RateCard | None
    """None: not one rate could be read."""
    faults: tuple[Fault, ...]


def read_card(data: bytes, words: Words, heading: Heading) -> Reading:
    faults: list[Fault] = []
    table = table_of(data, faults)
    prices: dict[Place, Tiers] = {}
    if table is not None:
        reader = _Reader(words, heading.currency, faults)
        prices = reader.long(table) if set(table.names) >= _LONG else reader.wide(table)
    faults.sort(key=lambda fault: fault.line)
    card = RateCard(heading.currency, heading.effective_from, prices, heading.source, heading.is_sample)
    return Reading(card if prices else None, tuple(faults))


class _Reader:
    def __init__(self, words: Words, currency: str, faults: list[Fault]) -> None:
        self._words = words
        self._currency = currency
        self._faults = faults

    def wide(self, table: Table) -> dict[Place, Tiers]:
        columns = self._categories(table)
        seen: set[str] = set()
        prices: dict[Place, Tiers] = {}
        for row in table.rows(self._faults):
            market = self._market(row)
            if market is None or not self._has_currency(row):
                continue
            if market in seen:
                self._faults.append(row.fault("market", "this market stands in an earlier line already"))
                continue
            seen.add(market)
            for name, category in columns.items():
                rate = self._rate(row, name)
                if rate is not None:
                    prices[market, category] = flat(rate)
        return prices

    def long(self, table: Table) -> dict[Place, Tiers]:
        known: Set[str] = {*_LONG, "currency"}
        for name in table.names:
            if name not in known:
                self._faults.append(Fault(table.line, name, "this column is not known and was not read"))
        spans: dict[Place, list[TierSpan]] = {}
        spoilt: set[Place] = set()
        for row in table.rows(self._faults):
            place = self._place(row)
            if place is None:
                continue
            span = self._span(row) if self._has_currency(row) else None
            if span is None:
                spoilt.add(place)
            else:
                spans.setdefault(place, []).append(span)
        return dict(self._whole(spans, spoilt))

    def _categories(self, table: Table) -> dict[str, str]:
        columns: dict[str, str] = {}
        for name in table.names:
            category = self._words.categories.get(name)
            if category is not None:
                columns[name] = category
            elif name not in {"market", "currency"}:
                self._faults.append(Fault(table.line, name, "this column is not known and was not read"))
        if not columns:
            self._faults.append(Fault(table.line, "", "no column is named for a category"))
        return columns

    def _market(self, row: Row) -> str | None:
        market = self._words.markets.get(plain(row["market"]))
        if market is None:
            self._faults.append(row.fault("market", "this is not a known market"))
        return market

    def _has_currency(self, row: Row) -> bool:
        """A cell that is not there, or empty, says nothing against the currency asked for."""
        said = row.get("currency", "").lower()
        means = self._words.currencies.get(said, said.upper())
        if said in _NOTHING or means == self._currency:
            return True
        self._faults.append(row.fault("currency", f"the card is to be in {self._currency}"))
        return False

    def _rate(self, row: Row, name: str) -> int | None:
        if row[name].lower() in _NOTHING:
            return None
        try:
            return parse_micros(row.number(name))
        except ValueError as fault:
            self._faults.append(row.fault(name, str(fault)))
            return None

    def _place(self, row: Row) -> Place | None:
        market = self._market(row)
        category = self._words.categories.get(plain(row["category"]))
        if category is None:
            self._faults.append(row.fault("category", "this is not a known category"))
        return None if market is None or category is None else (market, category)

    def _span(self, row: Row) -> TierSpan | None:
        first, last = self._count(row, "from"), self._count(row, "to")
        if row["rate"].lower() in _NOTHING:
            self._faults.append(row.fault("rate", "a tier needs a rate"))
            return None
        rate = self._rate(row, "rate")
        if first is None or last is None or rate is None:
            return None
        return TierSpan(row, max(first, 1), last or None, rate)

    def _count(self, row: Row, name: str) -> int | None:
        """0 for no end."""
        said = row[name].lower()
        if name == "to" and said in {"", "max"}:
            return 0
        if said.isascii() and said.isdecimal() and len(said) <= 15 and not (name == "to" and not int(said)):
            return int(said)
        self._faults.append(row.fault(name, "this is not a count of messages"))
        return None

    def _whole(
        self, spans: Mapping[Place, list[TierSpan]], spoilt: Set[Place]
    ) -> Iterator[tuple[Place, tuple[Tier, ...]]]:
        """Tiers with a hole would charge somebody wrongly: all rows of such a place are left out."""
        for place, found in spans.items():
            if place in spoilt:
                reason = "left out, as another tier of this market and category is bad"
                self._faults.extend(span.row.fault("", reason) for span in found)
            elif (tiers := tiers_of(found, self._faults)) is not None:
                yield place, tiers
