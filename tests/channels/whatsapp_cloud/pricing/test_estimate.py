"""Estimates by Meta's rules, as tables that a person can check by hand; and bulk against single messages."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.channels.pricing_contract import Billing, Load, Month
from trunkline.channels.whatsapp_cloud.pricing import rules as periods
from trunkline.channels.whatsapp_cloud.pricing.charging import Group, Terms, category_of
from trunkline.channels.whatsapp_cloud.pricing.desk import CloudPricing
from trunkline.channels.whatsapp_cloud.pricing.estimate import estimate
from trunkline.channels.whatsapp_cloud.pricing.rules import UnknownPeriod, rules_on
from trunkline.pricing.cards import RateCard, Tier, empty_card, flat
from trunkline.pricing.meter import Counts

LIST = {"marketing": 90, "utility": 10, "authentication": 12, "authentication-international": 50}
CARD = RateCard(
    "EUR",
    date(2025, 7, 1),
    {(market, kind): flat(rate * by) for market, by in (("A", 1), ("B", 2)) for kind, rate in LIST.items()},
    "a test",
)
"""In market B everything costs twice as much. There is no service column: the list rate of utility holds."""

TIERED = RateCard(
    "EUR",
    date(2025, 7, 1),
    {
        ("A", "marketing"): (Tier(1, 90), Tier(3, 1)),
        ("A", "utility"): (Tier(1, 10), Tier(101, 8)),
        ("A", "authentication"): (Tier(1, 12), Tier(11, 6)),
    },
    "a test",
)

SPRING_25, SUMMER_25, OCTOBER_26 = date(2025, 6, 30), date(2025, 7, 1), date(2026, 10, 1)


def terms(day=OCTOBER_26, charged_in_window=True, **others):
    return Terms(day, rules_on(day, is_utility_charged_in_window=charged_in_window), **others)


NONE = Counts()


def cost(group, count=1, day=OCTOBER_26, card=CARD, counts=NONE, **others):
    read, _ = estimate([(group, count)], card, counts, terms(day, **others))
    return read.total


def group(category, market="A", **others):
    return Group(market, category, **others)


@pytest.mark.parametrize(
    ("category", "window", "before", "until_october", "october"),
    [
        ("marketing", False, 90, 90, 90),
        ("marketing", True, 90, 90, 90),
        ("utility", False, 10, 10, 10),
        ("utility", True, 10, 0, 10),
        ("authentication", False, 12, 12, 12),
        ("authentication", True, 12, 12, 12),
        ("service", True, 0, 0, 10),
        ("reaction", True, 0, 0, 0),
    ],
)
def test_what_one_message_costs_in_each_period(category, window, before, until_october, october):
    """The free quota is used up."""
    one = group(category, is_window_open=window, number="n")
    spent = Counts(free_service={"n": 1000})
    assert cost(one, day=SPRING_25, counts=spent) == before
    assert cost(one, day=SUMMER_25, counts=spent) == until_october
    assert cost(one, day=date(2026, 9, 30), counts=spent) == until_october
    assert cost(one, day=OCTOBER_26, counts=spent) == october


def test_the_other_reading_of_october_leaves_utility_in_the_window_free():
    one = group("utility", is_window_open=True)
    assert cost(one, 3) == 30
    assert cost(one, 3, charged_in_window=False) == 0
    assert cost(group("utility"), 3, charged_in_window=False) == 30


@pytest.mark.parametrize("category", ["marketing", "utility", "authentication", "service"])
@pytest.mark.parametrize("day", [SPRING_25, SUMMER_25, OCTOBER_26])
def test_all_is_free_in_a_free_entry_window(category, day):
    one = group(category, is_free_entry=True, is_window_open=True, number="n")
    read, after = estimate([(one, 5)], CARD, Counts(), terms(day))
    assert (read.total, read.lines[0].free) == (0, {"free_entry_point": 5})
    assert after.free_service == {}


def test_a_conversation_that_is_open_is_not_charged_again():
    one = group("utility", is_conversation_open=True)
    assert cost(one, day=SPRING_25) == 0
    assert cost(one, day=SUMMER_25) == 10


@pytest.mark.parametrize(
    ("used", "count", "free", "charged"),
    [(0, 1000, 1000, 0), (0, 1001, 1000, 1), (999, 2, 1, 1), (1000, 5, 0, 5), (1200, 5, 0, 5)],
)
def test_the_first_thousand_service_messages_of_a_number_are_free(used, count, free, charged):
    groups = [(group("service", number="n"), count)]
    read, after = estimate(groups, CARD, Counts(free_service={"n": used}), terms())
    assert (read.lines[0].free.get("service_quota", 0), read.lines[0].charged) == (free, charged)
    assert read.total == charged * 10
    assert after.free_service["n"] == max(used, min(1000, used + count))


def test_each_number_has_its_own_quota_and_groups_share_it():
    groups = [
        (group("service", number="n"), 900),
        (group("group_service", number="n"), 200),
        (group("service", number="m"), 1000),
        (group("utility", number="n"), 1),
    ]
    read, after = estimate(groups, CARD, Counts(), terms())
    assert read.total == 100 * 10 + 10
    assert after.free_service == {"n": 1000, "m": 1000}


def test_the_free_quota_goes_to_the_first_messages_whatever_their_market():
    cheap, dear = group("service", "A", number="n"), group("service", "B", number="n")
    assert estimate([(cheap, 1000), (dear, 10)], CARD, Counts(), terms())[0].total == 10 * 20
    assert estimate([(dear, 10), (cheap, 1000)], CARD, Counts(), terms())[0].total == 10 * 10


def test_the_exempt_pay_no_service_messages_until_the_end_of_2027():
    one = group("service", number="n")
    spent = Counts(free_service={"n": 1000})
    assert cost(one, counts=spent, day=date(2027, 12, 31), is_exempt=True) == 0
    assert cost(one, counts=spent, day=date(2028, 1, 1), is_exempt=True) == 10
    assert cost(group("utility"), is_exempt=True) == 10


def test_international_authentication_is_charged_in_the_flagged_markets_from_their_day_on():
    since = {"A": date(2026, 10, 5)}
    one = group("authentication")
    assert cost(one, day=date(2026, 10, 4), international=since) == 12
    assert cost(one, day=date(2026, 10, 5), international=since) == 50
    assert cost(group("authentication", "B"), day=date(2026, 10, 5), international=since) == 24
    assert cost(group("utility"), day=date(2026, 10, 5), international=since) == 10


def test_international_authentication_without_a_rate_is_unpriced_not_cheap():
    card = RateCard("EUR", OCTOBER_26, {("A", "authentication"): flat(12)}, "a test")
    flagged = terms(international={"A": OCTOBER_26})
    read, _ = estimate([(group("authentication"), 3)], card, Counts(), flagged)
    assert (read.total, read.unpriced) == (0, 3)


@pytest.mark.parametrize(
    ("category", "before", "count", "amount"),
    [
        ("utility", 0, 100, 100 * 10),
        ("utility", 0, 150, 100 * 10 + 50 * 8),
        ("utility", 90, 20, 10 * 10 + 10 * 8),
        ("utility", 5000, 10, 10 * 8),
        ("authentication", 9, 3, 12 + 2 * 6),
        ("marketing", 0, 10, 10 * 90),  # has no tiers, whatever a card says
        ("service", 5000, 10, 10 * 10),  # the list rate of utility
    ],
)
def test_volume_tiers_are_marginal_and_for_utility_and_authentication_alone(category, before, count, amount):
    counts = Counts(charged={("A", category): before}, free_service={"n": 1000})
    assert cost(group(category, number="n"), count, card=TIERED, counts=counts) == amount


def test_there_were_no_volume_tiers_before_july_2025():
    assert cost(group("utility"), 150, day=SPRING_25, card=TIERED) == 150 * 10


def test_tiers_count_each_market_and_category_apart_and_only_what_was_charged():
    groups = [
        (group("utility", is_window_open=True), 100),
        (group("utility"), 100),
        (group("authentication"), 1),
        (group("utility"), 1),
    ]
    read, after = estimate(groups, TIERED, Counts(), terms(date(2026, 9, 1)))
    assert read.total == 100 * 10 + 12 + 8
    assert after.charged == {("A", "utility"): 101, ("A", "authentication"): 1}


def test_an_estimate_says_how_each_line_came_about():
    groups = [(group("utility"), 120), (group("utility", is_window_open=True), 5), (group("marketing"), 2)]
    read, _ = estimate(groups, TIERED, Counts(), terms(date(2026, 9, 1)))
    marketing, utility = read.lines
    assert (marketing.category, marketing.count, marketing.charged, marketing.amount) == (
        "marketing",
        2,
        2,
        180,
    )
    assert (utility.count, utility.charged, utility.amount, utility.free) == (125, 120, 1160, {"window": 5})
    rows = [(row.first, row.last, row.rate, row.count, row.amount) for row in utility.tiers]
    assert rows == [(1, 100, 10, 100, 1000), (101, None, 8, 20, 160)]
    assert (read.total, read.currency, read.cards) == (1340, "EUR", (date(2025, 7, 1),))


def test_without_a_card_everything_is_counted_and_nothing_is_priced():
    read, _ = estimate([(group("marketing"), 7)], empty_card("USD"), Counts(), terms())
    assert (read.total, read.unpriced, read.currency, read.cards) == (0, 7, "USD", ())


@pytest.mark.parametrize(
    ("type", "template_category", "category"),
    [
        ("template", "MARKETING", "marketing"),
        ("template", None, "utility"),
        ("text", None, "service"),
        ("interactive", None, "service"),
        ("reaction", None, "reaction"),
    ],
)
def test_the_category_of_a_message(type, template_category, category):
    assert category_of(type, template_category) == category


def test_rules_before_november_2024_are_not_known():
    with pytest.raises(UnknownPeriod, match="2024-11-01"):
        rules_on(date(2024, 10, 31))
    assert set(periods.ALL) == {"conversations", "messages", "service", "service_with_free_utility"}


groups_of_messages = st.lists(
    st.tuples(
        st.builds(
            Group,
            st.sampled_from(["A", "B", "Z"]),
            st.sampled_from(
                ["marketing", "utility", "authentication", "service", "group_service", "reaction"]
            ),
            st.booleans(),
            st.booleans(),
            st.booleans(),
            st.sampled_from(["n", "m"]),
        ),
        st.integers(0, 40),
    ),
    max_size=8,
)


@given(
    groups_of_messages,
    st.sampled_from([CARD, TIERED]),
    st.sampled_from([SPRING_25, SUMMER_25, OCTOBER_26]),
    st.booleans(),
    st.integers(0, 120),
    st.integers(960, 1000),
)
def test_the_sum_over_single_messages_in_order_is_the_bulk_estimate(groups, card, day, flag, before, quota):
    counts = Counts(charged={("A", "utility"): before}, free_service={"n": quota})
    under = terms(day, charged_in_window=flag, is_exempt=flag, international={"B": SUMMER_25} if flag else {})
    bulk, after_bulk = estimate(groups, card, counts, under)
    total, unpriced, after = 0, 0, counts
    for one, count in groups:
        for _ in range(count):
            single, after = estimate([(one, 1)], card, after, under)
            total += single.total
            unpriced += single.unpriced
    assert (total, unpriced) == (bulk.total, bulk.unpriced)
    assert {**after.charged} == {**after_bulk.charged}
    assert {k: n for k, n in after.free_service.items() if n} == {
        k: n for k, n in after_bulk.free_service.items() if n
    }
    assert sum(line.count for line in bulk.lines) == sum(count for _, count in groups)
    assert all(line.count == line.charged + sum(line.free.values()) for line in bulk.lines)


def test_what_a_month_had_counts_in_it_also_behind_messages_of_the_month_before():
    noon = round(datetime(2026, 11, 15, 12, tzinfo=UTC).timestamp() * 1000)
    card = RateCard("USD", OCTOBER_26, {("India", "utility"): (Tier(1, 100), Tier(11, 10))}, "a test")
    before = Month(noon, Counts(charged={("India", "utility"): 10}))
    loads = [Load("9198", "n", "utility", at) for at in (noon - 30 * 86_400_000, noon)]
    assert CloudPricing().estimate(loads, [card], Billing(), before).total == 100 + 10
