"""The API of a stopped server, inside this process: the store is opened, nothing is sent, and nothing listens
but, where a hook is being subscribed, what answers the provider's check of its address.

The caller holds the data folder's lock.
"""

import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, unquote, urlsplit

from trunkline import admin
from trunkline.admin import Admin
from trunkline.api import build_app
from trunkline.api.http import AsgiApp
from trunkline.app import FIRST_ACCOUNT
from trunkline.channels.registry import make_connectors
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.config import Settings
from trunkline.hooks import HookReceiver
from trunkline.media_files import open_shelf
from trunkline.outgoing_http import Answer, open_transport
from trunkline.runtime import Directory, Runtime
from trunkline.store import StoreUnavailable, open_store
from trunkline.vault import VaultError, load_vault
from trunkline.virtual_time import VirtualTimeError, open_clock
from trunkline.web_server import PortTaken, WebServer, listen

if TYPE_CHECKING:
    from trunkline.inbound.process import Processor
    from trunkline.outbound.dispatch import Dispatcher


@contextlib.asynccontextmanager
async def open_stopped(settings: Settings, hook_url: str | None) -> AsyncIterator[Client]:
    """With the operator's rights. The first account is made when there is none."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            runtime = await _open(settings, stack)
        except StoreUnavailable as error:
            raise Trouble(ExitCode.UNREACHABLE, str(error)) from None
        except (VaultError, VirtualTimeError) as error:
            raise Trouble(ExitCode.USAGE, str(error)) from None
        token = secrets.token_urlsafe(32)
        idle = _Idle()
        hooks = HookReceiver(runtime, cast("Processor", idle))
        app = build_app(runtime, cast("Dispatcher", idle), hooks, token, http_links=False)
        if hook_url is not None:
            await stack.enter_async_context(_answering_checks(app, settings, hook_url))
        yield Client(_InProcess(app), "http://stopped", {"authorization": f"Bearer {token}"})


async def _open(settings: Settings, stack: contextlib.AsyncExitStack) -> Runtime:
    data = Path(settings.data)
    clock = open_clock(data, virtual=True)  # as far ahead as the server was that is stopped
    vault = load_vault(data)
    may_migrate = settings.store.migrate == "auto"
    store = await open_store(settings.store.url or None, data, clock.now(), may_migrate=may_migrate)
    stack.push_async_callback(store.close)
    transport = open_transport(timeout_seconds=settings.dispatch.send_timeout_seconds)
    stack.push_async_callback(transport.close)
    directory = Directory(store, vault)
    directory.with_builtin = True
    await directory.reload()
    if not directory.accounts:
        await admin.create_account(Admin(store, vault, clock), FIRST_ACCOUNT)
        await directory.reload()
    return Runtime(
        settings=settings,
        store=store,
        clock=clock,
        vault=vault,
        shelf=open_shelf(settings),
        directory=directory,
        connectors=make_connectors(transport),
        random=random.Random(),  # noqa: S311 - it guards nothing
    )


@contextlib.asynccontextmanager
async def _answering_checks(app: AsgiApp, settings: Settings, hook_url: str) -> AsyncIterator[None]:
    """Listens where the hook points to, if that is this machine, else where the server would."""

    async def only_checks(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith("/hooks/"):
            await app(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    address = urlsplit(hook_url)
    is_here = address.hostname in ("127.0.0.1", "::1", "localhost")
    try:
        bound = listen(*_place_of(address) if is_here else (settings.server.host, settings.server.port))
    except PortTaken:  # by whatever answers there; the provider's words tell the rest
        yield
        return
    web = WebServer(only_checks, bound)
    await web.start()
    try:
        yield
    finally:
        await web.stop()


def _place_of(address: SplitResult) -> tuple[str, int]:
    host = address.hostname or ""
    return "127.0.0.1" if host == "localhost" else host, address.port or 80


class _Idle:
    """In the dispatcher's place: what changes here, the next start reads."""

    async def sync_numbers(self) -> None:
        pass


class _InProcess:
    """`outgoing_http.Transport` without a socket."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        parts = urlsplit(url)
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": None,
            "server": None,
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        answer = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], answer, b"".join(part.get("body", b"") for part in sent[1:]))
