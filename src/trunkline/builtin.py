"""The sandbox inside this process: started, given a business number, and kept on the same time as we.

So a developer's first message arrives on a handset without an account anywhere. It stays a program of its
own: the gateway reaches it over HTTP, through the same connector as Meta.
"""

import contextlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from trunkline import admin
from trunkline.admin import Admin, NumberForm
from trunkline.channels.contract import Number
from trunkline.clock import VirtualClock
from trunkline.config import Settings
from trunkline.data_folder import AlreadyRunning
from trunkline.outgoing_http import open_transport
from trunkline.runtime import Runtime, log
from trunkline.sandbox import Sandbox, SandboxBusyError
from trunkline.sandbox import Settings as SandboxSettings
from trunkline.sandbox import clock as sandbox_clock
from trunkline.sandbox.admin.page import PAGE_PATH
from trunkline.store.accounts import Account
from trunkline.store.numbers import NumberRow
from trunkline.virtual_time import VirtualTime, VirtualTimeError
from trunkline.web_server import PortTaken


class BuiltIn(NamedTuple):
    """The sandbox that runs in this process."""

    sandbox: Sandbox
    port: int
    clock: sandbox_clock.Clock

    def as_ready(self) -> dict[str, str]:
        """The members of `app.Ready` that a script needs to speak to the sandbox."""
        identity = self.sandbox.identity
        url = f"http://127.0.0.1:{self.port}"
        return {
            "sandbox_url": url,
            "sandbox_token": identity.token,
            "handsets_url": url + PAGE_PATH,
            "phone_number_id": identity.phone_number_id,
            "waba_id": identity.waba_id,
            "app_id": identity.app_id,
            "app_secret": identity.app_secret,
        }


async def start_sandbox(
    settings: Settings, data: Path, runtime: Runtime, stack: contextlib.AsyncExitStack
) -> BuiltIn | None:
    """Unless it is switched off, a number outside it is configured, or this process is only a part."""
    wanted = settings.sandbox.start
    has_real = any(not row.is_builtin for row in runtime.directory.numbers.values())
    if wanted == "never" or (wanted == "auto" and (has_real or settings.only)):
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
    return BuiltIn(sandbox, port, clock)


def virtual_time(data: Path, runtime: Runtime, there: BuiltIn | None) -> VirtualTime | None:
    """None on real time."""
    if not isinstance(runtime.clock, VirtualClock):
        return None
    beside = there.clock if there else None
    assert beside is None or isinstance(beside, sandbox_clock.VirtualClock)
    time = VirtualTime(data, runtime.clock, beside)
    time.bring_together()
    return time


async def register_number(office: Admin, runtime: Runtime, account: Account, there: BuiltIn) -> NumberRow:
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


async def subscribe(runtime: Runtime, account: Account, number: NumberRow, hook_url: str) -> None:
    connector = runtime.connectors[number.connector]
    token, opened = runtime.directory.verify_token(account), runtime.directory.opened(number.id)
    await connector.subscribe(opened, hook_url, token)
    await _subscribe_account(opened, hook_url, token)


async def _subscribe_account(number: Number, hook_url: str, token: str) -> None:
    """News of templates and of the account go to its own callback, never to that of a number."""
    url = f"{number.base_url}/{number.waba_id}/subscribed_apps"
    headers = {"authorization": f"Bearer {number.token}", "content-type": "application/json"}
    hook = {"override_callback_uri": hook_url, "verify_token": token}
    transport = open_transport()
    try:
        answer = await transport.request("POST", url, headers, msgspec.json.encode(hook))
    finally:
        await transport.close()
    if answer.status != 200:
        log.warning("the sandbox does not post news of the account: HTTP %d", answer.status)
