"""The way to the API of a command that sends or reads messages.

With `--api-url` it is that server, with `--key`. Without, it is the one that runs on the data folder: with
`--key`, or by the operator's token that it left in `run.json` for its own user.
"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from trunkline.cli.client import Client, open_client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import is_alive, open_as_operator
from trunkline.cli.options import Door
from trunkline.cli.settings import load_settings


@contextlib.asynccontextmanager
async def open_door(door: Door) -> AsyncIterator[Client]:
    from trunkline.data_folder import find_running

    if door.api_url and not door.key:
        raise Trouble(ExitCode.USAGE, f"{door.api_url} needs an API key: give --key, or set TRUNKLINE_KEY")
    if door.api_url and door.key:
        async with open_client(door.api_url, {"authorization": f"Bearer {door.key}"}) as client:
            yield client
        return
    folder = Path(load_settings(door.config, data=door.data).data)
    running = find_running(folder)
    if running is None or not is_alive(running.pid):
        raise _nothing_runs(folder)
    if door.key:
        async with open_client(running.api_url, {"authorization": f"Bearer {door.key}"}) as client:
            yield client
        return
    async with open_as_operator(running, door.account) as client:
        yield client


def _nothing_runs(folder: Path) -> Trouble:
    detail = (
        f"no server runs on the data folder {folder.absolute()}: start it with `trunkline serve`, "
        "or name another with --data or --api-url"
    )
    return Trouble(ExitCode.UNREACHABLE, detail)
