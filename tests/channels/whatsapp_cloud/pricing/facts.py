"""Statuses → what was billed, by the book and one by one: what the store's count in bulk is held against."""

from collections.abc import Iterable
from datetime import tzinfo

from trunkline.channels.contract import StatusFact
from trunkline.channels.whatsapp_cloud.pricing.actual import Bill, bill_of
from trunkline.pricing.days import day_at

_ARRIVED = ("delivered", "read", "played")


def bills(facts: Iterable[StatusFact], zone: tzinfo) -> list[tuple[Bill, int]]:
    """One for each message that arrived and has a price, in the order of arrival."""
    by_message: dict[str, list[StatusFact]] = {}
    for fact in facts:
        by_message.setdefault(fact.provider_id, []).append(fact)
    found = [bill for told in by_message.values() if (bill := _bill(told, zone)) is not None]
    return [(bill, 1) for bill in sorted(found, key=lambda bill: bill.at)]


def _bill(told: list[StatusFact], zone: tzinfo) -> Bill | None:
    """The price of the arrival goes before the promise of `sent`."""
    arrived = [fact for fact in told if fact.status in _ARRIVED]
    prices = [fact.pricing for fact in [*arrived, *told] if fact.pricing is not None]
    if not arrived or not prices:
        return None
    at = min(fact.at for fact in arrived)
    return bill_of(told[0].recipient or "", at, prices[0], day_at(at, zone))
