"""REPORT: what became of a campaign. In comes its id; out go the funnel, the causes and the links.

The recipients are gone through some thousands at a time, each read on its own, so that a report over a
million keeps nobody waiting for the store; each is counted once, as they were at their moment. What was
counted is kept for ten times as long as it took: asking for it all the time costs a tenth of the time.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.campaigns import costs
from trunkline.campaigns.causes import FailureCause, SkipCause, causes, skips
from trunkline.campaigns.cost_report import CostReport
from trunkline.campaigns.report_types import CheckReport
from trunkline.clock import to_rfc3339
from trunkline.errors import Refusal
from trunkline.model.campaign import CampaignState
from trunkline.runtime import Runtime
from trunkline.store import campaign_reports, recipients
from trunkline.store.campaign_reports import Alike, Followed
from trunkline.store.campaigns import CampaignRow
from trunkline.store.contract import Work

WITHIN_MS = 7 * 24 * 3_600_000
"""A message counts as an answer, and an opt-out as caused by it, so long after it was delivered."""
_AT_ONCE = 20_000
PATIENCE_SECONDS = 20.0
"""Real time: many callers wait no longer than half a minute."""
_LINKS = 20
_MOST_KEPT = 100


class Funnel(msgspec.Struct, kw_only=True):
    """How many came how far: whoever came to a step, up to `read`, is counted at every step before it.

    Each recipient is in just one of ready, skipped, waiting, in_doubt, under_way, delivered, failed, expired
    and canceled.
    """

    recipients: int = 0
    messages: Annotated[int, Meta(description="Those that have one.")] = 0
    accepted: Annotated[int, Meta(description="Taken by the provider.")] = 0
    sent: int = 0
    delivered: int = 0
    read: Annotated[int, Meta(description="As far as people let it be known.")] = 0
    replied: Annotated[
        int, Meta(description="Wrote to the number within 7 days of delivery, or in answer to the message.")
    ] = 0
    clicked: Annotated[int, Meta(description="Opened a short link of it.")] = 0
    opted_out: Annotated[int, Meta(description="Within 7 days of delivery.")] = 0
    ready: Annotated[int, Meta(description="Have no message yet.")] = 0
    skipped: Annotated[int, Meta(description="Get none; `skipped` says why.")] = 0
    waiting: Annotated[int, Meta(description="Their message has not gone out yet.")] = 0
    in_doubt: Annotated[int, Meta(description="Nobody knows whether it left.")] = 0
    under_way: Annotated[
        int, Meta(description="The provider has their message, and it is not delivered.")
    ] = 0
    failed: int = 0
    expired: int = 0
    canceled: Annotated[int, Meta(description="Before or after they had a message.")] = 0

    def add(self, alike: Alike) -> None:
        self.recipients += alike.count
        self.messages += alike.count if alike.message_state is not None else 0
        self.accepted += alike.taken
        self.sent += alike.sent
        self.delivered += alike.delivered
        self.read += alike.read
        self.replied += alike.replied
        self.clicked += alike.clicked
        self.opted_out += alike.opted_out
        name = _BY_STATE.get(alike.message_state or alike.state)
        if name is not None:
            setattr(self, name, getattr(self, name) + alike.count)


_BY_STATE = {
    "ready": "ready",
    "skipped": "skipped",
    "scheduled": "waiting",
    "queued": "waiting",
    "held": "waiting",
    "sending": "waiting",
    "unknown": "in_doubt",
    "unconfirmed": "in_doubt",
    "submitted": "under_way",
    "sent": "under_way",
    "failed": "failed",
    "expired": "expired",
    "canceled": "canceled",
}


class FunnelPart(Funnel, kw_only=True):
    """Of the recipients with one variant, number or language."""

    name: Annotated[str | None, Meta(description="Null for those who have none.")] = None


class FollowedLink(msgspec.Struct, kw_only=True):
    """Where short links lead."""

    url: str
    messages: Annotated[int, Meta(description="In how many it stands.")]
    clicks: int
    people: Annotated[int, Meta(description="Recipients whose link was opened.")]


class CampaignCost(msgspec.Struct, kw_only=True):
    """What it was thought to cost if all is delivered, and what was delivered has cost."""

    estimate: Annotated[CostReport | None, Meta(description="Of the check.")]
    actual: Annotated[CostReport | None, Meta(description="As far as the provider has told.")]
    difference_micros: Annotated[
        int | None, Meta(description="Actual less estimate, in millionths; null with other currencies.")
    ]


class CampaignReport(msgspec.Struct, kw_only=True):
    """What became of the recipients of a campaign."""

    campaign_id: str
    as_of: Annotated[str, Meta(description="When it was counted.")]
    funnel: Funnel
    variants: list[FunnelPart]
    numbers: list[FunnelPart]
    languages: list[FunnelPart]
    failures: Annotated[list[FailureCause], Meta(description="The most frequent first.")]
    skipped: list[SkipCause]
    links: Annotated[list[FollowedLink], Meta(description=f"The {_LINKS} most followed.")]
    cost: CampaignCost


async def make(runtime: Runtime, campaign: CampaignRow) -> CampaignReport:
    """As it is now."""
    store, account_id, campaign_id = runtime.store, campaign.account_id, campaign.id
    rows: list[Alike] = []
    last = await store.read(lambda tx: recipients.last(tx, account_id, campaign_id))
    for after in range(0, last, _AT_ONCE):
        rows += await store.read(_counting(account_id, campaign_id, after))
    failed = await store.read(lambda tx: campaign_reports.failures(tx, account_id, campaign_id))
    links = await store.read(lambda tx: campaign_reports.links(tx, account_id, campaign_id, _LINKS))
    return CampaignReport(
        campaign_id=campaign_id,
        as_of=to_rfc3339(runtime.clock.now()),
        funnel=funnel_of(rows),
        variants=_parts(rows, lambda row: row.variant),
        numbers=_parts(rows, lambda row: row.number_id),
        languages=_parts(rows, lambda row: row.language),
        failures=causes(failed),
        skipped=skips(_reasons(rows)),
        links=[_link(link) for link in links],
        cost=await _cost(runtime, campaign),
    )


async def _cost(runtime: Runtime, campaign: CampaignRow) -> CampaignCost:
    checked = campaign.report and campaign.state is not CampaignState.CHECKING
    found = msgspec.json.decode(campaign.report or "", type=CheckReport) if checked else None
    estimate = found.cost if found is not None else None
    actual = await costs.actual(runtime, campaign.account_id, campaign.id)
    difference = None
    if estimate is not None and actual is not None and estimate.currency == actual.currency:
        difference = actual.total_micros - estimate.total_micros
    return CampaignCost(estimate=estimate, actual=actual, difference_micros=difference)


def _counting(account_id: str, campaign_id: str, after: int) -> Work[list[Alike]]:
    to = after + _AT_ONCE
    return lambda tx: campaign_reports.funnel(tx, account_id, campaign_id, after, to, WITHIN_MS)


def funnel_of(rows: Iterable[Alike]) -> Funnel:
    funnel = Funnel()
    for row in rows:
        funnel.add(row)
    return funnel


def _parts(rows: Iterable[Alike], name_of: Callable[[Alike], str | None]) -> list[FunnelPart]:
    parts: dict[str | None, FunnelPart] = {}
    for row in rows:
        name = name_of(row)
        parts.setdefault(name, FunnelPart(name=name)).add(row)
    return [parts[name] for name in sorted(parts, key=lambda name: (name is None, name or ""))]


def _reasons(rows: Iterable[Alike]) -> dict[str, int]:
    reasons: dict[str, int] = {}
    for row in rows:
        if row.state == "skipped":
            reasons[row.reason or ""] = reasons.get(row.reason or "", 0) + row.count
    return reasons


def _link(link: Followed) -> FollowedLink:
    return FollowedLink(url=link.url, messages=link.links, clicks=link.clicks, people=link.people)


class Reports:
    """Those that were asked for lately. One for each process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._kept: dict[tuple[str, str], tuple[float, CampaignReport]] = {}
        self._making: dict[tuple[str, str], asyncio.Task[CampaignReport]] = {}

    async def get(self, campaign: CampaignRow) -> CampaignReport:
        """`Refusal` when it takes long: it is made all the same, and there for whoever asks again."""
        key = (campaign.account_id, campaign.id)
        kept = self._kept.get(key)
        if kept is not None and self._runtime.clock.monotonic() < kept[0]:
            return kept[1]
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(key, campaign))
            making.add_done_callback(_heeded)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.shield(making)
        except TimeoutError:
            detail = "The campaign is large and is still being counted; ask again."
            raise Refusal("not_ready", detail, headers={"Retry-After": "5"}) from None

    def close(self) -> None:
        for making in self._making.values():
            making.cancel()

    async def _make(self, key: tuple[str, str], campaign: CampaignRow) -> CampaignReport:
        monotonic = self._runtime.clock.monotonic
        began = monotonic()
        try:
            report = await make(self._runtime, campaign)
            took = monotonic() - began
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (monotonic() + 10 * took, report)
            return report
        finally:
            del self._making[key]


def _heeded(making: "asyncio.Task[CampaignReport]") -> None:
    """Whoever waited has heard how it ended; nobody may have."""
    if not making.cancelled():
        making.exception()
