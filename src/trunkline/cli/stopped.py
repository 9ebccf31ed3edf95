"""The API of a stopped server, inside this process: the store is opened, nothing listens, nothing is sent.

The caller holds the data folder's lock.
"""

import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from trunkline import admin
from trunkline.admin import Admin
from trunkline.api import build_app
from trunkline.api.http import AsgiApp
from trunkline.app import FIRST_ACCOUNT
from trunkline.channels.registry import make_connectors
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.clock import SystemClock
from trunkline.config import Settings
from trunkline.outgoing_http import Answer, open_transport
from trunkline.runtime import Directory, Runtime
from trunkline.store import StoreUnavailable, open_store
from trunkline.vault import VaultError, load_vault

if TYPE_CHECKING:
    from trunkline.api.context import Hooks
    from trunkline.outbound.dispatch import Dispatcher


@contextlib.asynccontextmanager
async def open_stopped(settings: Settings) -> AsyncIterator[Client]:
    """With the operator's rights. The first account is made when there is none."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            runtime = await _open(settings, stack)
        except StoreUnavailable as error:
            raise Trouble(ExitCode.UNREACHABLE, str(error)) from None
        except VaultError as error:
            raise Trouble(ExitCode.USAGE, str(error)) from None
        token = secrets.token_urlsafe(32)
        idle = _Idle()
        app = build_app(runtime, cast("Dispatcher", idle), cast("Hooks", idle), token, http_links=False)
        yield Client(_InProcess(app), "http://stopped", {"authorization": f"Bearer {token}"})


async def _open(settings: Settings, stack: contextlib.AsyncExitStack) -> Runtime:
    data, clock = Path(settings.data), SystemClock()
    vault = load_vault(data)
    store = await open_store(settings.store.url or None, data, clock.now())
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
        directory=directory,
        connectors=make_connectors(transport),
        random=random.Random(),  # noqa: S311 - it guards nothing
    )


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
