"""Meta's rate cards: its own file layout, which rate holds for which category, the samples."""

import re
from datetime import date
from pathlib import Path

import pytest

from trunkline.channels.whatsapp_cloud.pricing.cards import CATEGORIES, CURRENCIES, read, samples, tiers_of
from trunkline.channels.whatsapp_cloud.pricing.markets import market_map
from trunkline.pricing.cards import RateCard, Tier, card_on, flat, with_prices
from trunkline.pricing.reading import Heading

USD = Heading("USD", date(2026, 10, 1), "a test")

META = """\
"Cost per message in USD, effective October 1, 2026",,,,,,
Note: an explanation above the header.,,,,,,
Market,Currency,Marketing,Utility,Authentication,"Authentication-
International",Service
India,$US,0.0118,0.0014,0.0014,0.0304,0.0014
Rest of Central & Eastern Europe,$US,0.1,0.02,0.02,n/a,n/a
Atlantis,$US,0.1,0.02,0.02,n/a,n/a
Other,$US,0.05,"0,02",0.02,n/a,n/a
"""

TIERS = """\
market,category,from,to,rate
India,utility,1,100,0.0014
India,utility,101,MAX,0.0010
"""


def test_metas_own_layout_is_read_and_its_bad_rows_are_named():
    reading = read(META.encode(), USD)
    assert [(fault.line, fault.column, fault.found) for fault in reading.faults] == [
        (7, "market", "Atlantis"),
        (8, "utility", "0,02"),
    ]
    prices = reading.card.prices
    assert prices["India", "authentication-international"] == flat(30_400)
    assert prices["Rest of Central & Eastern Europe", "marketing"] == flat(100_000)
    assert ("Other", "utility") not in prices and prices["Other", "marketing"] == flat(50_000)


def test_volume_tiers_come_in_a_file_of_their_own_and_join_the_list_rates():
    card = with_prices(read(META.encode(), USD).card, read(TIERS.encode(), USD).card.prices)
    assert card.prices["India", "utility"] == (Tier(1, 1_400), Tier(101, 1_000))
    assert card.prices["India", "marketing"] == flat(11_800)


def test_a_currency_that_meta_does_not_bill_in_is_refused():
    with pytest.raises(ValueError, match="CHF is none of Meta's currencies"):
        read(META.encode(), Heading("CHF", date(2026, 10, 1), "a test"))
    assert len(CURRENCIES) == 16


@pytest.mark.parametrize(
    ("category", "rates"),
    [
        ("utility", (10, 8)),
        ("marketing", (90,)),
        ("service", (10,)),
        ("group_service", (10,)),
        ("group_utility", (10,)),
        ("marketing_lite", (90,)),
        ("authentication-international", None),
        ("general_purpose_ai", None),
        ("something_new", None),
    ],
)
def test_a_category_without_a_column_of_its_own_has_the_rate_that_stands_for_it(category, rates):
    prices = {("A", "utility"): (Tier(1, 10), Tier(5, 8)), ("A", "marketing"): (Tier(1, 90), Tier(2, 1))}
    card = RateCard("EUR", date(2026, 10, 1), prices, "a test")
    tiers = tiers_of(card, "A", category)
    assert (None if tiers is None else tuple(tier.rate for tier in tiers)) == rates


def test_a_service_column_goes_before_the_rate_of_utility():
    prices = {("A", "utility"): flat(10), ("A", "service"): flat(11)}
    assert tiers_of(RateCard("EUR", date(2026, 10, 1), prices, "a test"), "A", "service") == flat(11)


def test_the_samples_are_marked_and_say_where_they_come_from():
    assert {(card.currency, card.effective_from.isoformat()) for card in samples()} == {
        ("EUR", "2026-07-01"),
        ("INR", "2026-10-01"),
        ("USD", "2026-10-01"),
    }
    for card in samples():
        assert card.is_sample and "docs/pricing.md" in card.source
        assert {market for market, _ in card.prices} <= market_map().markets
        assert {category for _, category in card.prices} <= set(CATEGORIES)


def test_the_sample_of_july_has_every_market_of_its_day():
    card = card_on(samples(), "EUR", date(2026, 7, 1))
    on_its_day = {market_map().of_country(country, date(2026, 7, 1)) for country in market_map().spells}
    assert {market for market, _ in card.prices} == on_its_day | {"Other"}


@pytest.mark.parametrize(
    ("currency", "market", "category", "rate"),
    [
        ("INR", "India", "marketing", 863_100),
        ("INR", "India", "utility", 115_000),
        ("INR", "India", "service", 115_000),
        ("INR", "India", "authentication-international", 2_497_100),
        ("USD", "India", "marketing", 11_800),
        ("USD", "India", "authentication", 1_400),
        ("EUR", "Germany", "marketing", 113_100),
        ("EUR", "Germany", "utility", 45_600),
        ("EUR", "Rest of Western Europe", "utility", 14_200),
    ],
)
def test_rates_of_the_samples(currency, market, category, rate):
    card = card_on(samples(), currency, date(2026, 11, 1))
    assert tiers_of(card, market, category) == flat(rate)


def test_the_files_that_the_docs_show_are_read_without_a_fault():
    page = (Path(__file__).parents[4] / "docs/pricing.md").read_text("utf-8")
    shown = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    readings = [read(text.encode(), USD) for text in shown]
    assert [(len(reading.faults), len(reading.card.prices)) for reading in readings] == [(0, 5), (0, 1)]
