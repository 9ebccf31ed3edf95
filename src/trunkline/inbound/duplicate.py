"""DUPLICATES: what a token means that names an attempt which was thought to be over.

In come tokens of attempts before the last, or with another provider's id than their message has; out goes
what has to be said of them. Nothing else is changed by it: what was sent twice can not be called back.
"""

from collections.abc import Sequence

import msgspec

from trunkline.store import Tx, attempts, doubts
from trunkline.store.attempts import AttemptRow

_BY_DECISION = frozenset({"caller", "policy"})
_MAY_HAVE_LEFT = frozenset({None, "ambiguous", "taken"})


class Odd(msgspec.Struct, frozen=True):
    """A token that came with a provider's id and does not fit what we know of its message."""

    message_id: str
    n: int
    provider_id: str


class Duplicate(msgspec.Struct, frozen=True):
    """A message that the provider seems to have taken twice."""

    message_id: str
    provider_id: str
    by_decision: bool
    """Somebody had it sent again knowing that this could happen, so it is no fault of ours."""


async def find(tx: Tx, account_id: str, odd: Sequence[Odd]) -> list[Duplicate]:
    """Those that were not found before. Each is noted on its attempt, where the timeline shows it."""
    found = []
    for each in odd:
        tries = await attempts.of_message(tx, account_id, each.message_id)
        own = next((attempt for attempt in tries if attempt.n == each.n), None)
        said = f"the provider took this attempt as {each.provider_id}"
        if own is None or said in (own.detail or ""):
            continue
        await doubts.note(
            tx, account_id, each.message_id, own.n, f"{own.detail}; {said}" if own.detail else said
        )
        if not any(_is_known(attempt) for attempt in tries if attempt.n < own.n) and _is_twice(own, tries):
            found.append(Duplicate(each.message_id, each.provider_id, _was_decided(own, tries)))
    return found


def _is_known(attempt: AttemptRow) -> bool:
    return "the provider took this attempt as" in (attempt.detail or "")


def _is_twice(own: AttemptRow, tries: Sequence[AttemptRow]) -> bool:
    """Whether another attempt may have left as well. The last one's own token is odd by another id alone."""
    newer = [attempt for attempt in tries if attempt.n > own.n]
    return not newer or any(attempt.outcome in _MAY_HAVE_LEFT for attempt in newer)


def _was_decided(own: AttemptRow, tries: Sequence[AttemptRow]) -> bool:
    """By what the earlier of the two attempts ended: that led to the later one."""
    is_last = own.n == tries[-1].n
    earlier = [attempt for attempt in tries if attempt.n < own.n] if is_last else [own]
    endings = {attempt.settled_by for attempt in earlier if attempt.settled_by is not None}
    return bool(endings) and endings <= _BY_DECISION
