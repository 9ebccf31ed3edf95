"""Decides lost and doubled from three records: what callers were told, what the gateway keeps, what the
sandbox took. Pure; it knows nothing of how the run was made.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trunkline.model.evidence import read_token

VISIBLE_DOUBT = {"unknown", "unconfirmed"}
NEVER_SENT = {"canceled", "expired"}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts, and the ids that prove the bad ones."""

    accepted: int
    taken: int
    states: Mapping[str, int]
    exposed: int
    """Messages whose send an ended process left without an outcome."""
    not_in_store: Sequence[str] = ()
    lost: Sequence[str] = ()
    doubled: Sequence[str] = ()
    unaccounted: Sequence[str] = ()
    """Ledger rows that do not lead to exactly one message."""

    def is_clean(self) -> bool:
        return not (self.not_in_store or self.lost or self.doubled or self.unaccounted)


def check(
    given: Sequence[str], messages: Sequence[Mapping[str, Any]], ledger: Sequence[Mapping[str, Any]]
) -> Verdict:
    """`given`: ids that callers got; `messages`: as the API lists them; `ledger`: as the sandbox lists it."""
    by_id = {message["id"]: message for message in messages}
    recipients = Counter(row["to"].lstrip("+") for row in ledger)
    owners = [_owner(row) for row in ledger]
    taken_ids = Counter(owner for owner in owners if owner)
    return Verdict(
        accepted=len(given),
        taken=len(ledger),
        states=Counter(message["state"] for message in messages),
        exposed=sum(_was_in_doubt(message) for message in messages),
        not_in_store=[message_id for message_id in given if message_id not in by_id],
        lost=[
            m["id"]
            for m in messages
            if m["id"] not in taken_ids and m["state"] not in VISIBLE_DOUBT | NEVER_SENT
        ],
        doubled=[recipient for recipient, count in recipients.items() if count > 1],
        unaccounted=[
            row["wamid"]
            for row, owner in zip(ledger, owners, strict=True)
            if owner not in by_id or taken_ids[owner] > 1 or not _fits(by_id[owner], row)
        ],
    )


def _owner(row: Mapping[str, Any]) -> str | None:
    """The message that a ledger row's token names; the token's MAC is the gateway's business, not ours."""
    token = row["callback_data"] or ""
    mac = bytes.fromhex(token.rpartition(".")[2]) if token.startswith("g1.") else b""
    named = read_token(token, lambda _: mac)
    return named[0] if named else None


def _fits(message: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    bound = message["provider_id"]
    return message["to"].lstrip("+") == row["to"].lstrip("+") and bound in (None, row["wamid"])


def _was_in_doubt(message: Mapping[str, Any]) -> bool:
    return any(attempt["outcome"] in (None, "ambiguous") for attempt in message.get("attempts", ()))
