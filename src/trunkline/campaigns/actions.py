"""What people, and a run's own rules, do to a campaign: check, start, schedule, pause, resume, cancel, pace.

Each is one transaction on the locked row: with a pause or a cancel, every message that has no intent is held
in it, so that nothing leaves after it is told as done. What takes longer (releasing, canceling) the run does
afterwards (`run.py`), which hears of every change.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from trunkline.campaigns import stop_rules
from trunkline.campaigns.report_types import CheckReport
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model.campaign import Budget, CampaignState, Definition, Run
from trunkline.model.campaign_events import CampaignData, of_campaign
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, suppressions
from trunkline.store.campaigns import CampaignRow
from trunkline.store.contract import comes_first

State = CampaignState

STOPPED = frozenset({State.PAUSED, State.CANCELED})
"""Nothing of it is sent."""

NEWS = "campaign"
"""`campaign ACCOUNT ID`: it was changed."""


class Change(NamedTuple):
    """Something to do to a campaign."""

    account_id: str
    campaign_id: str
    now: int
    verb: str
    """As the end of "It can not be …"."""
    states: Sequence[CampaignState]
    """In which it can be done."""
    make: Callable[[CampaignRow], CampaignRow]
    """The row as it is to be."""


async def check(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
    """Its recipients are gone through, again if need be, from the first on."""

    def make(row: CampaignRow) -> CampaignRow:
        return msgspec.structs.replace(row, state=State.CHECKING, position="", report=None, checked_at=None)

    return await _do(runtime, account_id, campaign_id, "checked", (State.DRAFT, State.CHECKED), make)


async def start(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
    """Now, or at the time that its definition says."""
    now = runtime.clock.now()

    def make(row: CampaignRow) -> CampaignRow:
        _refuse_unfit(row)
        if row.start_at is not None and row.start_at > now:
            return msgspec.structs.replace(row, state=State.SCHEDULED)
        return started(row, now)

    return await _do(runtime, account_id, campaign_id, "started", (State.CHECKED,), make)


async def schedule(
    runtime: Runtime, account_id: str, campaign_id: str, start_at: int | None = None
) -> CampaignRow:
    """It starts by itself: at the time that its definition says, or later."""
    now = runtime.clock.now()

    def make(row: CampaignRow) -> CampaignRow:
        _refuse_unfit(row)
        at = start_at if start_at is not None else row.start_at
        _refuse_time(row, at, now)
        return msgspec.structs.replace(row, state=State.SCHEDULED, start_at=at)

    return await _do(runtime, account_id, campaign_id, "scheduled", (State.CHECKED, State.SCHEDULED), make)


async def pause(runtime: Runtime, account_id: str, campaign_id: str, reason: str = "caller") -> CampaignRow:
    """`reason`: one of `model.campaign.PAUSES`. What has an intent goes on, nothing else does."""
    now = runtime.clock.now()

    def make(row: CampaignRow) -> CampaignRow:
        run = msgspec.structs.replace(run_of(row), paused_at=now)
        return with_run(msgspec.structs.replace(row, state=State.PAUSED, state_reason=reason), run)

    return await _do(runtime, account_id, campaign_id, "paused", (State.RUNNING,), make)


async def resume(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
    """The rest is sent. The shares by which it stops are counted anew from here, its budget is not."""
    await _refuse_without_money(runtime, account_id, campaign_id)

    def make(row: CampaignRow) -> CampaignRow:
        run = msgspec.structs.replace(run_of(row), paused_at=None, counted=None, standing={})
        if row.state_reason == "canary":
            run = msgspec.structs.replace(run, canary_left=None)
        return with_run(msgspec.structs.replace(row, state=State.RUNNING, state_reason=None), run)

    return await _do(runtime, account_id, campaign_id, "resumed", (State.PAUSED,), make)


async def cancel(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
    """Whoever has no message gets none, and messages without an intent are withdrawn; the run does that at
    once, and then sets `ended_at`."""

    def make(row: CampaignRow) -> CampaignRow:
        return msgspec.structs.replace(row, state=State.CANCELED, state_reason=None)

    states = (State.CHECKING, State.CHECKED, State.SCHEDULED, State.RUNNING, State.PAUSED)
    return await _do(runtime, account_id, campaign_id, "canceled", states, make)


async def set_pace(
    runtime: Runtime, account_id: str, campaign_id: str, per_second: float | None
) -> CampaignRow:
    """Messages a second from now on; None is as its definition says."""

    def make(row: CampaignRow) -> CampaignRow:
        return with_run(row, msgspec.structs.replace(run_of(row), per_second=per_second))

    states = (State.CHECKED, State.SCHEDULED, State.RUNNING, State.PAUSED)
    return await _do(runtime, account_id, campaign_id, "given another pace", states, make)


async def set_budget(runtime: Runtime, account_id: str, campaign_id: str, budget: Budget) -> CampaignRow:
    """Of all that it costs, by the check's estimate; from now on."""

    def make(row: CampaignRow) -> CampaignRow:
        _refuse_money(row, budget)
        definition = definition_of(row)
        stop = msgspec.structs.replace(definition.stop, budget=budget)
        changed = msgspec.structs.replace(definition, stop=stop)
        return msgspec.structs.replace(row, definition=msgspec.json.encode(changed).decode())

    states = (State.CHECKED, State.SCHEDULED, State.RUNNING, State.PAUSED)
    return await _do(runtime, account_id, campaign_id, "given another budget", states, make)


async def _do(  # noqa: PLR0913, PLR0917 - a key, and what is to be done
    runtime: Runtime,
    account_id: str,
    campaign_id: str,
    verb: str,
    states: Sequence[CampaignState],
    make: Callable[[CampaignRow], CampaignRow],
) -> CampaignRow:
    change = Change(account_id, campaign_id, runtime.clock.now(), verb, states, make)
    return await runtime.store.batch(apply_changes, change)


@comes_first
async def apply_changes(tx: Tx, changes: Sequence[Change]) -> list[CampaignRow]:
    return [await _apply(tx, change) for change in changes]


async def _apply(tx: Tx, change: Change) -> CampaignRow:
    await suppressions.lock(tx, change.account_id)
    row = await campaigns.lock(tx, change.account_id, change.campaign_id)
    if row is None:
        raise Refusal("not_found", "There is no campaign of that id in this account.")
    if row.state not in change.states:
        raise _wrong_state(row, change)
    made = msgspec.structs.replace(change.make(row), updated_at=change.now)
    if made.state in STOPPED or row.state in STOPPED:  # what was refused for now meanwhile is released, too
        await campaigns.hold_messages(tx, row.account_id, row.id)
    return await keep(tx, row, made, change.now)


async def keep(tx: Tx, before: CampaignRow, row: CampaignRow, now: int) -> CampaignRow:
    """Writes it down and tells of it: every process, and whoever gets events when its state is another."""
    kept = await campaigns.put(tx, row)
    await tx.tell(f"{NEWS} {row.account_id} {row.id}")
    if (before.state, before.state_reason) != (row.state, row.state_reason):
        tx.emit(of_campaign(row.account_id, _told(before, row, now)))
    return kept


def started(row: CampaignRow, now: int) -> CampaignRow:
    run = msgspec.structs.replace(run_of(row), canary_left=definition_of(row).canary)
    return with_run(msgspec.structs.replace(row, state=State.RUNNING, started_at=now), run)


def definition_of(row: CampaignRow) -> Definition:
    return msgspec.json.decode(row.definition, type=Definition)


def run_of(row: CampaignRow) -> Run:
    return msgspec.json.decode(row.run, type=Run)


def with_run(row: CampaignRow, run: Run) -> CampaignRow:
    return msgspec.structs.replace(row, run=msgspec.json.encode(run).decode())


def _refuse_unfit(row: CampaignRow) -> None:
    if row.report is None:
        return
    report = msgspec.json.decode(row.report, type=CheckReport)
    blocking = [finding for finding in report.findings if finding.blocks]
    if blocking:
        problems = [Problem(one.pointer or "", one.rule, one.detail, None, one.remedy) for one in blocking]
        detail = "The check found what keeps it from being started."
        raise Refusal("campaign_state", detail, problems=problems)


def _refuse_time(row: CampaignRow, at: int | None, now: int) -> None:
    plan = definition_of(row).schedule
    if at is None or at <= now:
        wrong = "It needs a time to start at, and one that is to come."
    elif plan.start_at is not None and at < plan.start_at:
        wrong = (
            f"It was checked for a start at {to_rfc3339(plan.start_at)}; to start earlier, check it again."
        )
    elif plan.local_time is not None and at != plan.start_at:
        wrong = "Its recipients' local times were planned for another start; change that, and check it again."
    else:
        return
    raise Refusal("campaign_state", wrong, problems=[Problem("/start_at", "start_at", wrong)])


async def _refuse_without_money(runtime: Runtime, account_id: str, campaign_id: str) -> None:
    async def look(tx: Tx) -> bool:
        row = await campaigns.get(tx, account_id, campaign_id)
        if row is None or (row.state, row.state_reason) != (State.PAUSED, "budget"):
            return True
        return await stop_rules.has_money(tx, row, definition_of(row))

    if not await runtime.store.read(look):
        detail = "Its budget is used up; raise that first."
        raise Refusal("campaign_state", detail, problems=[Problem("", "budget", detail)])


def _refuse_money(row: CampaignRow, budget: Budget) -> None:
    cost = stop_rules.estimate(row)
    if cost is None:
        detail = "What its messages cost is not known, so a budget would never stop them."
    elif cost.currency != budget.currency:
        detail = f"It is charged in {cost.currency}; give its budget in that."
    else:
        return
    raise Refusal("campaign_state", detail, problems=[Problem("/currency", "budget", detail)])


def _wrong_state(row: CampaignRow, change: Change) -> Refusal:
    detail = f"The campaign is {row.state}; it can not be {change.verb} now."
    problem = Problem("", "state", detail, shorten(row.state), " or ".join(change.states))
    return Refusal("campaign_state", detail, problems=[problem])


def _told(before: CampaignRow, row: CampaignRow, now: int) -> CampaignData:
    return CampaignData(
        id=row.id,
        name=row.name,
        state=row.state,
        state_reason=row.state_reason,
        before=before.state,
        parent_id=row.parent_id,
        start_at=row.start_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        at=now,
    )
