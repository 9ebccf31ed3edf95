"""Pacing: after the first sends of a marketing template that nobody rated yet, the rest is held for a while.

What is held goes out when the time of the settings is over. If its template is paused before, it fails.
"""

from collections import Counter

from msgspec.structs import replace

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.sends.ledger import Ledger
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.templates.definition import Template
from trunkline.sandbox.webhooks.statuses import Step, Taken

_PAUSED = 132015


class Pacing:
    """Counts since the start of the sandbox."""

    def __init__(self, settings: Settings, clock: Clock, ledger: Ledger) -> None:
        self._first = settings.pacing
        self._seconds = settings.pacing_hold_seconds
        self._clock = clock
        self._ledger = ledger
        self.sent: Counter[str] = Counter()
        """Template → how often it was sent."""
        self._held: dict[str, list[Taken]] = {}

    def count(self, template: Template) -> float:
        """Note a send; answers for how many seconds it is held."""
        self.sent[template.id] += 1
        is_paced = template.category == "MARKETING" and template.quality != "GREEN"
        if self._first is None or not is_paced or self.sent[template.id] <= self._first:
            return 0.0
        return self._seconds

    def hold(self, template_id: str, taken: Taken) -> None:
        now = self._clock.now()
        held = self._held.get(template_id, [])
        self._held[template_id] = [*(one for one in held if self._is_waiting(one, now)), taken]

    async def drop(self, template_id: str) -> None:
        """The template was paused: what still waits will fail."""
        now = self._clock.now()
        for taken in self._held.pop(template_id, []):
            if self._is_waiting(taken, now) and taken.plan.steps:
                due = taken.plan.steps[0].due
                failed = Step("failed", due, now - taken.taken_at, _PAUSED)
                await self._ledger.change_plan(taken, replace(taken.plan, steps=(failed,)))

    def _is_waiting(self, taken: Taken, now: int) -> bool:
        return not taken.reported and now < taken.taken_at + round(self._seconds * 1000)
