"""What campaigns cost: the estimate is that of messages in their order, the actual that of the facts."""

import asyncio
import random
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.whatsapp_cloud.pricing.facts import bills
from tests.flow.inbound_desk import desk
from tests.flow.rig import Rig, rig
from trunkline.campaigns import costs
from trunkline.campaigns.costs import Costs
from trunkline.campaigns.price_book import PriceBook, open_book, written
from trunkline.channels.contract import StatusFact
from trunkline.channels.pricing_contract import Billing, Load, Month
from trunkline.channels.whatsapp_cloud.pricing.actual import charge
from trunkline.channels.whatsapp_cloud.pricing.desk import CloudPricing
from trunkline.clock import VirtualClock
from trunkline.inbound.statuses import Report, apply_reports
from trunkline.model import ids
from trunkline.model.campaign import Audience, Definition, RecipientState
from trunkline.pricing.cards import RateCard, Tier, flat
from trunkline.pricing.meter import Counts
from trunkline.store import Tx, rate_cards, recipients
from trunkline.store.messages import NewMessage
from trunkline.store.rate_cards import RateCardRow
from trunkline.store.recipients import NewRecipient

HOUR = 3_600_000
NOON = round(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp() * 1000)
CARD = RateCard(
    "EUR",
    date(2026, 10, 1),
    {
        ("Germany", "marketing"): flat(101),
        ("Germany", "utility"): (Tier(1, 53), Tier(4, 31), Tier(9, 7)),
        ("Germany", "service"): flat(19),
        ("India", "marketing"): flat(11),
        ("India", "utility"): (Tier(1, 5), Tier(6, 3)),
        ("India", "service"): flat(2),
    },
    "made up",
)
BILLING = Billing(currency="EUR", time_zone="Europe/Berlin")


class FewFree(CloudPricing):
    """As the free quota is with a few messages left of it."""

    free_quota = 3


def book(pricing: CloudPricing | None = None) -> PriceBook:
    return PriceBook("acc_1", "whatsapp_cloud", pricing or CloudPricing(), BILLING, BILLING, (CARD,))


MESSAGES = st.tuples(
    st.sampled_from(["4915112345678", "4916512345678", "919812345678", "IN.13491208655302741918"]),
    st.sampled_from(["num_1", "num_2"]),
    st.sampled_from(["marketing", "utility", "service"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([NOON, NOON + 1, NOON + 2_000, NOON + 3_000, NOON + HOUR, NOON + 30 * HOUR]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(MESSAGES, max_size=40))
def test_the_estimate_is_that_of_the_messages_one_by_one_in_their_order(messages: list[tuple]) -> None:
    quota = {"num_1": 998, "num_2": 1000}
    before = Month(NOON, Counts(charged={("Germany", "utility"): 1}, free_service=quota))
    counted = Costs(book(FewFree()), before)
    for message in messages:
        counted.add(*message)
    in_order = sorted(messages, key=lambda message: message[5])
    loads = [
        Load(address, number, category, at, 1, window, free)
        for address, number, category, window, free, at in in_order
    ]
    single = CloudPricing().estimate(loads, (CARD,), BILLING, before)
    report = counted.report()
    assert report is not None
    assert (report.total_micros, report.count) == (single.total, len(messages))
    charged = {(line.market, line.category): line.charged for line in single.lines}
    assert {(line.market, line.category): line.charged for line in report.lines} == charged


def test_the_last_free_message_of_a_month_goes_to_whose_turn_is_first() -> None:
    before = Month(NOON, Counts(free_service={"num_1": 999}))
    for first, second, total in (("4915", "9198", 2), ("9198", "4915", 19)):
        counted = Costs(book(), before)
        counted.add(second, "num_1", "service", False, False, NOON + 1)
        counted.add(first, "num_1", "service", False, False, NOON)
        report = counted.report()
        assert report is not None and report.total_micros == total


def test_a_budget_is_enough_for_so_many_messages_whoever_gets_them() -> None:
    counted = Costs(book(), Month(NOON))
    for n in range(3):
        counted.add(f"49151{n}", "num_1", "utility" if n else "marketing", False, False, NOON)
    report = counted.report()
    assert report is not None and report.total_micros == 101 + 53 + 53
    allowed = [costs.most_within(report, micros) for micros in (0, 100, 101, 153, 154, 206, 207)]
    assert allowed == [0, 0, 1, 1, 2, 2, None]


def test_a_slow_campaign_is_reckoned_by_days() -> None:
    counted = Costs(book(), Month(NOON))
    for quarter in range(30 * 96):
        for start in range(2000, 2010):
            counted.add(str(start), "num_1", "utility", False, False, NOON + quarter * HOUR // 4)
    began = process_time()
    report = counted.report()
    assert report is not None and report.count == 28_800
    assert process_time() - began < 0.2


async def keep_card(here: Rig) -> None:
    row = RateCardRow(
        here.account_id, "rat_1", "whatsapp_cloud", "EUR", "2026-10-01", "made up", written(CARD), NOON
    )
    text = msgspec.json.encode(BILLING).decode()

    async def work(tx: Tx) -> None:
        await rate_cards.insert(tx, row)
        await rate_cards.put_billing(tx, here.account_id, "whatsapp_cloud", text)

    await here.runtime.store.write(work)


def facts_of(n: int, address: str, at: int) -> list[StatusFact]:
    """Of one message: some are free, some never arrive, some were only read; told twice, in any order."""
    chance = random.Random(n)
    type_ = chance.choice(["regular", "regular", "free_customer_service"])
    category = chance.choice(["utility", "utility", "marketing", "service"])
    pricing = {"billable": type_ == "regular", "pricing_model": "PMP", "category": category, "type": type_}
    words = chance.choice(
        [["sent"], ["sent", "delivered"], ["sent", "delivered", "read"], ["read"], ["sent", "read"]]
    )
    promised = pricing | {"category": chance.choice([category, "marketing"])}
    said = {"sent": promised, words[-1]: pricing} | (
        {"delivered": pricing, "read": None} if len(words) > 2 else {}
    )
    if "sent" in words and chance.random() < 0.2:
        said = {"sent": promised}
    told = [
        StatusFact(
            f"wamid.{n}",
            word,
            at + step * HOUR,
            "1",
            address,
            pricing=said.get(word),
            conversation={"id": "a\0b"},
        )
        for step, word in enumerate(words)
    ]
    chance.shuffle(told)
    return [*told, told[0]]


async def tell(here: Rig, facts: dict[str, list[StatusFact]]) -> None:
    reports = [
        Report(here.account_id, here.number_id, fact, (message_id, 1), NOON)
        for message_id, told in facts.items()
        for fact in told
    ]
    await here.runtime.store.write(lambda tx: apply_reports(tx, reports, NOON))


async def got(tx: Tx, here: Rig, campaign_id: str, message: NewMessage, n: int) -> None:
    """A recipient of the campaign has this message."""
    row = NewRecipient(here.account_id, campaign_id, n, f"con_{n}", message.recipient, RecipientState.READY)
    await recipients.insert_many(tx, [row])
    await recipients.created(tx, here.account_id, campaign_id, [(message.id, n)])


def test_what_a_campaign_did_cost_is_what_its_facts_say(store_url: str, tmp_path: Path) -> None:
    """After what others took of the month's tiers before it; what came later is not its business."""

    async def run() -> None:
        async with rig(tmp_path, store_url, clock=VirtualClock(100 * 24 * HOUR)) as here:
            await keep_card(here)
            campaign_id, now = ids.new_id(ids.CAMPAIGN), here.runtime.clock.now()
            told: dict[str, dict[str, list[StatusFact]]] = {"before": {}, "its": {}, "later": {}}
            places = {"before": now - 2 * HOUR, "its": now, "later": now + 9 * HOUR}
            for n in range(120):
                which = ["before", "its", "later"][n % 3]
                address = f"4915{n:08d}" if n % 2 else f"9198{n:08d}"
                mine = campaign_id if which == "its" else None
                message = here.message(address, campaign_id=mine)
                await here.keep(message)
                if mine:
                    await here.runtime.store.write(
                        lambda tx, m=message, n=n: got(tx, here, campaign_id, m, n)
                    )
                told[which][message.id] = [
                    msgspec.structs.replace(fact, at=min(fact.at, now - 1)) if which == "before" else fact
                    for fact in facts_of(n, address, places[which])
                ]
            for facts in told.values():
                await tell(here, facts)
            report = await costs.actual(here.runtime, here.account_id, campaign_id)
            assert report is not None
            first = min(fact.at for facts in told["its"].values() for fact in facts if fact.status != "sent")
            start = CloudPricing().month_start(first, BILLING)
            former = [fact for facts in told["before"].values() for fact in facts if fact.at >= start]
            prices = await open_book(here.runtime, here.account_id)
            assert prices is not None and prices.billing == BILLING
            ours = [fact for facts in told["its"].values() for fact in facts]
            berlin = ZoneInfo("Europe/Berlin")
            counts = Counts(charge(bills(former, berlin), [CARD], "EUR", berlin, Counts()).counts)
            expected = charge(bills(ours, berlin), [CARD], "EUR", berlin, counts)
            assert report.total_micros == expected.total > 0
            assert report.count == sum(line.count for line in expected.lines)
            assert {(line.market, line.category): dict(line.free) for line in report.lines} == {
                (line.market, line.category): dict(line.free) for line in expected.lines
            }
            definition = Definition(name="x", numbers=(here.number_id,), audience=Audience())
            opened = await costs.open(here.runtime, here.account_id, definition)
            opened.add("4915112345678", here.number_id, "utility", False, False, now)
            nobody = await costs.actual(here.runtime, here.account_id, ids.new_id(ids.CAMPAIGN))
            assert nobody is not None and (nobody.count, nobody.total) == (0, "0.00")

    asyncio.run(run())


def test_what_the_provider_tells_of_tiers_and_rates_counts(tmp_path: Path) -> None:
    """By webhook: the count of a month is raised to the tier, another month's and a lower one are not."""

    async def run() -> None:
        async with desk(tmp_path / "data", "") as here:
            month = here.runtime.clock.now()
            name = datetime.fromtimestamp(month / 1000, UTC).strftime("%Y-%m")
            for category, region, effective in (
                ("UTILITY", "INDIA", name),
                ("AUTHENTICATION", "INDIA", "2025-01"),
            ):
                tier = {"pricing_category": category, "tier": "25001:50000", "region": region}
                told = tier | {"effective_month": effective}
                event = {"event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": told}
                await here.tell("account_update", event, time=month // 1000)
            flag = {"start_time": 1_760_000_000, "exception_countries": []}
            await here.tell(
                "account_update",
                {"event": "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", "auth_international_rate_eligibility": flag},
                time=month // 1000,
            )
            await here.runtime.directory.reload()
            prices = await open_book(here.runtime, here.number.account_id)
            assert prices is not None
            counts = (await prices.month(here.runtime.store, month)).counts
            assert counts.charged == {("India", "utility"): 25_000}
            assert prices.billing.international["India"] == date(2025, 10, 9)
            assert prices.said.international == {}

    asyncio.run(run())
