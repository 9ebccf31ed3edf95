"""The one place that knows how fast a number may send: its own pace, the pace to one recipient, its tier, and
what the provider asks for or fails to answer. Called by the number's sender before each send and after each
answer; docs/pacing.md says where the limits come from.
"""

import random

import msgspec

from trunkline.config import Settings
from trunkline.outbound.breaker import DOUBT_SECONDS, NOT_SENT_SECONDS, Breaker
from trunkline.outbound.pacing import NumberPace, PairPace
from trunkline.outbound.tier import DAY, Tier, reserve_of
from trunkline.outbound.verdict import Verdict
from trunkline.store import Store, tier_uses
from trunkline.store.messages import Waiting
from trunkline.store.numbers import NumberRow
from trunkline.store.tier_uses import TierUse

ASK_AGAIN_SECONDS = 1.0
"""The longest wait of a number: an answer that is still on its way, or a new setting, may end it."""

MAY_HAVE_ARRIVED = frozenset({"taken", "ambiguous"})


class PaceState(msgspec.Struct, frozen=True, kw_only=True):
    """How a number goes at a moment, for metrics and people."""

    per_second: float
    most_per_second: float
    paused_seconds: float
    """Until the pause ends that the provider asked for."""
    is_broken: bool
    """The provider does not answer; single probes go."""
    probe_seconds: float
    tier_used: int
    tier_limit: int | None


class Governor:
    """Of one number, in the process that owns it. `now` is always the clock's monotonic reading."""

    def __init__(
        self, settings: Settings, row: NumberRow, now: float, chance: random.Random | None = None
    ) -> None:
        dispatch = settings.dispatch
        self._pace = NumberPace(row.messages_per_second, now)
        self._pairs = PairPace(dispatch.pair_interval_seconds, dispatch.pair_burst)
        self._breaker = Breaker(chance or random.Random())  # noqa: S311 - jitter
        self._tier = Tier(row.daily_recipients, _reserve(row))
        self._number = (row.account_id, row.id)
        self._monotonic_at_0: float | None = None  # the reading when the clock said 1970; known once loaded

    async def load(self, store: Store, now_ms: int, now: float) -> None:
        """At the take-over, before the first send: whom the number wrote to within 24 hours."""
        self._monotonic_at_0 = now - now_ms / 1000
        if self._tier.limit is None:
            return
        since = now_ms - int(DAY * 1000)
        uses = await store.read(lambda tx: tier_uses.since(tx, *self._number, since))
        self._tier.load([(use.recipient, now - (now_ms - use.at) / 1000) for use in uses])

    def change(self, row: NumberRow) -> None:
        """The number's own settings were changed."""
        self._pace.set_rate(row.messages_per_second)
        self._tier.limit = row.daily_recipients
        self._tier.reserve = _reserve(row)

    def wait(self, now: float) -> float:
        """Seconds until it is worth asking whether the number may send; 0 when it may now."""
        return min(ASK_AGAIN_SECONDS, self._breaker.wait(now) or self._pace.wait(now))

    def admit(self, message: Waiting, now: float) -> float:
        """Seconds until this message may go; 0 when it goes now, and is counted as sent."""
        is_template = message.type == "template"
        wait = self._tier.wait(message.recipient, message.priority, now) if is_template else 0.0
        wait = wait or self._pairs.wait(message.recipient, now)
        if wait == 0:
            self._pace.take(now)
            self._breaker.begin(message.id, now)
            if is_template:
                self._tier.begin(message.recipient)
        return wait

    def never_began(self, message: Waiting) -> None:
        """What was admitted has no intent: the recipient may get the next one at once."""
        self._pairs.give_back(message.recipient)

    def withdraw(self, message: Waiting) -> None:
        """What was admitted has no verdict: its intent was refused, or a status came first."""
        self._breaker.withdraw(message.id)
        self._tier.withdraw(message.recipient)

    def learn(self, message: Waiting, verdict: Verdict, now: float) -> None:
        """What became of a send."""
        if verdict.slow_number_seconds is not None:
            self._pace.slow_down(verdict.slow_number_seconds, now)
        if verdict.slow_lane_seconds is not None:
            self._pairs.delay(message.recipient, verdict.slow_lane_seconds, now)
        if verdict.outcome == "ambiguous":
            self._breaker.bad(message.id, now, DOUBT_SECONDS)
        elif verdict.outcome == "not_sent":
            self._breaker.bad(message.id, now, NOT_SENT_SECONDS)
        else:
            self._breaker.good()
        if self._counts(message, verdict.outcome):
            self._tier.count(message.recipient, now)
        else:
            self._tier.withdraw(message.recipient)

    def settled(self) -> None:
        """A status ended a doubt: the provider is there, whatever became of its answer."""
        self._breaker.good()

    def use_of(self, message: Waiting, outcome: str, now_ms: int) -> TierUse | None:
        """What is to be kept with the outcome of a send; None where nothing is counted.

        It counts from here on: a status may settle the send first, and then nobody learns of the verdict.
        """
        if not self._counts(message, outcome):
            return None
        if self._monotonic_at_0 is not None:
            self._tier.count(message.recipient, self._monotonic_at_0 + now_ms / 1000)
        return TierUse(*self._number, message.recipient, now_ms)

    def state(self, now: float) -> PaceState:
        return PaceState(
            per_second=self._pace.per_second,
            most_per_second=self._pace.most,
            paused_seconds=self._pace.paused(now),
            is_broken=self._breaker.is_open,
            probe_seconds=self._breaker.wait(now),
            tier_used=self._tier.used(now),
            tier_limit=self._tier.limit,
        )

    def _counts(self, message: Waiting, outcome: str) -> bool:
        return self._tier.limit is not None and message.type == "template" and outcome in MAY_HAVE_ARRIVED


def _reserve(row: NumberRow) -> int:
    return reserve_of(row.daily_recipients, row.tier_reserve)
