"""What the processes on one database tell each other, and what this one makes of it.

A piece of news is a word and what it is about, in one line. All of it only makes things quicker: whatever is
not heard is found by looking, at the latest a minute later; the directory is looked at here.

    directory                       accounts, numbers or endpoints were changed
    queued     NUMBER               messages wait for a number whose owner was not told in memory
    settled    NUMBER ADDRESS ID    a doubt ended: the lane may go on
    again      NUMBER ID            a doubt ended: the message is queued once more
    opened     NUMBER ADDRESS ID    a window opened: what was held for it is queued again, from this one on
    posts                           providers' posts were kept by a process that does not process them
    released                        a number or an endpoint is free
    events     ACCOUNT              events were appended to its log
    due        ENDPOINT             events wait for it again, or need not wait any longer
    media      ACCOUNT              files of messages are to be fetched
    removed    MEDIA                an uploaded file was removed: messages that name it do not go any more
    templates  ACCOUNT              templates were changed, or all of them were read for the first time
    syncs      ACCOUNT              templates are to be read from the provider
    template   ACCOUNT WABA ID      one of them is, by the provider's id
    imports    ACCOUNT              an import is to be read, or not any longer
    campaign   ACCOUNT ID           a campaign was made, changed, or is to be looked at
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from trunkline.audiences.imports.worker import ImportWorker
from trunkline.campaigns.worker import CampaignWorker
from trunkline.delivery.deliverer import Deliverer
from trunkline.inbound.media import MediaFetcher
from trunkline.inbound.process import Processor
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime, log
from trunkline.store import StoreUnavailable
from trunkline.store.contract import MISSED
from trunkline.templates.news import TemplateHearer

LOOK_SECONDS = 60.0


class Bulletin:
    """Hears for the parts of this process."""

    def __init__(  # noqa: PLR0913 - the wiring
        self,
        runtime: Runtime,
        dispatcher: Dispatcher,
        processor: Processor,
        *,
        fetcher: MediaFetcher | None = None,
        deliverer: Deliverer | None = None,
        templates: TemplateHearer | None = None,
        campaigns: CampaignWorker | None = None,
        imports: ImportWorker | None = None,
    ) -> None:
        self._runtime = runtime
        self._dispatcher = dispatcher
        self._processor = processor
        self._fetcher = fetcher
        self._deliverer = deliverer
        self._templates = templates
        self._campaigns = campaigns
        self._imports = imports
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_reloading = False

    def start(self) -> None:
        self._runtime.store.hear(self.hear)
        if self._runtime.store.is_shared:
            self._spawn(self._look_for_ever())

    def hear(self, news: str) -> None:  # noqa: PLR0912 - one case a word
        match news.split(" "):
            case ["directory"]:
                self._reload_soon()
            case ["queued", number_id, *first]:
                self._dispatcher.refresh(number_id, *first)
            case ["settled", number_id, recipient, message_id]:
                self._dispatcher.settled(number_id, recipient, message_id)
            case ["again", number_id, message_id] if self._dispatcher.has(number_id):
                self._spawn(self._dispatcher.again(number_id, message_id))
            case ["opened", number_id, recipient, first] if self._dispatcher.has(number_id):
                self._spawn(self._dispatcher.opened(number_id, recipient, first))
            case ["posts"]:
                self._processor.look_soon()
            case ["events", account_id]:
                self._runtime.bell.ring(account_id)
            case ["due", endpoint_id] if self._deliverer is not None:
                self._deliverer.look_again(endpoint_id)
            case ["media", account_id] if self._fetcher is not None:
                self._fetcher.look_soon(account_id)
            case ["removed", media_id]:
                self._dispatcher.preparation.removed(media_id)
            case ["templates" | "syncs" | "template" as word, *about] if self._templates is not None:
                self._templates.hear([word, *about])
                if self._campaigns is not None and word == "templates":
                    self._campaigns.about(about[0])
            case ["campaign", account_id, campaign_id] if self._campaigns is not None:
                self._campaigns.changed(account_id, campaign_id)
            case ["imports", _] if self._imports is not None:
                self._imports.look_soon()
            case ["released"]:
                self._dispatcher.look_soon()
                if self._deliverer is not None:
                    self._deliverer.look_soon()
                if self._campaigns is not None:
                    self._campaigns.look_soon()
            case _ if news == MISSED:
                self._catch_up()

    def _catch_up(self) -> None:
        self._reload_soon()
        if self._imports is not None:
            self._imports.look_soon()
        self._runtime.bell.ring_all()
        self._processor.look_soon()
        if self._fetcher is not None:
            self._fetcher.look_soon()
        if self._templates is not None:
            self._templates.catch_up()
        if self._campaigns is not None:
            self._campaigns.look_soon()
        for number_id in self._runtime.directory.numbers:
            self._dispatcher.refresh(number_id)

    def _reload_soon(self) -> None:
        """One reload for much news: what is told while it waits its turn is read by it."""
        if not self._is_reloading:
            self._is_reloading = True
            self._spawn(self._reload())

    async def _look_for_ever(self) -> None:
        """Who changed something may have died before it told so, or the store was away when we heard it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._reload_soon()

    async def _reload(self) -> None:
        self._is_reloading = False
        await self._runtime.directory.reload()
        await self._dispatcher.sync_numbers()
        if self._deliverer is not None:
            await self._deliverer.reload()
        if self._templates is not None:
            self._templates.numbers_changed()
        if self._campaigns is not None:
            self._campaigns.look_soon()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except StoreUnavailable as fault:
            log.warning("news could not be followed, it is looked at later: %s", fault)
        except Exception as fault:
            log.error("news: a fault of ours, it goes on", exc_info=fault)
