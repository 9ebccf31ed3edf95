"""The way to a sandbox that runs: the options that name it, and the client that asks it.

Without `--sandbox-url` it is the one inside the server on the data folder; where no server runs, whatever
answers at the port of the settings.
"""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli.client import Client, open_client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import is_alive
from trunkline.cli.options import WHERE, ConfigFile, Data, Json
from trunkline.cli.settings import load_settings

_NAME_IT = "start one with `trunkline serve` or `trunkline sandbox`, or name another with --sandbox-url"


@dataclass(frozen=True)
class Way:
    """Which sandbox to ask."""

    as_json: Json = False
    sandbox_url: Annotated[
        str | None,
        typer.Option(
            "--sandbox-url",
            metavar="URL",
            help="Sandbox to ask; else that of the server on the data folder, or the one at the usual port.",
            rich_help_panel=WHERE,
        ),
    ] = None
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            help="Its token, when it is on another machine.",
            rich_help_panel=WHERE,
        ),
    ] = None
    data: Data = None
    config: ConfigFile = None


Business = Annotated[
    str | None,
    typer.Option(
        "--business", metavar="NUMBER", help="Business number, or its phone number id; else the first one."
    ),
]
Handset = Annotated[str, typer.Argument(metavar="NUMBER", help="Phone number with its country code.")]


@contextlib.asynccontextmanager
async def open_sandbox(way: Way, timeout_seconds: float = 30.0) -> AsyncIterator[Client]:
    rights = {"authorization": f"Bearer {way.token}"} if way.token else {}
    url = way.sandbox_url or _find(way)
    async with open_client(url, rights, timeout_seconds) as client:
        try:
            yield client
        except Trouble as trouble:
            if trouble.code is ExitCode.UNREACHABLE:
                detail = f"no sandbox answers at {url}: {_NAME_IT}"
                raise Trouble(ExitCode.UNREACHABLE, detail) from None
            raise


def _find(way: Way) -> str:
    from trunkline.data_folder import find_running

    settings = load_settings(way.config, data=way.data)
    running = find_running(Path(settings.data))
    if running is not None and is_alive(running.pid):
        if running.sandbox_url is None:
            detail = f"the server at {running.api_url} runs without a sandbox: {_NAME_IT}"
            raise Trouble(ExitCode.UNREACHABLE, detail)
        return running.sandbox_url
    return f"http://127.0.0.1:{settings.sandbox.port}"


async def business_of(client: Client, wanted: str | None) -> str:
    """The phone number id that is meant."""
    numbers: list[dict[str, Any]] = (await client.get("/_sandbox/numbers"))["data"]
    digits = "".join(filter(str.isdecimal, wanted or ""))
    for number in numbers:
        if wanted is None or digits in (number["phone_number_id"], number["digits"]):
            return str(number["phone_number_id"])
    known = ", ".join(f"{number['digits']} ({number['phone_number_id']})" for number in numbers)
    raise Trouble(ExitCode.REFUSED, f"there is no business number {wanted}; there are: {known}")


def digits_of(phone: str) -> str:
    """`+1 555 000-1234` → `15550001234`."""
    digits = "".join(filter(str.isdecimal, phone))
    if not (digits.isascii() and 7 <= len(digits) <= 15) or any(letter.isalpha() for letter in phone):
        detail = f"{phone} is no phone number: write it with its country code, such as 15550001234"
        raise Trouble(ExitCode.USAGE, detail)
    return digits


def read_file(name: str) -> bytes:
    """`-` is standard input."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{name} can not be read: {error.strerror}") from None


def only_one(**ways: object) -> str:
    """The one that was given of several things that a command can do."""
    given = [name for name, value in ways.items() if value not in (None, False, [])]
    if len(given) != 1:
        names = ", ".join(name if name.isupper() else f"--{name}" for name in ways)
        what = "one of these is needed" if not given else "only one of these can be done at a time"
        raise Trouble(ExitCode.USAGE, f"{what}: {names}")
    return given[0]
