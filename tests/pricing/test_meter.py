"""The meter: marginal tiers, checked by hand and against the sum over single messages."""

from datetime import UTC, date, datetime, timedelta, timezone
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.pricing.cards import RateCard, Tier, card_on, flat, with_prices
from trunkline.pricing.days import day_at, day_start, month_of, month_start
from trunkline.pricing.meter import Meter, TierRow, split

PLACE = ("Here", "kind")
TIERS = (Tier(1, 100), Tier(11, 80), Tier(31, 50))
"""1 to 10 cost 100 each, 11 to 30 cost 80, from 31 on 50."""


def card(tiers=TIERS, since=date(2026, 10, 1), currency="EUR", is_sample=False):
    return RateCard(currency, since, {PLACE: tiers}, "a test", is_sample)


def cost(before, count):
    meter = Meter("EUR", {PLACE: before})
    meter.add_charged(PLACE, count, card(), TIERS)
    return meter.read().total


@pytest.mark.parametrize(
    ("before", "count", "amount"),
    [
        (0, 1, 100),
        (0, 10, 1000),
        (0, 11, 1000 + 80),
        (9, 2, 100 + 80),
        (10, 20, 20 * 80),
        (0, 40, 10 * 100 + 20 * 80 + 10 * 50),
        (30, 3, 150),
        (1_000_000, 2, 100),
        (5, 0, 0),
    ],
)
def test_each_message_costs_the_rate_of_its_place_in_the_month(before, count, amount):
    assert cost(before, count) == amount


def test_the_rows_say_how_many_fell_into_each_tier():
    assert list(split(TIERS, 8, 25)) == [
        TierRow(1, 10, 100, 2, 200),
        TierRow(11, 30, 80, 20, 1600),
        TierRow(31, None, 50, 3, 150),
    ]


tiers = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10**7)), min_size=1, max_size=5).map(
    lambda steps: tuple(
        Tier(1 + sum(size for size, _ in steps[:place]), rate) for place, (_, rate) in enumerate(steps)
    )
)


@given(tiers, st.integers(0, 200), st.lists(st.integers(0, 60), max_size=6))
def test_bulk_and_single_messages_come_to_the_same_estimate(rates, before, counts):
    bulk, single = Meter("EUR", {PLACE: before}), Meter("EUR", {PLACE: before})
    for count in counts:
        bulk.add_charged(PLACE, count, card(), rates)
        for _ in range(count):
            single.add_charged(PLACE, 1, card(), rates)
    assert bulk.read() == single.read()
    places = range(before + 1, before + sum(counts) + 1)
    one_by_one = [[tier.rate for tier in rates if tier.first <= place][-1] for place in places]
    assert bulk.read().total == sum(one_by_one)


def test_what_no_card_prices_is_counted_apart_and_makes_no_zero():
    meter = Meter("EUR", {})
    meter.add_charged(PLACE, 3, card(), None)
    meter.add_charged(("There", "kind"), 2, card(), flat(7))
    meter.add_free(PLACE, 4, "gift")
    read = meter.read()
    assert (read.total, read.unpriced) == (14, 3)
    here = read.lines[0]
    assert (here.count, here.charged, here.amount, here.unpriced, here.free) == (7, 3, 0, 3, {"gift": 4})
    assert read.cards == (date(2026, 10, 1),)
    assert read.counts == {PLACE: 3, ("There", "kind"): 2}


def test_a_new_month_begins_with_the_first_tier():
    meter = Meter("EUR", {PLACE: 30})
    meter.add_charged(PLACE, 1, card(), TIERS)
    meter.begin_month({})
    meter.add_charged(PLACE, 1, card(), TIERS)
    assert meter.read().total == 50 + 100


def test_the_card_of_a_day_is_the_newest_that_holds_on_it():
    old, new = card(since=date(2026, 7, 1)), card(since=date(2026, 10, 1))
    cards = [new, old, card(currency="USD")]
    assert card_on(cards, "EUR", date(2026, 6, 30)) is None
    assert card_on(cards, "EUR", date(2026, 9, 30)) is old
    assert card_on(cards, "EUR", date(2026, 10, 1)) is new


def test_a_sample_is_taken_only_where_there_is_nothing_else():
    sample = card(since=date(2026, 10, 1), is_sample=True)
    own = card(since=date(2026, 7, 1))
    assert card_on([sample, own], "EUR", date(2026, 11, 1)) is own
    assert card_on([sample, own], "EUR", date(2026, 6, 1)) is None
    assert card_on([sample], "EUR", date(2026, 11, 1)) is sample


def test_of_two_cards_of_one_day_the_later_in_the_row_is_taken():
    first, second = card(flat(1)), card(flat(2))
    assert card_on([first, second], "EUR", date(2026, 11, 1)) is second


def test_volume_tiers_take_the_place_of_a_list_rate():
    assert with_prices(card(flat(1)), {PLACE: TIERS}).tiers_of(*PLACE) == TIERS


def test_days_and_months_begin_at_midnight_of_the_accounts_own_time_zone():
    kolkata = timezone(timedelta(hours=5, minutes=30))
    at = int(datetime(2026, 9, 30, 18, 30, tzinfo=UTC).timestamp() * 1000)
    assert day_at(at - 1, kolkata) == date(2026, 9, 30)
    assert day_at(at, kolkata) == date(2026, 10, 1)
    assert month_of(day_at(at, kolkata)) == "2026-10"
    assert month_start(at + 86_400_000, kolkata) == at
    assert day_start(at + 86_399_999, kolkata) == at == day_start(at, kolkata)
    no_midnight = int(datetime(2026, 4, 23, 23, tzinfo=UTC).timestamp() * 1000)  # 24 April begins at 01:00
    assert day_start(no_midnight, ZoneInfo("Africa/Cairo")) == no_midnight - 3_600_000
    assert day_at(at, UTC) == date(2026, 9, 30)


def test_a_card_with_very_many_tiers_is_used_at_once():
    rates = tuple(Tier(first, first) for first in range(1, 20_001))
    began = process_time()
    assert sum(cost_of.amount for before in range(2_000) for cost_of in split(rates, before, 1)) == 2_001_000
    assert process_time() - began < 1
