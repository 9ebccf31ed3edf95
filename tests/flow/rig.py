"""A dispatcher and a processor on a real store, with a scripted provider and faults at chosen moments."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.factories import HOUR, make_message
from tests.stores import quick_store
from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.channels.contract import (
    Checked,
    FileToSend,
    NamedFile,
    Number,
    Outcome,
    Outgoing,
    Parsed,
    StatusFact,
    Taken,
)
from trunkline.channels.whatsapp_cloud import content, links
from trunkline.channels.whatsapp_cloud.content import files
from trunkline.channels.whatsapp_cloud.pricing.desk import CloudPricing
from trunkline.clock import Clock, SystemClock
from trunkline.config import Settings
from trunkline.errors import Problem
from trunkline.media_files import open_shelf
from trunkline.media_probe import Found
from trunkline.membership import Membership
from trunkline.model.message import State
from trunkline.outbound.accept import as_waiting
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Directory, Runtime
from trunkline.store import Store, StoreUnavailable, Tx, messages
from trunkline.store.messages import MessageRow, NewMessage
from trunkline.vault import load_vault

Answer = Callable[[Outgoing], Awaitable[Outcome]]


async def taken(message: Outgoing) -> Outcome:
    return Taken(f"wamid.{message.token}")


async def uploaded(file: FileToSend) -> str:
    return f"at-provider-{file.path.name[:8]}"


class Provider:
    """A connector that answers as told and remembers what it was asked to send."""

    kind = "whatsapp_cloud"
    templates = None

    def __init__(self) -> None:
        self.pricing = CloudPricing()
        self.answer: Answer = taken
        self.sent: list[Outgoing] = []
        self.subscribed: bool | None = True
        self.asked: list[str] = []
        """Hook paths that it was asked about."""
        self.problems: tuple[Problem, ...] = ()
        """What is wrong with any file."""
        self.upload: Callable[[FileToSend], Awaitable[str]] = uploaded
        self.uploads: list[FileToSend] = []

    def check(self, body: Any, *, now: int, http_links: bool) -> Checked:
        return content.check(body, now=now, http_links=http_links)

    async def send(self, number: Number, message: Outgoing) -> Outcome:
        self.sent.append(message)
        return await self.answer(message)

    async def is_subscribed(self, number: Number, hook_path: str) -> bool | None:
        self.asked.append(hook_path)
        return self.subscribed

    def files_of(self, content: dict[str, Any]) -> tuple[NamedFile, ...]:
        return files.files_of(content)

    def with_files(self, content: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
        return files.with_files(content, ids)

    def with_links(self, content: Any, definition: Any, tracked: Any) -> Any:
        return links.with_links(content, definition, tracked)

    def check_file(self, found: Found, kind: str | None, *, is_voice: bool = False) -> tuple[Problem, ...]:
        return self.problems

    async def upload_media(self, number: Number, file: FileToSend) -> str:
        self.uploads.append(file)
        return await self.upload(file)

    def parse(self, body: bytes) -> Parsed:
        return Parsed(tuple(msgspec.json.decode(body, type=list[StatusFact])))

    def recipients(self) -> list[str]:
        return [message.recipient for message in self.sent]


class FaultyStore:
    """A store that can be told to refuse, or to be overtaken by something at the worst moment."""

    def __init__(self, store: Store) -> None:
        self.really = store
        self.engine, self.is_shared = store.engine, store.is_shared
        self.load = store.load
        self.refusals: dict[str, list[Exception]] = {"read": [], "write": [], "batch": []}
        self.after_read: Callable[[], Awaitable[None]] | None = None

    def refuse(self, what: str, times: int = 1, fault: Exception | None = None) -> None:
        self.refusals[what] += [fault or StoreUnavailable("on purpose")] * times

    def _may_refuse(self, what: str) -> None:
        if self.refusals[what]:
            raise self.refusals[what].pop(0)

    async def read(self, work: Any) -> Any:
        self._may_refuse("read")
        found = await self.really.read(work)
        if self.after_read is not None:
            happening, self.after_read = self.after_read, None
            await happening()
        return found

    async def write(self, work: Any) -> Any:
        self._may_refuse("write")
        return await self.really.write(work)

    async def batch(self, operation: Any, item: Any, **how: Any) -> Any:
        self._may_refuse("batch")
        return await self.really.batch(operation, item, **how)

    def hear(self, hearer: Any) -> None:
        self.really.hear(hearer)

    async def close(self) -> None:
        await self.really.close()


class Rig:
    """One account, one number, its stages; started by the test, stopped at the end."""

    def __init__(self, runtime: Runtime, store: FaultyStore, provider: Provider, account_id: str) -> None:
        self.runtime = runtime
        self.store = store
        self.provider = provider
        self.account_id = account_id
        self.office = Admin(store, runtime.vault, runtime.clock)
        self.dispatcher = Dispatcher(runtime, Membership(runtime))

    async def add_number(self, digits: str = "15550001000") -> str:
        form = NumberForm(
            digits=digits, phone_number_id=digits, waba_id="1", token="t", app_id="1", app_secret="s",
            base_url="http://127.0.0.1:9", messages_per_second=1000,
        )  # fmt: skip
        row = await admin.register_number(self.office, self.account_id, form)
        await self.runtime.directory.reload()
        return row.id

    @property
    def number_id(self) -> str:
        return next(iter(self.runtime.directory.numbers))

    def message(self, recipient: str = "15550002222", **changes: Any) -> NewMessage:
        now = self.runtime.clock.now()
        values = {"account_id": self.account_id, "number_id": self.number_id}
        times = {"created_at": now, "due_at": now, "expires_at": now + HOUR}
        return make_message(recipient, **(values | times | changes))

    async def start(self) -> None:
        """Returns when the number is taken over."""
        await self.dispatcher.start()
        while not self.dispatcher._numbers[self.number_id].is_ready:  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    async def keep(self, *new: NewMessage) -> None:
        """Stored, and nobody told: what a crash or a lost answer leaves."""
        await self.store.really.write(lambda tx: messages.insert_many(tx, new))

    async def accept(self, *new: NewMessage) -> None:
        await self.keep(*new)
        self.dispatcher.hand_over([as_waiting(one) for one in new if one.state is State.QUEUED])

    async def row(self, message: NewMessage) -> MessageRow:
        async def work(tx: Tx) -> MessageRow:
            found = await messages.get(tx, message.account_id, message.id)
            assert found is not None
            return found

        return await self.store.really.read(work)

    async def until(self, message: NewMessage, state: str, seconds: float = 30) -> MessageRow:
        try:
            async with asyncio.timeout(seconds):
                while (row := await self.row(message)).state != state:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"it is {(await self.row(message)).state}, not {state}") from None
        return row


@contextlib.asynccontextmanager
async def rig(
    folder: Path,
    url: str = "",
    *,
    with_number: bool = True,
    clock: Clock | None = None,
    **sections: Any,
) -> AsyncIterator[Rig]:
    clock = clock or SystemClock()
    vault = load_vault(folder)
    store = FaultyStore(await quick_store(url, folder, clock.now()))
    provider = Provider()
    settings = Settings(data=str(folder), **sections)
    directory = Directory(store, vault)
    await directory.reload()
    office = Admin(store, vault, clock)
    known = list(directory.accounts)
    account_id = known[0] if known else (await admin.create_account(office, "alice")).id
    await directory.reload()
    runtime = Runtime(
        settings=settings, store=store, clock=clock, vault=vault, directory=directory,
        shelf=open_shelf(settings),
        connectors={"whatsapp_cloud": provider}, random=random.Random(1),
    )  # fmt: skip
    made = Rig(runtime, store, provider, account_id)
    if with_number and not directory.numbers:
        await made.add_number()
    try:
        yield made
    finally:
        await made.dispatcher.stop()
        await store.close()
