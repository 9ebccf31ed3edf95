"""`trunkline sandbox handset`: what the person with a phone does, so that no browser is needed to answer."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.life import local_time
from trunkline.cli.sandbox.chat import show_message
from trunkline.cli.sandbox.doing import Doing, Wish, prepare
from trunkline.cli.sandbox.way import Business, Way, business_of, digits_of, open_sandbox

Told = dict[str, Any]


def handset(
    way: Way,
    number: Annotated[
        str | None,
        typer.Argument(metavar="NUMBER", help="Phone number with its country code; without: who is there."),
    ] = None,
    doing: Annotated[
        Doing | None, typer.Argument(metavar="ACTION", help=f"One of: {', '.join(Doing)}.")
    ] = None,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS",
            help="The text, button, row, emoji, name or number that the action needs; "
            "for fill and order JSON, for share-location LATITUDE,LONGITUDE.",
        ),
    ] = None,
    message: Annotated[
        str | None,
        typer.Option("--message", metavar="ID", help="What is answered; else the last message that fits."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="With send: a file; the text is its caption."),
    ] = None,
    business: Business = None,
) -> None:
    """Do what the person with this phone would do; without an action, show how the phone is.

    Every number is somebody. A phone that nobody holds reads what comes by itself; `open` takes it in the
    hand, `let-go` ends that.
    """
    with output.command(way.as_json) as out:
        if number is None:
            _show_list(out, asyncio.run(_list(way)))
            return
        digits = digits_of(number)
        if doing is None:
            person = asyncio.run(_get(way, digits))
            out.result(person, lambda: _show(person))
            return
        wish = Wish(doing, tuple(words or ()), message, file)
        told = asyncio.run(_perform(way, digits, wish, business))
        out.result(told, lambda: _show_done(told, doing))


async def _list(way: Way) -> list[Told]:
    async with open_sandbox(way) as client:
        people: list[Told] = (await client.get("/_sandbox/handsets"))["data"]
        return people


async def _get(way: Way, digits: str) -> Told:
    async with open_sandbox(way) as client:
        person: Told = await client.get(f"/_sandbox/handsets/{digits}")
        return person


async def _perform(way: Way, digits: str, wish: Wish, business: str | None) -> Told:
    async with open_sandbox(way) as client:
        number = await business_of(client, business)
        chat = await client.get(f"/_sandbox/chats/{digits}/{number}")
        action = await prepare(wish, client, chat["messages"])
        path = f"/_sandbox/handsets/{digits}/actions"
        told: Told = await client.post(path, {**action, "number": number})
        return told


def _show_done(told: Told, doing: Doing) -> None:
    if told.get("message"):
        show_message(told["message"])
    elif doing in (Doing.TAP, Doing.PLAY):
        output.console().print("Done; nothing is written to the business.")
    else:
        _show(told["handset"])


def _show(person: Told) -> None:
    screen = output.console()
    for label, text in _lines(person):
        screen.print(output.labelled(label, text), soft_wrap=True)


def _lines(person: Told) -> list[tuple[str, str]]:
    lines = [("number", f"+{person['address']}"), ("name", str(person["name"]))]
    if person["username"]:
        lines.append(("username", person["username"]))
    lines.append(("phone", "on" if person["online"] else "off"))
    lines.append(("chat", _reading(person)))
    for chat in person["chats"]:
        if chat["phone_number_id"] in person["blocked"]:
            lines.append(("blocked", chat["phone_number_id"]))
        if chat["phone_number_id"] in person["marketing_stopped"]:
            lines.append(("marketing", f"stopped for {chat['phone_number_id']}"))
        if chat["window_closes_at"]:
            closes = local_time(chat["window_closes_at"], with_date=True)
            lines.append(("window", f"closes {closes}"))
    return lines


def _reading(person: Told) -> str:
    if not person["held"]:
        return "read by itself a moment after it comes"
    return f"open with {person['open_chat']}" if person["open_chat"] else "closed: what comes is not read"


def _show_list(out: output.Output, people: list[Told]) -> None:
    def show() -> None:
        rows = [(f"+{one['address']}", one["name"], "on" if one["online"] else "off") for one in people]
        output.table(("number", "name", "phone"), rows, empty="Nobody yet: every number is somebody.")

    out.result(people, show)
