"""`trunkline events`: what happened, and telling an endpoint of it once more."""

import asyncio
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.life import local_time
from trunkline.cli.options import Door, Json, expanded

events = typer.Typer(no_args_is_help=True, help="Events: what happened, in its order.")

_ABOUT_NUMBERS = ("number.held", "number.released")
"""Types whose `data` is the number itself."""

EventId = Annotated[str, typer.Argument(metavar="ID", help="evt_…")]
Types = Annotated[
    str | None, typer.Option("--events", metavar="TYPES", help="Only these, as message.read,contact.*.")
]


@events.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    types: Types = None,
    object_id: Annotated[
        str | None, typer.Option("--object", metavar="ID", help="What it is about: a message, a contact …")
    ] = None,
    number: Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="Business number.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="At or after: 2026-12-24T18:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 20,
    after: Annotated[
        str | None, typer.Option("--after", metavar="ID", help="What follows this event in the list.")
    ] = None,
    oldest: Annotated[bool, typer.Option("--oldest", help="The oldest first.")] = False,
) -> None:
    """List events, the newest first."""

    async def work() -> dict[str, Any]:
        async with open_door(door) as client:
            query = {
                "types": types,
                "object_id": object_id,
                "number": number,
                "since": since,
                "until": until,
                "limit": limit,
                "after": after,
                "order": "oldest" if oldest else "newest",
            }
            page: dict[str, Any] = await client.get("/v1/events", **query)
            return page

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _list(page["data"]))
        out.onward(page)


def _list(found: list[dict[str, Any]]) -> None:
    rows = [
        (event["id"], local_time(event["timestamp"], with_date=True), event["type"], event["object_id"])
        for event in found
    ]
    output.table(("id", "time", "type", "about"), rows, empty="There is no such event.")


@events.command("show")
@expanded
def show(event_id: EventId, door: Door, as_json: Json = False) -> None:
    """Show an event as endpoints get it."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.get(f"/v1/events/{event_id}")

    with output.command(as_json) as out:
        event = asyncio.run(work())
        out.result(event, lambda: output.console().print_json(data=event))


@events.command("resend")
@expanded
def resend(
    event_id: EventId,
    door: Door,
    as_json: Json = False,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", metavar="ID", help="Only to this one; else to all that want it."),
    ] = None,
) -> None:
    """Deliver an event once more, with the same webhook-id."""

    async def work() -> list[dict[str, Any]]:
        async with open_door(door) as client:
            chosen = [endpoint] if endpoint else await _endpoints_for(client, event_id)
            return [await _replay(client, each, event_id) for each in chosen]

    with output.command(as_json) as out:
        told = asyncio.run(work())
        out.result(told, lambda: _show_resent(event_id, told))


async def _endpoints_for(client: Client, event_id: str) -> list[str]:
    """Those that it went to. `Trouble` when there is none."""
    event = await client.get(f"/v1/events/{event_id}")
    everybody: list[dict[str, Any]] = (await client.get("/v1/endpoints"))["data"]
    wanting = [str(each["id"]) for each in everybody if wants(each, event)]
    if not wanting:
        detail = f"no endpoint wants {event['type']}; add one, or name one with --endpoint"
        raise Trouble(ExitCode.REFUSED, detail)
    return wanting


def wants(endpoint: dict[str, Any], event: dict[str, Any]) -> bool:
    """As the server chooses for new events: by type, by number, and a test only for whom it was."""
    from trunkline.model.events import chosen

    if event["type"] == "endpoint.test":
        return bool(endpoint["id"] == event["object_id"])
    number_id = event["data"]["id"] if event["type"] in _ABOUT_NUMBERS else event["data"].get("number_id")
    if endpoint["number_id"] not in (None, number_id):
        return False
    return chosen(endpoint["event_types"])(event["type"])


async def _replay(client: Client, endpoint_id: str, event_id: str) -> dict[str, Any]:
    answer = await client.post(f"/v1/endpoints/{endpoint_id}/replay", {"event_ids": [event_id]})
    return {"endpoint": endpoint_id, **answer}


def _show_resent(event_id: str, told: list[dict[str, Any]]) -> None:
    for each in told:
        said = "goes to {} once more" if each["replayed"] else "is yet to come to {}, or has no shape there"
        output.console().print(f"{event_id} {said.format(each['endpoint'])}.", markup=False)
