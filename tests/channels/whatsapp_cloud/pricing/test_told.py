"""What Meta's webhooks tell of an account's prices."""

from datetime import UTC, date, datetime

import pytest

from trunkline.channels.pricing_contract import Billing, Month
from trunkline.channels.whatsapp_cloud.pricing.desk import CloudPricing
from trunkline.channels.whatsapp_cloud.pricing.told import (
    ReachedTier,
    international_since,
    reached_tier,
    remembered,
    with_tier,
)
from trunkline.pricing.meter import Counts

JUNE_24, JULY_24, NOV_26 = date(2024, 6, 1), date(2024, 7, 1), date(2026, 11, 1)


def seconds(day):
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def eligible(start, **exceptions):
    countries = [{"country_code": code, "start_time": seconds(day)} for code, day in exceptions.items()]
    told = {"start_time": seconds(start), "exception_countries": countries}
    return {"event": "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", "auth_international_rate_eligibility": told}


@pytest.mark.parametrize(
    ("home", "india", "indonesia"),
    [(None, JUNE_24, JULY_24), ("DE", JUNE_24, JULY_24), ("ID", JUNE_24, None), ("IN", None, JULY_24)],
)
def test_the_rate_begins_on_its_day_but_never_in_the_own_country(home, india, indonesia):
    """The scenarios of Meta's page, with India as country A and Indonesia as B."""
    since = international_since(eligible(JUNE_24, ID=JULY_24), home, UTC)
    assert (since.get("India"), since.get("Indonesia")) == (india, indonesia)
    assert "Germany" not in since and "Other" not in since


def test_the_markets_of_october_2026_begin_then_at_the_earliest():
    assert international_since(eligible(JUNE_24), None, UTC)["Ukraine"] == date(2026, 10, 1)
    assert international_since(eligible(NOV_26), None, UTC)["Ukraine"] == NOV_26
    assert len(international_since(eligible(JUNE_24), None, UTC)) == 18


@pytest.mark.parametrize("value", [{}, {"auth_international_rate_eligibility": {"start_time": "soon"}}])
def test_who_is_not_flagged_pays_it_nowhere(value):
    assert international_since(value, None, UTC) == {}


def tier(**changes):
    told = {
        "tier_update_time": 1743451903,
        "pricing_category": "UTILITY",
        "tier": "25000001:50000000",
        "effective_month": "2025-11",
        "region": "INDIA",
    }
    return {"event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": told | changes}


def test_a_tier_that_was_reached_says_how_many_there_were_at_least():
    reached = reached_tier(tier())
    assert reached == ReachedTier("2025-11", ("India", "utility"), 25_000_000, 1_743_451_903_000)
    assert reached_tier(tier(tier="0:MAX")).at_least == 0
    assert reached_tier(tier(region="Rest of Africa")).place == ("Rest of Africa", "utility")


@pytest.mark.parametrize(
    "value",
    [{}, tier(tier="many"), tier(region="ATLANTIS"), tier(pricing_category="X"), tier(effective_month="May")],
)
def test_what_is_not_understood_is_left_aside(value):
    assert reached_tier(value) is None


def test_metas_count_raises_ours_in_its_month_and_never_lowers_it():
    place = ("India", "utility")
    reached = ReachedTier("2025-11", place, 100, 0)
    assert with_tier(Counts(charged={place: 7}), "2025-11", reached).charged == {place: 100}
    assert with_tier(Counts(charged={place: 700}), "2025-11", reached).charged == {place: 700}
    assert with_tier(Counts(charged={place: 7}), "2025-12", reached).charged == {place: 7}


def test_a_tier_that_was_reached_later_is_not_what_there_was_before():
    """A campaign that reaches it itself would be counted twice."""
    noon = datetime(2025, 11, 15, 12, tzinfo=UTC).timestamp()
    info = remembered(tier(tier_update_time=int(noon)))
    for at, counts in ((noon - 1, {}), (noon, {("India", "utility"): 25_000_000})):
        month = Month(int(at) * 1000, Counts())
        assert CloudPricing().raised(month, Billing(), [info]).counts.charged == counts
