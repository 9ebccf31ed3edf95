"""The meter: messages go in, free or charged; out comes an `Estimate` of what they cost. Pure.

Tiers are marginal: a message costs the rate of the tier that its place in the month falls into, and nothing
changes for those before it. So it makes no difference whether messages are added singly or in bulk.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from trunkline.pricing.cards import Place, RateCard, Tier, Tiers


class TierRow(msgspec.Struct, frozen=True):
    """The messages of a line that fell into one tier."""

    first: int
    last: int | None
    """None: the tier has no end."""
    rate: int
    count: int
    amount: int


class Line(msgspec.Struct, frozen=True):
    market: str
    category: str
    count: int
    charged: int
    amount: int
    free: Mapping[str, int]
    """How many cost nothing, by the reason."""
    tiers: tuple[TierRow, ...]
    unpriced: int = 0
    """Of the charged ones, those for which no card has a rate: `amount` is without them."""


class Counts(msgspec.Struct, frozen=True):
    """What was delivered since the month began at midnight where the account is billed."""

    charged: Mapping[Place, int] = {}
    """By market and category, of all numbers of the account: it decides the volume tier."""
    free_service: Mapping[str, int] = {}
    """By business number: service messages that the free quota has paid."""


class Estimate(msgspec.Struct, frozen=True):
    currency: str
    cards: tuple[date, ...]
    """The days from which the cards hold that were used."""
    lines: tuple[Line, ...]
    total: int
    unpriced: int
    """Above zero: the total is a lower bound."""
    counts: Mapping[Place, int]
    """Charged messages of the month by market and category, with these."""


def split(tiers: Tiers, before: int, count: int) -> Iterator[TierRow]:
    """So many messages, after so many earlier ones of the month, by the tiers that they fall into."""
    place, end = bisect_right(tiers, before + 1, key=_first) - 1, before + count
    while before < end:
        tier, place = tiers[place], place + 1
        last = tiers[place].first - 1 if place < len(tiers) else None
        here = (end if last is None else min(end, last)) - before
        yield TierRow(tier.first, last, tier.rate, here, here * tier.rate)
        before += here


def _first(tier: Tier) -> int:
    return tier.first


class Meter:
    """Adds up. `counts`: what was charged before, in the month that the messages belong to."""

    def __init__(self, currency: str, counts: Mapping[Place, int]) -> None:
        self.currency = currency
        self.counts: Counter[Place] = Counter(counts)
        self._all: Counter[Place] = Counter()
        self._charged: Counter[Place] = Counter()
        self._unpriced: Counter[Place] = Counter()
        self._free: dict[Place, Counter[str]] = {}
        self._rows: dict[Place, dict[tuple[int, int | None, int], int]] = {}
        self._cards: set[date] = set()

    def begin_month(self, counts: Mapping[Place, int]) -> None:
        """Of what was charged before, only this counts for tiers from now on."""
        self.counts = Counter(counts)

    def add_free(self, place: Place, count: int, reason: str) -> None:
        if count:
            self._all[place] += count
            self._free.setdefault(place, Counter())[reason] += count

    def add_charged(self, place: Place, count: int, card: RateCard, tiers: Tiers | None) -> None:
        """`tiers`: what the card says of this place; None where it has no rate."""
        if not count:
            return
        self._all[place] += count
        self._charged[place] += count
        if tiers is None:
            self._unpriced[place] += count
        else:
            self._cards.add(card.effective_from)
            rows = self._rows.setdefault(place, {})
            for row in split(tiers, self.counts[place], count):
                key = (row.first, row.last, row.rate)
                rows[key] = rows.get(key, 0) + row.count
        self.counts[place] += count

    def read(self) -> Estimate:
        lines = tuple(self._line(place) for place in sorted(self._all))
        return Estimate(
            currency=self.currency,
            cards=tuple(sorted(self._cards)),
            lines=lines,
            total=sum(line.amount for line in lines),
            unpriced=sum(line.unpriced for line in lines),
            counts=dict(self.counts),
        )

    def _line(self, place: Place) -> Line:
        rows = self._rows.get(place, {})
        tiers = tuple(
            TierRow(first, last, rate, count, count * rate) for (first, last, rate), count in rows.items()
        )
        return Line(
            market=place[0],
            category=place[1],
            count=self._all[place],
            charged=self._charged[place],
            amount=sum(row.amount for row in tiers),
            free=dict(self._free.get(place, {})),
            tiers=tiers,
            unpriced=self._unpriced[place],
        )
