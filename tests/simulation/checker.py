"""What must hold when everything is quiet: nothing lost, nothing doubled, the order kept, no state invented.

In come the provider's ledger, what it told, the callers' orders and the database; out go findings, each a
sentence. An empty list is what every seed must give.
"""

from collections import defaultdict
from typing import Any

import msgspec

ACROSS_PROCESSES = True
"""Whether the order is kept among messages that different processes accepted."""

_WORKING = ("scheduled", "queued", "sending", "held")


class Findings(msgspec.Struct):
    failed: list[str]
    messages: int = 0
    taken: int = 0
    states: dict[str, int] = {}


def check(world: Any) -> Findings:
    rows = {
        row[0]: _Row(*row)
        for row in world.database.rows(
            "SELECT id, account_id, number_id, recipient, priority, state, attempts, provider_id, send_at "
            "FROM messages"
        )
    }
    found = list(world.failed)
    found += _births(world, rows)
    found += _duplicates(world, rows)
    found += _unfinished(world, rows)
    found += _truth(world, rows)
    found += _lanes(world)
    found += _epochs(world)
    found += _order(world, rows)
    states: dict[str, int] = defaultdict(int)
    for row in rows.values():
        states[row.state] += 1
    return Findings(found, len(rows), len(world.meta.ledger), dict(states))


class _Row(msgspec.Struct, frozen=True):
    id: str
    account_id: str
    number_id: str
    recipient: str
    priority: int
    state: str
    attempts: int
    provider_id: str | None
    send_at: int | None


def _births(world: Any, rows: dict[str, _Row]) -> list[str]:
    """Each order's messages are there, and nothing else is."""
    ordered = [message_id for order in world.callers.orders for message_id in order.message_ids]
    lost = [
        f"lost: {message_id} was accepted and is not there"
        for message_id in ordered
        if message_id not in rows
    ]
    open_orders = sum(not order.message_ids for order in world.callers.orders)
    extra = set(rows) - set(ordered)
    if extra and not open_orders:
        lost += [f"born twice: {message_id} belongs to no answer" for message_id in sorted(extra)]
    if len(set(ordered)) != len(ordered):
        lost.append("one message answers for two orders")
    return lost


def _duplicates(world: Any, rows: dict[str, _Row]) -> list[str]:
    takings: dict[str, list[Any]] = defaultdict(list)
    for taken in world.meta.ledger:
        takings[taken.message_id].append(taken)
    decided = world.callers.resent | {
        row[0] for row in world.database.rows("SELECT message_id FROM attempts WHERE settled_by = 'policy'")
    }
    found = []
    for message_id, taken in takings.items():
        if len(taken) > 1 and message_id not in decided:
            if any(one.provider_id not in world.meta.silent for one in taken[:-1]):
                found.append(f"duplicate: {message_id} was taken {len(taken)} times")
            else:  # taken, never answered and never told of: nobody can know that
                world.beyond_knowing += 1
    found += [f"taken, but unknown to us: {m}" for m in takings if m not in rows]
    canceled = sorted(world.callers.canceled & takings.keys())
    return found + [f"sent although withdrawn: {message_id}" for message_id in canceled]


def _unfinished(world: Any, rows: dict[str, _Row]) -> list[str]:
    doubts = set(
        world.database.rows(
            "SELECT number_id, recipient FROM attempts WHERE is_open = 1 AND outcome = 'ambiguous'"
        )
    )
    found = [
        f"unfinished: {row.id} is {row.state}"
        for row in rows.values()
        if row.state in _WORKING and not (row.state != "sending" and (row.number_id, row.recipient) in doubts)
    ]
    [[count]] = world.database.rows("SELECT count(*) FROM inbox WHERE state = 'open'")
    if count:
        found.append(f"unfinished: {count} posts wait to be processed")
    flagged = world.database.rows("SELECT detail FROM inbox WHERE state = 'flagged'")
    return found + [f"a post was set aside: {row[0]}" for row in flagged]


def _truth(world: Any, rows: dict[str, _Row]) -> list[str]:
    """The state is what the ledger and what was told say together."""
    found = []
    ledger: dict[str, list[Any]] = defaultdict(list)
    for taken in world.meta.ledger:
        ledger[taken.message_id].append(taken)
    for row in rows.values():
        taken = ledger.get(row.id, [])
        told = {word for one in taken for word in world.meta.told.get(one.provider_id, [])}
        why = _wrong(row, taken, told, world)
        if why:
            found.append(f"wrong state: {row.id} is {row.state}, {why} (told {sorted(told)})")
    return found


def _wrong(row: _Row, taken: list[Any], told: set[str], world: Any) -> str:
    if row.state in _WORKING:
        return ""
    if row.state in ("canceled", "expired"):
        return "and was taken" if taken else ""
    if not taken:
        fine = row.state in ("failed", "unknown", "unconfirmed")
        return "" if fine else "and was never taken"
    if row.provider_id is not None and row.provider_id not in {one.provider_id for one in taken}:
        return "bound to a provider id that is not its own"
    if len(taken) > 1:
        return ""
    if row.state in ("unknown", "unconfirmed"):
        is_proof = told != {"failed"} or world.plan.habits.failed_with_token == 1.0
        return "although evidence came" if told and is_proof else ""
    expected = _expected(told)
    if row.state == "failed" and (row.id in world.callers.decided or row.attempts > 1):
        return ""  # another attempt was refused, and that outranks `sent`
    return "" if row.state == expected else f"not {expected}"


def _expected(told: set[str]) -> str:
    for word in ("read", "delivered", "failed", "sent"):
        if word in told:
            return word
    return "submitted"


def _lanes(world: Any) -> list[str]:
    found = [
        f"lane {row[0]} has {row[1]} open attempts"
        for row in world.database.rows(
            "SELECT recipient, count(*) FROM attempts WHERE is_open = 1 "
            "GROUP BY account_id, number_id, recipient HAVING count(*) > 1"
        )
    ]
    return found + [
        f"attempt {row[0]}-{row[1]} has no outcome"
        for row in world.database.rows(
            "SELECT message_id, n FROM attempts WHERE outcome IS NULL AND is_open = 1"
        )
    ]


def _epochs(world: Any) -> list[str]:
    """In the order in which intents were committed, a number's epochs only rise."""
    found = []
    last: dict[str, int] = {}
    for number_id, epoch, message_id in world.database.rows(
        "SELECT number_id, epoch, message_id FROM attempts ORDER BY rowid"
    ):
        if epoch < last.get(number_id, 0):
            found.append(
                f"epoch {epoch} of {number_id} sent {message_id} after epoch {last[number_id]} began"
            )
        last[number_id] = max(epoch, last.get(number_id, 0))
    return found


def _order(world: Any, rows: dict[str, _Row]) -> list[str]:
    """In a lane and priority: what was accepted before the next was asked for is taken before it."""
    place = {taken.message_id: index for index, taken in reversed(list(enumerate(world.meta.ledger)))}
    decided = world.callers.decided
    lanes: dict[Any, list[Any]] = defaultdict(list)
    for order in world.callers.orders:
        for index, message_id in enumerate(order.message_ids):
            row = rows.get(message_id)
            if row is None or row.send_at is not None or message_id not in place or message_id in decided:
                continue
            lanes[row.number_id, row.recipient, row.priority].append(
                (order.begun, order.ended, index, message_id, order.key, order.place)
            )
    found = []
    for lane, sent in lanes.items():
        for one in sent:
            for other in sent:
                is_before = one[1] < other[0] or (one[4] == other[4] and one[2] < other[2])
                is_promised = ACROSS_PROCESSES or one[5] == other[5]
                if is_before and is_promised and place[one[3]] > place[other[3]]:
                    found.append(f"order: {other[3]} went before {one[3]} in lane {lane[1]}")
    return found
