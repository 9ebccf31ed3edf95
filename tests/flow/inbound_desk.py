"""A processor on a real store, given Meta's posts as they come; what it made of them is read there."""

import contextlib
import itertools
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from tests.factories import HOUR, make_message
from tests.stores import quick_store
from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.bulletin import Bulletin
from trunkline.channels.contract import Connector
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.clock import Clock, SystemClock
from trunkline.config import Settings
from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.media_files import open_shelf
from trunkline.membership import Membership
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Directory, Runtime
from trunkline.store import Store, Tx, events, messages, open_store
from trunkline.store.messages import MessageRow, NewMessage
from trunkline.store.numbers import NumberRow
from trunkline.vault import Vault, load_vault

PHONE_NUMBER_ID = "106540352242922"
WABA = "102290129340398"
DIGITS = "15550001000"
ALICE, BOB = "15550002001", "15550002002"
_numbered = itertools.count()


def wamid() -> str:
    return f"wamid.{next(_numbered)}"


def text(body: str = "hello", sender: str = ALICE, **more: Any) -> dict[str, Any]:
    return {"from": sender, "id": wamid(), "type": "text", "text": {"body": body}} | more


def person(name: str = "Alice", **more: Any) -> dict[str, Any]:
    return {"profile": {"name": name}, "wa_id": ALICE} | more


def value(number: str = PHONE_NUMBER_ID, **members: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": DIGITS, "phone_number_id": number}
    return {"messaging_product": "whatsapp", "metadata": metadata} | members


def envelope(*changes: tuple[str, Any], waba: str = WABA, **entry: Any) -> bytes:
    told = [{"field": field, "value": said} for field, said in changes]
    body = {"object": "whatsapp_business_account", "entry": [{"id": waba, "changes": told} | entry]}
    return json.dumps(body).encode()


class Desk:
    """One account and its number."""

    def __init__(self, runtime: Runtime, account_id: str) -> None:
        self.runtime = runtime
        self.store: Store = runtime.store
        self.account_id = account_id
        self.dispatcher = Dispatcher(runtime, Membership(runtime))
        self.processor = Processor(runtime, self.dispatcher.settled)
        self.bulletin = Bulletin(runtime, self.dispatcher, self.processor)

    @property
    def number(self) -> NumberRow:
        return next(row for row in self.runtime.directory.numbers.values() if row.digits == DIGITS)

    async def add_number(self, digits: str, phone_number_id: str, waba: str = WABA) -> str:
        form = NumberForm(
            digits=digits, phone_number_id=phone_number_id, waba_id=waba, token="t", app_id="1",
            app_secret="s", base_url="http://127.0.0.1:9", messages_per_second=1000,
        )  # fmt: skip
        office = Admin(self.store, self.runtime.vault, self.runtime.clock)
        row = await admin.register_number(office, self.account_id, form)
        await self.runtime.directory.reload()
        return row.id

    async def write(self, *messages: dict[str, Any], contacts: tuple[Any, ...] = (), **members: Any) -> None:
        """A post with these messages, applied."""
        said = value(messages=list(messages), contacts=list(contacts) or [person()], **members)
        await self.post(envelope(("messages", said)))

    async def tell(self, field: str, said: dict[str, Any], *, time: int = 0, waba: str = WABA) -> None:
        await self.post(envelope((field, said), waba=waba, **({"time": time} if time else {})))

    async def post(self, *bodies: bytes) -> None:
        """Returns when all of them are applied or set aside."""
        kept = [await receive(self.runtime, self.account_id, "whatsapp_cloud", body) for body in bodies]
        await self.processor._process([post for post in kept if post is not None])

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """`data` of each, with its `event` type, in the order of the log."""
        rows = await self.store.read(lambda tx: events.after(tx, self.account_id, "", 10_000))
        return [
            {"event": row.type, "object_id": row.object_id, "lane": row.lane, "sequence": row.sequence}
            | msgspec.json.decode(row.data)
            for row in rows
            if row.type in types or not types
        ]

    async def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """For what has no other way out."""
        return await self.store.read(lambda tx: self._run(tx, f"SELECT {columns} FROM {table}"))

    async def flagged(self) -> list[str]:
        return [row[0] for row in await self.rows("inbox", "detail, state") if row[1] == "flagged"]

    async def hold(self, recipient: str, reason: str = "window_closed") -> NewMessage:
        """A message that waits for its window."""
        return await self._made(recipient, f"state = 'held', state_reason = '{reason}'")

    async def sent(self, recipient: str, provider_id: str) -> NewMessage:
        return await self._made(
            recipient, f"state = 'submitted', submitted_at = 1, provider_id = '{provider_id}'"
        )

    async def _made(self, recipient: str, became: str) -> NewMessage:
        now = self.runtime.clock.now()
        message = make_message(
            recipient, account_id=self.account_id, number_id=self.number.id, created_at=now, due_at=now,
            expires_at=now + HOUR,
        )  # fmt: skip

        async def work(tx: Tx) -> None:
            await messages.insert_many(tx, [message])
            await self._run(tx, f"UPDATE messages SET {became} WHERE id = '{message.id}'")

        await self.store.write(work)
        return message

    async def _run(self, tx: Any, statement: str) -> list[tuple[Any, ...]]:
        if self.store.engine == "sqlite":
            return list(tx._connection.execute(statement).fetchall())
        return [tuple(row) for row in await tx._connection.fetch(statement)]

    async def message(self, message_id: str) -> MessageRow:
        found = await self.store.read(lambda tx: messages.get(tx, self.account_id, message_id))
        assert found is not None
        return found


@contextlib.asynccontextmanager
async def desk(folder: Path, url: str = "", *, clock: Clock | None = None) -> AsyncIterator[Desk]:
    clock = clock or SystemClock()
    vault = load_vault(folder)
    store = await quick_store(url, folder, clock.now())
    account_id = (await admin.create_account(Admin(store, vault, clock), "alice")).id
    made = Desk(_runtime(folder, store, vault, clock), account_id)
    await made.add_number(DIGITS, PHONE_NUMBER_ID)
    try:
        yield made
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def another_process(beside: Desk, url: str, folder: Path) -> AsyncIterator[Desk]:
    """On the same database."""
    known = beside.runtime
    store = await open_store(url, folder, known.clock.now())
    made = Desk(_runtime(folder, store, known.vault, known.clock), beside.account_id)
    await made.runtime.directory.reload()
    try:
        yield made
    finally:
        await store.close()


def _runtime(folder: Path, store: Store, vault: Vault, clock: Clock) -> Runtime:
    connectors: dict[str, Connector] = {"whatsapp_cloud": WhatsAppCloud(None)}  # type: ignore[arg-type]
    return Runtime(
        settings=Settings(data=str(folder)), store=store, clock=clock, vault=vault,
        shelf=open_shelf(Settings(data=str(folder))),
        directory=Directory(store, vault), connectors=connectors, random=random.Random(1),
    )  # fmt: skip
