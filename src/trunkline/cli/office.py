"""The operator's office: accounts, keys and numbers of a data folder, whether its server runs or not.

A running server is asked over HTTP, so that it knows of the change at once. For a stopped one the folder is
locked and the same API answers inside this process. So both check alike and answer alike.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trunkline.cli.client import Client, open_client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import Place
from trunkline.cli.settings import load_settings

if TYPE_CHECKING:
    from trunkline.config import Settings
    from trunkline.data_folder import Running

T = TypeVar("T")
_PATIENCE_SECONDS = 5.0
"""For a server that is just starting or stopping, or another command at work on the folder."""


def ask(
    place: Place,
    account: str | None,
    question: Callable[[Client], Awaitable[T]],
    *,
    may_make: bool = False,
    hook_url: str | None = None,
) -> T:
    """Ask the API with the operator's rights on behalf of an account: of this name or id, or the first.

    `may_make`: a data folder that is not there yet is made, as the first start would. `hook_url`: where the
    provider will be asked to post; it checks that the address is ours.
    """
    settings = load_settings(place.config, data=place.data, store__url=place.database)

    async def work() -> T:
        async with _open_office(settings, account, may_make=may_make, hook_url=hook_url) as client:
            return await question(client)

    return asyncio.run(work())


@contextlib.asynccontextmanager
async def _open_office(
    settings: "Settings", account: str | None, *, may_make: bool, hook_url: str | None
) -> AsyncIterator[Client]:
    folder = Path(settings.data)
    if not may_make:
        _must_have_data(settings, folder)
    async with contextlib.AsyncExitStack() as stack:
        running = await _hold_or_find(folder, stack)
        if running is not None:
            yield await stack.enter_async_context(open_as_operator(running, account))
            return
        from trunkline.cli.stopped import open_stopped

        client = await stack.enter_async_context(open_stopped(settings, hook_url))
        yield client if account is None else client.on_behalf_of(await _id_of(client, account))


def _must_have_data(settings: "Settings", folder: Path) -> None:
    from trunkline.store.open import FILE_NAME

    if not settings.store.url and not (folder / FILE_NAME).exists():
        detail = f"there is no data in {folder.absolute()}; `trunkline serve` makes it, --data names another"
        raise Trouble(ExitCode.USAGE, detail)


@contextlib.asynccontextmanager
async def open_as_operator(running: "Running", account: str | None) -> AsyncIterator[Client]:
    """A running server, with the token that it left for its own user."""
    rights = {"authorization": f"Bearer {running.operator_token}"}
    async with open_client(running.api_url, rights) as client:
        yield client if account is None else client.on_behalf_of(await _id_of(client, account))


async def _id_of(client: Client, wanted: str) -> str:
    accounts: list[dict[str, Any]] = (await client.get("/v1/accounts"))["data"]
    for account in accounts:
        if wanted in (account["id"], account["name"]):
            return str(account["id"])
    known = ", ".join(account["name"] for account in accounts) or "none"
    raise Trouble(ExitCode.REFUSED, f"there is no account {wanted}; there are: {known}")


async def _hold_or_find(folder: Path, stack: contextlib.AsyncExitStack) -> "Running | None":
    """The running server; or None, and the folder is ours until the stack ends."""
    from trunkline.data_folder import AlreadyRunning, find_running, lock_data_folder

    clock = asyncio.get_running_loop().time
    deadline = clock() + _PATIENCE_SECONDS
    while True:
        try:
            stack.enter_context(lock_data_folder(folder))
        except AlreadyRunning as error:
            running = find_running(folder)
            if running is not None and is_alive(running.pid):
                return running
            if clock() > deadline:
                raise Trouble(ExitCode.IN_USE, str(error)) from None
            await asyncio.sleep(0.1)
        except OSError as error:
            detail = f"the data folder {folder} can not be used: {error.strerror}"
            raise Trouble(ExitCode.USAGE, detail) from None
        else:
            return None


def is_alive(pid: int) -> bool:
    """False for the `run.json` of a server that was killed, while another command holds the folder."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
