"""What a provider said of the price of messages that were delivered, in bulk.

A message is billed once, when it is delivered or read first: `messages.delivered_at`. Months have millions of
messages, so both questions are asked in pages, each a short read of its own.
"""

import msgspec

from trunkline.store.contract import Store, Tx
from trunkline.store.queries import load

_Q = load("charges")

QUARTER = 900_000
"""Milliseconds of which the messages are counted together: no time zone has a midnight in between."""

_AT_ONCE = 2_000


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
    """`part`: so much of an address is told apart. Alike ones may come in several rows."""
    key = {"account_id": account_id, "campaign_id": campaign_id}
    end = await store.read(lambda tx: tx.fetch_one(_Q["last_recipient"], **key))
    found: list[Charge] = []
    for after in range(0, (end[0] if end else None) or 0, _AT_ONCE):

        async def work(tx: Tx, after: int = after) -> list[Charge]:
            rows = await tx.fetch(_Q["of_campaign"], after=after, to=after + _AT_ONCE, part=part, **key)
            return [Charge(*row) for row in rows]

        found += await store.read(work)
    return found


async def of_span(store: Store, span: Span, part: int) -> list[Charge]:
    """The same of all messages that are meant."""
    found: list[Charge] = []
    after: str | None = span.after
    while after is not None:

        async def work(tx: Tx, after: str = after) -> tuple[str | None, list[Charge]]:
            key = {"account_id": span.account_id, "after": after}
            end = await tx.fetch_one(_Q["page_end"], count=_AT_ONCE, **key)
            last: str | None = end[0] if end else None
            if last is None:
                return None, []
            times = {"since": span.since, "until": span.until, "without": span.without}
            rows = await tx.fetch(_Q["of_span"], last=last, part=part, **times, **key)
            return last, [Charge(*row) for row in rows]

        after, rows = await store.read(work)
        found += rows
    return found


async def first_delivery(tx: Tx, account_id: str, campaign_id: str) -> int | None:
    row = await tx.fetch_one(_Q["first_delivery"], account_id=account_id, campaign_id=campaign_id)
    return row[0] if row else None
