"""`trunkline sandbox populate`: people who behave by seeded chance, and a file with their numbers."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from trunkline.cli import output
from trunkline.cli.clock import read_duration
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sandbox.way import Way, digits_of, only_one, open_sandbox

_ROUTE = "/_sandbox/populations"
_CHANCES = ("read", "reply", "stop", "block", "offline", "unreachable")
_LINES_AT_ONCE = 10_000
_WORTH_SHOWING = 1_000_000
"""Numbers; fewer are written before anybody could see a bar."""


def _share(help_: str) -> Any:
    return typer.Option(min=0, max=1, metavar="SHARE", help=help_)


def populate(
    way: Way,
    count: Annotated[
        int | None, typer.Argument(metavar="COUNT", min=1, help="How many people, at most 10,000,000.")
    ] = None,
    read: Annotated[float, _share("Of the delivered messages: read.")] = 0.7,
    reply: Annotated[float, _share("Of the read messages: answered.")] = 0.0,
    stop: Annotated[float, _share("Of the read messages: the person stops marketing messages.")] = 0.0,
    block: Annotated[float, _share("Of the read messages: the person blocks the business.")] = 0.0,
    offline: Annotated[float, _share("Of the people: the phone is off.")] = 0.0,
    unreachable: Annotated[float, _share("Of the people: not on WhatsApp.")] = 0.0,
    within: Annotated[
        str, typer.Option("--within", metavar="DURATION", help="Longest time until a person reads or acts.")
    ] = "5s",
    reply_text: Annotated[
        list[str] | None, typer.Option("--reply-text", metavar="TEXT", help="An answer. Repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same people.")] = 1,
    first: Annotated[
        str | None, typer.Option("--first", metavar="NUMBER", help="First number; else 15557000000.")
    ] = None,
    numbers: Annotated[
        str | None,
        typer.Option("--numbers", metavar="FILE", help="Write the numbers there as CSV; - prints them."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the populations instead.")] = False,
    remove: Annotated[str | None, typer.Option("--remove", metavar="ID", help="Remove one instead.")] = None,
) -> None:
    """Give a range of numbers people who read, answer, opt out and block by seeded chance.

    They last until they are removed, over restarts of the sandbox too.
    """
    with output.command(way.as_json) as out:
        what = only_one(COUNT=count, list=list_, remove=remove)
        if what == "list":
            _show_list(out, asyncio.run(_list(way)))
        elif remove is not None:
            asyncio.run(_remove(way, remove))
            out.result({"removed": remove}, lambda: output.console().print(f"{remove} is removed."))
        else:
            chances = dict(zip(_CHANCES, (read, reply, stop, block, offline, unreachable), strict=True))
            wanted: dict[str, Any] = {
                "count": count,
                "seed": seed,
                "within_seconds": read_duration(within),
                **chances,
            }
            wanted |= {"first": digits_of(first)} if first is not None else {}
            wanted |= {"replies": reply_text} if reply_text else {}
            _add(way, wanted, numbers, out)


def _add(way: Way, wanted: dict[str, Any], numbers: str | None, out: output.Output) -> None:
    if numbers == "-" and out.as_json:
        raise Trouble(ExitCode.USAGE, "--json and --numbers - would both be printed: name a file")
    with _open(numbers) as file:
        made = asyncio.run(_ask(way, "POST", _ROUTE, wanted))
        if file is not None:
            _write(made, file)
    if numbers == "-":
        out.note(_in_words(made))
        return
    out.result(made, lambda: output.console().print(_in_words(made), markup=False))


async def _ask(way: Way, method: str, path: str, body: Any = None) -> Any:
    async with open_sandbox(way) as client:
        return await client.call(method, path, body)


async def _list(way: Way) -> list[dict[str, Any]]:
    populations: list[dict[str, Any]] = (await _ask(way, "GET", _ROUTE))["data"]
    return populations


async def _remove(way: Way, wanted: str) -> None:
    known = [population["id"] for population in await _list(way)]
    if wanted not in known:
        detail = f"there is no population {wanted}; there are: {', '.join(known) or 'none'}"
        raise Trouble(ExitCode.REFUSED, detail)
    await _ask(way, "DELETE", f"{_ROUTE}/{wanted}")


@contextlib.contextmanager
def _open(name: str | None) -> Iterator[TextIO | None]:
    """The file, before anybody is asked; it is there only once it is whole."""
    if name in (None, "-"):
        yield sys.stdout if name else None
        return
    path = Path(str(name))
    draft = path.with_name(f"{path.name}.part")
    try:
        file = draft.open("w", encoding="ascii", newline="\n")
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{path} can not be written: {error.strerror}") from None
    try:
        with file:
            yield file
        draft.replace(path)
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{path} can not be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _write(population: dict[str, Any], file: TextIO) -> None:
    """As `GET /_sandbox/populations/{id}/numbers`, without sending a hundred megabytes over."""
    from rich.progress import Progress

    first, count = int(population["first"]), population["count"]
    screen = output.console(error=True)
    with Progress(console=screen, transient=True, disable=count < _WORTH_SHOWING) as progress:
        task = progress.add_task("writing the numbers", total=count)
        file.write("phone\n")
        for start in range(first, first + count, _LINES_AT_ONCE):
            end = min(start + _LINES_AT_ONCE, first + count)
            file.write("".join(f"+{number}\n" for number in range(start, end)))
            progress.advance(task, end - start)
    file.flush()


def _in_words(population: dict[str, Any]) -> str:
    chances = ", ".join(f"{name} {population[name]:g}" for name in _CHANCES)
    people = "one person" if population["count"] == 1 else f"{population['count']:,} people"
    return f"{population['id']}: {people}, +{population['first']} to +{population['last']}; {chances}"


def _show_list(out: output.Output, populations: list[dict[str, Any]]) -> None:
    def show() -> None:
        for population in populations:
            output.console().print(_in_words(population), markup=False)
        if not populations:
            output.console().print("There are no populations.")

    out.result(populations, show)
