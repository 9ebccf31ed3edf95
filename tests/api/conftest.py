"""The real application on a real port, on a fresh store of each engine; only the provider is scripted."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.stores import quick_store
from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.api import server
from trunkline.api.context import Api
from trunkline.api.server import App, build_app
from trunkline.channels.contract import Number, Outcome, Outgoing, SubscribeError, Taken
from trunkline.channels.template_contract import Templates
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.clock import VirtualClock
from trunkline.config import Settings
from trunkline.config.table import Limits
from trunkline.hooks import HookReceiver
from trunkline.inbound.process import Processor
from trunkline.media_files import open_shelf
from trunkline.membership import Membership
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Directory, Runtime
from trunkline.store.queries import Query
from trunkline.vault import load_vault
from trunkline.virtual_time import VirtualTime

OPERATOR = "operator-token-of-the-tests"
APP_SECRET = "app-secret-of-the-tests"
TEXT = {"to": "+1 555 000 2222", "type": "text", "text": {"body": "hello"}}
TABLES = (
    "messages",
    "attempts",
    "idempotency_keys",
    "inbox",
    "status_facts",
    "numbers",
    "api_keys",
    "accounts",
)


class ScriptedProvider(WhatsAppCloud):
    """Takes every message at once, unless a test says otherwise. Nothing goes over the network."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.outcomes: list[Outcome] = []
        self.known_as: dict[str, str] = {}
        """Recipients whom it calls by another name."""
        self.subscribed: list[tuple[Number, str, str]] = []
        self.refuses_hooks = False
        self.templates: Templates | None = None

    async def send(self, number: Number, message: Outgoing) -> Outcome:
        self.sent.append(message)
        if self.outcomes:
            return self.outcomes.pop(0)
        name = self.known_as.get(message.recipient, message.recipient)
        return Taken(f"wamid.{len(self.sent)}+/==", name)

    async def subscribe(self, number: Number, hook_url: str, verify_token: str) -> None:
        if self.refuses_hooks:
            raise SubscribeError("the address did not answer the check")
        self.subscribed.append((number, hook_url, verify_token))


async def listening(app: App) -> asyncio.Server:
    """What the web server does for each connection, without its own loop, which takes time to end."""
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()

    def connected() -> Any:
        return config.http_protocol_class(config=config, server_state=state, app_state={})

    return await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)


class Answer(NamedTuple):
    status: int
    headers: Any
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Pointer and rule of each, of either shape."""
        body = self.json.get("error", self.json)
        return [(problem["pointer"], problem["rule"]) for problem in body["problems"]]

    @property
    def reason(self) -> str:
        return str(self.json.get("error", self.json)["reason"])


class Tenant(NamedTuple):
    account_id: str
    live_key: str
    test_key: str
    number_id: str


class Site:
    """Everything that runs, on virtual time, with two accounts: alice, who asks by default, and bob."""

    def __init__(
        self, runner: asyncio.Runner, data: Path, store_url: str, limits: Limits, **settings: Any
    ) -> None:
        self.run = runner.run
        self.clock = VirtualClock()
        self.provider = ScriptedProvider()
        self.settings = replace(Settings(), data=str(data), limits=limits, **settings)
        self._store_url = store_url
        self.run(self._start())
        self.alice, self.bob = self.run(self._tenants())

    async def _start(self) -> None:
        data = Path(self.settings.data)
        vault = load_vault(data)
        self.store = await quick_store(self._store_url, data, self.clock.now())
        self.runtime = Runtime(
            settings=self.settings,
            store=self.store,
            clock=self.clock,
            vault=vault,
            shelf=open_shelf(self.settings),
            directory=Directory(self.store, vault),
            connectors={"whatsapp_cloud": self.provider},
            random=random.Random(1),
        )
        await self.runtime.directory.reload()
        self.admin = Admin(self.store, vault, self.clock)
        self.dispatcher = Dispatcher(self.runtime, Membership(self.runtime))
        self._processor = Processor(self.runtime, self.dispatcher.settled)
        await self._processor.start()
        hooks = HookReceiver(self.runtime, self._processor)
        time = VirtualTime(data, self.clock, None)
        app = build_app(self.runtime, self.dispatcher, hooks, OPERATOR, http_links=False, time=time)
        assert isinstance(app, App)
        self.app = app
        self.api: Api = app.api
        self._web = await listening(app)
        await self.dispatcher.start()
        await self._until_ready()
        self.port = self._web.sockets[0].getsockname()[1]
        self.http = aiohttp.ClientSession(f"http://127.0.0.1:{self.port}", auto_decompress=False)

    async def _stop(self) -> None:
        await self.http.close()
        await self.api.close()
        self._web.close()
        await self._web.wait_closed()
        await self.dispatcher.stop()
        await self._processor.stop()
        await self.store.close()

    async def _tenants(self) -> list[Tenant]:
        tenants = await asyncio.gather(
            self._tenant("alice", "15550001001"), self._tenant("bob", "15550001002")
        )
        await self.api.changed()
        await self._until_ready()
        return tenants

    async def _until_ready(self) -> None:
        """Nobody reads the store in the background from here on: a test may watch who asks it."""
        async with asyncio.timeout(30):
            while not all(number.is_ready for number in self.dispatcher._numbers.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def _tenant(self, name: str, digits: str) -> Tenant:
        account = await admin.create_account(self.admin, name)
        (_, live), (_, test), number = await asyncio.gather(
            admin.create_key(self.admin, account.id, "live", is_live=True),
            admin.create_key(self.admin, account.id, "test", is_live=False),
            admin.register_number(self.admin, account.id, number_form(digits)),
        )
        return Tenant(account.id, live, test, number.id)

    def advance(self, seconds: float) -> None:
        async def move() -> None:
            self.clock.advance(int(seconds * 1000))

        self.run(move())

    def restart(self) -> None:
        self.run(self._stop())
        self.run(self._start())

    def stop(self) -> None:
        self.run(self._stop())

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", **headers: str
    ) -> Answer:
        """`body` is bytes as they are, or anything else as JSON. `key=None` sends none."""
        return self.run(self.asked(method, path, body, key=key, **headers))

    async def asked(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent.setdefault("Authorization", key or self.alice.live_key)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.http.request(method, path, data=data, headers=sent) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    def get(self, path: str, **how: Any) -> Answer:
        return self.call("GET", path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> Answer:
        return self.call("POST", path, body, **how)

    def send(self, body: Any = TEXT, **how: Any) -> Answer:
        return self.post("/v1/whatsapp/messages", body, **how)

    def accepted(self, **changes: Any) -> str:
        answer = self.send(TEXT | changes)
        assert answer.status == 200, answer.raw
        return str(answer.json["id"])

    def until(self, message_id: str, state: str) -> dict[str, Any]:
        """The message once it is in this state, asked again where a busy server refuses to say."""

        async def wait() -> dict[str, Any]:
            async with asyncio.timeout(30):
                while True:
                    message = (await self.asked("GET", f"/v1/messages/{message_id}")).json
                    if message.get("state") == state:
                        return dict(message)
                    await asyncio.sleep(0.005)

        return self.run(wait())

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table: self.run(self.store.read(_count(table))) for table in TABLES}


def _count(table: str) -> Any:
    text = f"SELECT count(*) FROM {table}"
    query = Query(f"tests.count_{table}", (), text, text)

    async def work(tx: Any) -> int:
        row = await tx.fetch_one(query)
        return int(row[0])

    return work


def number_form(digits: str, **changes: Any) -> NumberForm:
    values = {
        "digits": digits,
        "phone_number_id": f"9{digits}",
        "waba_id": "2000",
        "token": "provider-token-of-the-tests",
        "app_id": "3000",
        "app_secret": APP_SECRET,
        "base_url": "http://127.0.0.1:9/v26.0",
        "links": "pass_through",  # or examples would lead out of the machine
        "messages_per_second": 1000,
    }
    return NumberForm(**(values | changes))


@pytest.fixture(scope="session", autouse=True)
def one_description() -> Iterator[None]:
    """The API's description is made once, and not for each server: it is the same, and half of a start."""
    made = server.document()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "document", lambda: made)
        yield


@pytest.fixture
def postgres_url(used_postgres_url: str) -> str:
    """As in the folder above, but emptied rather than new."""
    return used_postgres_url


@pytest.fixture
def limits() -> Limits:
    return Limits()


@pytest.fixture
def settings() -> dict[str, Any]:
    """Sections that are not as they are by default."""
    return {}


@pytest.fixture
def site(store_url: str, tmp_path: Path, limits: Limits, settings: dict[str, Any]) -> Iterator[Site]:
    with asyncio.Runner() as runner:
        site = Site(runner, tmp_path, store_url, limits, **settings)
        yield site
        site.stop()
