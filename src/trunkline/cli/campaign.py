"""`trunkline campaign`: one message to many people: written down, checked, started, watched, stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import quote

import typer

from trunkline.cli import campaign_bar, campaign_verdict, life, output
from trunkline.cli.campaign_body import Wishes, as_budget, body_of
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import After, Door, Json, expanded

campaign = typer.Typer(
    no_args_is_help=True, help="Campaigns: one message to many people, looked at before it goes."
)

CampaignId = Annotated[str, typer.Argument(metavar="ID", help="cmp_…")]
Watch = Annotated[bool, typer.Option("--watch", help="Stay, and show how it goes on.")]
_PATH = "/v1/campaigns"
_POLL_SECONDS = 0.2

Told = dict[str, Any]


@campaign.command("create")
@expanded
def create(
    wishes: Wishes,
    door: Door,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Body of POST /v1/campaigns as JSON; - is standard input."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a campaign down. Nothing is sent before `campaign start`."""

    async def work() -> Told:
        async with open_door(door) as client:
            body: Told = {"audience": {}} | await body_of(client, wishes, file)
            made: Told = await client.post(_PATH, body)
            return made

    with output.command(as_json) as out:
        made = asyncio.run(work())
        out.result(made, lambda: show_made(made))


def path_of(campaign_id: str, what: str = "") -> str:
    return f"{_PATH}/{quote(campaign_id, safe='')}{what}"


def show_made(made: Told) -> None:
    output.console().print(f"{made['id']}  {output.plain(made['name'])}", markup=False)
    for warning in made["warnings"]:
        output.show_problem(warning)


@campaign.command("change")
@expanded
def change(
    campaign_id: CampaignId,
    wishes: Wishes,
    door: Door,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Members to change, as JSON; - is standard input.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a campaign before it starts. It must be checked again."""

    async def work() -> Told:
        async with open_door(door) as client:
            known = (await client.get(path_of(campaign_id)))["definition"]
            made: Told = await client.patch(path_of(campaign_id), await body_of(client, wishes, file, known))
            return made

    with output.command(as_json) as out:
        made = asyncio.run(work())
        out.result(made, lambda: show_made(made))


@campaign.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    state: Annotated[str | None, typer.Option("--state", help="draft, running, paused …")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 20,
    after: After = None,
) -> None:
    """List campaigns, the newest first."""

    async def work() -> Told:
        async with open_door(door) as client:
            page: Told = await client.get(_PATH, state=state, limit=limit, after=after)
            return page

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _list(page["data"]))
        out.onward(page)


def _list(found: list[Told]) -> None:
    rows = [
        (
            one["id"],
            one["name"],
            one["state"] + (f" ({one['state_reason']})" if one["state_reason"] else ""),
            life.local_time(one["created_at"], with_date=True),
            life.local_time(one["started_at"], with_date=True) if one["started_at"] else None,
        )
        for one in found
    ]
    output.table(("id", "name", "state", "made", "started"), rows, empty="There is no campaign.")


@campaign.command("show")
@expanded
def show(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Show a campaign: its state, its recipients' totals, and what its check found."""

    async def work() -> Told:
        async with open_door(door) as client:
            found: Told = await client.get(path_of(campaign_id))
            return found

    with output.command(as_json) as out:
        found = asyncio.run(work())
        out.result(found, lambda: _show(found))


def _show(found: Told) -> None:
    screen = output.console()
    labels = {"state_detail": "why", "per_second": "a second", "parent_id": "rest of"}
    for name in ("id", "name", "state", "state_detail", "per_second", "winner", "parent_id"):
        if found[name] is not None:
            value = f"{found[name]:g}" if name == "per_second" else str(found[name])
            screen.print(output.labelled(labels.get(name, name), value), soft_wrap=True)
    for label in ("start_at", "started_at", "ended_at"):
        if found[label]:
            text = life.local_time(found[label], with_date=True)
            screen.print(output.labelled(label.removesuffix("_at"), text))
    totals = found["totals"]
    for label in ("ready", "created", "skipped", "canceled"):
        if totals[label]:
            screen.print(output.labelled(label, str(totals[label])))
    for state, count in totals["messages"].items():
        screen.print(output.labelled("", f"{count:>8}  {state}", life.STYLE.get(state, "")))
    if found["report"]:
        screen.print()
        campaign_verdict.show(found["report"], is_ahead=not found["started_at"])


@campaign.command("recipients")
@expanded
def recipients(
    campaign_id: CampaignId,
    door: Door,
    as_json: Json = False,
    state: Annotated[str | None, typer.Option("--state", help="ready, created, skipped, canceled.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only who gets nothing for it: opted_out, duplicate …")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="NUMBER", help="Only this recipient.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    after: After = None,
) -> None:
    """List who gets it and who does not, each with a verdict and what became of their message."""

    async def work() -> Told:
        async with open_door(door) as client:
            query = {"state": state, "reason": reason, "to": to, "limit": limit, "after": after}
            page: Told = await client.get(path_of(campaign_id, "/recipients"), **query)
            return page

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _recipients(page["data"]))
        out.onward(page)


def _recipients(found: list[Told]) -> None:
    rows = [
        (
            one["n"],
            one["to"],
            one["state"],
            one["reason"] or (one["message"] or {}).get("state"),
            one["detail"],
        )
        for one in found
    ]
    output.table(("n", "to", "state", "why / message", "detail"), rows, empty="There is nobody.")


@campaign.command("check")
@expanded
def check(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Give every recipient a verdict, and show what was found. Ends with 1 when it can not be started."""

    async def work(out: output.Output) -> Told:
        async with open_door(door) as client:
            return await checked(client, campaign_id, out)

    with output.command(as_json) as out:
        found = asyncio.run(work(out))
        out.result(found, lambda: campaign_verdict.show(found["report"]))
        if not found["report"]["may_start"]:
            raise typer.Exit(ExitCode.REFUSED)


async def checked(client: Client, campaign_id: str, out: output.Output) -> Told:
    """The campaign once its check has ended."""
    await client.post(path_of(campaign_id, "/check"), {})
    await campaign_bar.watch(client, campaign_id, out)
    while True:
        found: Told = await client.get(path_of(campaign_id))
        if found["state"] != "checking":
            break
        await asyncio.sleep(_POLL_SECONDS)
    if found["report"] is None:
        raise Trouble(ExitCode.REFUSED, f"the check was ended: the campaign is {found['state']}")
    return found


@campaign.command("start")
@expanded
def start(campaign_id: CampaignId, door: Door, as_json: Json = False, watch: Watch = False) -> None:
    """Start a campaign that was checked; or have it start at its time, where it has one."""

    async def work(out: output.Output) -> None:
        async with open_door(door) as client:
            found = await client.post(path_of(campaign_id, "/start"), {})
            if watch:
                await watched(client, campaign_id, out)
                return
            out.result(found, lambda: _said(found))

    with output.command(as_json) as out:
        asyncio.run(work(out))


@campaign.command("watch")
@expanded
def watch(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Show how a campaign goes on, until it is over (0) or paused (5)."""

    async def work(out: output.Output) -> None:
        async with open_door(door) as client:
            await watched(client, campaign_id, out)

    with output.command(as_json) as out:
        asyncio.run(work(out))


async def watched(client: Client, campaign_id: str, out: output.Output) -> None:
    """Ends with `PENDING` when it is paused before it is over."""
    await campaign_bar.watch(client, campaign_id, out)
    found: Told = await client.get(path_of(campaign_id))
    out.result(found, lambda: _said(found))
    if found["state"] == "paused":
        raise typer.Exit(ExitCode.PENDING)


@campaign.command("schedule")
@expanded
def schedule(
    campaign_id: CampaignId,
    door: Door,
    as_json: Json = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As 2026-12-24T18:00:00Z; else as planned.")
    ] = None,
) -> None:
    """Have a campaign that was checked start by itself."""
    _decide(campaign_id, door, as_json, "schedule", {"start_at": at} if at else {})


@campaign.command("pause")
@expanded
def pause(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Stop sending at once. What is on its way goes on."""
    _decide(campaign_id, door, as_json, "pause")


@campaign.command("resume")
@expanded
def resume(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Send the rest."""
    _decide(campaign_id, door, as_json, "resume")


@campaign.command("cancel")
@expanded
def cancel(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """End a campaign: whoever has got nothing yet gets nothing."""
    _decide(campaign_id, door, as_json, "cancel")


@campaign.command("pace")
@expanded
def pace(
    campaign_id: CampaignId,
    door: Door,
    per_second: Annotated[
        float | None,
        typer.Argument(metavar="[N]", help="Messages a second; without it as it was defined."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change how fast it goes, while it runs too."""

    async def act(client: Client) -> Any:
        return await client.patch(path_of(campaign_id, "/pace"), {"per_second": per_second})

    _do(door, as_json, act)


@campaign.command("budget")
@expanded
def budget(
    campaign_id: CampaignId,
    door: Door,
    amount: Annotated[str, typer.Argument(help='What it may cost in all, as "250 EUR".')],
    as_json: Json = False,
) -> None:
    """Change what it may cost, while it runs too."""

    async def act(client: Client) -> Any:
        return await client.patch(path_of(campaign_id, "/budget"), as_budget(amount))

    _do(door, as_json, act)


@campaign.command("rm")
@expanded
def remove(campaign_id: CampaignId, door: Door, as_json: Json = False) -> None:
    """Remove a campaign that has not started or is over. Its messages stay."""

    async def work() -> None:
        async with open_door(door) as client:
            await client.delete(path_of(campaign_id))

    with output.command(as_json) as out:
        asyncio.run(work())
        told = {"id": campaign_id, "removed": True}
        out.result(told, lambda: output.console().print(f"{campaign_id} is removed."))


def _decide(campaign_id: str, door: Door, as_json: bool, decision: str, body: Told | None = None) -> None:
    async def act(client: Client) -> Any:
        return await client.post(path_of(campaign_id, f"/{decision}"), body or {})

    _do(door, as_json, act)


def _do(door: Door, as_json: bool, act: Callable[[Client], Awaitable[Any]]) -> None:
    async def work() -> Told:
        async with open_door(door) as client:
            found: Told = await act(client)
            return found

    with output.command(as_json) as out:
        found = asyncio.run(work())
        out.result(found, lambda: _said(found))


def _said(found: Told) -> None:
    why = f" ({found['state_detail']})" if found["state_detail"] else ""
    when = ""
    if found["state"] == "scheduled":
        when = f", starts {life.local_time(found['start_at'], with_date=True)}"
    line = f"{found['id']} is {found['state']}{why}{when}"
    output.console().print(output.plain(line), markup=False, soft_wrap=True)
