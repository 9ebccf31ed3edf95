"""The only place that wires: settings → store → stages → servers; started in order, stopped in reverse.

`serve` is the whole program of one process. Everything it makes is passed on from here; nothing is global.
"""

import asyncio
import contextlib
import gc
import os
import random
import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import uvloop

from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.api import build_app
from trunkline.channels.registry import make_connectors
from trunkline.clock import VirtualClock
from trunkline.config import Settings
from trunkline.data_folder import AlreadyRunning, Running, announce, lock_data_folder
from trunkline.hooks import HookReceiver
from trunkline.housekeeping import expire, prune
from trunkline.inbound.process import Processor
from trunkline.logs import start_logging
from trunkline.loops import for_ever
from trunkline.outbound.dispatch import Dispatcher
from trunkline.outgoing_http import open_transport
from trunkline.runtime import Directory, Runtime, log
from trunkline.sandbox import Sandbox, SandboxBusyError
from trunkline.sandbox import Settings as SandboxSettings
from trunkline.sandbox import clock as sandbox_clock
from trunkline.sandbox.admin.page import PAGE_PATH
from trunkline.store import open_store
from trunkline.store.accounts import Account
from trunkline.store.numbers import NumberRow
from trunkline.vault import load_vault
from trunkline.virtual_time import VirtualTime, VirtualTimeError, open_clock, refuse_real_numbers
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


def serve(settings: Settings, *, ready: Callable[[Ready], None]) -> None:
    """Run until SIGTERM or SIGINT.

    What can keep it from starting: `AlreadyRunning`, `PortTaken`, `StoreUnavailable`, `VaultError`,
    `VirtualTimeError`.
    """
    start_logging(settings.log.level, settings.log.format)
    with lock_data_folder(Path(settings.data)), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, ready))


async def _serve(settings: Settings, ready: Callable[[Ready], None]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        ready(await _start(settings, stack))
        gc.collect()
        gc.freeze()  # what lives now lives for ever; the collector need not look at it again
        await stop.wait()
        log.info("stopping: no new sends, finishing those on the wire")


async def _start(settings: Settings, stack: contextlib.AsyncExitStack) -> Ready:
    """Start every part; each leaves on the stack how it is stopped."""
    data = Path(settings.data)
    bound = listen(settings.server.host, settings.server.port)
    stack.callback(bound.close)
    runtime = await _runtime(settings, data, stack)
    office = Admin(runtime.store, runtime.vault, runtime.clock)
    account = await _first_account(office)
    await runtime.directory.reload()
    if settings.virtual_time:
        refuse_real_numbers(runtime.directory)
    sandbox = await _sandbox(settings, data, runtime, stack)
    time = _virtual_time(data, runtime, sandbox)
    number = await _builtin_number(office, runtime, account, sandbox) if sandbox else None

    dispatcher = Dispatcher(runtime)
    processor = Processor(runtime, dispatcher.settled)
    await processor.start()
    stack.push_async_callback(processor.stop)
    operator_token = secrets.token_urlsafe(32)
    hooks, http_links = HookReceiver(runtime, processor), _http_links(settings, sandbox is not None)
    api = build_app(runtime, dispatcher, hooks, operator_token, http_links=http_links, time=time)
    web = WebServer(api, bound)
    await web.start()
    stack.push_async_callback(dispatcher.stop)
    stack.push_async_callback(web.stop)

    api_url = _url(settings.server.host, web.port)
    hook_path = f"/hooks/whatsapp_cloud/{account.hook_key}"
    if number:
        await _subscribe(runtime, account, number, api_url + hook_path)
    await dispatcher.start()
    _start_chores(runtime, stack)
    built_in = _of_sandbox(sandbox) if sandbox else {}
    running = Running(os.getpid(), api_url, operator_token, built_in.get("sandbox_url"))
    stack.enter_context(announce(data, running))
    default = runtime.directory.default_of(account.id)
    return Ready(
        data=settings.data,
        api_url=api_url,
        api_key=await _first_key(office, account, is_live=sandbox is None),
        from_=default.digits if default else None,
        hook_url=(settings.hooks.public_url.rstrip("/") or api_url) + hook_path,
        verify_token=runtime.directory.verify_token(account),
        **built_in,
    )


def _start_chores(runtime: Runtime, stack: contextlib.AsyncExitStack) -> None:
    clock = runtime.clock
    for chore in (
        for_ever(clock, "forgetting old keys", lambda: prune.prune(runtime), prune.EVERY_SECONDS),
        for_ever(clock, "ending lives", lambda: expire.expire(runtime), expire.EVERY_SECONDS),
    ):
        stack.callback(asyncio.create_task(chore).cancel)


async def _runtime(settings: Settings, data: Path, stack: contextlib.AsyncExitStack) -> Runtime:
    clock = open_clock(data, virtual=settings.virtual_time)
    vault = load_vault(data)
    store = await open_store(settings.store.url or None, data, clock.now())
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
        directory=Directory(store, vault),
        connectors=make_connectors(transport),
        random=random.Random(),  # noqa: S311 - it spreads retries, it guards nothing
    )


async def _first_account(office: Admin) -> Account:
    directory = Directory(office.store, office.vault)
    await directory.reload()
    known = list(directory.accounts.values())
    return known[0] if known else await admin.create_account(office, FIRST_ACCOUNT)


async def _first_key(office: Admin, account: Account, *, is_live: bool) -> str | None:
    """A new key when the account has none. Made last: a start that fails must not use up the only showing."""
    if await admin.list_keys(office, account.id):
        return None
    _, token = await admin.create_key(office, account.id, "first", is_live=is_live)
    return token


class _BuiltIn(NamedTuple):
    """The sandbox that runs in this process."""

    sandbox: Sandbox
    port: int
    clock: sandbox_clock.Clock


async def _sandbox(
    settings: Settings, data: Path, runtime: Runtime, stack: contextlib.AsyncExitStack
) -> _BuiltIn | None:
    """The built-in sandbox, unless it is switched off or a number outside it is configured."""
    wanted = settings.sandbox.start
    has_real = any(not row.is_builtin for row in runtime.directory.numbers.values())
    if wanted == "never" or (wanted == "auto" and has_real):
        return None
    folder, delay = data / "sandbox", settings.sandbox.status_delay_seconds
    theirs = SandboxSettings(
        strict=settings.sandbox.strict, status_delay_seconds=(delay, 2 * delay, 3 * delay)
    )
    try:
        clock = sandbox_clock.open_clock(folder, virtual=settings.virtual_time)
        sandbox = Sandbox(folder, settings=theirs, clock=clock)
        port = await sandbox.start("127.0.0.1", settings.sandbox.port)
    except ValueError as error:
        raise VirtualTimeError(str(error)) from error
    except SandboxBusyError as error:
        raise AlreadyRunning(str(error)) from error
    except OSError as error:
        raise PortTaken(f"the sandbox's port {settings.sandbox.port} can not be used: {error}") from error
    stack.push_async_callback(sandbox.stop)
    return _BuiltIn(sandbox, port, clock)


def _virtual_time(data: Path, runtime: Runtime, there: _BuiltIn | None) -> VirtualTime | None:
    """None on real time."""
    if not isinstance(runtime.clock, VirtualClock):
        return None
    beside = there.clock if there else None
    assert beside is None or isinstance(beside, sandbox_clock.VirtualClock)
    time = VirtualTime(data, runtime.clock, beside)
    time.bring_together()
    return time


async def _builtin_number(office: Admin, runtime: Runtime, account: Account, there: _BuiltIn) -> NumberRow:
    """The sandbox's business number, at the port that it has this time."""
    identity, port = there.sandbox.identity, there.port
    form = NumberForm(
        digits=identity.display_phone_number,
        phone_number_id=identity.phone_number_id,
        waba_id=identity.waba_id,
        token=identity.token,
        app_id=identity.app_id,
        app_secret=identity.app_secret,
        base_url=f"http://127.0.0.1:{port}/v26.0",
        messages_per_second=runtime.settings.dispatch.messages_per_second,
        is_builtin=True,
    )
    row = await admin.register_number(office, account.id, form)
    runtime.directory.with_builtin = True
    await runtime.directory.reload()
    return row


async def _subscribe(runtime: Runtime, account: Account, number: NumberRow, hook_url: str) -> None:
    connector = runtime.connectors[number.connector]
    token = runtime.directory.verify_token(account)
    await connector.subscribe(runtime.directory.opened(number.id), hook_url, token)


def _http_links(settings: Settings, with_sandbox: bool) -> bool:
    chosen = settings.whatsapp.http_links
    return chosen == "always" or (chosen == "auto" and with_sandbox)


def _of_sandbox(there: _BuiltIn) -> dict[str, str]:
    """The members of `Ready` that a script needs to speak to the sandbox."""
    identity = there.sandbox.identity
    url = f"http://127.0.0.1:{there.port}"
    return {
        "sandbox_url": url,
        "sandbox_token": identity.token,
        "handsets_url": url + PAGE_PATH,
        "phone_number_id": identity.phone_number_id,
        "waba_id": identity.waba_id,
        "app_id": identity.app_id,
        "app_secret": identity.app_secret,
    }


def _url(host: str, port: int) -> str:
    """Where this machine reaches what listens on `host`."""
    every = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
    return f"http://{every.get(host, f'[{host}]' if ':' in host else host)}:{port}"
