"""What a provider said of the price of messages that were delivered, in bulk.

A message is billed once, when it is delivered or read first: `messages.delivered_at`. Months have millions of
messages, so both questions are asked in pages, each a short read of its own.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from trunkline.store.contract import Row, Store, Tx
from trunkline.store.queries import load

_Q = load("charges")

QUARTER = 900_000
"""Milliseconds of which the messages are counted together: no time zone has a midnight in between."""

_AT_ONCE = 2_000

_Alike = tuple[str, str, int, str | None]
"""Of which the messages are told apart."""


class Charge(msgspec.Struct, frozen=True):
    """Messages that are alike in all of this."""

    number_id: str
    start: str
    """Of their recipients' addresses."""
    quarter: int
    """Of an hour since 1970."""
    pricing: str | None
    """JSON text; None where the provider said nothing."""
    count: int
    first: int
    """When the first of them was delivered."""


class Span(msgspec.Struct, frozen=True):
    """Which messages of an account are meant."""

    account_id: str
    after: str
    """Older ids are not looked at."""
    since: int
    until: int
    """When they were delivered."""
    without: str = ""
    """Those of this campaign are left out."""


async def of_campaign(store: Store, account_id: str, campaign_id: str, part: int) -> list[Charge]:
    """`part`: so much of an address is told apart."""
    key = {"account_id": account_id, "campaign_id": campaign_id}
    end = await store.read(lambda tx: tx.fetch_one(_Q["last_recipient"], **key))
    found: dict[_Alike, Charge] = {}
    for after in range(0, (end[0] if end else None) or 0, _AT_ONCE):

        async def work(tx: Tx, after: int = after) -> Sequence[Row]:
            return await tx.fetch(_Q["of_campaign"], after=after, to=after + _AT_ONCE, part=part, **key)

        _add(found, await store.read(work))
    return list(found.values())


async def of_span(store: Store, span: Span, part: int) -> list[Charge]:
    """The same of all messages that are meant."""
    found: dict[_Alike, Charge] = {}
    after: str | None = span.after
    while after is not None:

        async def work(tx: Tx, after: str = after) -> tuple[str | None, Sequence[Row]]:
            key = {"account_id": span.account_id, "after": after}
            end = await tx.fetch_one(_Q["page_end"], count=_AT_ONCE, **key)
            last: str | None = end[0] if end else None
            if last is None:
                return None, ()
            times = {"since": span.since, "until": span.until, "without": span.without}
            return last, await tx.fetch(_Q["of_span"], last=last, part=part, **times, **key)

        after, rows = await store.read(work)
        _add(found, rows)
    return list(found.values())


def _add(found: dict[_Alike, Charge], rows: Sequence[Row]) -> None:
    """What is alike in several pages is one: a month must not take the room of all its messages."""
    for row in rows:
        one = Charge(*row)
        alike = (one.number_id, one.start, one.quarter, one.pricing)
        known = found.get(alike)
        if known is not None:
            one = replace(known, count=known.count + one.count, first=min(known.first, one.first))
        found[alike] = one
