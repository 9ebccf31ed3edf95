"""The two places where an attempt meets its end: the provider's answer, or a status that came first.

Either may come first, or alone. Whichever binds the provider's id to the message also picks up the facts
that arrived before anybody knew whose they were.
"""

from collections.abc import Sequence

from trunkline.model.message import Progress, merge
from trunkline.store import messages, status_facts
from trunkline.store.attempts import Outcome
from trunkline.store.contract import Tx
from trunkline.store.queries import load

_A = load("attempts")
_M = load("messages")


async def record_outcomes(tx: Tx, outcomes: Sequence[Outcome]) -> list[bool]:
    """For each outcome whether the message took it; False where a status had settled it before."""
    await tx.execute_many(
        _A["finish"],
        [
            (o.outcome, o.finished_at, o.http_status, o.detail, o.error, int(o.is_open), o.account_id,
             o.message_id, o.n)
            for o in outcomes
        ],
    )  # fmt: skip
    moved = await tx.fetch_many(
        _M["finish_sending"],
        [
            (o.state, o.state_reason, o.due_at, o.provider_id, o.provider_recipient, o.submitted_at,
             o.failed_at, o.error, o.account_id, o.message_id, o.n)
            for o in outcomes
        ],
    )  # fmt: skip
    took = {row[0] for row in moved}
    bound = [
        (o.message_id, o.account_id, o.provider_id)
        for o in outcomes
        if o.provider_id and o.message_id in took
    ]
    await apply_early_facts(tx, bound)
    return [outcome.message_id in took for outcome in outcomes]


async def settle_attempts(
    tx: Tx, account_id: str, message_ids: Sequence[str], settled_by: str, now: int
) -> set[str]:
    """Close the open attempts of these messages on evidence. Those whose attempt was still open."""
    rows = await tx.fetch_many(_A["settle"], [(settled_by, now, account_id, m) for m in message_ids])
    return {row[0] for row in rows}


async def apply_early_facts(tx: Tx, bound: Sequence[tuple[str, str, str]]) -> None:
    """Facts that came before these (message, account, provider id) were known as one."""
    early = await status_facts.claim_many(tx, bound)
    if not early:
        return
    account_of = {message_id: account_id for message_id, account_id, _ in bound}
    progress: dict[str, Progress] = {}
    for row in await messages.progress_many(
        tx, [(account_of[message_id], message_id) for message_id in {fact.message_id for fact in early}]
    ):
        progress[row.id] = row
    for fact in early:
        progress[fact.message_id] = merge(progress[fact.message_id], fact.status, fact.at, fact.error())
    for message_id, moved in progress.items():
        await messages.advance_many(tx, account_of[message_id], [moved])
