"""Everything that a group of posts says, applied in one transaction.

Locks are taken in the order of whoever sends, so that nobody waits in a circle: the leases that intents read,
then conversations, then messages. So what people order us to stop is looked for before anything is changed.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

import msgspec

from trunkline.inbound import notices, opt_out, received, statuses
from trunkline.inbound.addressed import Choice, Facts
from trunkline.inbound.opt_out import Rules, Said, Wish
from trunkline.inbound.received import Arrival, Kept
from trunkline.inbound.statuses import Applied
from trunkline.store import Tx, contacts, suppressions
from trunkline.store import notices as told
from trunkline.store.notices import NewNotice

Fact = TypeVar("Fact")


class Outcome(NamedTuple):
    """What followed."""

    statuses: Applied
    received: int
    """Messages from people that were new."""
    orders: int
    """How many of them stopped us, or let us go on."""


async def apply_facts(tx: Tx, facts: Sequence[Facts], rules: Rules, now: int) -> Outcome:
    """`Conflict` when a message changed meanwhile: run it again."""
    arrivals = _all(each.arrivals for each in facts)
    choices = _all(each.choices for each in facts)
    await _take_turns(tx, arrivals, choices, rules)
    kept = await received.apply_received(tx, arrivals, now)
    orders = await opt_out.hear(tx, [_said(one) for one in kept if _is_spoken_to_us(one)], rules, now)
    await _follow(tx, choices, now)
    await received.open_windows(tx, kept)
    await notices.apply_notices(tx, _all(each.announcements for each in facts), now)
    applied = await statuses.apply_reports(tx, _all(each.reports for each in facts), now)
    return Outcome(applied, len(kept), orders)


async def _take_turns(tx: Tx, arrivals: Sequence[Arrival], choices: Sequence[Choice], rules: Rules) -> None:
    for account_id in sorted({each.account_id for each in arrivals}):
        await contacts.take_turn(tx, account_id)
    ordered = {each.account_id for each in arrivals if rules.order(each.message.reads)}
    for account_id in sorted(ordered | {each.account_id for each in choices}):
        await suppressions.lock(tx, account_id)


def _all(parts: Iterable[Sequence[Fact]]) -> list[Fact]:
    return list(chain.from_iterable(parts))


def _is_spoken_to_us(one: Kept) -> bool:
    """Words in a group are not an order to the business."""
    message = one.arrival.message
    return bool(message.reads) and not message.extras.get("group_id")


def _said(one: Kept) -> Said:
    row = one.row
    return Said(
        account_id=row.account_id,
        number_id=row.number_id,
        contact_id=row.contact_id,
        address=row.address,
        phone=row.address if row.address.isdecimal() else None,
        message_id=row.id,
        provider_id=row.provider_id,
        words=one.arrival.message.reads,
        at=row.at,
    )


async def _follow(tx: Tx, choices: Sequence[Choice], now: int) -> None:
    """Each choice once, whichever post tells it."""
    digests = {_digest(each): each for each in choices}
    new = await told.keep_many(
        tx, [NewNotice(each.account_id, digest, each.received_at) for digest, each in digests.items()]
    )
    wishes = [await _wish(tx, each) for digest, each in digests.items() if (each.account_id, digest) in new]
    await opt_out.follow(tx, wishes, now)


def _digest(each: Choice) -> bytes:
    choice = each.preference
    person = choice.person
    at = choice.at or each.received_at
    said = (each.account_id, each.number_id, person.phone, person.user_id, choice.category, choice.wants, at)
    return hashlib.sha256(msgspec.json.encode(said)).digest()[:16]


async def _wish(tx: Tx, each: Choice) -> Wish:
    choice = each.preference
    addresses = [one for one in (choice.person.phone, choice.person.user_id) if one is not None]
    known = await contacts.by_address(tx, each.account_id, addresses)
    return Wish(
        account_id=each.account_id,
        number_id=each.number_id,
        contact_id=known[0].id if known else None,
        addresses=addresses,
        category=choice.category,
        wants=choice.wants,
        at=min(choice.at or each.received_at, each.received_at),
        detail=choice.detail,
    )
