"""Options → the body of POST /v1/campaigns. What they name by a name is looked up at the server."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli.campaign_content import content_of
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble

WHAT = "What and to whom"
WHEN = "When and how fast"

Body = dict[str, Any]
_SYNC_SECONDS = 10


@dataclass(frozen=True)
class Wishes:
    """What a campaign is to be."""

    name: Annotated[
        str | None, typer.Option("--name", metavar="TEXT", help="What it is called.", rich_help_panel=WHAT)
    ] = None
    sender: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="NUMBER",
            help="Business number; several share the recipients. Else the default number.",
            rich_help_panel=WHAT,
        ),
    ] = None
    template: Annotated[
        str | None,
        typer.Option(
            "--template",
            metavar="NAME[/LANG]",
            help="A template. Its gaps get columns or attributes of their names.",
            rich_help_panel=WHAT,
        ),
    ] = None
    text: Annotated[
        str | None,
        typer.Option(
            "--text",
            metavar="TEXT",
            help="A text instead, for people whose window is open; {{name}} is a gap.",
            rich_help_panel=WHAT,
        ),
    ] = None
    fills: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="GAP=COLUMN",
            help="Fill a gap from another column or attribute; GAP=COLUMN|TEXT has a text for who has none.",
            rich_help_panel=WHAT,
        ),
    ] = None
    texts: Annotated[
        list[str] | None,
        typer.Option(
            "--value", metavar="GAP=TEXT", help="Fill a gap with the same for all.", rich_help_panel=WHAT
        ),
    ] = None
    lists: Annotated[
        list[str] | None,
        typer.Option("--list", metavar="LIST", help="A list, by name or id.", rich_help_panel=WHAT),
    ] = None
    segments: Annotated[
        list[str] | None,
        typer.Option("--segment", metavar="SEGMENT", help="A segment, by name or id.", rich_help_panel=WHAT),
    ] = None
    purpose: Annotated[
        str | None,
        typer.Option(
            "--purpose",
            metavar="WORD",
            help="marketing, utility, authentication or service; else by the template's category.",
            rich_help_panel=WHAT,
        ),
    ] = None
    without_consent: Annotated[
        bool,
        typer.Option(
            "--no-consent-needed",
            help="Also people of whom no consent is recorded.",
            rich_help_panel=WHAT,
        ),
    ] = False
    start_at: Annotated[
        str | None,
        typer.Option("--start-at", metavar="TIME", help="As 2026-12-24T18:00:00Z.", rich_help_panel=WHEN),
    ] = None
    local_time: Annotated[
        str | None,
        typer.Option(
            "--local-time", metavar="HH:MM", help="In each recipient's own day.", rich_help_panel=WHEN
        ),
    ] = None
    quiet: Annotated[
        str | None,
        typer.Option(
            "--quiet", metavar="HH:MM-HH:MM", help="Nobody is written to then.", rich_help_panel=WHEN
        ),
    ] = None
    pace: Annotated[
        float | None,
        typer.Option("--pace", metavar="N", help="Messages a second at most.", rich_help_panel=WHEN),
    ] = None
    canary: Annotated[
        int | None,
        typer.Option(
            "--canary",
            metavar="N",
            help="So many first, then wait for `campaign resume`.",
            rich_help_panel=WHEN,
        ),
    ] = None
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="AMOUNT",
            help='Pause when so much is used up, as "250 EUR".',
            rich_help_panel=WHEN,
        ),
    ] = None


async def body_of(client: Client, wishes: Wishes, file: str | None, known: Body | None = None) -> Body:
    """What a file says, and what the options say on top of it, or on top of the definition that is known."""
    body: Body = _read(file) if file is not None else {}
    body |= _given(name=wishes.name, numbers=wishes.sender, purpose=wishes.purpose, per_second=wishes.pace)
    body |= _given(canary=wishes.canary)
    if wishes.without_consent:
        body["consent"] = "not_required"
    await _content(client, wishes, body)
    added = {
        "audience": await _audience(client, wishes),
        "variables": _variables(wishes),
        "schedule": _schedule(wishes),
        "stop": {} if wishes.budget is None else {"budget": as_budget(wishes.budget)},
    }
    for name, members in added.items():
        if members:
            body[name] = as_object(body.get(name, (known or {}).get(name)), name) | members
    return body


def as_object(value: Any, name: str) -> Body:
    if isinstance(value, dict | None):
        return value or {}
    raise Trouble(ExitCode.USAGE, f"`{name}` is no JSON object")


def _read(file: str) -> Body:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        value = json.loads(text)
    except (OSError, ValueError) as error:
        raise Trouble(ExitCode.USAGE, f"{file} can not be read: {error}") from None
    if not isinstance(value, dict):
        raise Trouble(ExitCode.USAGE, f"{file} holds no JSON object")
    return value


def _given(**members: Any) -> Body:
    return {name: value for name, value in members.items() if value is not None}


async def _audience(client: Client, wishes: Wishes) -> Body:
    meant = (("lists", wishes.lists), ("segments", wishes.segments))
    return {kind: [await _id_of(client, kind, name) for name in names] for kind, names in meant if names}


async def _id_of(client: Client, kind: str, name: str) -> str:
    """Its id as it is, or that of the one that has this name."""
    if name.startswith(("lst_", "seg_")):
        return name
    after = None
    while True:
        page = await client.get(f"/v1/{kind}", limit=100, after=after)
        for one in page["data"]:
            if one["name"] == name:
                return str(one["id"])
        after = page["paging"]["next"]
        if after is None:
            raise Trouble(ExitCode.REFUSED, f"there is no {kind[:-1]} of the name {name}")


async def _content(client: Client, wishes: Wishes, body: Body) -> None:
    if wishes.template is not None and wishes.text is not None:
        raise Trouble(ExitCode.USAGE, "give --template or --text, not both")
    if wishes.text is not None:
        body["content"] = {"body": {"type": "text", "text": {"body": wishes.text}}}
    if wishes.template is not None:
        template = await _template(client, wishes.template)
        body["content"] = {"body": content_of(template)}
        body.setdefault("purpose", str(template["category"]).lower())


async def _template(client: Client, text: str) -> Body:
    name, _, language = text.partition("/")
    found = await _known(client, name, language)
    if not found:  # it may be new, or none was ever read
        await client.post(f"/v1/templates/sync?wait_seconds={_SYNC_SECONDS}")
        found = await _known(client, name, language)
    if not found:
        hint = "`trunkline templates list` shows those that are known"
        raise Trouble(ExitCode.REFUSED, f"there is no template {text}; {hint}")
    if len(found) > 1:
        languages = ", ".join(sorted(one["language"] for one in found))
        raise Trouble(
            ExitCode.USAGE, f"{name} is there in several languages: write {name}/LANG ({languages})"
        )
    return found[0]


async def _known(client: Client, name: str, language: str) -> list[Body]:
    page = await client.get("/v1/templates", name=name, limit=100)
    return [one for one in page["data"] if not one["removed_at"] and language in ("", one["language"])]


def _variables(wishes: Wishes) -> Body:
    variables: Body = {}
    for text in wishes.fills or ():
        gap, source = _pair("--set", text)
        column, _, default = source.partition("|")
        variable = {"column": column, "attribute": column} | ({"default": default} if default else {})
        variables[gap] = variable
    for text in wishes.texts or ():
        gap, default = _pair("--value", text)
        variables[gap] = {"default": default}
    return variables


def _pair(option: str, text: str) -> tuple[str, str]:
    gap, sign, value = text.partition("=")
    if not sign or not gap or not value:
        raise Trouble(ExitCode.USAGE, f"{option} {text}: write GAP=…, as in first_name=Name")
    return gap.strip(), value


def _schedule(wishes: Wishes) -> Body:
    schedule = _given(start_at=wishes.start_at, local_time=wishes.local_time)
    if wishes.quiet is not None:
        start, _, end = wishes.quiet.partition("-")
        schedule["quiet_hours"] = {"start": start.strip(), "end": end.strip()}
    return schedule


def as_budget(text: str) -> Body:
    amount, _, currency = text.strip().partition(" ")
    if not currency:
        raise Trouble(
            ExitCode.USAGE, f'{text}: write a budget as an amount and its currency, as in "250 EUR"'
        )
    return {"amount": amount, "currency": currency.strip().upper()}
