"""`trunkline clock`: the time of a server, or of a sandbox alone, that was started with `--virtual-time`."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client, open_client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import ConfigFile, Data, Door, Json, expanded

clock = typer.Typer(
    no_args_is_help=True,
    help="Virtual time, for tests: of a server or a sandbox that was started with --virtual-time.",
)

_UNIT_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,3})?[dhms])+", re.ASCII)
_PART = re.compile(r"([\d.]+)([dhms])", re.ASCII)


@dataclass(frozen=True)
class Whose:
    """Which clock."""

    as_json: Json = False
    sandbox_url: Annotated[
        str | None,
        typer.Option("--sandbox-url", metavar="URL", help="A sandbox alone, instead of a server."),
    ] = None
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="TOKEN", help="That sandbox's token, when it is on another machine."),
    ] = None
    data: Data = None
    config: ConfigFile = None


@clock.command("show")
@expanded
def show(whose: Whose) -> None:
    """Print the time there, and how far it is ahead of this machine's."""
    with output.command(whose.as_json) as out:
        _tell(out, asyncio.run(_ask(whose, "GET", "")))


@clock.command("advance")
@expanded
def advance(
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="Such as 90s, 15m, 25h, 7d or 1h30m.")],
    whose: Whose,
) -> None:
    """Put the clock forward, at most 400 days at once: what comes due by it begins at once.

    A server moves its built-in sandbox along. A sandbox that runs by itself is moved with --sandbox-url.
    """
    with output.command(whose.as_json) as out:
        body = {"seconds": read_duration(duration)}
        _tell(out, asyncio.run(_ask(whose, "POST", "/advance", body)))


def read_duration(text: str) -> float:
    """Seconds. `Trouble` when it is no duration; how long it may be is for the server to say."""
    if not _DURATION.fullmatch(text):
        raise Trouble(ExitCode.USAGE, f"{text} is no duration: write it as 90s, 15m, 25h, 7d or 1h30m")
    return sum(float(count) * _UNIT_SECONDS[unit] for count, unit in _PART.findall(text))


async def _ask(whose: Whose, method: str, path: str, body: Any = None) -> dict[str, Any]:
    async with _open(whose) as (client, root):
        try:
            told: dict[str, Any] = await client.call(method, f"{root}/clock{path}", body)
        except Trouble as trouble:
            if trouble.status == 404:
                detail = f"{client.url} runs on real time; only one started with --virtual-time can be moved"
                raise Trouble(ExitCode.REFUSED, detail, reason=trouble.reason) from None
            raise
        return told


@contextlib.asynccontextmanager
async def _open(whose: Whose) -> AsyncIterator[tuple[Client, str]]:
    """Who is asked, and below which path."""
    if whose.sandbox_url is not None:
        rights = {"authorization": f"Bearer {whose.token}"} if whose.token else {}
        async with open_client(whose.sandbox_url, rights) as client:
            yield client, "/_sandbox"
        return
    async with open_door(Door(data=whose.data, config=whose.config)) as client:
        yield client, "/v1"


def _tell(out: output.Output, told: dict[str, Any]) -> None:
    def show() -> None:
        lines = [("time", told), ("sandbox", told.get("sandbox"))]
        for label, one in lines:
            if one and (label == "time" or one["offset_seconds"] != told["offset_seconds"]):
                ahead = f"{one['now']}  ({_in_words(one['offset_seconds'])} ahead)"
                output.console().print(output.labelled(label, ahead))

    out.result(told, show)


def _in_words(seconds: float) -> str:
    """`90061` → `1d 1h 1m 1s`."""
    left, parts = round(seconds), []
    for unit, size in _UNIT_SECONDS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
