"""How far campaigns are: totals, rate and expected end, as counted last in this process.

Counting a million recipients takes a while, so whoever asks shares one answer: it is made anew at most once a
second, and at most a tenth of the time goes into it.
"""

import asyncio
from collections import OrderedDict, deque
from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.api.campaign_views import Totals, show_checking
from trunkline.api.views import Time
from trunkline.campaigns.actions import run_of
from trunkline.campaigns.report_types import Progress
from trunkline.clock import parse_rfc3339, to_rfc3339
from trunkline.model.campaign import CampaignState
from trunkline.runtime import Runtime
from trunkline.store import Tx, campaigns, recipients
from trunkline.store.campaigns import CampaignRow

State = CampaignState
OVER = frozenset({State.FINISHED, State.CANCELED})
OLD_SECONDS = 1.0
_UNSENT = frozenset({"queued", "held", "scheduled", "sending"})
_TIMES_ITS_COST = 9.0
_RATE_SECONDS = 10.0
_MOST_KEPT = 200


class ProgressView(msgspec.Struct, kw_only=True):
    """How far a campaign is."""

    id: str
    state: str
    state_reason: str | None
    totals: Totals
    waiting: Annotated[int, Meta(description="Recipients whose message is still to be sent.")]
    done: Annotated[float, Meta(description="Share of those who were to get a message, 0 to 1.")]
    per_second: Annotated[
        float | None, Meta(description="Messages sent a second lately; null while it does not run.")
    ]
    ends_at: Annotated[Time | None, Meta(description="When all will be sent, at this rate.")]
    checking: Annotated[Progress | None, Meta(description="How far its check is, while that runs.")]
    at: Annotated[Time, Meta(description="When this was told; its counts may be some seconds older.")]


class _Look(msgspec.Struct):
    """What is known of one campaign."""

    at: float = -1e9
    """By the event loop's clock: whoever watches does so in real time."""
    cost: float = 0.0
    view: Totals | None = None
    state: str = ""
    samples: deque[tuple[float, int]] = msgspec.field(default_factory=lambda: deque(maxlen=30))
    """When, and how many were sent by then."""
    running: asyncio.Lock = msgspec.field(default_factory=asyncio.Lock)


class ProgressDesk:
    """Of one process: what was counted last of each campaign that is being watched."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looks: OrderedDict[str, _Look] = OrderedDict()
        self.watchers: dict[str, int] = {}
        """Account → how many streams."""

    async def totals(self, row: CampaignRow) -> Totals:
        look = self._look_at(row.id)
        async with look.running:
            clock = asyncio.get_running_loop().time
            age = clock() - look.at
            is_fresh = age < max(OLD_SECONDS, _TIMES_ITS_COST * look.cost)
            if look.view is not None and is_fresh and look.state == row.state:
                return look.view
            began = clock()
            look.view = await count(self._runtime, row)
            look.at, look.state = clock(), row.state
            look.cost = look.at - began
            look.samples.append((look.at, _sent(look.view)))
            return look.view

    async def progress(self, row: CampaignRow) -> ProgressView:
        totals = await self.totals(row)
        now = self._runtime.clock.now()
        waiting = 0 if row.state in OVER else _waiting(totals)
        rate = self._rate(row, totals, now)
        meant = totals.ready + totals.created + totals.canceled
        return ProgressView(
            id=row.id,
            state=row.state,
            state_reason=row.state_reason,
            totals=totals,
            waiting=waiting,
            done=round(_sent(totals) / meant, 4) if meant else 0.0,
            per_second=rate,
            ends_at=to_rfc3339(_ends_at(row, waiting, rate, now)) if rate else None,
            checking=show_checking(row),
            at=to_rfc3339(now),
        )

    def _rate(self, row: CampaignRow, totals: Totals, now: int) -> float | None:
        """Over the last seconds; where nobody looked before, since its start."""
        if row.state is not State.RUNNING:
            return None
        samples = self._look_at(row.id).samples
        if not samples:  # many others were looked at meanwhile
            return None
        recent = [one for one in samples if one[0] >= samples[-1][0] - _RATE_SECONDS]
        seconds, sent = recent[-1][0] - recent[0][0], recent[-1][1] - recent[0][1]
        if seconds < OLD_SECONDS and row.started_at is not None and run_of(row).paused_at is None:
            seconds, sent = (now - row.started_at) / 1000, _sent(totals)
        return round(sent / seconds, 2) if seconds > 0 else None

    def _look_at(self, campaign_id: str) -> _Look:
        look = self._looks.setdefault(campaign_id, _Look())
        self._looks.move_to_end(campaign_id)
        while len(self._looks) > _MOST_KEPT:
            self._looks.popitem(last=False)
        return look


async def count(runtime: Runtime, row: CampaignRow) -> Totals:
    async def work(tx: Tx) -> tuple[dict[tuple[str, str | None], int], dict[str, int]]:
        people = await recipients.totals(tx, row.account_id, row.id)
        return people, await campaigns.count_messages(tx, row.account_id, row.id)

    if row.state is State.DRAFT:  # what an earlier check left means nothing any more
        return _totals({}, {})
    return _totals(*await runtime.store.read(work))


def _totals(people: dict[tuple[str, str | None], int], messages: dict[str, int]) -> Totals:
    states: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for (state, reason), number in people.items():
        states[state] = states.get(state, 0) + number
        if state == "skipped":
            reasons[reason or ""] = number
    return Totals(
        recipients=sum(states.values()),
        ready=states.get("ready", 0),
        created=states.get("created", 0),
        skipped=states.get("skipped", 0),
        canceled=states.get("canceled", 0),
        reasons=dict(sorted(reasons.items(), key=lambda one: -one[1])),
        messages=messages,
    )


def _sent(totals: Totals) -> int:
    """Whose turn is over, however it ended."""
    return totals.created - unsent(totals)


def _waiting(totals: Totals) -> int:
    return totals.ready + unsent(totals)


def unsent(totals: Totals) -> int:
    return sum(number for state, number in totals.messages.items() if state in _UNSENT)


def _ends_at(row: CampaignRow, waiting: int, rate: float, now: int) -> int:
    """Not before the last turn of the plan, however fast it goes now."""
    report = msgspec.json.decode(row.report) if row.report else {}
    last_turn = (report.get("plan") or {}).get("last_turn_at")
    planned = parse_rfc3339(last_turn) if waiting and last_turn else 0
    return max(now + int(waiting / rate * 1000), planned)
