"""Doubts: open attempts with an ambiguous outcome, what bears on them, and the ways in which they end.

The rules stand in `outbound/doubts.py`. Every ending here is guarded: nothing happens to a message that
evidence has moved meanwhile. Messages are changed before attempts, as `inbound/statuses.py` does.
"""

from collections.abc import Sequence

import msgspec

from trunkline.model import ids
from trunkline.store import messages
from trunkline.store.contract import Conflict, Tx
from trunkline.store.messages import Waiting
from trunkline.store.queries import load

_Q = load("doubts")
_AT_ONCE = 500
_NEXT = 5_000
"""Messages among which later sends are looked for: no index leads to them."""

_UNCLAIMED_MS = 30 * 24 * 3_600_000
"""How long a send that was never accounted for may explain a status: WhatsApp's longest life."""


class Doubt(msgspec.Struct, frozen=True):
    """An open attempt that may or may not have reached the provider."""

    message_id: str
    n: int
    recipient: str
    started_at: int
    type: str
    expires_at: int
    state_reason: str | None = None
    """`restored`: of a database that came back from a backup. Nobody knows what was done since."""


class LaneDoubt(msgspec.Struct, frozen=True):
    """A doubt in a lane that unclaimed facts speak of."""

    message_id: str
    n: int
    recipient: str
    started_at: int


class Candidate(msgspec.Struct, frozen=True):
    """A provider id that may be a doubt's, how its facts call the recipient, and their first moment."""

    provider_id: str
    told: str
    at: int


class Later(msgspec.Struct, frozen=True):
    """What became of the number's later sends."""

    with_status: int
    silent: int


async def of_number(tx: Tx, account_id: str, number_id: str, count: int = _AT_ONCE) -> list[Doubt]:
    """Oldest first."""
    rows = await tx.fetch(_Q["of_number"], account_id=account_id, number_id=number_id, count=count)
    return [Doubt(*row) for row in rows]


async def in_told_lanes(tx: Tx, account_id: str, number_id: str, since: int) -> list[LaneDoubt]:
    """Doubts in lanes that facts speak of which came since then and that no message claims."""
    told = await tx.fetch(
        _Q["told_of"], account_id=account_id, number_id=number_id, since=since, count=_AT_ONCE
    )
    keys = [(account_id, number_id, row[0]) for row in told]
    rows = await tx.fetch_many(_Q["in_lanes_of"], keys) if keys else []
    return [LaneDoubt(*row) for row in dict.fromkeys(rows)]


async def only_candidate(
    tx: Tx, account_id: str, number_id: str, recipient: str, since: int
) -> Candidate | None:
    """The one provider id whose facts fit a lane since then; None when there are none or several.

    None as well when one of its facts is older, came to another number, or carries a token that is not ours:
    of those no recipient is kept.
    """
    found = await tx.fetch(
        _Q["candidates"], account_id=account_id, number_id=number_id, recipient=recipient, since=since
    )
    if len(found) != 1:
        return None
    provider_id, told = found[0]
    facts = await tx.fetch(_Q["facts_of"], account_id=account_id, provider_id=provider_id)
    fits = all(number == number_id and who is not None and at >= since for number, who, at in facts)
    return Candidate(provider_id, told, min(at for _, _, at in facts)) if fits else None


async def has_rival(tx: Tx, account_id: str, number_id: str, doubt: LaneDoubt, candidate: Candidate) -> bool:
    """Whether another message to that recipient could be the one that the candidate's facts speak of."""
    row = await tx.fetch_one(
        _Q["rival"],
        account_id=account_id,
        number_id=number_id,
        message_id=doubt.message_id,
        recipient=doubt.recipient,
        told=candidate.told,
        since=doubt.started_at - _UNCLAIMED_MS,
    )
    return row is not None


async def later(tx: Tx, account_id: str, number_id: str, doubt: Doubt, overdue: int) -> Later:
    """Of sends after the doubtful one; `overdue` ends the patience.

    They are looked for among the messages accepted next, and among those accepted from the attempt on: the
    doubtful one may have been accepted long before, for a later time.
    """
    found = []
    for after in (doubt.message_id, ids.first_id(ids.MESSAGE, doubt.started_at)):
        row = await tx.fetch_one(
            _Q["later"],
            account_id=account_id,
            number_id=number_id,
            after=after,
            since=doubt.started_at,
            overdue=overdue,
            most=_NEXT,
        )
        assert row is not None
        found.append(Later(*row))
    return Later(max(one.with_status for one in found), max(one.silent for one in found))


async def may_lack_posts(tx: Tx, account_id: str, since: int, waiting_since: int) -> bool:
    """Whether a status could be in a post that waits since before then, or in one that was set aside."""
    if await posts_wait(tx, account_id, waiting_since):
        return True
    return await tx.fetch_one(_Q["unreadable_post"], account_id=account_id, since=since) is not None


async def posts_wait(tx: Tx, account_id: str, since: int) -> bool:
    """Whether a post waits to be read since before then."""
    oldest = await tx.fetch_one(_Q["oldest_post"], account_id=account_id)
    return oldest is not None and oldest[0] < since


async def has_unclaimed(tx: Tx, account_id: str, number_id: str, since: int) -> bool:
    """Whether the provider told of a message of this number that nobody knows: it may be the one in doubt."""
    row = await tx.fetch_one(_Q["unclaimed"], account_id=account_id, number_id=number_id, since=since)
    return row is not None


async def send_again(tx: Tx, account_id: str, doubt: Doubt, settled_by: str, now: int) -> Waiting | None:
    """The message is queued again; None when it is no longer in that doubt."""
    row = await tx.fetch_one(_Q["requeue"], account_id=account_id, id=doubt.message_id, n=doubt.n, now=now)
    if row is None:
        return None
    await _close(tx, account_id, doubt, settled_by, now)
    return Waiting(*row)


async def give_up(tx: Tx, account_id: str, doubt: Doubt, settled_by: str, now: int) -> bool:
    """The message ends unconfirmed; False when it is no longer in that doubt."""
    row = await tx.fetch_one(_Q["give_up"], account_id=account_id, id=doubt.message_id, n=doubt.n, now=now)
    if row is None:
        return False
    messages.emit_states(tx, account_id, [row], now)
    await _close(tx, account_id, doubt, settled_by, now)
    return True


async def _close(tx: Tx, account_id: str, doubt: Doubt, settled_by: str, now: int) -> None:
    closed = await tx.fetch_one(
        _Q["close"], account_id=account_id, id=doubt.message_id, n=doubt.n, settled_by=settled_by, now=now
    )
    if closed is None:
        raise Conflict(f"the attempt of message {doubt.message_id} was settled meanwhile")


async def resend(tx: Tx, account_id: str, message_id: str, now: int, fresh: int) -> bool:
    """Its sender wants it sent again; False when it is in no doubt. `fresh` is the end of a new life."""
    row = await tx.fetch_one(_Q["resend"], account_id=account_id, id=message_id, now=now, fresh=fresh)
    return await _decide(tx, account_id, message_id, "caller", now) if row is not None else False


async def abandon(tx: Tx, account_id: str, message_id: str, now: int) -> bool:
    """Its sender gives it up; False when it is in no doubt."""
    row = await tx.fetch_one(_Q["abandon"], account_id=account_id, id=message_id, now=now)
    if row is None:
        return False
    messages.emit_states(tx, account_id, [row], now)
    return await _decide(tx, account_id, message_id, "abandoned", now)


async def _decide(tx: Tx, account_id: str, message_id: str, settled_by: str, now: int) -> bool:
    await tx.execute(_Q["decide"], account_id=account_id, id=message_id, settled_by=settled_by, now=now)
    return True


async def strays(tx: Tx, account_id: str, number_id: str, since: int) -> list[tuple[str, str, str]]:
    """(message, account, provider id) of facts that are kept for a message that is known by now."""
    rows = await tx.fetch(
        _Q["strays"], account_id=account_id, number_id=number_id, since=since, count=_AT_ONCE
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def learn_aliases(tx: Tx, known: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str, str]]:
    """Each as (account, number, the provider's name, ours). The new ones: (account, theirs, ours)."""
    return [(row[0], row[1], row[2]) for row in await tx.fetch_many(_Q["learn_alias"], known)]


async def note(tx: Tx, account_id: str, message_id: str, n: int, detail: str) -> None:
    await tx.execute(_Q["note"], account_id=account_id, message_id=message_id, n=n, detail=detail)
