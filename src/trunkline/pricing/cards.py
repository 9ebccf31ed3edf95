"""Rate cards: what one message costs by market and category, from a day on. Pure.

A card's days begin at midnight where the account is billed: see `days.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec


class Tier(msgspec.Struct, frozen=True):
    """From its `first` message of a month on, until the next tier begins, each costs `rate`."""

    first: int
    """Counted from 1."""
    rate: int
    """Micro-units of the card's currency."""


Tiers = tuple[Tier, ...]
"""In order; the first begins with message 1, and the last has no end. Its rate is the list rate."""

Place = tuple[str, str]
"""(market, category)."""


class RateCard(msgspec.Struct, frozen=True):
    currency: str
    effective_from: date
    prices: Mapping[Place, Tiers]
    source: str
    is_sample: bool = False
    """It came with the program: to try things with, not to plan a budget on."""

    def tiers_of(self, market: str, category: str) -> Tiers | None:
        return self.prices.get((market, category))


def flat(rate: int) -> Tiers:
    return (Tier(1, rate),)


def empty_card(currency: str) -> RateCard:
    """For where there is none: messages are counted, and none has a price."""
    return RateCard(currency, date.min, {}, "")


def card_on(cards: Iterable[RateCard], currency: str, day: date) -> RateCard | None:
    """The newest card of the currency that holds on that day.

    A sample is taken only where there is no other; of two from the same day, the later in the row.
    """
    held = [card for card in cards if card.currency == currency and card.effective_from <= day]
    own = [card for card in held if not card.is_sample] or held
    return max(reversed(own), key=lambda card: card.effective_from, default=None)


def with_prices(card: RateCard, prices: Mapping[Place, Tiers]) -> RateCard:
    """The card with these in the place of its own, such as list rates and then their volume tiers."""
    return msgspec.structs.replace(card, prices={**card.prices, **prices})
