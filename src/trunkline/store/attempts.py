"""Attempts: the intent before each send, and its outcome after.

`open_intents` is the transaction before a send; the one after it is `settlement.record_outcomes`.
"""

from collections.abc import Sequence

import msgspec

from trunkline.model.message import State
from trunkline.store import leases, messages, suppressions, windows
from trunkline.store.contract import Tx, comes_first
from trunkline.store.queries import load
from trunkline.store.tier_uses import TierUse

_Q = load("attempts")
_M = load("messages")


class Intent(msgspec.Struct, frozen=True):
    """A message that is about to be sent, by the owner of its number in `epoch`."""

    account_id: str
    message_id: str
    number_id: str
    recipient: str
    epoch: int
    now: int
    window_policy: str = ""
    """What becomes of it when its window is closed; empty where nobody asks for the window."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of attempt `n`, and where that leaves its message."""

    account_id: str
    message_id: str
    n: int
    outcome: str
    is_open: bool
    finished_at: int
    http_status: int | None = None
    detail: str | None = None
    error: str | None = None
    state: State
    state_reason: str | None = None
    due_at: int
    provider_id: str | None = None
    provider_recipient: str | None = None
    submitted_at: int | None = None
    failed_at: int | None = None
    tier_use: TierUse | None = None


class OpenAttempt(msgspec.Struct, frozen=True):
    message_id: str
    n: int
    recipient: str
    epoch: int
    outcome: str | None
    started_at: int
    type: str


class AttemptRow(msgspec.Struct, frozen=True):
    """An attempt as its message's timeline shows it."""

    n: int
    epoch: int
    is_open: int
    started_at: int
    finished_at: int | None
    outcome: str | None
    http_status: int | None
    detail: str | None
    error: str | None
    settled_by: str | None
    settled_at: int | None


@comes_first
async def open_intents(tx: Tx, intents: Sequence[Intent]) -> list[int | None]:
    """The number of each new attempt; None where the message may not be sent now.

    That is so when it was canceled or has expired meanwhile, when another process owns the number, or when
    its window is closed or the person opted out: then it has been refused or held here.
    """
    epochs = await leases.fence(tx, {(i.account_id, i.number_id) for i in intents})
    mine = [intent for intent in intents if epochs.get(intent.number_id) == intent.epoch]
    told_off = await suppressions.suppressed_many(
        tx, [suppressions.Ask(i.account_id, i.message_id, i.recipient, i.now) for i in mine]
    )
    mine = [intent for intent in mine if intent.message_id not in told_off]
    asks = [windows.Ask(i.account_id, i.message_id, i.window_policy, i.now) for i in mine if i.window_policy]
    stopped = await windows.stop_many(tx, asks) if asks else ()
    begun = await tx.fetch_many(
        _M["begin_sending"],
        [(i.account_id, i.message_id, i.now) for i in mine if i.message_id not in stopped],
    )
    attempt = {row[0]: int(row[1]) for row in begun}
    await tx.execute_many(
        _Q["insert"],
        [
            (i.account_id, i.message_id, attempt[i.message_id], i.number_id, i.recipient, i.epoch, i.now)
            for i in intents
            if i.message_id in attempt
        ],
    )
    return [attempt.get(intent.message_id) for intent in intents]


async def open_of_number(tx: Tx, account_id: str, number_id: str) -> list[OpenAttempt]:
    rows = await tx.fetch(_Q["open_of_number"], account_id=account_id, number_id=number_id)
    return [OpenAttempt(*row) for row in rows]


async def doubt(tx: Tx, account_id: str, attempts: Sequence[OpenAttempt], detail: str, now: int) -> None:
    """Attempts whose run died without an outcome become ambiguous, their messages unknown."""
    dead = [attempt for attempt in attempts if attempt.outcome is None]
    moved = await tx.fetch_many(_M["doubt"], [(account_id, a.message_id) for a in dead])
    messages.emit_states(tx, account_id, moved, now)
    await tx.execute_many(_Q["doubt"], [(now, detail, account_id, a.message_id, a.n) for a in dead])


async def requeue(tx: Tx, account_id: str, attempts: Sequence[OpenAttempt], detail: str, now: int) -> None:
    """Attempts that provably never left are over, their messages wait again."""
    await tx.fetch_many(_M["requeue_unsent"], [(account_id, a.message_id) for a in attempts])
    await tx.execute_many(_Q["never_left"], [(now, detail, account_id, a.message_id, a.n) for a in attempts])


async def of_message(tx: Tx, account_id: str, message_id: str) -> list[AttemptRow]:
    rows = await tx.fetch(_Q["of_message"], account_id=account_id, message_id=message_id)
    return [AttemptRow(*row) for row in rows]
