"""What Meta charged. That a message is billed once is in tests/campaigns/test_costs.py."""

import json
import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from trunkline.channels.whatsapp_cloud.pricing.actual import bill_of, charge
from trunkline.channels.whatsapp_cloud.pricing.charging import Group, Terms
from trunkline.channels.whatsapp_cloud.pricing.estimate import estimate
from trunkline.channels.whatsapp_cloud.pricing.rules import rules_on
from trunkline.channels.whatsapp_cloud.webhooks import parse
from trunkline.pricing.cards import RateCard, Tier, flat
from trunkline.pricing.days import day_at
from trunkline.pricing.meter import Counts

UTILITY = {("India", "utility"): (Tier(1, 10), Tier(3, 8)), ("India", "marketing"): flat(90)}
CARD = RateCard("EUR", date(2026, 10, 1), UTILITY, "a test")
OLD_CARD = RateCard("EUR", date(2026, 7, 1), {("India", "utility"): flat(7)}, "a test")


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


NOON = at(2026, 11, 5, 12)


def bill(when=NOON, recipient="919876543210", **pricing):
    said = {"pricing_model": "PMP", "category": "utility", "type": "regular"} | pricing
    return bill_of(recipient, when, said, day_at(when, UTC))


NONE = Counts()


def total(bills, cards=(CARD,), counts=NONE, zone=UTC):
    return charge([(one, 1) for one in bills], cards, "EUR", zone, counts).total


@pytest.mark.parametrize(
    ("pricing", "reason"),
    [
        ({"category": "utility", "type": "regular", "billable": False}, None),
        ({"category": "utility", "type": "a_word_not_known_yet"}, None),
        ({"category": "utility", "type": "free_customer_service", "billable": True}, "free_customer_service"),
        ({"category": "referral_conversion", "type": "free_entry_point"}, "free_entry_point"),
        ({"category": "service", "type": "free_group_customer_service"}, "free_group_customer_service"),
        ({"category": "service", "type": "regular", "subtype": "paid_exempt"}, "paid_exempt"),
        ({"category": "service", "billable": False}, "not_billable"),
        ({"category": "utility", "billable": True}, None),
        ({"category": "utility"}, None),
    ],
)
def test_whether_it_was_free_is_told_by_the_type(pricing, reason):
    assert bill_of("919876543210", NOON, pricing, date(2026, 11, 5)).why_free == reason


@pytest.mark.parametrize(
    ("recipient", "market"),
    [("919876543210", "India"), ("IN.1349", "India"), ("4915112345678", "Germany"), ("", "Other")],
)
def test_the_market_is_that_of_the_recipient(recipient, market):
    assert bill(recipient=recipient).market == market


def test_both_spellings_of_international_authentication_are_one():
    for word in ("authentication-international", "authentication_international"):
        assert bill(category=word).category == "authentication-international"


def test_each_bill_takes_the_card_of_its_day_and_each_month_its_own_tiers():
    kolkata = timezone(timedelta(hours=5, minutes=30))
    midnight = at(2026, 9, 30, 18, 30)  # there it is 1 October
    bills = [bill(midnight - 4 + n) for n in range(8)]
    assert total(bills, [OLD_CARD, CARD], zone=kolkata) == 4 * 7 + (10 + 10 + 8 + 8)
    assert total(bills, [OLD_CARD, CARD], zone=UTC) == 8 * 7
    before = Counts(charged={("India", "utility"): 2})
    assert total(bills[4:], [CARD], before, kolkata) == 4 * 8
    assert total(bills, [CARD], before, kolkata) == 10 + 10 + 8 + 8  # of September there is no card


def test_what_has_no_rate_is_unpriced():
    read = charge([(bill(recipient="4915112345678"), 1)], [CARD], "EUR", UTC, Counts())
    assert (read.total, read.unpriced) == (0, 1)


def test_the_estimate_of_what_is_all_delivered_is_the_actual_cost():
    groups = [(Group("India", "utility"), 30), (Group("India", "marketing"), 12)]
    counts = Counts(charged={("India", "utility"): 1})
    planned, _ = estimate(groups, CARD, counts, Terms(date(2026, 11, 5), rules_on(date(2026, 11, 5))))
    kinds = ["utility"] * 30 + ["marketing"] * 12
    random.Random(7).shuffle(kinds)
    billed = [(bill(NOON + n, category=kind), 1) for n, kind in enumerate(kinds)]
    assert charge(billed, [CARD], "EUR", UTC, counts) == planned
    assert planned.total == 10 + 29 * 8 + 12 * 90


def test_a_status_as_meta_posts_it_is_billed():
    status = {
        "id": "wamid.x",
        "status": "delivered",
        "timestamp": str(NOON // 1000),
        "recipient_id": "919876543210",
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing", "type": "regular"},
    }
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "statuses": [status]}
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [change]}]}
    (fact,) = parse(json.dumps(body).encode()).statuses
    assert total([bill_of(fact.recipient, fact.at, fact.pricing, day_at(fact.at, UTC))]) == 90
