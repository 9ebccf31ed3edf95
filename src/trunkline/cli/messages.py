"""`trunkline messages`: what became of what was sent."""

import asyncio
from typing import Annotated, Any

import typer

from trunkline.cli import life, output
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import After, Door, Json, expanded
from trunkline.cli.send.way import Wait
from trunkline.cli.watching import follow, moment_lines

messages = typer.Typer(no_args_is_help=True, help="Messages: their state and their life.")

MessageId = Annotated[str, typer.Argument(metavar="ID", help="msg_…, or the provider's id (wamid.…).")]


@messages.command("show")
@expanded
def show(
    message_id: MessageId,
    door: Door,
    as_json: Json = False,
    wait: Annotated[Wait | None, typer.Option("--wait", help="First wait until it is there.")] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, metavar="SECONDS", help="Give up waiting after so long.")
    ] = 60.0,
) -> None:
    """Show a message: content, state in words, and everything that happened to it."""

    async def work(out: output.Output) -> None:
        async with open_door(door) as client:
            if wait is None or wait is Wait.NONE:
                message = await client.get(f"/v1/messages/{message_id}")
                out.result(message, lambda: _show(message))
                return
            message = await follow(client, message_id, wait.value, timeout, out)
            if not life.has_reached(message, wait.value):
                raise typer.Exit(ExitCode.REFUSED)

    with output.command(as_json) as out:
        asyncio.run(work(out))


def _show(message: life.Message) -> None:
    import json

    screen = output.console()
    is_inbound = message.get("direction") == "inbound"
    for label, text in life.inbound_summary(message) if is_inbound else life.summary(message):
        style = life.STYLE.get(message["state"], "") if label == "state" else ""
        screen.print(output.labelled(label, text, style), soft_wrap=True)
    content = json.dumps(message["content"], ensure_ascii=False, indent=2)
    screen.print(output.labelled("content", content.replace("\n", "\n" + " " * 10)), soft_wrap=True)
    if is_inbound:
        return
    screen.print()
    for line in moment_lines(message["timeline"]):
        screen.print(line, soft_wrap=True)


@messages.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    state: Annotated[str | None, typer.Option("--state", help="queued, unknown, failed, read …")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="text, image, template …")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="NUMBER", help="Recipient.")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="NUMBER", help="Business number.")] = None,
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="ID", help="Only messages of this campaign.")
    ] = None,
    created_from: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Accepted at or after: 2026-12-24T18:00:00Z."),
    ] = None,
    created_to: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Accepted before.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 20,
    after: After = None,
) -> None:
    """List messages, the newest first."""

    async def work() -> dict[str, Any]:
        async with open_door(door) as client:
            query = {
                "state": state,
                "type": kind,
                "to": to,
                "from": sender,
                "campaign_id": campaign,
                "created_from": created_from,
                "created_to": created_to,
                "limit": limit,
                "after": after,
            }
            page: dict[str, Any] = await client.get("/v1/messages", **query)
            return page

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _list(page))
        out.onward(page)


def _list(page: dict[str, Any]) -> None:
    rows = [
        (
            message["id"],
            life.local_time(message["created_at"], with_date=True),
            message["from"],
            message.get("to") or message.get("recipient"),
            message["type"],
            message["state"],
        )
        for message in page["data"]
    ]
    columns = ("id", "accepted", "from", "to", "type", "state")
    output.table(columns, rows, empty="There is no such message.")


@messages.command("cancel")
@expanded
def cancel(message_id: MessageId, door: Door, as_json: Json = False) -> None:
    """Withdraw a message that was not sent yet. Ends with 1 when it is too late."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.post(f"/v1/messages/{message_id}/cancel")

    with output.command(as_json) as out:
        answer = asyncio.run(work())
        if not isinstance(answer, dict):
            raise Trouble(ExitCode.REFUSED, "the server's answer is not what this command knows")
        out.result(answer, lambda: output.console().print(f"{message_id} is canceled."))


@messages.command("resend")
@expanded
def resend(message_id: MessageId, door: Door, as_json: Json = False) -> None:
    """Send a message in doubt once more. It may arrive twice. Ends with 1 when it is in no doubt."""
    _decide(message_id, "resend", "is queued again; it may arrive twice.", door, as_json=as_json)


@messages.command("abandon")
@expanded
def abandon(message_id: MessageId, door: Door, as_json: Json = False) -> None:
    """Give a message in doubt up: it is not sent again. Ends with 1 when it is in no doubt."""
    _decide(message_id, "abandon", "is unconfirmed; it is not sent again.", door, as_json=as_json)


def _decide(message_id: str, decision: str, said: str, door: Door, *, as_json: bool) -> None:
    async def work() -> Any:
        async with open_door(door) as client:
            return await client.post(f"/v1/messages/{message_id}/{decision}")

    with output.command(as_json) as out:
        answer = asyncio.run(work())
        out.result(answer, lambda: output.console().print(f"{message_id} {said}"))
