"""A table of people from the disk into contacts, as commands go through it: upload, dry run, run."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.media import send_file

PATH = "/v1/imports"
_LOOK_SECONDS = 0.25
_SHOWN_REASONS = 12
_SHOWN_ROWS = 5


async def upload(client: Client, path: Path, options: dict[str, Any], out: output.Output) -> dict[str, Any]:
    """The import, its dry run over."""
    fields = {"options": json.dumps(options)} if options else {}
    made: dict[str, Any] = await send_file(client, path, fields, is_shown=not out.as_json, to=PATH)
    if made["state"] == "draft":
        names = ", ".join(column["name"] for column in made["columns"])
        detail = f"no column of {path.name} is known to have phone numbers; it has: {output.plain(names)}"
        hint = f'Say which one: --map "COLUMN=phone" (the import {made["id"]} waits)'
        raise Trouble(ExitCode.USAGE, f"{detail}\n{hint}")
    return await follow(client, made, out)


async def follow(client: Client, made: dict[str, Any], out: output.Output) -> dict[str, Any]:
    """Until it waits for somebody, or is over. `Trouble` where it failed."""
    with _bar(silent=out.as_json) as show:
        while made["state"] in {"checking", "running"}:
            await asyncio.sleep(_LOOK_SECONDS)
            made = await client.get(f"{PATH}/{made['id']}")
            show(made)
    if made["state"] == "failed":
        raise Trouble(ExitCode.REFUSED, f"{made['id']} failed: {made['detail'] or made['state_reason']}")
    return made


async def start(client: Client, import_id: str, out: output.Output) -> dict[str, Any]:
    return await follow(client, await client.post(f"{PATH}/{import_id}/start"), out)


def show_verdict(made: dict[str, Any]) -> None:
    """What the dry run says, for people."""
    show_columns(made)
    screen, counts = output.console(), made["report"]["counts"]
    screen.print(
        output.labelled("rows", f"{counts['rows']:,}: {counts['good']:,} good, {counts['bad']:,} bad")
    )
    known = f"{counts['new']:,} new, {counts['known']:,} known"
    stopped = f", {counts['suppressed']:,} who must not be written to" if counts["suppressed"] else ""
    screen.print(output.labelled("people", known + stopped))
    for name in ("hidden", "formulas"):
        if counts[name]:
            about = {"hidden": "rows that the spreadsheet hides", "formulas": "cells that are formulas"}
            screen.print(output.labelled("", f"{counts[name]:,} {about[name]}"))
    show_reasons(counts)
    for note in made["table"]["notes"]:
        screen.print(output.labelled("note", note), soft_wrap=True)


def show_result(made: dict[str, Any]) -> None:
    counts = made["counts"]
    where = f" and put on the list {made['list_id']}" if made["list_id"] else ""
    text = f"{counts['new']:,} new and {counts['known']:,} known people taken over{where}"
    output.console().print(output.labelled(made["state"], text), soft_wrap=True)
    if counts["consents"]:
        output.console().print(output.labelled("consents", f"{counts['consents']:,} written into the ledger"))
    if counts["bad"]:
        text = f"{counts['bad']:,} rows left out: trunkline imports faults {made['id']}"
        output.console().print(output.labelled("bad", text), soft_wrap=True)


def show_columns(made: dict[str, Any]) -> None:
    lines = [
        (
            column["name"],
            (column["attribute"] and f"attribute {column['attribute']}") or column["field"],
            ", ".join(column["examples"]),
            column["reason"] if column["is_guessed"] else "As you said.",
        )
        for column in made["columns"]
    ]
    output.table(("column", "is", "examples", "why"), lines, empty="There are no columns.")


def show_reasons(counts: dict[str, Any]) -> None:
    ranked = sorted(counts["reasons"].items(), key=lambda one: -one[1])
    for reason, rows in ranked[:_SHOWN_REASONS]:
        output.console().print(output.labelled("", f"{rows:,} {reason}"))


@contextlib.contextmanager
def _bar(*, silent: bool) -> Iterator[Any]:
    """One moving line for people who watch."""
    screen = output.console(error=True)
    if silent or not screen.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def show(made: dict[str, Any]) -> None:
            counts = made["counts"]
            doing = "reading" if made["state"] == "checking" else "taking over"
            words = f"{doing}: {counts['rows']:,} rows, {counts['bad']:,} bad"
            total = None if made["progress"] is None else 1.0
            bar.update(task, description=words, completed=made["progress"] or 0.0, total=total)

        yield show
