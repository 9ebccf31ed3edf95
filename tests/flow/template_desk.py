"""A server and a sandbox in this process: templates are changed at one, and the other is asked what it knows.

The API, the receiver of webhooks, the processor and the sync are the real ones, over real HTTP; the sandbox
posts webhooks of the account only where a test wants them.
"""

import asyncio
import contextlib
import hmac
import json
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp

from tests.stores import quick_store
from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.api import server
from trunkline.channels.registry import make_connectors
from trunkline.clock import VirtualClock
from trunkline.config import Settings
from trunkline.media_files import open_shelf
from trunkline.outgoing_http import open_transport
from trunkline.parts import Parts
from trunkline.runtime import Directory, Runtime
from trunkline.sandbox import Sandbox
from trunkline.sandbox import Settings as SandboxSettings
from trunkline.store import templates
from trunkline.vault import load_vault
from trunkline.web_server import WebServer, listen

BODY = "Hello {{1}}, your order {{2}} is on its way to you today."
OTHER_BODY = "Dear {{1}}, the order {{2}} will be with you tomorrow."


def components(text: str = BODY) -> list[dict[str, Any]]:
    return [{"type": "BODY", "text": text, "example": {"body_text": [["Ada", "1047"]]}}]


def template(name: str = "order_update", **changes: Any) -> dict[str, Any]:
    whole = {"name": name, "language": "en_US", "category": "UTILITY", "components": components()}
    return whole | changes


class Desk:
    """One account whose number is the sandbox's."""

    def __init__(self, runtime: Runtime, clock: VirtualClock, sandbox: Sandbox, url: str) -> None:
        self.runtime = runtime
        self.clock = clock
        self.sandbox = sandbox
        self.sandbox_url = url
        self.url = ""
        self.key = ""
        self.account_id = ""
        self.http = aiohttp.ClientSession()

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {self.key}"} | headers
        async with self.http.request(method, self.url + path, json=body, headers=sent) as answer:
            return answer.status, await answer.json() if answer.status != 204 else None

    async def did(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, answer = await self.call(method, path, body, **headers)
        assert status < 300, answer
        return answer

    async def meta(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """As somebody else with the token, behind our back."""
        headers = {"Authorization": f"Bearer {self.sandbox.identity.token}"}
        url = f"{self.sandbox_url}/v26.0{path}"
        async with self.http.request(method, url, json=body, params=query, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, body: dict[str, Any]) -> None:
        """A webhook, signed as the provider would."""
        raw, secret = json.dumps(body).encode(), self.sandbox.identity.app_secret.encode()
        signed = {"x-hub-signature-256": f"sha256={hmac.digest(secret, raw, 'sha256').hex()}"}
        async with self.http.post(self.hook_url, data=raw, headers=signed) as answer:
            assert answer.status == 200, await answer.text()

    @property
    def hook_url(self) -> str:
        account = self.runtime.directory.accounts[self.account_id]
        return f"{self.url}/hooks/whatsapp_cloud/{account.hook_key}"

    async def decide(self, template: dict[str, Any], what: str, **body: Any) -> None:
        """As Meta: `review`, `quality` or `category`."""
        url = f"{self.sandbox_url}/_sandbox/templates/{template['provider_id']}/{what}"
        async with self.http.post(url, json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def known(self, name: str = "order_update") -> dict[str, Any] | None:
        page = await self.did("GET", f"/v1/templates?name={name}")
        return page["data"][0] if page["data"] else None

    async def until(self, name: str, *, seconds: float = 10, **members: Any) -> dict[str, Any]:
        """The template once it has these members."""
        return await self._until(
            lambda found: all(found.get(key) == value for key, value in members.items()), name, seconds
        )

    async def until_text(self, name: str, text: str) -> dict[str, Any]:
        return await self._until(lambda found: found["definition"]["components"][0]["text"] == text, name, 10)

    async def until_gone(self, name: str) -> None:
        async with asyncio.timeout(10):
            while await self.known(name) is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _until(
        self, fits: Callable[[dict[str, Any]], bool], name: str, seconds: float
    ) -> dict[str, Any]:
        found = None
        try:
            async with asyncio.timeout(seconds):
                while (found := await self.known(name)) is None or not fits(found):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"still {found}") from None
        return found

    async def synced(self) -> None:
        page = await self.did("POST", "/v1/templates/sync?wait_seconds=10")
        assert all(row["synced_at"] and not row["failures"] for row in page["data"]), page

    async def events(self) -> list[dict[str, Any]]:
        return list((await self.did("GET", "/v1/events?types=template.changed&limit=100"))["data"])

    async def pass_interval(self) -> None:
        """From when nothing is due until it is."""
        async with asyncio.timeout(10):
            while (await self._due_at()) <= self.clock.now():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        self.clock.advance(int(self.runtime.settings.templates.sync_minutes * 60_000))

    async def _due_at(self) -> int:
        [row] = await self.runtime.store.read(lambda tx: templates.syncs(tx, self.account_id))
        return row.due_at


@contextlib.asynccontextmanager
async def desk(
    data: Path,
    url: str,
    *,
    webhooks: bool = False,
    review_seconds: float | None = None,
    sends: bool = False,
    **sandbox_settings: Any,
) -> AsyncIterator[Desk]:
    """`sends`: with what sends messages and runs campaigns."""
    async with contextlib.AsyncExitStack() as stack:
        settings = SandboxSettings(review_seconds=review_seconds, **sandbox_settings)
        sandbox = Sandbox(data / "sandbox", settings=settings)
        port = await sandbox.start()
        stack.push_async_callback(sandbox.stop)
        made = await _made(data, url, sandbox, port, stack)
        await _open(made, stack, sends=sends)
        if webhooks:
            await _subscribe(made)
        yield made


async def _made(data: Path, url: str, sandbox: Sandbox, port: int, stack: contextlib.AsyncExitStack) -> Desk:
    clock, vault = VirtualClock(), load_vault(data)
    store = await quick_store(url, data, clock.now())
    stack.push_async_callback(store.close)
    transport = open_transport()
    stack.push_async_callback(transport.close)
    settings = replace(Settings(), data=str(data))
    runtime = Runtime(
        settings=settings, store=store, clock=clock, vault=vault, shelf=open_shelf(settings),
        directory=Directory(store, vault), connectors=make_connectors(transport), random=random.Random(1),
    )  # fmt: skip
    return Desk(runtime, clock, sandbox, f"http://127.0.0.1:{port}")


async def _open(made: Desk, stack: contextlib.AsyncExitStack, *, sends: bool) -> None:
    runtime = made.runtime
    office = Admin(runtime.store, runtime.vault, runtime.clock)
    account = await admin.create_account(office, "default")
    made.account_id = account.id
    _, made.key = await admin.create_key(office, account.id, "live", is_live=True)
    await admin.register_number(office, account.id, _form(made))
    await runtime.directory.reload()
    parts = Parts(runtime.settings, runtime)
    with mock.patch.object(server, "document", dict):  # half of a start, and nobody asks for it
        app = server.build_app(
            runtime, parts.dispatcher, parts.hooks, "operator", http_links=True, book=parts.templates
        )
    await parts.start_inbound(stack)
    web = WebServer(app, listen("127.0.0.1", 0))
    await web.start()
    stack.push_async_callback(web.stop)
    stack.push_async_callback(made.http.close)
    made.url = f"http://127.0.0.1:{web.port}"
    if sends:
        await parts.start_outbound(stack)


def _form(made: Desk) -> NumberForm:
    identity = made.sandbox.identity
    return NumberForm(
        digits=identity.display_phone_number, phone_number_id=identity.phone_number_id,
        waba_id=identity.waba_id, token=identity.token, app_id=identity.app_id,
        app_secret=identity.app_secret, base_url=f"{made.sandbox_url}/v26.0", messages_per_second=100,
        is_builtin=False,
    )  # fmt: skip


async def _subscribe(made: Desk) -> None:
    account = made.runtime.directory.accounts[made.account_id]
    hook = {
        "override_callback_uri": made.hook_url,
        "verify_token": made.runtime.directory.verify_token(account),
    }
    await made.meta("POST", f"/{made.sandbox.identity.waba_id}/subscribed_apps", hook)
