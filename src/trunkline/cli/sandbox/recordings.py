"""`trunkline sandbox record` and `replay`: a conversation as a file, and its person's side done again."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from trunkline.cli import output
from trunkline.cli.clock import read_duration
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sandbox.way import Business, Handset, Way, business_of, digits_of, open_sandbox, read_file

_SLACK_SECONDS = 30


def record(
    number: Handset,
    way: Way,
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there; else print it.")
    ] = None,
    business: Business = None,
) -> None:
    """Write a chat as JSON, the person's files included: `replay` does it again."""
    with output.command(way.as_json) as out:
        recording = asyncio.run(_record(way, digits_of(number), business))
        text = json.dumps(recording, ensure_ascii=False, indent=2) + "\n"
        if file is None:
            typer.echo(text, nl=False)
            return
        try:
            file.write_text(text, "utf-8")
        except OSError as error:
            raise Trouble(ExitCode.USAGE, f"{file} can not be written: {error.strerror}") from None
        count = len(recording["steps"])
        told = f"{count} {'message' if count == 1 else 'messages'} in {file}"
        out.result({"file": str(file), "steps": count}, lambda: output.console().print(told, markup=False))


def replay(
    way: Way,
    file: Annotated[str, typer.Argument(metavar="FILE", help="As `record` wrote it; - is standard input.")],
    handset: Annotated[
        str | None, typer.Option("--handset", metavar="NUMBER", help="Who does it; else who did it then.")
    ] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.001, help="10 is ten times as fast.")] = 1.0,
    patience: Annotated[
        str, typer.Option("--patience", metavar="DURATION", help="How long to wait for each message.")
    ] = "30s",
    business: Business = None,
) -> None:
    """Do again what the person did, after each message that the business sent then.

    Ends with 1 when the business does not send one of them in time, or one of another type.
    """
    with output.command(way.as_json) as out:
        recording = _read(file)
        given = recording["handset"] if handset is None else handset
        seconds = read_duration(patience)
        replayed = asyncio.run(_replay(way, recording, digits_of(given), business, speed, seconds))
        if replayed["problem"]:
            detail = f"{replayed['problem']} {replayed['done']} of {replayed['of']} steps were done."
            raise Trouble(ExitCode.REFUSED, detail)
        told = f"All {replayed['of']} steps were done."
        out.result(replayed, lambda: output.console().print(told))


async def _record(way: Way, digits: str, business: str | None) -> dict[str, Any]:
    async with open_sandbox(way) as client:
        number = await business_of(client, business)
        recording: dict[str, Any] = await client.get(f"/_sandbox/chats/{digits}/{number}/recording")
        return recording


def _read(file: str) -> dict[str, Any]:
    """Looked at only as far as needed to ask for it; the sandbox checks the rest."""
    try:
        recording = json.loads(read_file(file))
    except (ValueError, RecursionError) as error:
        raise Trouble(ExitCode.USAGE, f"{file} is not JSON: {error}") from None
    is_one = isinstance(recording, dict) and isinstance(recording.get("steps"), list)
    if not is_one or not isinstance(recording.get("handset"), str):
        raise Trouble(ExitCode.USAGE, f"{file} is no recording: it needs handset and steps")
    return dict(recording)


async def _replay(
    way: Way, recording: dict[str, Any], digits: str, business: str | None, speed: float, patience: float
) -> dict[str, Any]:
    longest = _longest(recording["steps"], speed, patience)
    async with open_sandbox(way, longest) as client:
        number = await business_of(client, business)
        query = urlencode({"speed": speed, "patience": patience})
        replayed: dict[str, Any] = await client.post(
            f"/_sandbox/chats/{digits}/{number}/replay?{query}", recording
        )
        return replayed


def _longest(steps: list[Any], speed: float, patience: float) -> float:
    """Seconds after which an answer must be there."""
    waits = [step.get("after_seconds") for step in steps if isinstance(step, dict)]
    said = sum(wait for wait in waits if isinstance(wait, int | float))
    return float(min(said / speed + patience * len(steps) + _SLACK_SECONDS, 7 * 86_400))
