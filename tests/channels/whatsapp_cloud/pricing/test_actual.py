"""What Meta charged, from its statuses: once a message, when it is delivered."""

import json
import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from trunkline.channels.contract import StatusFact
from trunkline.channels.whatsapp_cloud.pricing.actual import actual, bills
from trunkline.channels.whatsapp_cloud.pricing.charging import Group, Terms
from trunkline.channels.whatsapp_cloud.pricing.estimate import Counts, estimate
from trunkline.channels.whatsapp_cloud.pricing.rules import rules_on
from trunkline.channels.whatsapp_cloud.webhooks import parse
from trunkline.pricing.cards import RateCard, Tier, flat

UTILITY = {("India", "utility"): (Tier(1, 10), Tier(3, 8)), ("India", "marketing"): flat(90)}
CARD = RateCard("EUR", date(2026, 10, 1), UTILITY, "a test")
OLD_CARD = RateCard("EUR", date(2026, 7, 1), {("India", "utility"): flat(7)}, "a test")


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


NOON = at(2026, 11, 5, 12)


def fact(status, message="m1", when=NOON, category="utility", type="regular", **others):
    pricing = others.pop("pricing", {"pricing_model": "PMP", "category": category, "type": type})
    recipient = others.pop("recipient", "919876543210")
    return StatusFact(message, status, when, "1", recipient, pricing=pricing, **others)


NONE = Counts()


def total(facts, cards=(CARD,), counts=NONE, zone=UTC):
    return actual(facts, cards, "EUR", zone, counts).total


@pytest.mark.parametrize(
    ("statuses", "amount"),
    [
        (["sent"], 0),
        (["sent", "failed"], 0),
        (["sent", "delivered"], 10),
        (["sent", "delivered", "read"], 10),
        (["sent", "read"], 10),
        (["read", "sent"], 10),
        (["sent", "sent", "delivered", "delivered", "read", "played"], 10),
    ],
)
def test_a_message_is_billed_once_when_it_is_delivered(statuses, amount):
    assert total([fact(status) for status in statuses]) == amount


def test_the_price_of_sent_holds_where_the_delivery_names_none():
    assert total([fact("sent"), fact("delivered", pricing=None)]) == 10
    assert total([fact("delivered", pricing=None)]) == 0


def test_the_price_of_the_delivery_holds_against_that_of_sent():
    promised = fact("sent", category="marketing")
    assert total([promised, fact("delivered")]) == total([fact("delivered"), promised]) == 10


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
    (bill,) = bills([fact("delivered", pricing=pricing)], UTC)
    assert bill.why_free == reason


@pytest.mark.parametrize(
    ("recipient", "market"),
    [("919876543210", "India"), ("IN.1349", "India"), ("4915112345678", "Germany"), (None, "")],
)
def test_the_market_is_that_of_the_recipient(recipient, market):
    (bill,) = bills([fact("delivered", recipient=recipient)], UTC)
    assert bill.market == market


def test_the_recipient_may_stand_in_another_status_of_the_message():
    (bill,) = bills([fact("sent"), fact("delivered", recipient=None)], UTC)
    assert bill.market == "India"


def test_both_spellings_of_international_authentication_are_one():
    for word in ("authentication-international", "authentication_international"):
        (bill,) = bills([fact("delivered", category=word)], UTC)
        assert bill.category == "authentication-international"


def test_conversations_were_billed_once_each():
    old = {"billable": True, "pricing_model": "CBP", "category": "utility"}
    facts = [
        fact("delivered", message, at(2025, 6, 1), pricing=old, conversation={"id": conversation})
        for message, conversation in [("m1", "c1"), ("m2", "c1"), ("m3", "c2"), ("m4", "c1")]
    ]
    card = RateCard("EUR", date(2025, 1, 1), UTILITY, "a test")
    assert total(facts, [card]) == 2 * 10
    assert len(bills([*facts, *facts], UTC)) == 2


def test_each_bill_takes_the_card_of_its_day_and_each_month_its_own_tiers():
    kolkata = timezone(timedelta(hours=5, minutes=30))
    midnight = at(2026, 9, 30, 18, 30)  # there it is 1 October
    facts = [fact("delivered", f"m{n}", midnight - 4 + n) for n in range(8)]
    assert total(facts, [OLD_CARD, CARD], zone=kolkata) == 4 * 7 + (10 + 10 + 8 + 8)
    assert total(facts, [OLD_CARD, CARD], zone=UTC) == 8 * 7
    before = Counts(charged={("India", "utility"): 2})
    assert total(facts[4:], [CARD], before, kolkata) == 4 * 8
    assert total(facts, [CARD], before, kolkata) == 10 + 10 + 8 + 8  # of September there is no card


def test_what_has_no_rate_is_unpriced():
    read = actual([fact("delivered", recipient="4915112345678")], [CARD], "EUR", UTC, Counts())
    assert (read.total, read.unpriced) == (0, 1)


def test_the_order_and_repetition_of_statuses_change_nothing():
    chance = random.Random(7)
    facts = [fact(status, f"m{n}", NOON + n) for n in range(20) for status in ("sent", "delivered", "read")]
    expected = actual(facts, [CARD], "EUR", UTC, Counts())
    for _ in range(20):
        mixed = [*facts, *chance.sample(facts, 15)]
        chance.shuffle(mixed)
        assert actual(mixed, [CARD], "EUR", UTC, Counts()) == expected


def test_the_estimate_of_what_is_all_delivered_is_the_actual_cost():
    groups = [(Group("India", "utility"), 30), (Group("India", "marketing"), 12)]
    counts = Counts(charged={("India", "utility"): 1})
    planned, _ = estimate(groups, CARD, counts, Terms(date(2026, 11, 5), rules_on(date(2026, 11, 5))))
    kinds = ["utility"] * 30 + ["marketing"] * 12
    random.Random(7).shuffle(kinds)
    facts = [fact("delivered", f"m{n}", NOON + n, kind) for n, kind in enumerate(kinds)]
    assert actual(facts, [CARD], "EUR", UTC, counts) == planned
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
    assert total(parse(json.dumps(body).encode()).statuses) == 90
