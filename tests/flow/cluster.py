"""Several gateways on one PostgreSQL, in one test process: each with its own folder, connections and parts.

They share a provider that takes everything and remembers who sent it.
"""

import asyncio
import contextlib
import random
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.factories import HOUR, make_message
from tests.flow.rig import Provider
from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.bulletin import Bulletin
from trunkline.campaigns import check
from trunkline.campaigns.worker import CampaignWorker
from trunkline.clock import SystemClock
from trunkline.config import Settings
from trunkline.inbound.process import Processor
from trunkline.media_files import open_shelf
from trunkline.membership import Membership
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Directory, Runtime
from trunkline.store import Store, Tx, leases, messages, open_store
from trunkline.store.lease_table import Held
from trunkline.store.messages import MessageRow, NewMessage
from trunkline.templates.book import TemplateBook
from trunkline.vault import load_vault


class Member:
    """One gateway."""

    def __init__(self, runtime: Runtime, provider: Provider) -> None:
        self.runtime = runtime
        self.provider = provider
        self.membership = Membership(runtime)
        self.dispatcher = Dispatcher(runtime, self.membership)
        self.processor = Processor(runtime, self.dispatcher.settled)
        self.worker = CampaignWorker(
            runtime, self.membership, self.dispatcher, TemplateBook(runtime), check.run
        )
        """Of campaigns; not started."""
        self.bulletin = Bulletin(runtime, self.dispatcher, self.processor, campaigns=self.worker)

    async def start(self) -> None:
        await self.membership.start()
        self.bulletin.start()
        await self.processor.start()
        await self.dispatcher.start()

    async def stop(self) -> None:
        await self.worker.stop()
        await self.dispatcher.stop()
        await self.processor.stop()
        await self.membership.leave()
        await self.runtime.store.close()

    def owned(self) -> set[str]:
        return {number for number in self.runtime.directory.numbers if self.dispatcher.has(number)}


class Cluster:
    """All of them, and what they keep."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self.members: list[Member] = []
        self.account_id = ""
        self.numbers: list[str] = []

    async def join(self) -> Member:
        """One more gateway, with the same master key; not started yet."""
        folder = self._folder / f"member-{len(self.members)}"
        folder.mkdir()
        if self.members:
            shutil.copytree(self._folder / "member-0" / "keys", folder / "keys")
        clock, vault = SystemClock(), load_vault(folder)
        store = await open_store(self._url, folder, clock.now())
        provider = Provider()
        runtime = Runtime(
            settings=Settings(data=str(folder)), store=store, clock=clock, vault=vault,
            shelf=open_shelf(Settings(data=str(folder))),
            directory=Directory(store, vault), connectors={"whatsapp_cloud": provider},
            random=random.Random(len(self.members)),
        )  # fmt: skip
        await runtime.directory.reload()
        self.members.append(Member(runtime, provider))
        return self.members[-1]

    async def furnish(self, numbers: int) -> None:
        """An account with so many numbers."""
        runtime = self.members[0].runtime
        office = Admin(runtime.store, runtime.vault, runtime.clock)
        self.account_id = (await admin.create_account(office, "alice")).id
        for _ in range(numbers):
            await self.register(office)
        for member in self.members:
            await member.runtime.directory.reload()

    async def register(self, office: Admin | None = None, *, is_builtin: bool = False) -> None:
        """One more number, which nobody is told of."""
        runtime, n = self.members[0].runtime, len(self.numbers)
        form = NumberForm(
            digits=f"155500010{n:02}", phone_number_id=f"{n}", waba_id="1", token="t", app_id="1",
            app_secret="s", base_url="http://127.0.0.1:9", messages_per_second=1000,
            is_builtin=is_builtin,
        )  # fmt: skip
        office = office or Admin(runtime.store, runtime.vault, runtime.clock)
        self.numbers.append((await admin.register_number(office, self.account_id, form)).id)

    @property
    def store(self) -> Store:
        return self.members[-1].runtime.store

    def message(self, number_id: str, recipient: str) -> NewMessage:
        now = SystemClock().now()
        return make_message(
            recipient, account_id=self.account_id, number_id=number_id, created_at=now, due_at=now,
            expires_at=now + HOUR,
        )  # fmt: skip

    async def row(self, message: NewMessage) -> MessageRow:
        found = await self.store.read(lambda tx: messages.get(tx, message.account_id, message.id))
        assert found is not None
        return found

    async def leases(self) -> dict[str, Held]:
        async def work(tx: Tx) -> dict[str, Held]:
            return {held.thing: held for held in await leases.TABLE.of_accounts(tx, [self.account_id])}

        return await self.store.read(work)

    def sent(self) -> list[str]:
        return [recipient for member in self.members for recipient in member.provider.recipients()]

    async def until(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def until_shared(self) -> None:
        """Every gateway has numbers, and together they have all."""
        await self.until(lambda: all(member.owned() for member in self.members))
        await self.until_all_owned()

    async def until_all_owned(self) -> None:
        await self.until(lambda: sum(len(member.owned()) for member in self.members) == len(self.numbers))


@contextlib.asynccontextmanager
async def cluster(folder: Path, url: str, *, members: int, numbers: int) -> AsyncIterator[Cluster]:
    made = Cluster(folder, url)
    for _ in range(members):
        await made.join()
    await made.furnish(numbers)
    try:
        yield made
    finally:
        for member in made.members:
            with contextlib.suppress(Exception):
                await member.stop()
