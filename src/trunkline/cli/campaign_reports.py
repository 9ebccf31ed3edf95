"""`trunkline campaign report|export|retry`: what became of a campaign, and once more for some of it."""

import asyncio
import csv
import secrets
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from trunkline.cli import campaign_funnel, campaign_verdict, output
from trunkline.cli.campaign import CampaignId, checked, path_of
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import Door, Json, expanded

_LOOK_SECONDS = 2.0
_MAGIC = b"PAR1"


def add_to(group: typer.Typer) -> None:
    for name, command in (("report", report), ("export", export), ("retry", retry)):
        group.command(name)(expanded(command))


def report(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Say how many came how far, why some did not, and what it cost."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await _counted(client, path_of(campaign_id, "/report"))

    with output.command(as_json) as out:
        told = asyncio.run(work())
        out.result(told, lambda: campaign_funnel.show(told))


async def _counted(client: Client, path: str) -> Any:
    """A large one may have to be asked for again."""
    while True:
        try:
            return await client.get(path)
        except Trouble as trouble:
            if trouble.reason != "not_ready":
                raise
        await asyncio.sleep(_LOOK_SECONDS)


def export(
    campaign_id: CampaignId,
    door: Door,
    as_json: Json = False,
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv or parquet.")] = "csv",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where; else under its id, in this folder.")
    ] = None,
) -> None:
    """Write a file with a row for every recipient. A file that is there is not replaced."""

    async def work() -> dict[str, Any]:
        async with open_door(door) as client:
            path = to or Path(f"{_plain(campaign_id)}.{_plain(format_)}")
            if path.exists():
                raise Trouble(ExitCode.USAGE, f"{path} is there already; --to names another place")
            rows = await _save(
                client, path_of(campaign_id, f"/export?format={quote(format_)}"), path, format_
            )
            return {"file": str(path), "rows": rows}

    with output.command(as_json) as out:
        done = asyncio.run(work())
        out.result(done, lambda: output.console().print(f"{done['file']}  {done['rows']} recipients"))


async def _save(client: Client, path: str, to: Path, format_: str) -> int:
    """Written beside its place: what stands there is whole."""
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            headers = await client.save(path, lambda part: _nothing(file.write(part)))
        rows = int(headers.get("trunkline-rows", "0"))
        if not (_ends_well(draft) if format_ == "parquet" else _rows_in(draft) == rows):
            raise Trouble(ExitCode.UNREACHABLE, "the file broke off before its end; try again")
        draft.rename(to)
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{to} can not be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    return rows


def _nothing(_: object) -> None:
    pass


def _rows_in(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return max(0, sum(1 for _ in csv.reader(file)) - 1)


def _ends_well(path: Path) -> bool:
    """Parquet says at its end what is in it."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(_MAGIC)))
        return file.read() == _MAGIC


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum() or letter == "_")


def retry(
    campaign_id: CampaignId,
    door: Door,
    as_json: Json = False,
    outcome: Annotated[
        str,
        typer.Option("--for", metavar="OUTCOME", help="retryable, not_delivered, not_read or all."),
    ] = "retryable",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start it without asking.")] = False,
) -> None:
    """Send it once more to some: check who gets it, show that, ask, and start."""

    async def work(out: output.Output) -> Any:
        async with open_door(door) as client:
            made = await client.post(path_of(campaign_id, "/again"), {"outcome": outcome})
            found = await checked(client, made["id"], out)
            if not found["report"]["recipients"]:
                await client.delete(path_of(made["id"]))
                raise Trouble(ExitCode.REFUSED, f"there is nobody for whom {campaign_id} ended so")
            if not out.as_json:
                campaign_verdict.show(found["report"])
            if not found["report"]["may_start"]:
                raise Trouble(ExitCode.REFUSED, f"{made['id']} can not be started as it is")
            if not yes and (out.as_json or not typer.confirm("Start it?")):
                return found
            return await client.post(path_of(made["id"], "/start"), {})

    with output.command(as_json) as out:
        done = asyncio.run(work(out))
        out.result(done, lambda: output.console().print(f"{done['id']} is {done['state']}."))
