"""What a set of messages will cost if every one is delivered. Pure and exact.

The order matters where it does to Meta: the free quota goes to the first service messages of a number. So the
sum over single messages in some order equals the estimate of the groups in that order, to the unit.
"""

from collections import Counter
from collections.abc import Iterable

from trunkline.channels.whatsapp_cloud.pricing.cards import tiers_of
from trunkline.channels.whatsapp_cloud.pricing.charging import Group, Terms, charged_as, takes_quota, why_free
from trunkline.channels.whatsapp_cloud.pricing.rules import FREE_SERVICE_MESSAGES
from trunkline.pricing.cards import RateCard
from trunkline.pricing.meter import Counts, Estimate, Meter


class Till:
    """Takes messages in the order in which they are delivered; a month may end in between."""

    def __init__(self, currency: str, counts: Counts) -> None:
        self._meter = Meter(currency, counts.charged)
        self._quota = Counter(counts.free_service)

    def begin_month(self, counts: Counts) -> None:
        self._meter.begin_month(counts.charged)
        self._quota = Counter(counts.free_service)

    def add(self, group: Group, count: int, card: RateCard, terms: Terms) -> None:
        place = (group.market, charged_as(group, terms))
        reason = why_free(group, terms)
        if reason is not None:
            self._meter.add_free(place, count, reason)
            return
        within = _take(self._quota, group.number, count) if takes_quota(group, terms) else 0
        self._meter.add_free(place, within, "service_quota")
        tiers = tiers_of(card, *place, has_tiers=terms.rules.has_tiers)
        self._meter.add_charged(place, count - within, card, tiers)

    def read(self) -> tuple[Estimate, Counts]:
        """The estimate, and the counts with these messages, for what is sent after them in the same month."""
        read = self._meter.read()
        return read, Counts(read.counts, dict(self._quota))


def estimate(
    groups: Iterable[tuple[Group, int]], card: RateCard, counts: Counts, terms: Terms
) -> tuple[Estimate, Counts]:
    """Of messages that are all delivered on the same day."""
    till = Till(card.currency, counts)
    for group, count in groups:
        till.add(group, count, card, terms)
    return till.read()


def _take(quota: Counter[str], number: str, count: int) -> int:
    """How many of these the number's free quota still pays."""
    taken = min(count, max(0, FREE_SERVICE_MESSAGES - quota[number]))
    quota[number] += taken
    return taken
