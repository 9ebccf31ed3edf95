"""All that is needed to say what an account's messages cost: its cards, how it is billed, what the month had.

Read from the store once for each question. None where the provider charges nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from trunkline.channels.pricing_contract import Arrivals, Billing, Month, Pricing
from trunkline.model import ids
from trunkline.pricing.cards import RateCard, Tier, with_prices
from trunkline.runtime import Runtime
from trunkline.store import Store, Tx, charges, rate_cards
from trunkline.store.charges import QUARTER, Charge, Span
from trunkline.store.numbers import NumberRow
from trunkline.store.rate_cards import RateCardRow

_LONGEST_LIFE = 45 * 86_400_000
"""Messages older than this at the beginning of a month are not delivered in it any more."""


class PriceBook(msgspec.Struct, frozen=True):
    account_id: str
    kind: str
    """Of the connector."""
    pricing: Pricing
    said: Billing
    """How it is billed as its owner said."""
    billing: Billing
    """With what the provider told."""
    cards: tuple[RateCard, ...]
    """Samples, and the account's own."""
    infos: tuple[dict[str, str], ...] = ()
    """What the provider told of its numbers."""
    ahead: int = 0
    """Milliseconds by which the clock is ahead of the real time, which ids are made of."""

    async def month(self, store: Store, at: int, until: int | None = None, without: str = "") -> Month:
        """What was delivered in the month of `at`, before `until`, of all but the campaign `without`."""
        start = self.pricing.month_start(at, self.billing)
        first = ids.first_id(ids.MESSAGE, start - self.ahead - _LONGEST_LIFE)
        span = Span(self.account_id, first, start, at + 1 if until is None else until, without)
        found = await charges.of_span(store, span, self.pricing.address_part)
        month = Month(at, self.pricing.counts(arrivals(found), self.billing))
        return self.pricing.raised(month, self.billing, self.infos)


async def open_book(runtime: Runtime, account_id: str, kind: str | None = None) -> PriceBook | None:
    """`kind`: of the connector; that of the default number, or the first there is, without it."""
    default = runtime.directory.default_of(account_id)
    kind = kind or (default.connector if default else next(iter(runtime.connectors)))
    pricing = runtime.connectors[kind].pricing
    if pricing is None:
        return None

    async def work(tx: Tx) -> tuple[str | None, list[RateCardRow]]:
        return await rate_cards.billing(tx, account_id, kind), await rate_cards.of_account(tx, account_id)

    said, rows = await runtime.store.read(work)
    billing = Billing() if said is None else msgspec.json.decode(said, type=Billing)
    own = _joined([card_of(row) for row in rows if row.connector == kind])
    infos = tuple(_info(row) for row in runtime.directory.of_account(account_id) if row.connector == kind)
    return PriceBook(
        account_id=account_id,
        kind=kind,
        pricing=pricing,
        said=billing,
        billing=pricing.with_told(billing, infos),
        cards=(*pricing.samples(), *own),
        infos=infos,
        ahead=max(0, runtime.clock.now() - (ids.ticks_now() >> 12)),
    )


def _info(row: NumberRow) -> dict[str, str]:
    known = msgspec.json.decode(row.provider_info or "{}", type=dict[str, Any])
    return {name: value for name, value in known.items() if isinstance(value, str)}


def _joined(cards: Sequence[RateCard]) -> list[RateCard]:
    """Of one currency and day a later card has its prices in the place of an earlier one's: list rates may
    come in one file, and volume tiers in the next."""
    joined: dict[tuple[str, date], RateCard] = {}
    for card in cards:
        key = (card.currency, card.effective_from)
        known = joined.get(key)
        joined[key] = card if known is None else _over(known, card)
    return list(joined.values())


def _over(known: RateCard, card: RateCard) -> RateCard:
    sources = dict.fromkeys([*known.source.split("; "), card.source])
    return msgspec.structs.replace(with_prices(known, card.prices), source="; ".join(sources))


def card_of(row: RateCardRow) -> RateCard:
    lines = msgspec.json.decode(row.card, type=list[tuple[str, str, list[tuple[int, int]]]])
    prices = {
        (market, category): tuple(Tier(first, rate) for first, rate in tiers)
        for market, category, tiers in lines
    }
    return RateCard(row.currency, date.fromisoformat(row.effective_from), prices, row.source)


def written(card: RateCard) -> str:
    """`RateCardRow.card`."""
    lines = [
        (market, category, [(tier.first, tier.rate) for tier in tiers])
        for (market, category), tiers in card.prices.items()
    ]
    return msgspec.json.encode(lines).decode()


def arrivals(found: Sequence[Charge]) -> list[Arrivals]:
    """Without those of which the provider said no price."""
    return [
        Arrivals(one.start, one.number_id, one.quarter * QUARTER, msgspec.json.decode(one.pricing), one.count)
        for one in found
        if one.pricing is not None
    ]
