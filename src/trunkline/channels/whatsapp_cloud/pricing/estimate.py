"""What a set of messages will cost if every one is delivered. Pure and exact.

The order matters where it does to Meta: the free quota goes to the first service messages of a number. So the
sum over single messages in some order equals the estimate of the groups in that order, to the unit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from trunkline.channels.whatsapp_cloud.pricing.cards import tiers_of
from trunkline.channels.whatsapp_cloud.pricing.charging import Group, Terms, charged_as, takes_quota, why_free
from trunkline.channels.whatsapp_cloud.pricing.rules import FREE_SERVICE_MESSAGES
from trunkline.pricing.cards import Place, RateCard
from trunkline.pricing.meter import Estimate, Meter


class Counts(msgspec.Struct, frozen=True):
    """What was delivered since the month began at midnight of the business account's time zone."""

    charged: Mapping[Place, int] = {}
    """By market and category, of all numbers of the business portfolio: it decides the volume tier."""
    free_service: Mapping[str, int] = {}
    """By business number: service messages that the free quota has paid."""


def estimate(
    groups: Iterable[tuple[Group, int]], card: RateCard, counts: Counts, terms: Terms
) -> tuple[Estimate, Counts]:
    """The estimate, and the counts with these messages, for what is sent after them in the same month."""
    meter = Meter(card.currency, counts.charged)
    quota = Counter(counts.free_service)
    for group, count in groups:
        place = (group.market, charged_as(group, terms))
        reason = why_free(group, terms)
        if reason is not None:
            meter.add_free(place, count, reason)
            continue
        within = _take(quota, group.number, count) if takes_quota(group, terms) else 0
        meter.add_free(place, within, "service_quota")
        tiers = tiers_of(card, *place, has_tiers=terms.rules.has_tiers)
        meter.add_charged(place, count - within, card, tiers)
    read = meter.read()
    return read, Counts(read.counts, dict(quota))


def _take(quota: Counter[str], number: str, count: int) -> int:
    """How many of these the number's free quota still pays."""
    taken = min(count, max(0, FREE_SERVICE_MESSAGES - quota[number]))
    quota[number] += taken
    return taken
