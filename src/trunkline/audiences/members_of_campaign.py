"""Recipients of another campaign as an audience, by how it ended for them.

    not_delivered  their message failed, expired or was canceled, or it has been under way for a day; or their
                   turn never came
    not_read       it was delivered, and nobody is known to have read it
    retryable      it failed for what passes, expired, or their turn came too late
    all            whoever had a message

But for `all`, nobody is among them whose message may still go, of whose message nobody knows whether it
left, or who opened a link of it: those would get two, or have read it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from trunkline.audiences.segments import Part
from trunkline.channels.contract import SendError
from trunkline.model.campaign import Definition, Reason
from trunkline.store import Tx, campaign_reports, campaigns
from trunkline.store.campaign_reports import OutcomeRow

UNDER_WAY_MS = 24 * 3_600_000
_UNSENT = frozenset({"failed", "expired", "canceled"})
_UNDER_WAY = frozenset({"submitted", "sent"})
_TURN_MISSED = frozenset({Reason.TOO_LATE.value, Reason.OVER_BUDGET.value})
_texts = msgspec.json.Decoder(dict[str, str])


class Wanted(msgspec.Struct, frozen=True):
    address: str
    columns: str
    """What their row of a file said, as far as that campaign used it; JSON text."""


async def wanted(tx: Tx, part: Part, campaign_id: str, outcome: str) -> tuple[list[Wanted], str | None]:
    """Those among its next `count` recipients, and the place of the last, None at the end."""
    after = int(part.after or 0)
    rows = await campaign_reports.outcomes(tx, part.account_id, campaign_id, after, part.count)
    last = str(rows[-1].n) if len(rows) == part.count else None
    columns = await _columns_of(tx, part.account_id, campaign_id)
    is_wanted = _OUTCOMES[outcome]
    found = [row for row in rows if row.address and is_wanted(row, part.now)]
    return [Wanted(row.address, _columns(row.vars, columns)) for row in found], last


def _not_delivered(row: OutcomeRow, now: int) -> bool:
    if row.was_opened or row.was_risked:
        return False
    if row.message_state in _UNDER_WAY and row.submitted_at is not None:
        return row.submitted_at + UNDER_WAY_MS <= now
    return row.message_state in _UNSENT or row.state == "canceled" or _missed_turn(row)


def _not_read(row: OutcomeRow, now: int) -> bool:
    return row.message_state == "delivered" and not row.was_opened


def _retryable(row: OutcomeRow, now: int) -> bool:
    if row.was_opened or row.was_risked:
        return False
    if row.message_state == "failed" and row.error is not None:
        return msgspec.json.decode(row.error, type=SendError).may_pass
    return row.message_state == "expired" or _missed_turn(row)


def _missed_turn(row: OutcomeRow) -> bool:
    return row.state == "skipped" and row.reason in _TURN_MISSED


def _had_a_message(row: OutcomeRow, now: int) -> bool:
    return row.state == "created"


_OUTCOMES: Mapping[str, Callable[[OutcomeRow, int], bool]] = {
    "not_delivered": _not_delivered,
    "not_read": _not_read,
    "retryable": _retryable,
    "all": _had_a_message,
}
OUTCOMES = tuple(_OUTCOMES)


async def _columns_of(tx: Tx, account_id: str, campaign_id: str) -> dict[str, str]:
    """Variable → the column that it came from."""
    row = await campaigns.get(tx, account_id, campaign_id)
    if row is None:
        return {}
    variables = msgspec.json.decode(row.definition, type=Definition).variables
    return {name: each.column for name, each in variables.items() if each.column is not None}


def _columns(vars_: str, columns: Mapping[str, str]) -> str:
    if not columns or vars_ == "{}":
        return "{}"
    values: dict[str, Any] = _texts.decode(vars_)
    return msgspec.json.encode(
        {column: values[name] for name, column in columns.items() if name in values}
    ).decode()
