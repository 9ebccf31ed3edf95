"""`trunkline templates`: what the provider has, and a folder of files that is to be like it.

One file a template and language, `NAME.LANGUAGE.json`, which `template_files.py` reads and writes. `pull`
makes the folder like the provider, `push` the provider like the folder, `diff` says how they differ.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from trunkline.cli import output, template_files
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.life import local_time
from trunkline.cli.options import After, Door, Json, expanded
from trunkline.cli.template_files import File, Key, key_of

templates = typer.Typer(
    no_args_is_help=True,
    help="Templates: what the provider has, and a folder of files under version control.",
)

TemplateId = Annotated[str, typer.Argument(metavar="ID", help="tpl_…, or a name.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of NAME.LANGUAGE.json files.")]
Waba = Annotated[
    str | None,
    typer.Option("--waba", metavar="ID", help="The business account, where there are several."),
]
Names = Annotated[
    list[str] | None, typer.Option("--name", metavar="NAME", help="Only this one; may be given again.")
]
_WAIT_SECONDS = 20


@templates.command("list")
@expanded
def list_(
    door: Door,
    as_json: Json = False,
    status: Annotated[str | None, typer.Option("--status", help="Only these, as APPROVED.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="Only these, as UTILITY.")] = None,
    waba: Waba = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 50,
    after: After = None,
) -> None:
    """List templates, those that became known last first."""

    async def work() -> dict[str, Any]:
        async with open_door(door) as client:
            query = {"status": status, "category": category, "waba_id": waba, "limit": limit, "after": after}
            page: dict[str, Any] = await client.get("/v1/templates", **query)
            return page

    with output.command(as_json) as out:
        page = asyncio.run(work())
        out.result(page, lambda: _list(page["data"]))
        out.onward(page)


def _list(found: list[dict[str, Any]]) -> None:
    rows = [
        (one["id"], one["name"], one["language"], one["category"], one["status"], one["quality"],
         one["rejected_reason"] or one["detail"])
        for one in found
    ]  # fmt: skip
    columns = ("id", "name", "language", "category", "status", "quality", "why")
    output.table(columns, rows, empty="No template is known yet.")


@templates.command("show")
@expanded
def show(template: TemplateId, door: Door, as_json: Json = False) -> None:
    """Show templates with their text and history: one by its id, or a name in all its languages."""

    async def work() -> list[dict[str, Any]]:
        async with open_door(door) as client:
            ids = [template]
            if not template.startswith("tpl_"):
                ids = [one["id"] for one in (await client.get("/v1/templates", name=template))["data"]]
            if not ids:
                raise Trouble(ExitCode.REFUSED, f"no template is named {template}")
            found = [await client.get(f"/v1/templates/{id_}") for id_ in ids]
            texts = [await client.post(f"/v1/templates/{id_}/render", {}) for id_ in ids]
            return [one | {"text": drawn["text"]} for one, drawn in zip(found, texts, strict=True)]

    with output.command(as_json) as out:
        found = asyncio.run(work())
        out.result({"data": found}, lambda: _show_all(found))


def _show_all(found: list[dict[str, Any]]) -> None:
    for one in found:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    screen = output.console()
    labels = ("id", "name", "language", "category", "status", "quality", "rejected_reason", "detail")
    for label in (*labels, "correct_category", "removed_at"):
        if one[label]:
            screen.print(output.labelled(label.replace("_", " "), f"  {one[label]}"), soft_wrap=True)
    screen.print()
    screen.print(output.plain(one["text"]), markup=False, soft_wrap=True)
    screen.print()
    for step in one["history"]:
        line = f"{local_time(step['at'], with_date=True)}  {step['source']:<7}  {_steps(step['changes'])}"
        screen.print(output.plain(line), markup=False, soft_wrap=True)
    screen.print()


def _steps(changes: dict[str, Any]) -> str:
    return ", ".join(
        member if member == "definition" else f"{member} {_turn(before, after)}"
        for member, (before, after) in changes.items()
    )


def _turn(before: Any, after: Any) -> str:
    return f"{before} to {after or 'nothing'}" if before else str(after)


@templates.command("pull")
@expanded
def pull(folder: Folder, door: Door, as_json: Json = False, waba: Waba = None, name: Names = None) -> None:
    """Write every template of the provider to the folder. Files that are like it stay as they are."""

    async def work() -> dict[str, list[str]]:
        async with open_door(door) as client:
            theirs = await _theirs(client, waba, name)
        folder.mkdir(parents=True, exist_ok=True)
        return template_files.write(folder, theirs, _mine(folder, name, lenient=True))

    with output.command(as_json) as out:
        done = asyncio.run(work())
        out.result(done, lambda: _pulled(done))


def _pulled(done: dict[str, list[str]]) -> None:
    screen = output.console()
    for path in done["written"]:
        screen.print(f"wrote {path}", markup=False)
    for path in done["only_here"]:
        screen.print(f"the provider has no {path}", markup=False)
    screen.print(f"{len(done['written'])} written, {len(done['same'])} the same.", markup=False)


@templates.command("diff")
@expanded
def diff(folder: Folder, door: Door, as_json: Json = False, waba: Waba = None, name: Names = None) -> None:
    """Say how the folder differs from the provider; exit code 1 when it does."""

    async def work() -> list[dict[str, Any]]:
        async with open_door(door) as client:
            theirs = await _theirs(client, waba, name)
        return _differences(_mine(folder, name), theirs)

    with output.command(as_json) as out:
        found = asyncio.run(work())
        out.result({"data": found}, lambda: _show_differences(found))
        if found:
            raise typer.Exit(ExitCode.REFUSED)


def _show_differences(found: list[dict[str, Any]]) -> None:
    screen = output.console()
    words = {"new": "only in the folder", "missing": "only at the provider", "changed": "differs"}
    for one in found:
        screen.print(f"{one['file']}: {words[one['change']]}", markup=False)
        for line in one["lines"]:
            screen.print(output.plain(line), markup=False, soft_wrap=True)
    if not found:
        screen.print("The folder and the provider are alike.")


@templates.command("push")
@expanded
def push(
    folder: Folder,
    door: Door,
    as_json: Json = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    waba: Waba = None,
    name: Names = None,
) -> None:
    """Hand in what is new or differs in the folder. All of that is checked first; nothing is deleted."""

    async def work() -> list[dict[str, Any]]:
        async with open_door(door) as client:
            mine = {file.key: file for file in _mine(folder, name)}
            theirs = await _theirs(client, waba, name)
            found = _differences([*mine.values()], theirs)
            planned = [one for one in found if one["change"] != "missing"]
            await _check(client, [mine[key_of(one)] for one in planned])
            if dry_run:
                return planned
            return await _push(client, planned, mine, theirs, waba, as_json)

    with output.command(as_json) as out:
        done = asyncio.run(work())
        out.result({"data": done}, lambda: _pushed(done, dry_run=dry_run))
        if any("error" in one for one in done):
            raise typer.Exit(ExitCode.REFUSED)


async def _check(client: Client, mine: list[File]) -> None:
    """Nothing is handed in while a file is wrong."""
    problems = [problem for file in mine for problem in await _judged(client, file, "problems")]
    if problems:
        raise Trouble(ExitCode.REFUSED, "nothing was handed in", problems=problems)


async def _judged(client: Client, file: File, kind: str) -> list[dict[str, Any]]:
    told = await client.post("/v1/templates/lint", file.template)
    return [{**one, "pointer": f"{file.path.name} {one['pointer']}".strip()} for one in told[kind]]


async def _push(
    client: Client,
    planned: list[dict[str, Any]],
    mine: dict[Key, File],
    theirs: list[dict[str, Any]],
    waba: str | None,
    as_json: bool,
) -> list[dict[str, Any]]:
    ids = {key_of(one): one["id"] for one in theirs}
    done = []
    for n, one in enumerate(planned, 1):
        template = mine[key_of(one)].template
        if not as_json:
            output.console(error=True).print(f"{n}/{len(planned)}  {one['file']}", style="dim", markup=False)
        try:
            if one["change"] == "new":
                answer = await client.post("/v1/templates", template | ({"waba_id": waba} if waba else {}))
            else:
                answer = await client.patch(f"/v1/templates/{ids[key_of(one)]}", template)
            told = ("id", "status", "category", "warnings")
            done.append(one | {member: answer[member] for member in told})
        except Trouble as trouble:
            if trouble.code is not ExitCode.REFUSED:
                raise
            done.append(one | {"error": trouble.detail, "problems": trouble.problems})
    return done


def _pushed(done: list[dict[str, Any]], *, dry_run: bool) -> None:
    screen = output.console()
    for one in done:
        what = "create" if one["change"] == "new" else "change"
        if dry_run:
            screen.print(f"would {what} {one['file']}", markup=False)
            for line in one["lines"]:
                screen.print(output.plain(line), markup=False, soft_wrap=True)
        elif "error" in one:
            screen.print(f"{one['file']}: not {what}d", markup=False)
            for problem in one["problems"] or [{"detail": one["error"]}]:
                output.show_problem(problem)
        else:
            screen.print(f"{what}d {one['file']}: {one['status']}, {one['category']}", markup=False)
            for warning in one["warnings"]:
                output.show_problem(warning)
    if not done:
        screen.print("Nothing to do: the provider has it all.")


@templates.command("lint")
@expanded
def lint(folder: Folder, as_json: Json = False, name: Names = None) -> None:
    """Check the files of a folder without a server; exit code 1 when one of them would be refused."""
    from trunkline.channels.whatsapp_cloud.templates import check

    with output.command(as_json) as out:
        found = []
        for file in _mine(folder, name):
            told = check.check(file.template)
            found.append(
                {
                    "file": file.path.name,
                    "problems": [template_files.as_member(one) for one in told.problems],
                    "warnings": [template_files.as_member(one) for one in told.warnings],
                }
            )
        out.result({"data": found}, lambda: _linted(found))
        if any(one["problems"] for one in found):
            raise typer.Exit(ExitCode.REFUSED)


def _linted(found: list[dict[str, Any]]) -> None:
    screen = output.console()
    for one in found:
        state = "refused" if one["problems"] else "fine, with warnings" if one["warnings"] else "fine"
        screen.print(f"{one['file']}: {state}", markup=False)
        for problem in [*one["problems"], *one["warnings"]]:
            output.show_problem(problem)
    if not found:
        screen.print("There is no template in this folder.")


def _mine(folder: Path, names: list[str] | None, *, lenient: bool = False) -> list[File]:
    found = template_files.read_all(folder, lenient=lenient)
    return [file for file in found if not names or file.key[0] in names]


async def _theirs(client: Client, waba: str | None, names: list[str] | None) -> list[dict[str, Any]]:
    """As the provider has them now. Two business accounts may have the same names: one must be chosen."""
    query = {"wait_seconds": str(_WAIT_SECONDS)} | ({"waba_id": waba} if waba else {})
    read = (await client.call("POST", f"/v1/templates/sync?{urlencode(query)}"))["data"]
    for one in read:
        if one["failures"] or not one["synced_at"]:
            detail = f"the templates of {one['waba_id']} could not be read: {one['detail'] or 'not in time'}"
            raise Trouble(ExitCode.UNREACHABLE, detail)
        if one["is_due"]:
            _warn_of_age(one)
    if len(read) > 1:
        known = ", ".join(one["waba_id"] for one in read)
        raise Trouble(ExitCode.USAGE, f"name one of these business accounts with --waba: {known}")
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = await client.get("/v1/templates", limit=100, after=after, waba_id=waba)
        found += [one for one in page["data"] if not names or one["name"] in names]
        after = page["paging"]["next"]
        if after is None:
            return sorted(found, key=key_of)


def _warn_of_age(one: dict[str, Any]) -> None:
    then = local_time(one["synced_at"], with_date=True)
    said = f"{one['waba_id']} is not read to its end yet: these are its templates as of {then}"
    output.console(error=True).print(output.plain(said), style="yellow", markup=False, soft_wrap=True)


def _differences(mine: list[File], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {key_of(one): template_files.template_of(one) for one in theirs}
    files = {file.key: file for file in mine}
    found = []
    for key in sorted(known.keys() | files.keys()):
        change, lines = template_files.compare(files.get(key), known.get(key))
        if change:
            path = template_files.name_of(key)
            found.append({"file": path, "name": key[0], "language": key[1], "change": change, "lines": lines})
    return found
