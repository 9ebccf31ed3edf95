"""What an outcome means for its message. Pure: the one place where an outcome becomes a state.

Nothing here sends again what might have arrived: only what is proven not sent, refused in a way that may
pass, or harmless when it happens twice goes back to the line.
"""

import random
from typing import assert_never

import msgspec

from trunkline.channels.contract import Ambiguous, NotSent, Outcome, Refused, SendError, Taken
from trunkline.model.message import State

BASE_SECONDS = 1.0
CAP_SECONDS = 300.0
LANE_BASE_SECONDS = 6.0
LONGEST_FLOOR = 3600.0
"""Of the wait that a provider asks for."""

LONGEST_PAUSE = 30.0
"""Of a number, unless the provider asks for more: one message's many tries must not stop all others."""

MAX_RETRIES = 10
"""Of a refusal that may pass. What is proven not sent, or was only too fast, is tried until its life ends."""

REPEATABLE = frozenset({"read"})
"""Types whose second arrival changes nothing, so that a doubtful send may simply be repeated."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Where the message goes, and what else follows."""

    outcome: str
    state: State
    is_open: bool = False
    reason: str | None = None
    detail: str | None = None
    error: SendError | None = None
    http_status: int | None = None
    retry_seconds: float | None = None
    slow_number_seconds: float | None = None
    slow_lane_seconds: float | None = None
    hold_number: str | None = None


def judge(outcome: Outcome, message_type: str, n: int, chance: random.Random) -> Verdict:
    """The verdict on attempt `n` of a message of this type; of a long row only refusals count."""
    match outcome:
        case Taken():
            return Verdict(outcome="taken", state=State.SUBMITTED, http_status=200)
        case NotSent(detail):
            wait = backoff(n, chance)
            return Verdict(outcome="not_sent", state=State.QUEUED, detail=detail, retry_seconds=wait)
        case Ambiguous(detail, http_status):
            return _doubtful(detail, http_status, message_type, n, chance)
        case Refused(error):
            return _refused(error, n, chance)
        case _:
            assert_never(outcome)


def _doubtful(detail: str, status: int | None, message_type: str, n: int, chance: random.Random) -> Verdict:
    if message_type in REPEATABLE and n <= MAX_RETRIES:
        wait = backoff(n, chance)
        return Verdict(
            outcome="ambiguous", state=State.QUEUED, detail=detail, http_status=status, retry_seconds=wait
        )
    return Verdict(outcome="ambiguous", state=State.UNKNOWN, is_open=True, detail=detail, http_status=status)


def _refused(error: SendError, n: int, chance: random.Random) -> Verdict:
    floor = min(LONGEST_FLOOR, error.retry_after or 0.0)
    base = Verdict(
        outcome="refused",
        state=State.QUEUED,
        error=error,
        detail=error.detail,
        http_status=error.http_status,
    )
    change = msgspec.structs.replace
    match error.effect:
        case "hold_number":
            return change(
                base, state=State.HELD, reason=f"number_held:{error.code}", hold_number=str(error.code)
            )
        case "retry" if n > MAX_RETRIES:
            return change(base, state=State.FAILED)
        case "retry":
            return change(base, retry_seconds=max(floor, backoff(n, chance)))
        case "renew_media":  # the caller has seen to it that this is not for ever
            return change(base, retry_seconds=0.0)
        case "slow_number":
            wait = max(floor, min(LONGEST_PAUSE, backoff(n, chance)))
            return change(base, retry_seconds=wait, slow_number_seconds=wait)
        case "delay_lane":
            wait = max(floor, min(CAP_SECONDS, LANE_BASE_SECONDS * 4 ** min(n - 1, 10)))
            return change(base, retry_seconds=wait, slow_lane_seconds=wait)
        case _:
            return change(base, state=State.FAILED)


def backoff(n: int, chance: random.Random) -> float:
    """Jitter over `base · 2^(n-1)`, capped; never less than a tenth of it, so that no retry comes at once."""
    ceiling: float = min(CAP_SECONDS, BASE_SECONDS * 2 ** min(n - 1, 20))
    return ceiling * (0.1 + 0.9 * chance.random())
