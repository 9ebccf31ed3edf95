"""A message's life as a list: how it began, each attempt and what became of it, what the provider told. Pure.

Attempts come in their order, and the provider's facts after them. A provider counts in whole seconds and by
its own clock, by which a message could seem to be sent before anybody took it. So a fact stands no earlier
than the entry before it, unless the two are further apart than clocks are; `sent_at` stays as it was told.
"""

from collections.abc import Iterator, Sequence

import msgspec

from trunkline.api.views import TimelineEntry, show_error
from trunkline.channels.contract import SendError
from trunkline.clock import to_rfc3339
from trunkline.model.evidence import attempt_id
from trunkline.model.message import State
from trunkline.store.attempts import AttemptRow
from trunkline.store.messages import MessageRow
from trunkline.store.status_facts import FactRow

_CLOCKS_DIFFER_MS = 5_000
_AFTER = {
    "absence": State.QUEUED,
    "policy": State.QUEUED,
    "caller": State.QUEUED,
    "life": State.UNCONFIRMED,
    "abandoned": State.UNCONFIRMED,
}
_IN_WORDS = {
    "token": "a status came that carries the token of this attempt",
    "lane": "a status came that can only be of this attempt: to this recipient, and no other was open",
    "absence": "no status came and none could be missed, so it was not taken; it is sent again",
    "policy": "the account wants it sent again after so long, although it may arrive twice",
    "caller": "the sender chose to send it again, although it may arrive twice",
    "life": "its life ended before anything was known; it is not sent again",
    "abandoned": "the sender chose not to send it again",
}
_RANKS = {"sent": 1, "delivered": 2, "read": 3, "played": 4}


def tell(row: MessageRow, attempts: Sequence[AttemptRow], facts: Sequence[FactRow]) -> list[TimelineEntry]:
    told = list(_beginning(row, attempts))
    for attempt in attempts:
        told += _attempt(row, attempt)
    is_told = any(attempt.settled_at == row.ended_at for attempt in attempts)
    if row.ended_at is not None and not is_told:
        told.append(TimelineEntry(at=to_rfc3339(row.ended_at), state=row.state))
    if _is_refused_here(row, attempts, facts):
        told.append(
            TimelineEntry(at=to_rfc3339(row.failed_at or 0), state=State.FAILED, error=show_error(row.error))
        )
    return told + list(_facts(facts, _last_moment(attempts)))


def _is_refused_here(row: MessageRow, attempts: Sequence[AttemptRow], facts: Sequence[FactRow]) -> bool:
    """Whether it failed without an attempt: its window was closed, or the person has opted out."""
    if row.failed_at is None or any(fact.status == "failed" for fact in facts):
        return False
    return all(attempt.finished_at != row.failed_at for attempt in attempts)


def _last_moment(attempts: Sequence[AttemptRow]) -> int:
    moments = [
        at for attempt in attempts for at in (attempt.started_at, attempt.finished_at, attempt.settled_at)
    ]
    return max((at for at in moments if at is not None), default=0)


def _facts(facts: Sequence[FactRow], before: int) -> Iterator[TimelineEntry]:
    for fact in sorted(facts, key=lambda fact: (fact.at, _RANKS.get(fact.status, 9))):
        before = before if fact.at <= before <= fact.at + _CLOCKS_DIFFER_MS else fact.at
        yield TimelineEntry(at=to_rfc3339(before), state=fact.status, error=show_error(fact.error()))


def _beginning(row: MessageRow, attempts: Sequence[AttemptRow]) -> Iterator[TimelineEntry]:
    if row.send_at is None:
        yield TimelineEntry(at=to_rfc3339(row.created_at), state=State.QUEUED)
        return
    send_at = to_rfc3339(row.send_at)
    yield TimelineEntry(at=to_rfc3339(row.created_at), state=State.SCHEDULED, detail=f"for {send_at}")
    if attempts or row.state is State.QUEUED:
        yield TimelineEntry(at=send_at, state=State.QUEUED)


def _attempt(row: MessageRow, attempt: AttemptRow) -> Iterator[TimelineEntry]:
    n, id_ = attempt.n, attempt_id(row.id, attempt.n)
    yield TimelineEntry(at=to_rfc3339(attempt.started_at), state=State.SENDING, attempt=n, attempt_id=id_)
    if attempt.finished_at is not None and attempt.outcome is not None:
        yield TimelineEntry(
            at=to_rfc3339(attempt.finished_at),
            state=_state_after(row, attempt),
            attempt=n,
            attempt_id=id_,
            outcome=attempt.outcome,
            detail=attempt.detail,
            error=show_error(attempt.error),
        )
    if attempt.settled_at is not None:
        yield TimelineEntry(
            at=to_rfc3339(attempt.settled_at),
            state=_AFTER.get(attempt.settled_by or "", State.SUBMITTED),
            attempt=n,
            attempt_id=id_,
            settled_by=attempt.settled_by,
            detail=_IN_WORDS.get(attempt.settled_by or ""),
        )


def _state_after(row: MessageRow, attempt: AttemptRow) -> State:
    """Where an outcome left the message."""
    if attempt.outcome == "taken":
        return State.SUBMITTED
    if attempt.outcome == "ambiguous":
        in_doubt = attempt.is_open or attempt.settled_at is not None or attempt.n == row.attempts
        return State.UNKNOWN if in_doubt else State.QUEUED
    if attempt.outcome == "refused" and row.failed_at == attempt.finished_at:
        return State.FAILED
    if attempt.error and msgspec.json.decode(attempt.error, type=SendError).effect == "hold_number":
        return State.HELD
    return State.QUEUED
