"""STATUS INGEST: apply facts to messages, in any order and however often they come.

Which message a fact belongs to is known in two ways: by the provider's id that its send returned, or, where
that answer was never read, by the token that the send carried (rule R1 of docs/states.md). The token binds
the provider's id to the message and ends the doubt. A fact that fits no message yet is kept until one does,
with whom it is about (rule R2), unless it carries a token: then it is somebody else's.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from trunkline.channels.contract import StatusFact
from trunkline.failpoints import reach
from trunkline.inbound import duplicate
from trunkline.inbound.duplicate import Duplicate, Odd
from trunkline.model.events import NewEvent, of_status_facts
from trunkline.model.message import Progress, bind, merge
from trunkline.runtime import log
from trunkline.store import Tx, conversations, messages, settlement, status_facts
from trunkline.store.conversations import FreeEntry
from trunkline.store.status_facts import NewFact


class Report(msgspec.Struct, frozen=True):
    """A fact, whose account and number it came to, and what its token proves: (message, attempt)."""

    account_id: str
    number_id: str
    fact: StatusFact
    evidence: tuple[str, int] | None
    received_at: int


class Settled(msgspec.Struct, frozen=True):
    """A doubt that ended."""

    number_id: str
    recipient: str
    message_id: str


class Applied(msgspec.Struct, frozen=True):
    """What followed from some reports."""

    settled: list[Settled] = []
    duplicates: list[Duplicate] = []


async def apply_reports(tx: Tx, reports: Sequence[Report], now: int) -> Applied:
    """Everything in the caller's transaction. `Conflict` when a message changed meanwhile: run it again."""
    applied = Applied()
    for account_id in dict.fromkeys(report.account_id for report in reports):
        mine = [report for report in reports if report.account_id == account_id]
        ours = await _apply(tx, account_id, mine, now)
        applied.settled.extend(ours.settled)
        applied.duplicates.extend(ours.duplicates)
    return applied


async def _apply(tx: Tx, account_id: str, reports: Sequence[Report], now: int) -> Applied:
    owners = await _owners(tx, account_id, reports)
    before = {
        row.id: row
        for row in await messages.progress_many(tx, [(account_id, m) for m in dict.fromkeys(owners.values())])
    }
    after = dict(before)
    bound, odd = _bind(reports, owners, after)
    duplicates = await duplicate.find(tx, account_id, odd)
    new = await status_facts.insert_many(tx, [_row(report, owners) for report in reports])
    for report in reports:
        _fold(report, owners, after)
    tx.emit(*_events(account_id, reports, owners, before, after, new))
    await conversations.free_entries(tx, _free_entries(account_id, reports, owners, new), now)
    await messages.advance_many(tx, account_id, [row for row in after.values() if row != before[row.id]])
    keys = [(message_id, account_id, after[message_id].provider_id or "") for message_id in bound]
    await settlement.apply_early_facts(tx, keys)
    ended = await settlement.settle_attempts(tx, account_id, bound, "token", now)
    settled = [Settled(after[m].number_id, after[m].recipient, m) for m in ended]
    return Applied(settled, duplicates)


async def _owners(tx: Tx, account_id: str, reports: Sequence[Report]) -> dict[str, str]:
    """provider id → message id, by what we know already, else by the token."""
    provider_ids = dict.fromkeys(report.fact.provider_id for report in reports)
    owners = await messages.ids_by_provider_id(tx, [(account_id, p) for p in provider_ids])
    for report in reports:
        if report.evidence is not None:
            owners.setdefault(report.fact.provider_id, report.evidence[0])
    return owners


def _bind(
    reports: Sequence[Report], owners: dict[str, str], after: dict[str, Progress]
) -> tuple[list[str], list[Odd]]:
    """Give messages in doubt the provider's id that their token came with: the messages so bound.

    And the tokens that do not fit: of an attempt that was not the last, or of a message with another id.
    """
    bound: list[str] = []
    odd: dict[Odd, None] = {}
    for report in reports:
        provider_id = report.fact.provider_id
        progress = after.get(owners.get(provider_id, ""))
        if progress is None:  # a token of a message this account does not have, or no owner at all
            owners.pop(provider_id, None)
            continue
        n = _attempt_of(report, progress)
        if progress.provider_id is None:
            reach("C15")
            after[progress.id] = bind(progress, provider_id, report.fact.at)
            bound.append(progress.id)
        elif progress.provider_id != provider_id:
            owners.pop(provider_id)
        if n is not None and (n < progress.attempts or progress.provider_id not in (None, provider_id)):
            odd[Odd(progress.id, n, provider_id)] = None
    return bound, list(odd)


def _attempt_of(report: Report, progress: Progress) -> int | None:
    """Which attempt the token names; None without one."""
    if report.evidence is None:
        return None
    message_id, n = report.evidence
    if message_id == progress.id:
        return n
    log.error(
        "the status of %s names message %s, but it is bound to %s",
        report.fact.provider_id, message_id, progress.id,
    )  # fmt: skip
    return None


def _fold(report: Report, owners: dict[str, str], after: dict[str, Progress]) -> None:
    """Known facts as well: one may be told again with an earlier moment."""
    fact = report.fact
    message_id = owners.get(fact.provider_id)
    if message_id is None:
        return
    error = msgspec.json.encode(fact.errors[0]).decode() if fact.errors else None
    after[message_id] = merge(after[message_id], fact.status, fact.at, error)


def _events(  # noqa: PLR0913, PLR0917 - what was, what is, and what made it so
    account_id: str,
    reports: Sequence[Report],
    owners: dict[str, str],
    before: dict[str, Progress],
    after: dict[str, Progress],
    new: set[tuple[str, str]],
) -> list[NewEvent]:
    """What customers are told of it."""
    facts: dict[str, list[tuple[str, int, dict[str, Any] | None]]] = {}
    for report in reports:
        fact = report.fact
        message_id = owners.get(fact.provider_id)
        if message_id is not None and (fact.provider_id, fact.status) in new:
            facts.setdefault(message_id, []).append((fact.status, fact.at, _detail(fact)))
    return [
        event
        for message_id, moved in after.items()
        for event in of_status_facts(account_id, before[message_id], moved, facts.get(message_id, ()))
    ]


def _free_entries(
    account_id: str, reports: Sequence[Report], owners: dict[str, str], new: set[tuple[str, str]]
) -> list[FreeEntry]:
    """To people, by any name that the provider has for them; what was told before is not news."""
    return [
        FreeEntry(account_id, report.number_id, fact.recipient, fact.free_until)
        for report in reports
        if (fact := report.fact).free_until
        and fact.recipient
        and fact.provider_id in owners
        and (fact.provider_id, fact.status) in new
    ]


def _row(report: Report, owners: dict[str, str]) -> NewFact:
    fact = report.fact
    detail = _detail(fact)
    return NewFact(
        account_id=report.account_id,
        provider_id=fact.provider_id,
        status=fact.status,
        number_id=report.number_id,
        message_id=owners.get(fact.provider_id),
        at=fact.at,
        received_at=report.received_at,
        detail=msgspec.json.encode(detail).decode() if detail else None,
        recipient=None if fact.provider_id in owners or fact.token else fact.recipient,
    )


def _detail(fact: StatusFact) -> dict[str, Any] | None:
    """What the provider said beside the status."""
    told = {
        "errors": msgspec.to_builtins(fact.errors),
        "pricing": fact.pricing,
        "conversation": fact.conversation,
    }
    return {name: value for name, value in told.items() if value} or None
