"""What callers are shown of campaigns. Pure; the types are the reference of the API's answers."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api.views import MaybeTime, ProviderError, Time, show_error, show_time
from trunkline.campaigns.actions import definition_of, run_of
from trunkline.campaigns.cost_report import CostReport
from trunkline.campaigns.plan import Plan
from trunkline.campaigns.report_types import CheckReport, Finding, Progress, Sample, Share
from trunkline.clock import to_rfc3339
from trunkline.delivery.formats import is_moment
from trunkline.errors import Problem
from trunkline.model.campaign import PAUSES, CampaignState, Definition
from trunkline.pricing.money import format_micros
from trunkline.store.campaigns import CampaignRow
from trunkline.store.numbers import NumberRow
from trunkline.store.recipients import RecipientRow


class CampaignView(msgspec.Struct, kw_only=True):
    """A campaign as lists show it."""

    id: str
    name: str
    state: Annotated[
        str,
        Meta(
            description="draft, checking, checked, scheduled, running, paused, finished or canceled.",
            examples=["running"],
        ),
    ]
    state_reason: Annotated[
        str | None, Meta(description="Why it is paused: caller, canary, failure_rate, template …")
    ]
    state_detail: Annotated[str | None, Meta(description="The same as a sentence.")]
    definition: Annotated[
        dict[str, Any], Meta(description="As it was asked for; what is as by default is left out.")
    ]
    parent_id: Annotated[str | None, Meta(description="The campaign whose rest this one is for.")]
    per_second: Annotated[
        float | None, Meta(description="Its pace just now; null is as fast as its numbers go.")
    ]
    winner: Annotated[str | None, Meta(description="The variant that won, once that is known.")]
    start_at: Annotated[Time | None, Meta(description="When it starts by itself.")]
    created_at: Time
    updated_at: Time
    checked_at: MaybeTime
    started_at: MaybeTime
    ended_at: MaybeTime


class DraftedCampaign(CampaignView, kw_only=True):
    """A campaign that was just written down."""

    warnings: Annotated[list[Problem], Meta(description="Doubts that are no reason to refuse it.")]


class Totals(msgspec.Struct, kw_only=True):
    """How many recipients are where. Everybody is in one of the first four."""

    recipients: int
    ready: Annotated[int, Meta(description="A message is made when their turn comes.")]
    created: Annotated[int, Meta(description="They have one; `messages` says where these are.")]
    skipped: Annotated[int, Meta(description="They get none; `reasons` says why.")]
    canceled: int
    reasons: Annotated[dict[str, int], Meta(description="Reason → how many were skipped for it.")]
    messages: Annotated[dict[str, int], Meta(description="State of a message → how many.")]


class ReportView(msgspec.Struct, kw_only=True):
    """What the check found."""

    checked_at: Time
    took_seconds: float
    may_start: Annotated[bool, Meta(description="False while a finding blocks.")]
    recipients: Annotated[int, Meta(description="Everybody in the audience.")]
    ready: Annotated[int, Meta(description="Those who get a message.")]
    skipped: Annotated[dict[str, int], Meta(description="Reason → how many.")]
    findings: list[Finding]
    samples: list[Sample]
    shares: Annotated[list[Share], Meta(description="By number, variant and language.")]
    cost: Annotated[CostReport | None, Meta(description="What it will cost, if all is delivered.")]
    plan: Annotated[Plan | None, Meta(description="When who gets it, and when it ends.")]


class CampaignLife(CampaignView, kw_only=True):
    """A campaign with its recipients' totals and what its check found."""

    totals: Totals
    checking: Annotated[Progress | None, Meta(description="How far its check is, while that runs.")]
    report: ReportView | None


class RecipientMessage(msgspec.Struct, kw_only=True):
    """What became of a recipient's message."""

    id: str
    state: Annotated[str | None, Meta(description="Null when the message is kept no longer.")]
    error: ProviderError | None
    submitted_at: MaybeTime
    sent_at: MaybeTime
    delivered_at: MaybeTime
    read_at: MaybeTime
    failed_at: MaybeTime


class RecipientView(msgspec.Struct, kw_only=True):
    """Somebody in a campaign's audience, and what they get."""

    n: Annotated[int, Meta(description="Their place in the campaign, from 1.")]
    contact_id: str
    to: Annotated[
        str, Meta(description="Digits or a user id; empty when there is none, or they were erased.")
    ]
    state: Annotated[str, Meta(description="ready, created, skipped or canceled.")]
    reason: Annotated[str | None, Meta(description="Why they get nothing.")]
    detail: str | None
    from_: Annotated[str | None, Meta(description="Digits of the number that they get it from.")] = (
        msgspec.field(name="from")
    )
    variant: str | None
    language: Annotated[str | None, Meta(description="In which they get it; null is the `body`.")]
    variables: Annotated[dict[str, str], Meta(description="What stands in the gaps.")]
    due_at: Annotated[MaybeTime, Meta(description="When their turn comes, or came.")]
    message: RecipientMessage | None


def show_campaign(row: CampaignRow, numbers: Mapping[str, NumberRow]) -> CampaignView:
    return CampaignView(**members(row, numbers))


def show_life(row: CampaignRow, numbers: Mapping[str, NumberRow], totals: Totals) -> CampaignLife:
    return CampaignLife(
        **members(row, numbers), totals=totals, checking=show_checking(row), report=show_report(row)
    )


def members(row: CampaignRow, numbers: Mapping[str, NumberRow]) -> dict[str, Any]:
    definition, run = definition_of(row), run_of(row)
    return {
        "id": row.id,
        "name": row.name,
        "state": row.state,
        "state_reason": row.state_reason,
        "state_detail": PAUSES.get(row.state_reason or ""),
        "definition": show_definition(definition, numbers),
        "parent_id": row.parent_id,
        "per_second": definition.per_second if run.per_second is None else run.per_second,
        "winner": run.winner,
        "start_at": show_time(row.start_at),
        "created_at": to_rfc3339(row.created_at),
        "updated_at": to_rfc3339(row.updated_at),
        "checked_at": show_time(row.checked_at),
        "started_at": show_time(row.started_at),
        "ended_at": show_time(row.ended_at),
    }


def show_definition(definition: Definition, numbers: Mapping[str, NumberRow]) -> dict[str, Any]:
    """As a body that would make the same; a number that was removed by its id."""
    shown: dict[str, Any] = msgspec.to_builtins(definition)
    shown["numbers"] = [numbers[one].digits if one in numbers else one for one in definition.numbers]
    if not shown.pop("needs_consent", True):
        shown["consent"] = "not_required"
    if "schedule" in shown:
        shown["schedule"] = _with_times(shown["schedule"])
    if "stop" in shown:
        shown["stop"] = _show_stop(shown["stop"])
    return shown


def _show_stop(stop: dict[str, Any]) -> dict[str, Any]:
    shown = {name: False if value is None else value for name, value in stop.items()}
    if budget := stop.get("budget"):
        amount = format_micros(budget["micros"])
        shown["budget"] = {"currency": budget["currency"], "amount": amount}
    return shown


def show_report(row: CampaignRow) -> ReportView | None:
    """None before the check has ended."""
    if row.report is None or row.state is CampaignState.CHECKING:
        return None
    report = msgspec.json.decode(row.report, type=CheckReport)
    shown: dict[str, Any] = msgspec.structs.asdict(report)
    shown["checked_at"] = to_rfc3339(report.checked_at)
    return ReportView(**shown, may_start=report.may_start)


def show_checking(row: CampaignRow) -> Progress | None:
    """How far its check is, while that runs."""
    if row.state is not CampaignState.CHECKING:
        return None
    if row.report is None:
        return Progress(checked=0, ready=0, skipped={})
    return msgspec.json.decode(row.report, type=Progress)


def show_recipient(row: RecipientRow, numbers: Mapping[str, NumberRow]) -> RecipientView:
    number = numbers.get(row.number_id or "")
    return RecipientView(
        n=row.n,
        contact_id=row.contact_id,
        to=row.address,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        from_=number.digits if number is not None else None,
        variant=row.variant,
        language=row.language,
        variables=msgspec.json.decode(row.vars, type=dict[str, str]),
        due_at=show_time(row.due_at or None),
        message=_show_message(row),
    )


def _show_message(row: RecipientRow) -> RecipientMessage | None:
    if row.message_id is None:
        return None
    return RecipientMessage(
        id=row.message_id,
        state=row.message_state,
        error=show_error(row.error),
        submitted_at=show_time(row.submitted_at),
        sent_at=show_time(row.sent_at),
        delivered_at=show_time(row.delivered_at),
        read_at=show_time(row.read_at),
        failed_at=show_time(row.failed_at),
    )


def _with_times(value: Any) -> Any:
    """Moments as text, however deep."""
    if isinstance(value, list):
        return [_with_times(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: to_rfc3339(each) if isinstance(each, int) and is_moment(name) else _with_times(each)
        for name, each in value.items()
    }
