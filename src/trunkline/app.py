"""The only place that wires: settings → store → stages → servers; started in order, stopped in reverse.

`serve` is the whole program of one process, or the parts of it that `only` names. Everything it makes is
passed on from here; nothing is global.
"""

import asyncio
import contextlib
import gc
import os
import random
import secrets
import signal
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from trunkline import admin, builtin, failpoints
from trunkline.admin import Admin
from trunkline.api import build_app
from trunkline.api.server import App
from trunkline.channels.registry import make_connectors
from trunkline.config import Settings
from trunkline.data_folder import (
    AlreadyRunning,
    Running,
    announce,
    is_unchecked,
    keep_checked,
    lock_data_folder,
)
from trunkline.logs import start_logging
from trunkline.media_files import open_shelf
from trunkline.outgoing_http import open_transport
from trunkline.parts import Parts, spawn
from trunkline.runtime import Directory, Runtime, log
from trunkline.store import StoreUnavailable, damage, open_store
from trunkline.store.accounts import Account
from trunkline.store.open import sqlite_file
from trunkline.vault import load_vault
from trunkline.virtual_time import VirtualTimeError, open_clock, refuse_real_numbers
from trunkline.web_server import PortTaken, WebServer, listen

__all__ = ["AlreadyRunning", "PortTaken", "Ready", "VirtualTimeError", "lock_data_folder", "serve"]

FIRST_ACCOUNT = "default"


class Ready(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Where everything is, once everything runs. Scripts read these names: they are a contract."""

    data: str
    api_url: str
    console_url: str | None = None
    api_key: str | None = None
    """The first start's new key, shown this once; None on later starts."""
    from_: str | None
    """Digits of the account's default number, when there is one."""
    hook_url: str
    verify_token: str
    sandbox_url: str | None = None
    sandbox_token: str | None = None
    handsets_url: str | None = None
    phone_number_id: str | None = None
    waba_id: str | None = None
    app_id: str | None = None
    app_secret: str | None = None


class StoreFailed(Exception):
    """The database can not be trusted any more, and the process has ended for it."""


class RolesRefused(Exception):
    """The program can not be split like this."""


def serve(settings: Settings, *, ready: Callable[[Ready], None]) -> None:
    """Run until SIGTERM or SIGINT.

    What can keep it from starting: `AlreadyRunning`, `PortTaken`, `StoreUnavailable`, `VaultError`,
    `VirtualTimeError`, `RolesRefused`. What can end it by itself: `StoreFailed`.
    """
    start_logging(settings.log.level, settings.log.format)
    is_shared = bool(settings.store.url)
    if settings.only and not is_shared:
        raise RolesRefused("parts of the program in several processes (--only) need PostgreSQL (--database)")
    data = Path(settings.data)
    with (
        lock_data_folder(data, is_shared=is_shared),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        failpoints.arm(settings.failpoints, data / "failpoints")
        runner.run(_serve(settings, ready))


async def _serve(settings: Settings, ready: Callable[[Ready], None]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        runtime = await _runtime(settings, Path(settings.data), stack)
        started = await _unless_stopped(stop, _start(settings, runtime, stack))
        if started is None:
            return
        ready(started)
        if not runtime.store.is_shared and is_unchecked(Path(settings.data)):
            spawn(_look_for_damage(runtime), stack)
        gc.collect()
        gc.freeze()  # what lives now lives for ever; the collector need not look at it again
        failure = await _until_stopped(stop, runtime)
        failpoints.reach("C21")
        log.info("stopping: no new sends, finishing those on the wire")
    if failure is not None:
        raise StoreFailed(failure)


async def _unless_stopped(stop: asyncio.Event, start: Coroutine[Any, Any, Ready]) -> Ready | None:
    """None when somebody asked for an end before everything ran."""
    starting, stopping = asyncio.create_task(start), asyncio.create_task(stop.wait())
    await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        return starting.result()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    return None


async def _look_for_damage(runtime: Runtime) -> None:
    """After an end without a word, beside all else: a million rows must not keep the start waiting."""

    async def on_damage(found: str) -> None:
        runtime.store.load.broken = found
        runtime.store.broken.set()

    data = Path(runtime.settings.data)
    if await damage.check_in_background(sqlite_file(data), on_damage):
        keep_checked(data)


async def _until_stopped(stop: asyncio.Event, runtime: Runtime) -> str | None:
    """Why the process must end, unless somebody asked for it."""
    broken = runtime.store.broken
    waits = [asyncio.create_task(event.wait()) for event in (stop, broken)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    return (runtime.store.load.broken or "the store is broken") if broken.is_set() else None


async def _runtime(settings: Settings, data: Path, stack: contextlib.AsyncExitStack) -> Runtime:
    clock = open_clock(data, virtual=settings.virtual_time)
    vault = load_vault(data)
    store = await open_store(
        settings.store.url or None,
        data,
        clock.now(),
        may_migrate=settings.store.migrate == "auto",
        ballast_mib=settings.store.ballast_mib,
    )
    stack.push_async_callback(store.close)
    dispatch = settings.dispatch
    transport = open_transport(
        timeout_seconds=dispatch.send_timeout_seconds, max_connections=max(1000, dispatch.max_in_flight)
    )
    stack.push_async_callback(transport.close)
    return Runtime(
        settings=settings,
        store=store,
        clock=clock,
        vault=vault,
        shelf=open_shelf(settings),
        directory=Directory(store, vault),
        connectors=make_connectors(transport),
        random=random.Random(),  # noqa: S311 - it spreads retries, it guards nothing
    )


async def _start(settings: Settings, runtime: Runtime, stack: contextlib.AsyncExitStack) -> Ready:
    """Start every part; each leaves on the stack how it is stopped."""
    data = Path(settings.data)
    bound = listen(settings.server.host, settings.server.port)
    stack.callback(bound.close)
    office = Admin(runtime.store, runtime.vault, runtime.clock)
    account = await _first_account(office)
    await runtime.directory.reload()
    if settings.virtual_time:
        refuse_real_numbers(runtime.directory)
    there = await builtin.start_sandbox(settings, data, runtime, stack)
    time = builtin.virtual_time(data, runtime, there)
    number = await builtin.register_number(office, runtime, account, there) if there else None

    parts = Parts(settings, runtime)
    operator_token = secrets.token_urlsafe(32)
    app = build_app(
        runtime,
        parts.dispatcher,
        parts.hooks,
        operator_token,
        http_links=_http_links(settings, there is not None),
        time=time,
        book=parts.templates,
    )
    await parts.start_inbound(stack)
    api_url = await _answer_requests(app, bound, settings.server.host, stack)
    hook_path = f"/hooks/whatsapp_cloud/{account.hook_key}"
    if number:
        await builtin.subscribe(runtime, account, number, api_url + hook_path)
    await parts.start_outbound(stack)
    built_in = there.as_ready() if there else {}
    if "api" in settings.roles():
        running = Running(os.getpid(), api_url, operator_token, built_in.get("sandbox_url"))
        stack.enter_context(announce(data, running))
    key = await _first_key(office, account, settings, is_live=there is None)
    return _ready(runtime, account, api_url, key, built_in)


def _ready(
    runtime: Runtime, account: Account, api_url: str, key: str | None, built_in: dict[str, str]
) -> Ready:
    default, settings = runtime.directory.default_of(account.id), runtime.settings
    hooks = settings.hooks.public_url.rstrip("/") or api_url
    return Ready(
        data=settings.data,
        api_url=api_url,
        api_key=key,
        from_=default.digits if default else None,
        hook_url=f"{hooks}/hooks/whatsapp_cloud/{account.hook_key}",
        verify_token=runtime.directory.verify_token(account),
        **built_in,
    )


async def _answer_requests(
    app: App, bound: socket.socket, host: str, stack: contextlib.AsyncExitStack
) -> str:
    """Take requests from now on; the address at which this machine reaches us."""
    web = WebServer(app, bound)
    await web.start()
    stack.push_async_callback(web.stop)
    stack.push_async_callback(app.api.close)
    return _url(host, web.port)


async def _first_account(office: Admin) -> Account:
    directory = Directory(office.store, office.vault)
    await directory.reload()
    if not directory.accounts:
        try:
            return await admin.create_account(office, FIRST_ACCOUNT)
        except StoreUnavailable:
            raise
        except Exception:  # a process that starts at the same time was quicker
            await directory.reload()
            if not directory.accounts:
                raise
    return next(iter(directory.accounts.values()))


async def _first_key(office: Admin, account: Account, settings: Settings, *, is_live: bool) -> str | None:
    """A new key when the account has none. Made last: a start that fails must not use up the only showing."""
    if "api" not in settings.roles() or await admin.list_keys(office, account.id):
        return None
    _, token = await admin.create_key(office, account.id, "first", is_live=is_live)
    return token


def _http_links(settings: Settings, with_sandbox: bool) -> bool:
    chosen = settings.whatsapp.http_links
    return chosen == "always" or (chosen == "auto" and with_sandbox)


def _url(host: str, port: int) -> str:
    """Where this machine reaches what listens on `host`."""
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
    return f"http://{every.get(host, f'[{host}]' if ':' in host else host)}:{port}"
