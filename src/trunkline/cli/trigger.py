"""`trunkline trigger`: make an event happen, through the sandbox.

Nothing is forged: somebody writes on a handset, or a message is really sent, to a recipient whose phone does
what the event needs. So an endpoint or `trunkline listen` sees what it would see of a real number.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import WHERE, Door, Json, expanded
from trunkline.cli.sandbox.way import Way, digits_of, open_sandbox

_PATIENCE_SECONDS, _LOOK_SECONDS = 20.0, 0.1
_PHONE = "15550002222"
_TEXT = "Hello from a handset"

Event = dict[str, Any]

RECIPIENTS = {
    "message.submitted": "15555559010",
    "message.sent": "15555559017",
    "message.delivered": "15555559016",
    "message.read": "15550003333",
    "message.failed": "15555559001",
    "message.unknown": "15555559034",
}
"""Type → whom a text is sent to; what their phones do is in docs/sandbox.md."""

WORDS = {"message.received": _TEXT, "contact.opted_out": "STOP", "contact.opted_in": "START"}
"""Type → what somebody writes."""

KNOWN = (*WORDS, *RECIPIENTS, "message.canceled")


@expanded
def trigger(
    event: Annotated[str, typer.Argument(metavar="EVENT", help=f"One of: {', '.join(KNOWN)}.")],
    door: Door,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="What is written.")] = None,
    phone: Annotated[
        str | None,
        typer.Option("--from", metavar="NUMBER", help=f"Who writes, of what a handset does; else {_PHONE}."),
    ] = None,
    sandbox_url: Annotated[
        str | None,
        typer.Option(
            "--sandbox-url",
            metavar="URL",
            help="Sandbox to use; else that of the server on the data folder.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make an event happen, through the sandbox, and print it once it is in the log."""
    with output.command(as_json) as out:
        if event not in KNOWN:
            raise Trouble(ExitCode.USAGE, f"{event} can not be triggered; these can: {', '.join(KNOWN)}")
        if phone is not None and event not in WORDS:
            raise Trouble(ExitCode.USAGE, f"--from goes with what a handset writes, not with {event}")
        way = Way(sandbox_url=sandbox_url, data=door.data, config=door.config)
        told = asyncio.run(_trigger(event, door, way, text, digits_of(phone or _PHONE)))
        out.result(told, lambda: _show(told))


async def _trigger(event: str, door: Door, way: Way, text: str | None, phone: str) -> Event:
    async with open_sandbox(way) as sandbox, open_door(door) as client:
        number = await _number(client, sandbox)
        place = await _newest(client)
        if event in WORDS:
            is_it = await _write(sandbox, number, phone, text or WORDS[event], event)
        else:
            is_it = await _send(client, number, event, text or f"This is for {event}")
        return await _wait(client, event, place, is_it)


async def _number(client: Client, sandbox: Client) -> dict[str, Any]:
    """A number of the account that the sandbox plays. A real one is never written from."""
    theirs = {str(each["phone_number_id"]) for each in (await sandbox.get("/_sandbox/numbers"))["data"]}
    for number in (await client.get("/v1/numbers"))["data"]:
        is_there = number["is_builtin"] or number["base_url"].startswith(sandbox.url + "/")
        if is_there and number["phone_number_id"] in theirs:
            return dict(number)
    detail = (
        f"no number of this account is one of the sandbox at {sandbox.url}, and no other is used for this"
    )
    raise Trouble(ExitCode.REFUSED, detail)


async def _newest(client: Client) -> str | None:
    newest: list[Event] = (await client.get("/v1/events", order="newest", limit=1))["data"]
    return str(newest[0]["id"]) if newest else None


async def _write(
    sandbox: Client, number: dict[str, Any], phone: str, text: str, event: str
) -> Callable[[Event], bool]:
    action = {"do": "send", "type": "text", "text": {"body": text}, "number": number["phone_number_id"]}
    wamid = (await sandbox.post(f"/_sandbox/handsets/{phone}/actions", action))["message"]["id"]
    return lambda found: not event.startswith("message.") or found["data"].get("provider_id") == wamid


async def _send(client: Client, number: dict[str, Any], event: str, text: str) -> Callable[[Event], bool]:
    body = {
        "to": RECIPIENTS.get(event, _PHONE),
        "from": number["from"],
        "type": "text",
        "text": {"body": text},
    }
    if event != "message.canceled":
        message_id = await _hand_in(client, body)
    else:
        message_id = await _hand_in(client, body | {"send_at": _in_an_hour()})
        await client.post(f"/v1/messages/{message_id}/cancel")
    return lambda found: found["object_id"] == message_id


async def _hand_in(client: Client, body: dict[str, Any]) -> str:
    return str((await client.post("/v1/whatsapp/messages", body))["id"])


def _in_an_hour() -> str:
    from trunkline.clock import SystemClock, to_rfc3339

    return to_rfc3339(SystemClock().now() + 3_600_000)


async def _wait(client: Client, event: str, place: str | None, is_it: Callable[[Event], bool]) -> Event:
    clock = asyncio.get_running_loop().time
    deadline = clock() + _PATIENCE_SECONDS
    while clock() < deadline:
        page: list[Event] = (await client.get("/v1/events", after=place, types=event, limit=1000))["data"]
        for found in filter(is_it, page):
            return found
        await asyncio.sleep(_LOOK_SECONDS)
    detail = (
        f"it was done, but no {event} came within {_PATIENCE_SECONDS:g} s; look at: trunkline events list"
    )
    raise Trouble(ExitCode.PENDING, detail)


def _show(event: Event) -> None:
    screen = output.console()
    for label, text in (("event", event["id"]), ("type", event["type"]), ("about", event["object_id"])):
        screen.print(output.labelled(label, text), soft_wrap=True)
