"""Messages with files: ids are looked up before a message is taken, links are fetched after it was answered.

`sending.py` asks here only where the switch `media` is on. A message that is taken is parked in the ledger
until its files were looked at, so that a killed sandbox goes on with it.
"""

import asyncio

from msgspec.structs import replace

from trunkline.sandbox.content.messages import Message
from trunkline.sandbox.media.links import Links
from trunkline.sandbox.media.outbound import WITH_MEDIA, OutboundMedia, Reference, references_of
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.webhooks.statuses import Step, Taken

_LANE = "media:"
_UPLOAD_ERROR = 131053


class MediaChecks:
    """Runs between `start` and `stop`."""

    def __init__(self, runtime: Runtime) -> None:
        self._switches = runtime.switches
        self._database = runtime.database
        self._ledger = runtime.ledger
        self._webhooks = runtime.webhooks
        self._delay = runtime.settings.status_delay_seconds[0]
        self._links = Links(runtime.clock, runtime.settings.callback_timeout_seconds)
        self._media = OutboundMedia(runtime.media, self._links)
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Go on with what an earlier run of the sandbox left."""
        for (lane,) in self._database.read_now("list_parked_handsets"):
            if not str(lane).startswith(_LANE):
                continue
            for taken in await self._ledger.read_parked(str(lane)):
                found = await self._ledger.find_taken(taken.wamid)
                self._begin(taken, references_of(taken.type, found[1]) if found else [])

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._links.close()

    def references_of(self, number: BusinessNumber, message: Message, body: bytes) -> list[Reference]:
        """The files of a message; raises `GraphError` for an id that Meta would not take."""
        if not self._switches.media or message.type not in WITH_MEDIA:
            return []
        references = references_of(message.type, body)
        self._media.refuse_unknown(references, number.id)
        return references

    async def hold(self, taken: Taken, references: list[Reference]) -> None:
        """Report the message after its files were looked at; it is parked when this returns."""
        await self._ledger.park(taken, _LANE + taken.wamid)
        self._begin(taken, references)

    def _begin(self, taken: Taken, references: list[Reference]) -> None:
        task = asyncio.get_running_loop().create_task(self._check(taken, references))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _check(self, taken: Taken, references: list[Reference]) -> None:
        details = await self._media.failure_of(references)
        if details is not None:
            due = round(self._delay * 1000)
            step = Step("failed", due, due, _UPLOAD_ERROR, details)
            await self._ledger.change_plan(taken, replace(taken.plan, steps=(step,)))
        await self._webhooks.release(_LANE + taken.wamid)
