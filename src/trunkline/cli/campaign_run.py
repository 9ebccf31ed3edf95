"""`trunkline campaign run`: from a file of people to their phones, with one question in between."""

import asyncio
import sys
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer

from trunkline.cli import campaign_verdict, import_way, output
from trunkline.cli.campaign import checked, path_of, show_made, watched
from trunkline.cli.campaign_body import Wishes, as_object, body_of
from trunkline.cli.campaign_content import gaps_of
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.imports import ConsentSource, Country, Map, uses_of
from trunkline.cli.life import local_time
from trunkline.cli.options import Door, Json, expanded

_PATH = "/v1/campaigns"
_OWN = ("name", "phone", "language")

Told = dict[str, Any]


def add_to(campaign: typer.Typer) -> None:
    campaign.command("run")(run)


@expanded
def run(
    wishes: Wishes,
    door: Door,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="The people: CSV or XLSX.")],
    body: Annotated[
        str | None,
        typer.Option("--body", metavar="FILE", help="More of the campaign, as JSON of POST /v1/campaigns."),
    ] = None,
    columns: Map = None,
    country: Country = None,
    consent: ConsentSource = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    watch: Annotated[bool, typer.Option("--watch/--no-watch", help="Stay until it is over.")] = True,
    as_json: Json = False,
) -> None:
    """Import a file, check a campaign to its people, show what would happen, ask, then send.

    Whatever is decided stays: the people as contacts on a list of their own, the campaign with its verdicts.
    """
    said = {
        "mapping": uses_of(columns),
        "country": country,
        "consent": {"source": consent} if consent else None,
    }
    options = {name: value for name, value in said.items() if value is not None}
    with output.command(as_json) as out:
        asyncio.run(_run(door, wishes, file, body, options, out, yes=yes, watch=watch))


async def _run(
    door: Door,
    wishes: Wishes,
    file: Path,
    body_file: str | None,
    options: Told,
    out: output.Output,
    *,
    yes: bool,
    watch: bool,
) -> None:
    async with open_door(door) as client:
        body = await body_of(client, wishes, body_file)  # first: its slips are found before anything is done
        if not body.keys() & {"content", "variants"}:
            raise Trouble(ExitCode.USAGE, "say what they get: --template NAME, or --text TEXT")
        name = str(body.get("name") or file.stem)
        body = {"name": f"{name} {_now()}", "audience": {}} | body
        people = await _dry_run(client, file, _of_campaign(options, body, name), body, out)
        made = await client.post(_PATH, body)  # before the import runs: who is refused here takes nobody over
        people = await _take_over(client, people["id"], out)
        audience = made["definition"]["audience"]
        lists = {"lists": [*audience.get("lists", ()), people["list_id"]]}
        made = await client.patch(path_of(made["id"]), {"audience": audience | lists})
        if not out.as_json:
            show_made(made)
        found = await checked(client, made["id"], out)
        if not out.as_json:
            campaign_verdict.show(found["report"])
        if not found["report"]["may_start"]:
            out.result(found, lambda: None)
            if found["report"]["skipped"].get("no_consent"):
                out.note("Have they agreed? Say where: --consent WHERE. Need they not? --no-consent-needed")
            raise typer.Exit(ExitCode.REFUSED)
        if not yes:
            _ask(found, out)
        started = await client.post(path_of(made["id"], "/start"), {})
        if not watch or started["state"] == "scheduled":
            out.result(started, lambda: output.console().print(f"{made['id']} is {started['state']}"))
            return
        await watched(client, made["id"], out)


def _of_campaign(options: Told, body: Told, name: str) -> Told:
    """A list of its own each time: a file that is sent to again is a new one. What they agreed to is this."""
    if "consent" in options:
        options["consent"]["purpose"] = body.get("purpose", "marketing")
    return options | {"list": {"name": f"{name[:80]} {_now()}"}}


def _now() -> str:
    from trunkline.clock import SystemClock, to_rfc3339

    return local_time(to_rfc3339(SystemClock().now()), with_date=True)[:19]


async def _dry_run(client: Client, file: Path, options: Told, body: Told, out: output.Output) -> Told:
    made: Told = await import_way.upload(client, file, options, out)
    if not out.as_json:
        import_way.show_verdict(made)
    _match_columns(body, made)
    if not made["report"]["counts"]["good"]:
        raise Trouble(
            ExitCode.REFUSED, f"no row of {file.name} is good: trunkline imports faults {made['id']}"
        )
    return made


async def _take_over(client: Client, import_id: str, out: output.Output) -> Told:
    made: Told = await import_way.start(client, import_id, out)
    if not out.as_json:
        import_way.show_result(made)
    return made


def _match_columns(body: Told, people: Told) -> None:
    """A gap that nobody set is filled from the column of its name, however that is spelled."""
    variables = as_object(body.get("variables"), "variables")
    columns = {_plain(column["name"]): column for column in people["columns"]}
    unmatched = []
    for gap in gaps_of([body.get("content"), body.get("variants")]):
        column = columns.get(_plain(gap))
        if gap in variables or gap in _OWN:
            continue
        if column is None:
            unmatched.append(gap)
        else:
            variables[gap] = {"column": column["name"], "attribute": column["attribute"] or gap}
    if unmatched:
        named = ", ".join(column["name"] for column in people["columns"])
        sets = " ".join(f"--set {quote(f'{gap}=COLUMN')}" for gap in unmatched)
        same = f"One text for all: --value {quote(f'{unmatched[0]}=TEXT')}"
        said = f"say what fills the gaps: {sets}\nThe file has: {named}\n{same}"
        raise Trouble(ExitCode.USAGE, output.plain(said))
    if variables:
        body["variables"] = variables


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _ask(found: Told, out: output.Output) -> None:
    later = f"trunkline campaign start {found['id']}"
    if out.as_json or not sys.stdin.isatty():
        raise Trouble(ExitCode.USAGE, f"{found['id']} is checked and waits: --yes starts it, or {later}")
    if not typer.confirm(f"Send to {found['report']['ready']:,} people?"):
        raise Trouble(ExitCode.USAGE, f"nothing was sent; start it with: {later}")
