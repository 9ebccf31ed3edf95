"""The stages that run in this process, by the roles that it has; started in order, each leaving on the stack
how it is stopped.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from trunkline.audiences import erasure
from trunkline.audiences.imports import chore
from trunkline.audiences.imports.worker import ImportWorker
from trunkline.bulletin import Bulletin
from trunkline.campaigns import check
from trunkline.campaigns.worker import CampaignWorker
from trunkline.config import Settings
from trunkline.delivery.deliverer import Deliverer
from trunkline.guarded_http import Limits, open_guarded
from trunkline.hooks import HookReceiver
from trunkline.housekeeping import chores
from trunkline.housekeeping.chores import Chore
from trunkline.inbound.media import MediaFetcher
from trunkline.inbound.process import Processor
from trunkline.membership import Membership
from trunkline.outbound import doubts
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime
from trunkline.templates.book import TemplateBook
from trunkline.templates.news import TemplateHearer
from trunkline.templates.sync import TemplateSync


class Parts:
    """What runs in this process, by the roles that it has."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        self._roles = settings.roles()
        self._runtime = runtime
        self._membership = Membership(runtime)
        self.dispatcher = Dispatcher(runtime, self._membership)
        self.processor = Processor(runtime, self.dispatcher.settled)
        self._fetcher = MediaFetcher(runtime, self._membership)
        self.templates = TemplateBook(runtime)
        self._template_sync = TemplateSync(runtime, self._membership)
        self._campaigns = CampaignWorker(
            runtime, self._membership, self.dispatcher, self.templates, check.run
        )
        self._imports = ImportWorker(runtime, self._membership)
        self.hooks = HookReceiver(runtime, self.processor)
        limits = Limits(timeout_seconds=settings.delivery.timeout_seconds)
        self._wire = open_guarded(runtime.url_rules, limits)
        self._deliverer = Deliverer(runtime, self._membership, self._wire)

    async def start_inbound(self, stack: contextlib.AsyncExitStack) -> None:
        """Before the first request, and stopped after the last."""
        stack.push_async_callback(self._membership.leave)
        await self._membership.start()
        if "process" in self._roles:
            await self.processor.start()
            stack.push_async_callback(self.processor.stop)
            await self._fetcher.start()
            stack.push_async_callback(self._fetcher.stop)
            self._template_sync.start()
            stack.push_async_callback(self._template_sync.stop)
        if "hooks" in self._roles:
            spawn(self.hooks.watch.run(), stack)
        Bulletin(
            self._runtime,
            self.dispatcher,
            self.processor,
            fetcher=self._fetcher,
            deliverer=self._deliverer,
            templates=TemplateHearer(self.templates, self._template_sync),
            imports=self._imports if "campaigns" in self._roles else None,
            campaigns=self._campaigns if "campaigns" in self._roles else None,
        ).start()

    async def start_outbound(self, stack: contextlib.AsyncExitStack) -> None:
        """Stopped first: others take the numbers over while the last requests are answered."""
        if "dispatch" in self._roles:
            stack.push_async_callback(self.dispatcher.stop)
            await self.dispatcher.start()
        if "campaigns" in self._roles:
            self._campaigns.start()
            self._imports.start()
            stack.push_async_callback(self._imports.stop)
            stack.push_async_callback(self._campaigns.stop)
        if "deliver" in self._roles:
            stack.push_async_callback(self._wire.close)
            stack.push_async_callback(self._deliverer.stop)
            await self._deliverer.start()
        if "chores" in self._roles:
            ends = Chore("giving up doubts", doubts.GIVE_UP_SECONDS, _give_up)
            forgets = Chore(erasure.NAME, erasure.EVERY_SECONDS, erasure.step)
            imported = Chore(chore.NAME, chore.EVERY_SECONDS, chore.step)
            mine = chores.start(
                self._runtime,
                lambda name: self._membership.is_mine(name, "chores"),
                more=[ends, forgets, imported],
            )
            for task in mine:
                stack.callback(task.cancel)


async def _give_up(runtime: Runtime) -> int:
    await doubts.give_up(runtime)
    return 0


def spawn(work: Coroutine[Any, Any, None], stack: contextlib.AsyncExitStack) -> None:
    stack.callback(asyncio.create_task(work).cancel)
