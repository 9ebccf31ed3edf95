"""`trunkline imports`: tables of people (CSV, XLSX) into contacts, behind a dry run."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from trunkline.cli import import_way, life, output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.import_way import PATH
from trunkline.cli.options import After, Door, Json, expanded

imports = typer.Typer(no_args_is_help=True, help="Tables of people: a dry run first, then into contacts.")

ImportId = Annotated[str, typer.Argument(metavar="ID", help="imp_…, as the upload was answered.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help="What a column is: phone, user_id, name, first_name, language, time_zone, tags, consent, "
        "attribute, attribute:NAME, column or ignore. Again for each.",
    ),
]
Country = Annotated[
    str | None, typer.Option("--country", metavar="CC", help="Of numbers without a country code, as DE.")
]
ListName = Annotated[
    str | None, typer.Option("--list", metavar="NAME|ID", help="Put them on this list; made if it is new.")
]
Tag = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Put on all of them. Again for each.")
]
ConsentSource = Annotated[
    str | None,
    typer.Option("--consent", metavar="SOURCE", help="They agreed, and where: written into the ledger."),
]
ConsentPurpose = Annotated[
    str, typer.Option("--consent-purpose", metavar="WORD", help="To what they agreed.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Of people who are known only fill gaps.")]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="utf-8, utf-16-le, utf-16-be or windows-1252."),
]
Delimiter = Annotated[
    str | None, typer.Option("--delimiter", metavar="SIGN", help="Between cells; \\t is a tab.")
]
Sheet = Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="Of a workbook.")]
Header = Annotated[
    bool | None, typer.Option("--header/--no-header", help="Whether the first row names the columns.")
]


@imports.command("create")
@expanded
def create(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX.")],
    door: Door,
    as_json: Json = False,
    columns: Map = None,
    country: Country = None,
    list_name: ListName = None,
    tag: Tag = None,
    consent: ConsentSource = None,
    consent_purpose: ConsentPurpose = "marketing",
    keep: Keep = False,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    header: Header = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop behind the dry run.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Upload a table, say what would become of each row, ask, then take its people over."""
    said = {
        "mapping": uses_of(columns),
        "country": country,
        "list": list_of(list_name),
        "tags": tag,
        "consent": {"purpose": consent_purpose, "source": consent} if consent else None,
        "on_conflict": "keep" if keep else None,
        "encoding": encoding,
        "delimiter": "\t" if delimiter == "\\t" else delimiter,
        "sheet": sheet,
        "has_header": header,
    }
    options = {name: value for name, value in said.items() if value is not None}
    with output.command(as_json) as out:
        asyncio.run(_create(door, file, options, out, dry_run=dry_run, yes=yes))


async def _create(
    door: Door, file: Path, options: dict[str, Any], out: output.Output, *, dry_run: bool, yes: bool
) -> None:
    async with open_door(door) as client:
        made = await import_way.upload(client, file, options, out)
        if dry_run:
            out.result(made, lambda: import_way.show_verdict(made))
            out.note(f"Take them over with: trunkline imports start {made['id']}")
            return
        if not out.as_json:
            import_way.show_verdict(made)
        if not yes:
            await _ask(client, made, out)
        made = await import_way.start(client, made["id"], out)
        out.result(made, lambda: import_way.show_result(made))


async def _ask(client: Client, made: dict[str, Any], out: output.Output) -> None:
    if out.as_json or not sys.stdin.isatty():
        detail = f"{made['id']} is read and waits; --yes takes its people over without a question"
        raise Trouble(ExitCode.USAGE, detail)
    if not typer.confirm(f"Take {made['report']['counts']['good']:,} people over?"):
        await client.post(f"{PATH}/{made['id']}/cancel")
        raise Trouble(ExitCode.USAGE, f"{made['id']} is canceled; nobody was changed")


@imports.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 20,
    after: After = None,
) -> None:
    """List imports, the newest first."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.get(PATH, limit=limit, after=after)

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _table(page["data"]))
        out.onward(page)


@imports.command("show")
@expanded
def show(import_id: ImportId, door: Door, as_json: Json = False) -> None:
    """Show an import: its columns, what the dry run said, how far it is."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.get(_path(import_id))

    with output.command(as_json) as out:
        made = asyncio.run(work())
        out.result(made, lambda: _show(made))


@imports.command("change")
@expanded
def change(
    import_id: ImportId,
    door: Door,
    as_json: Json = False,
    columns: Map = None,
    country: Country = None,
    list_name: ListName = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    header: Header = None,
) -> None:
    """Read its file in another way, and show the new dry run. What is not said stays as it is."""
    said = {
        "mapping": uses_of(columns),
        "country": country,
        "list": list_of(list_name),
        "encoding": encoding,
        "delimiter": "\t" if delimiter == "\\t" else delimiter,
        "sheet": sheet,
        "has_header": header,
    }

    async def work(out: output.Output) -> Any:
        async with open_door(door) as client:
            body = {name: value for name, value in said.items() if value is not None}
            return await import_way.follow(client, await client.patch(_path(import_id), body), out)

    with output.command(as_json) as out:
        made = asyncio.run(work(out))
        out.result(made, lambda: _show(made))


@imports.command("start")
@expanded
def start(import_id: ImportId, door: Door, as_json: Json = False) -> None:
    """Take its people over, and watch. It goes on by itself when this is left."""

    async def work(out: output.Output) -> Any:
        async with open_door(door) as client:
            return await import_way.start(client, quote(import_id, safe=""), out)

    with output.command(as_json) as out:
        made = asyncio.run(work(out))
        out.result(made, lambda: import_way.show_result(made))


@imports.command("cancel")
@expanded
def cancel(import_id: ImportId, door: Door, as_json: Json = False) -> None:
    """Stop it. Whom it took over stays."""

    async def work() -> Any:
        async with open_door(door) as client:
            return await client.post(f"{_path(import_id)}/cancel")

    with output.command(as_json) as out:
        made = asyncio.run(work())
        out.result(made, lambda: import_way.show_result(made))


@imports.command("faults")
@expanded
def faults(
    import_id: ImportId,
    door: Door,
    as_json: Json = False,
    reason: Annotated[str | None, typer.Option("--reason", metavar="WORD", help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    after: After = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="All of them, as CSV, into this new file.")
    ] = None,
) -> None:
    """List bad rows: line, column, reason, and what stood there."""

    async def work() -> Any:
        async with open_door(door) as client:
            if to is None:
                return await client.get(f"{_path(import_id)}/faults", reason=reason, limit=limit, after=after)
            query = "format=csv" + (f"&reason={quote(reason)}" if reason else "")
            try:
                with to.open("xb") as file:
                    await client.save(f"{_path(import_id)}/faults?{query}", lambda part: _write(file, part))
            except FileExistsError:
                raise Trouble(ExitCode.USAGE, f"{to} is there already; name another file") from None
            except OSError as error:
                raise Trouble(ExitCode.USAGE, f"{to} can not be written: {error.strerror}") from None
            return {"file": str(to)}

    with output.command(as_json) as out:
        page = asyncio.run(work())
        if to is not None:
            out.result(page, lambda: output.console().print(page["file"], markup=False))
            return
        out.result(page, lambda: _faults(page["data"]))
        out.onward(page)


def uses_of(said: list[str] | None) -> dict[str, Any] | None:
    """`Telefon=phone`, `Ort=attribute:city`."""
    uses: dict[str, Any] = {}
    for one in said or ():
        column, equals, field = one.rpartition("=")
        if not equals or not column:
            raise typer.BadParameter(f"{one!r} is not COLUMN=FIELD")
        word, _, name = field.partition(":")
        uses[column] = {"field": word, "attribute": name} if name else word
    return uses or None


def list_of(said: str | None) -> dict[str, str] | None:
    if said is None:
        return None
    return {"id": said} if said.startswith("lst_") else {"name": said}


def _path(import_id: str) -> str:
    return f"{PATH}/{quote(import_id, safe='')}"


def _write(file: Any, part: bytes) -> None:
    file.write(part)


def _show(made: dict[str, Any]) -> None:
    reason = f" ({made['state_reason']})" if made["state_reason"] else ""
    output.console().print(output.labelled("id", made["id"]))
    output.console().print(output.labelled("state", made["state"] + reason))
    output.console().print(output.labelled("file", f"{made['file_name']}, {made['size']:,} bytes"))
    if made["report"] is not None:
        import_way.show_verdict(made)
    else:
        import_way.show_columns(made)
    if made["state"] in {"running", "finished", "canceled"}:
        import_way.show_result(made)


def _table(rows: list[dict[str, Any]]) -> None:
    lines = [
        (
            row["id"],
            row["state"],
            f"{row['counts']['rows']:,}",
            f"{row['counts']['bad']:,}",
            life.local_time(row["created_at"], with_date=True),
            row["file_name"],
        )
        for row in rows
    ]
    output.table(("id", "state", "rows", "bad", "since", "file"), lines, empty="Nothing was imported yet.")


def _faults(rows: list[dict[str, Any]]) -> None:
    lines = [(row["line"], row["column"], row["reason"], row["found"], row["detail"]) for row in rows]
    output.table(("line", "column", "reason", "found", "detail"), lines, empty="No row is bad.")
