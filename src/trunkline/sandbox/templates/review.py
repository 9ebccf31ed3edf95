"""What happens to templates after they were submitted: review, rating, pauses, recategorisation, deletion.

Decisions come from rules (the name of a template, the clock) or by hand (`/_sandbox/templates`). Every one is
on disk before its webhook is announced; what is due later survives a restart.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import apsw
from msgspec.structs import replace

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.templates.definition import REASONS, Template
from trunkline.sandbox.templates.notices import (
    CATEGORY,
    COMPONENTS,
    QUALITY,
    STATUS,
    coming_category_value,
    components_value,
    new_category_value,
    quality_value,
    status_value,
)
from trunkline.sandbox.templates.registry import Registry
from trunkline.sandbox.webhooks.contract import Webhooks

_log = logging.getLogger(__name__)

_HOUR = 3_600_000
NOTICE = 24 * _HOUR
"""How long before a recategorisation Meta tells of it."""
NAME_BLOCKED = 30 * 24 * _HOUR
_PAUSES = (("FIRST_PAUSE", 3 * _HOUR), ("SECOND_PAUSE", 6 * _HOUR))
_AFTER_FAILURE = 5_000
_BECOMES = {
    "APPROVED": "APPROVED",
    "ARCHIVED": "ARCHIVED",
    "FLAGGED": None,
    "IN_APPEAL": "IN_APPEAL",
    "LIMIT_EXCEEDED": "LIMIT_EXCEEDED",
    "LOCKED": None,
    "PENDING": "PENDING",
    "REINSTATED": "APPROVED",
    "REJECTED": "REJECTED",
    "UNARCHIVED": "APPROVED",
}
"""Event of a status update → the status that the template then has; None leaves it as it is."""
EVENTS = (*_BECOMES, "PAUSED", "DISABLED")


class Review:
    """Runs between `start` and `stop`."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        registry: Registry,
        webhooks: Webhooks,
        on_pause: Callable[[str], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._registry = registry
        self._webhooks = webhooks
        self._on_pause = on_pause
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def submit(self, template: Template) -> Template:
        """Put it under review: the rules decide after the delay of the settings, or somebody by hand."""
        delay = self._settings.review_seconds
        waits = delay is None or (self._settings.magic_templates and template.name.startswith("pending_"))
        review_at = None if waits or delay is None else self._clock.now() + round(delay * 1000)
        submitted = replace(template, status="PENDING", rejected_reason="NONE", review_at=review_at)
        await self._registry.put(submitted)
        self._wake.set()
        return submitted

    async def decide(self, template: Template, event: str, reason: str | None = None) -> Template:
        """An event of `EVENTS`, by rule or by hand."""
        if event == "PAUSED":
            return await self._pause(template)
        if event == "DISABLED":
            return await self._disable(template)
        status = _BECOMES[event] or template.status
        rejected = (reason or "INVALID_FORMAT") if event == "REJECTED" else "NONE"
        return await self._change(template, event, status, rejected)

    async def unpause(self, template: Template) -> Template:
        info = {"title": "UNPAUSE", "description": "The template can be sent again."}
        return await self._change(template, "APPROVED", "APPROVED", other_info=info)

    async def rate(self, template: Template, score: str) -> Template:
        previous = template.quality
        rated = replace(template, quality=score, quality_at=self._clock.now())
        await self._registry.put(rated)
        await self._webhooks.announce(QUALITY, quality_value(rated, previous))
        return rated

    async def recategorise(self, template: Template, category: str, *, at_once: bool) -> Template:
        """After a day's notice, unless at once."""
        if at_once:
            return await self._set_category(template, category)
        warned = replace(template, correct_category=category, category_at=self._clock.now() + NOTICE)
        await self._registry.put(warned)
        self._wake.set()
        await self._webhooks.announce(CATEGORY, coming_category_value(warned))
        return warned

    async def edited(self, template: Template) -> Template:
        """Its components were changed: it is reviewed again."""
        submitted = await self.submit(replace(template, paused_until=None))
        await self._webhooks.announce(COMPONENTS, components_value(submitted))
        return submitted

    async def delete(self, template: Template) -> None:
        """The name of one that was approved stays taken for 30 days."""
        if template.status not in {"APPROVED", "PAUSED", "ARCHIVED"}:
            await self._registry.remove(template)
            await self._webhooks.announce(STATUS, status_value(template, "DELETED"))
            return
        going = replace(_settled(template), status="PENDING_DELETION", deleted_at=self._clock.now())
        await self._registry.put(going)
        self._wake.set()
        await self._webhooks.announce(STATUS, status_value(going, "PENDING_DELETION"))

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                until = await self._do_due()
            except apsw.Error:
                _log.exception("what was decided on templates could not be written; trying again")
                until = self._clock.now() + _AFTER_FAILURE
            await self._clock.wait(until, self._wake)

    async def _do_due(self) -> int | None:
        """Everything whose moment has come, in order; answers the next moment."""
        now = self._clock.now()
        for _, id_ in sorted(moment for moment in self._moments() if moment[0] <= now):
            template = self._registry.get(id_)
            if template is not None and (at := _next(template)) is not None and at <= now:
                await self._act(template, now)
        return min((at for at, _ in self._moments()), default=None)

    def _moments(self) -> list[tuple[int, str]]:
        templates = self._registry.values()
        return [(at, template.id) for template in templates if (at := _next(template)) is not None]

    async def _act(self, template: Template, now: int) -> None:
        """One thing that is due; further ones come in the next round."""
        if template.deleted_at is not None:
            await self._registry.remove(template)
            await self._webhooks.announce(STATUS, status_value(template, "DELETED"))
        elif template.review_at is not None and template.review_at <= now:
            await self.decide(template, *self._fate_of(template))
        elif template.paused_until is not None and template.paused_until <= now:
            await self.unpause(template)
        elif template.correct_category is not None:
            await self._set_category(template, template.correct_category)

    def _fate_of(self, template: Template) -> tuple[str, str | None]:
        if not self._settings.magic_templates or not template.name.startswith("reject_"):
            return "APPROVED", None
        wished = template.name.removeprefix("reject_").upper()
        return "REJECTED", next((reason for reason in REASONS if wished.startswith(reason)), None)

    async def _pause(self, template: Template) -> Template:
        if template.pauses >= len(_PAUSES):
            return await self._disable(template)
        title, length = _PAUSES[template.pauses]
        paused = replace(template, pauses=template.pauses + 1)
        info = {
            "title": title,
            "description": f"The template is paused for {length // _HOUR} hours because of its low quality.",
        }
        until = self._clock.now() + length
        changed = await self._change(paused, "PAUSED", "PAUSED", until=until, other_info=info)
        await self._on_pause(changed.id)
        self._wake.set()
        return changed

    async def _disable(self, template: Template) -> Template:
        info = {
            "title": "DISABLED",
            "description": "The template was paused too often because of its low quality.",
        }
        when = {"disable_date": str(self._clock.now() // 1000)}
        changed = await self._change(template, "DISABLED", "DISABLED", disable_info=when, other_info=info)
        await self._on_pause(changed.id)
        return changed

    async def _change(
        self,
        template: Template,
        event: str,
        status: str,
        rejected: str = "NONE",
        until: int | None = None,
        **more: object,
    ) -> Template:
        changed = replace(
            template,
            status=status,
            rejected_reason=rejected,
            review_at=None,
            paused_until=until,
            updated_at=self._clock.now(),
        )
        await self._registry.put(changed)
        await self._webhooks.announce(STATUS, status_value(changed, event, **more))
        return changed

    async def _set_category(self, template: Template, category: str) -> Template:
        changed = replace(
            template,
            category=category,
            previous_category=template.category,
            correct_category=None,
            category_at=None,
            updated_at=self._clock.now(),
        )
        await self._registry.put(changed)
        await self._webhooks.announce(CATEGORY, new_category_value(changed))
        return changed


def _next(template: Template) -> int | None:
    """The next moment at which something is due."""
    if template.deleted_at is not None:
        return template.deleted_at + NAME_BLOCKED
    moments = (template.review_at, template.paused_until, template.category_at)
    return min((moment for moment in moments if moment is not None), default=None)


def _settled(template: Template) -> Template:
    return replace(template, review_at=None, paused_until=None, category_at=None, correct_category=None)
