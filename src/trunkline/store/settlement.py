"""The places where an attempt meets its end: the provider's answer, or evidence that came first.

Either may come first, or alone. Whichever binds the provider's id to the message also picks up the facts
that arrived before anybody knew whose they were. Messages are changed before attempts, everywhere.
"""

from collections.abc import Mapping, Sequence

from trunkline.model.events import NewEvent, of_message, of_status_facts
from trunkline.model.message import Progress, State, bind, merge
from trunkline.store import conversations, doubts, messages, status_facts, suppressions, tier_uses
from trunkline.store.attempts import Outcome
from trunkline.store.contract import Row, Tx
from trunkline.store.conversations import Answer
from trunkline.store.doubts import Candidate, LaneDoubt
from trunkline.store.queries import load

_A = load("attempts")
_M = load("messages")


async def record_outcomes(tx: Tx, outcomes: Sequence[Outcome]) -> list[bool]:
    """For each outcome whether the message took it; False where a status had settled it before.

    A process that stood still may answer late: what is certain then still ends the doubt that came meanwhile.
    """
    await _open_free_entries(tx, [outcome for outcome in outcomes if outcome.provider_id])
    moved = await tx.fetch_many(
        _M["finish_sending"],
        [
            (o.state, o.state_reason, o.due_at, o.provider_id, o.provider_recipient, o.submitted_at,
             o.failed_at, o.error, o.account_id, o.message_id, o.n, o.outcome)
            for o in outcomes
        ],
    )  # fmt: skip
    await tx.execute_many(
        _A["finish"],
        [
            (o.outcome, o.finished_at, o.http_status, o.detail, o.error, int(o.is_open), o.account_id,
             o.message_id, o.n)
            for o in outcomes
        ],
    )  # fmt: skip
    took = {row[0]: row for row in moved}
    taken = [outcome for outcome in outcomes if outcome.provider_id and outcome.message_id in took]
    await _learn(tx, taken, took)
    tx.emit(*[event for o in outcomes if o.message_id in took for event in _told(o, took[o.message_id])])
    if uses := [outcome.tier_use for outcome in outcomes if outcome.tier_use is not None]:
        await tier_uses.record(tx, uses)
    await apply_early_facts(tx, [(o.message_id, o.account_id, o.provider_id or "") for o in taken])
    return [outcome.message_id in took for outcome in outcomes]


async def _open_free_entries(tx: Tx, taken: Sequence[Outcome]) -> None:
    """First of all: whoever records what people write changes conversations before messages, too."""
    for account_id in dict.fromkeys(outcome.account_id for outcome in taken):
        mine = {outcome.message_id: outcome for outcome in taken if outcome.account_id == account_id}
        if not await conversations.any_offers(tx, account_id, min(o.finished_at for o in mine.values())):
            continue
        answers = [
            Answer(row.number_id, address, mine[row.id].finished_at)
            for row in await messages.progress_many(tx, [(account_id, message_id) for message_id in mine])
            for address in dict.fromkeys((row.recipient, mine[row.id].provider_recipient))
            if address is not None
        ]
        await conversations.answered(tx, account_id, answers)


def _told(outcome: Outcome, row: Row) -> list[NewEvent]:
    """What customers are told of an outcome: nothing of one after which it is tried again."""
    progress = Progress(*row)
    if progress.state not in (State.SUBMITTED, State.FAILED, State.UNKNOWN):
        return []
    return [of_message(outcome.account_id, progress, str(progress.state), outcome.finished_at)]


async def _learn(tx: Tx, taken: Sequence[Outcome], took: Mapping[str, Row]) -> None:
    """By which name the provider calls a recipient, where that is not ours: statuses will use it."""
    aliases = [
        (o.account_id, took[o.message_id][1], o.provider_recipient, took[o.message_id][2])
        for o in taken
        if o.provider_recipient and o.provider_recipient != took[o.message_id][2]
    ]
    if aliases:
        for account_id, theirs, ours in await doubts.learn_aliases(tx, aliases):
            await suppressions.spread(tx, account_id, [(theirs, ours)])


async def bind_by_lane(tx: Tx, account_id: str, doubt: LaneDoubt, candidate: Candidate, now: int) -> bool:
    """The message gets the candidate's id and all its facts; False when either belongs elsewhere by now."""
    if await messages.ids_by_provider_id(tx, [(account_id, candidate.provider_id)]):
        return False
    [progress] = await messages.progress_many(tx, [(account_id, doubt.message_id)])
    if progress.state != State.UNKNOWN or progress.attempts != doubt.n or progress.provider_id is not None:
        return False
    bound = bind(progress, candidate.provider_id, candidate.at)
    tx.emit(*of_status_facts(account_id, progress, bound, ()))
    await messages.advance_many(tx, account_id, [bound])
    await apply_early_facts(tx, [(doubt.message_id, account_id, candidate.provider_id)])
    await settle_attempts(tx, account_id, [doubt.message_id], "lane", now)
    return True


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
    ids = dict.fromkeys(fact.message_id for fact in early)
    before = {
        row.id: row
        for row in await messages.progress_many(
            tx, [(account_of[message_id], message_id) for message_id in ids]
        )
    }
    after = dict(before)
    for fact in early:
        after[fact.message_id] = merge(after[fact.message_id], fact.status, fact.at, fact.error())
    for message_id, moved in after.items():
        account_id = account_of[message_id]
        await messages.advance_many(tx, account_id, [moved])
        facts = [(fact.status, fact.at, fact.told()) for fact in early if fact.message_id == message_id]
        tx.emit(*of_status_facts(account_id, before[message_id], moved, facts))
