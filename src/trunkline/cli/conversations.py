"""`trunkline conversations`: who wrote to which number, until when they may be answered, what was said."""

import asyncio
import json
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.doors import open_door
from trunkline.cli.life import local_time
from trunkline.cli.options import After, Door, Json, expanded

conversations = typer.Typer(
    no_args_is_help=True, help="Conversations: who wrote, whether they may be answered, what was said."
)

ConversationId = Annotated[str, typer.Argument(metavar="ID", help="cnv_…")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")]


@conversations.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    number: Annotated[str | None, typer.Option("--number", metavar="NUMBER", help="Business number.")] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", metavar="WHO", help="con_…, a phone number or a user id.")
    ] = None,
    limit: Limit = 20,
    after: After = None,
) -> None:
    """List conversations, whoever wrote last first."""

    async def work() -> dict[str, Any]:
        async with open_door(door) as client:
            query = {"number": number, "contact": contact, "limit": limit, "after": after}
            page: dict[str, Any] = await client.get("/v1/conversations", **query)
            return page

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _list(page["data"]))
        out.onward(page)


def _list(found: list[dict[str, Any]]) -> None:
    rows = [
        (
            one["id"],
            local_time(one["last_inbound_at"], with_date=True),
            one["number"],
            _who(one["contact"]),
            _window(one["window"]),
            one["unread"] or "",
        )
        for one in found
    ]
    columns = ("id", "last wrote", "number", "who", "window", "unread")
    output.table(columns, rows, empty="Nobody has written yet.")


@conversations.command("show")
@expanded
def show(
    conversation_id: ConversationId, door: Door, as_json: Json = False, limit: Limit = 20, after: After = None
) -> None:
    """Show a conversation: its window, and what both sides said, the newest last."""

    async def work() -> tuple[dict[str, Any], dict[str, Any]]:
        async with open_door(door) as client:
            path = f"/v1/conversations/{conversation_id}"
            return await client.get(path), await client.get(f"{path}/messages", limit=limit, after=after)

    with output.command(as_json) as out:
        conversation, page = asyncio.run(work())
        out.result(conversation | {"messages": page}, lambda: _show(conversation, page["data"]))
        out.onward(page)


def _show(conversation: dict[str, Any], said: list[dict[str, Any]]) -> None:
    screen = output.console()
    for label, text in (
        ("id", conversation["id"]),
        ("number", conversation["number"]),
        ("who", _who(conversation["contact"])),
        ("window", _window(conversation["window"])),
        ("unread", str(conversation["unread"])),
    ):
        screen.print(output.labelled(label, text), soft_wrap=True)
    screen.print()
    for message in reversed(said):
        screen.print(output.plain(_line(message)), soft_wrap=True, markup=False, highlight=False)


def _line(message: dict[str, Any]) -> str:
    if message["direction"] == "inbound":
        return f"{local_time(message['at'], with_date=True)}  they  {_words(message)}"
    state = message["state"]
    return f"{local_time(message['created_at'], with_date=True)}  we    {_words(message)}  ({state})"


def _words(message: dict[str, Any]) -> str:
    kind = message["type"]
    content = message["content"].get(kind)
    if kind == "text" and isinstance(content, dict):
        return str(content.get("body", ""))
    return f"[{kind}] {json.dumps(content, ensure_ascii=False)}"


def _who(contact: dict[str, Any]) -> str:
    address = contact["phone"] or contact["user_id"] or contact["id"]
    name = contact["name"] or contact["username"]
    return f"{name} ({address})" if name else str(address)


def _window(window: dict[str, Any]) -> str:
    if window["closes_at"] is None:
        return "never open"
    word = "open until" if window["is_open"] else "closed since"
    return f"{word} {local_time(window['closes_at'], with_date=True)}"
