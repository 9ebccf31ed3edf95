"""`trunkline sandbox chat`: a conversation as text, once or as it goes on."""

import asyncio
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.life import local_time
from trunkline.cli.sandbox.drawing import Message, draw, first_words
from trunkline.cli.sandbox.way import Business, Handset, Way, business_of, digits_of, open_sandbox

_LOOK_EVERY_SECONDS = 0.3
_SIDE = {"business": "bold", "handset": "cyan"}


def chat(
    number: Handset,
    way: Way,
    business: Business = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=2000, help="How many at most.")] = 50,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")
    ] = False,
) -> None:
    """Print the chat of a handset with the business, the oldest message first."""
    with output.command(way.as_json) as out:
        asyncio.run(_show(way, digits_of(number), business, limit, follow=follow, out=out))


def show_message(message: Message, others: dict[str, Message] | None = None) -> None:
    """`others` are those of the chat, by id: a quoted one is named."""
    from rich.text import Text

    lines = [output.plain(line) for line in draw(message)]
    quoted = (others or {}).get((message.get("context") or {}).get("id", ""))
    if quoted is not None:
        lines.insert(0, output.plain(f"answers: {first_words(quoted)}"))
    side = message["from"]
    head = Text.assemble((f"{local_time(message['at'])[:8]}  ", "dim"), (f"{side:<10}", _SIDE.get(side, "")))
    body = ("\n" + " " * 20).join(lines)
    text = Text.assemble(head, body, (f"  ({_state(message)})" if message.get("status") else "", "dim"))
    output.console().print(text, soft_wrap=True)


def _state(message: Message) -> str:
    error = message.get("error")
    told = f"{message['status']}: {error['code']} {error['title']}" if error else message["status"]
    return output.plain(str(told))


async def _show(
    way: Way, digits: str, business: str | None, limit: int, *, follow: bool, out: output.Output
) -> None:
    async with open_sandbox(way) as client:
        number = await business_of(client, business)
        path = f"/_sandbox/chats/{digits}/{number}"
        chat = await client.get(path, limit=limit)
        if not follow:
            out.result(chat, lambda: _show_chat(chat))
            return
        shown: dict[str, Message] = {}
        while True:
            _show_news(chat["messages"], shown, out)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            chat = await client.get(path, limit=limit)


def _show_chat(chat: dict[str, Any]) -> None:
    business, messages = chat["business"], {message["id"]: message for message in chat["messages"]}
    head = f"+{chat['handset']['address']} {chat['handset']['name']} and {business['name']}"
    output.console().print(output.plain(head), style="dim", markup=False)
    for message in messages.values():
        show_message(message, messages)
    if not messages:
        output.console().print("There are no messages yet.")


def _show_news(messages: list[Message], shown: dict[str, Message], out: output.Output) -> None:
    """New messages, and those of which something changed."""
    for message in messages:
        before = shown.get(message["id"])
        shown[message["id"]] = message
        if before == message:
            continue
        if out.as_json:
            output.print_json(message)
        elif before is None:
            show_message(message, shown)
        elif before["status"] != message["status"]:
            out.note(f"{' ' * 20}{_state(message)}: {first_words(message)}")
        else:
            show_message(message, shown)
