"""`trunkline suppressions`: the list of those who must not be written to."""

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from trunkline.cli import life, output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, After, Place, expanded

suppressions = typer.Typer(
    no_args_is_help=True, help="Who must not be written to. With the server running, or stopped."
)

Whom = Annotated[str, typer.Argument(metavar="ADDRESS", help="A phone number or a user id.")]
Scope = Annotated[
    str | None, typer.Option("--scope", metavar="SCOPE", help="all (everything) or marketing; else all.")
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept in the ledger.")]

_AT_ONCE = 10_000
NOT_FOUND = 404


@suppressions.command("list")
@expanded
def list_(
    place: Place,
    account: AccountName = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most.")] = 50,
    after: After = None,
) -> None:
    """List who must not be written to, in the order of the addresses."""
    with output.command(place.as_json) as out:
        page = ask(place, account, lambda api: api.get("/v1/suppressions", limit=limit, after=after))
        out.result(page, lambda: _table(page["data"]))
        out.onward(page)


@suppressions.command("check")
@expanded
def check(address: Whom, place: Place, account: AccountName = None) -> None:
    """Say what stands against writing to an address. Ends with 1 when nothing does."""
    with output.command(place.as_json) as out:
        try:
            found = ask(place, account, lambda api: api.get(_path(address)))
        except Trouble as trouble:
            if trouble.status != NOT_FOUND:
                raise
            raise Trouble(trouble.code, f"nothing stands against {address}", reason=trouble.reason) from None
        out.result(found, lambda: _table(found["data"]))


@suppressions.command("add")
@expanded
def add(
    address: Whom, place: Place, account: AccountName = None, scope: Scope = None, reason: Reason = None
) -> None:
    """Stop writing to somebody, at every address that they are known by."""
    with output.command(place.as_json) as out:
        body = _given({"to": address, "scope": scope, "reason": reason})
        found = ask(place, account, lambda api: api.post("/v1/suppressions", body))
        out.result(found, lambda: _table(found["data"]))


@suppressions.command("import")
@expanded
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One address a line; - is standard input.")],
    place: Place,
    account: AccountName = None,
    scope: Scope = None,
    reason: Reason = None,
) -> None:
    """Stop writing to all addresses in a file. Those that are wrong are named, the others are taken."""
    with output.command(place.as_json) as out:
        lines = _lines(file)
        rest = _given({"scope": scope, "reason": reason})

        async def work(api: Client) -> list[dict[str, Any]]:
            parts = [lines[at : at + _AT_ONCE] for at in range(0, len(lines), _AT_ONCE)]
            return [await api.post("/v1/suppressions/import", {"addresses": part, **rest}) for part in parts]

        done = ask(place, account, work)
        added, known = (sum(part[name] for part in done) for name in ("added", "known"))
        refused = [one for part in done for one in part["refused"]]
        value = {"added": added, "known": known, "refused": refused}
        out.result(value, lambda: output.console().print(f"{added} added, {known} were on the list."))
        if refused:
            problems = [problem for one in refused for problem in one["problems"]]
            raise Trouble(ExitCode.REFUSED, f"{len(refused)} were not taken", problems=problems)


@suppressions.command("lift")
@expanded
def lift(
    address: Whom,
    place: Place,
    account: AccountName = None,
    scope: Annotated[
        str | None, typer.Option("--scope", metavar="SCOPE", help="Only all, or only marketing.")
    ] = None,
    proof: Annotated[
        str | None,
        typer.Option("--proof", metavar="TEXT", help="What shows that they agreed again; for the ledger."),
    ] = None,
) -> None:
    """Write to somebody again. What they said themselves is lifted only with a proof."""
    from urllib.parse import urlencode

    with output.command(place.as_json) as out:
        query = urlencode(_given({"scope": scope, "proof": proof}))
        path = f"{_path(address)}?{query}" if query else _path(address)
        lifted = ask(place, account, lambda api: api.delete(path))
        out.result(lifted, lambda: _table(lifted["data"]))


def _path(address: str) -> str:
    return f"/v1/suppressions/{quote(address, safe='')}"


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _lines(file: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(ExitCode.USAGE, f"{file} can not be read: {error}") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _table(rows: list[dict[str, Any]]) -> None:
    columns = ("address", "scope", "source", "since", "reason")
    lines = [
        (
            row["address"],
            row["scope"],
            row["source"],
            life.local_time(row["created_at"], with_date=True),
            row["reason"],
        )
        for row in rows
    ]
    output.table(columns, lines, empty="Nobody is on the list.")
