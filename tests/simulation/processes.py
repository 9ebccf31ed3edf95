"""A simulated process: the product's stages as `app.py` wires them, and what a signal does to them.

Killed, all of it is gone at once: nothing that waits is ever resumed, and nothing reaches the store or the
provider any more. Its wire marks stay, as the page cache does. Frozen, it stands still while time goes on.
"""

import asyncio
import contextlib
import contextvars
import dataclasses
import os
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec

from tests.simulation.loop import HOST, SimClock, SimLoop
from tests.simulation.meta import Meta, SimTransport
from tests.simulation.store import Database, SimStore
from trunkline.admin import Admin
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.config import Settings
from trunkline.media_files import open_shelf
from trunkline.parts import Parts
from trunkline.runtime import Directory, Runtime
from trunkline.store import StoreUnavailable
from trunkline.vault import Vault

_STOP_PATIENCE = 30.0
"""Who is asked to stop and does not is killed."""


class Killed(BaseException):
    """Unwinds the one callback that runs at the moment of the kill."""


class Surroundings(msgspec.Struct, frozen=True):
    """What every process of a world shares."""

    loop: SimLoop
    database: Database
    meta: Meta
    vault: Vault
    settings: Settings
    is_shared: bool
    trace: Callable[..., None]


class Process:
    """One run, from its start to its end. `loop.Host` for all its callbacks."""

    def __init__(
        self, around: Surroundings, name: str, data: Path, skew_ms: int, chance: random.Random
    ) -> None:
        self.name = name
        self.is_dead = False
        self.is_ready = False
        self.is_leaving = False
        self.parked: list[asyncio.Handle] | None = None
        self.is_shared = around.is_shared
        self.ended = around.loop.create_future()
        self._around = around
        self._data = data
        self._chance = chance
        self._stages = contextlib.AsyncExitStack()
        self.context = contextvars.Context()
        self.context.run(HOST.set, self)
        loop = around.loop
        clock = SimClock(loop, skew_ms, chance.uniform(0, 1e6))
        self.store = SimStore(self, loop, around.database, chance)
        transport = SimTransport(self, loop, around.meta, chance)
        settings = dataclasses.replace(around.settings, data=str(data))
        self.runtime = Runtime(
            settings=settings,
            store=self.store,
            clock=clock,
            vault=around.vault,
            shelf=open_shelf(settings),
            directory=Directory(self.store, around.vault),
            connectors={"whatsapp_cloud": WhatsAppCloud(transport)},
            random=random.Random(chance.random()),
        )
        self.office = Admin(self.store, self.runtime.vault, clock)

    # -- from outside

    def call(self, work: Callable[..., Any], *arguments: Any) -> None:
        """In this process, when it runs."""
        self._around.loop.call_soon(work, *arguments, context=self.context)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        return self._around.loop.create_task(work, context=self.context.copy())

    def start(self) -> None:
        self._around.trace(self.name, "starts", self.runtime.process_id)
        self.spawn(self._start())

    def kill(self) -> None:
        if self.is_dead:
            return
        self._around.trace(self.name, "is killed")
        self._end()

    def stop(self) -> None:
        """SIGTERM."""
        if not self.is_leaving and self.is_ready:
            self.is_leaving = True
            self._around.trace(self.name, "is asked to stop")
            self.spawn(self._leave())
            self._around.loop.after(_STOP_PATIENCE, self.kill)

    def freeze(self) -> None:
        if self.parked is None:
            self._around.trace(self.name, "is frozen")
            self.parked = []

    def thaw(self) -> None:
        if self.parked is not None:
            parked, self.parked = self.parked, None
            if not self.is_dead:
                self._around.trace(self.name, "goes on")
                self._around.loop.resume(parked)

    @property
    def takes_requests(self) -> bool:
        return self.is_ready and not self.is_leaving and not self.is_dead

    def receive(self, post: Any) -> None:
        """A provider's post."""
        if self.takes_requests:
            self.spawn(self._receive(post))
        elif self.parked is None:
            post.answered(0)  # connection refused

    async def changed(self) -> None:
        """As the API does after an operator's change."""
        await self.runtime.directory.reload()
        await self.dispatcher.sync_numbers()

    # -- inside

    async def _start(self) -> None:
        try:
            await self._wire()
        except StoreUnavailable as fault:  # it exits, and whoever supervises it starts it again
            self._around.trace(self.name, "could not start:", fault)
            self._end()
        else:
            self.is_ready = True
            self._around.trace(self.name, "is ready")

    async def _wire(self) -> None:
        """As `app.py` does."""
        runtime, stack = self.runtime, self._stages
        stack.push_async_callback(self.store.close)
        await runtime.directory.reload()
        parts = Parts(runtime.settings, runtime)
        self.dispatcher, self.hooks = parts.dispatcher, parts.hooks
        await parts.start_inbound(stack)
        await parts.start_outbound(stack)

    async def _leave(self) -> None:
        await self._stages.aclose()
        self._end()

    async def _receive(self, post: Any) -> None:
        status, _ = await self.hooks.post("whatsapp_cloud", post.hook_key, post.headers, post.body)
        self._around.loop.after(self._around.meta.way(), post.answered, status)

    def _end(self) -> None:
        self.is_dead = True
        self._let_go_of_marks()
        if not self.ended.done():
            self.ended.set_result(None)

    def _let_go_of_marks(self) -> None:
        """The kernel closes a dead process's files, and so ends its locks."""
        ownership = getattr(getattr(self, "dispatcher", None), "_ownership", None)
        if ownership is not None and ownership.marks._file >= 0:
            os.close(ownership.marks._file)
            ownership.marks._file = -1
