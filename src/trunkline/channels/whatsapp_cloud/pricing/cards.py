"""Meta's rate cards: the words of its files, the rate that a category has, and the samples. Pure.

Meta gives its cards as CSV behind links that expire and has no API for them, so they are imported by hand.
"""

from datetime import date
from functools import cache
from importlib.resources import files

from trunkline.channels.whatsapp_cloud.pricing.markets import market_map
from trunkline.channels.whatsapp_cloud.pricing.rules import TIERED
from trunkline.pricing.cards import RateCard, Tiers
from trunkline.pricing.reading import Heading, Reading, Words, read_card
from trunkline.pricing.rows import plain

INTERNATIONAL = "authentication-international"

CURRENCIES = frozenset("USD AED ARS AUD BRL CLP COP EUR GBP IDR INR MXN MYR PEN SAR SGD".split())  # noqa: SIM905
"""In which a business account can be billed."""

CATEGORIES = ("marketing", "utility", "authentication", INTERNATIONAL, "service", "general_purpose_ai")

_PRICED_AS = {
    "marketing_lite": "marketing",
    "group_marketing": "marketing",
    "group_utility": "utility",
    "group_service": "service",
    "service": "utility",
}
"""Where a card has no rate for the first, it is charged at that of the second."""

_CARD_SOURCE = "a third party's transcription of Meta's rate card; docs/pricing.md"
_SAMPLES = (
    ("EUR", date(2026, 7, 1)),
    ("INR", date(2026, 10, 1)),
    ("USD", date(2026, 10, 1)),
)


def read(data: bytes, heading: Heading) -> Reading:
    """A card in Meta's own layout, or volume tiers in ours; `docs/pricing.md` describes both."""
    if heading.currency not in CURRENCIES:
        known = ", ".join(sorted(CURRENCIES))
        raise ValueError(f"{heading.currency} is none of Meta's currencies: {known}")
    return read_card(data, _words(), heading)


def tiers_of(card: RateCard, market: str, category: str, *, has_tiers: bool = True) -> Tiers | None:
    """What this costs by the card; None where it says nothing of it."""
    tiers = card.tiers_of(market, category)
    if tiers is not None:
        return tiers if has_tiers and category in TIERED else tiers[:1]
    stand_in = _PRICED_AS.get(category)
    found = None if stand_in is None else tiers_of(card, market, stand_in)
    return None if found is None else found[:1]


@cache
def samples() -> tuple[RateCard, ...]:
    return tuple(_sample(currency, day) for currency, day in _SAMPLES)


def _sample(currency: str, day: date) -> RateCard:
    name = f"samples/{currency.lower()}-{day.isoformat()}.csv"
    data = files(__package__).joinpath(name).read_bytes()
    reading = read(data, Heading(currency, day, _CARD_SOURCE, is_sample=True))
    assert reading.card is not None and not reading.faults
    return reading.card


@cache
def _words() -> Words:
    return Words(
        markets={plain(market): market for market in market_map().markets},
        categories={plain(category): category for category in CATEGORIES},
        currencies={"$us": "USD", "us$": "USD", "₹": "INR", "€": "EUR", "£": "GBP"},
    )
