"""`trunkline consents`: the ledger of who agreed to what, and who took it back."""

import json
from typing import Annotated, Any

import typer

from trunkline.cli import life, output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, After, Place, expanded

consents = typer.Typer(
    no_args_is_help=True, help="Who agreed to what; append-only. With the server running, or stopped."
)


@consents.command("list")
@expanded
def list_(
    place: Place,
    account: AccountName = None,
    address: Annotated[
        str | None, typer.Option("--of", metavar="ADDRESS", help="Only of this phone number or user id.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 50,
    after: After = None,
) -> None:
    """List the entries of the ledger, the newest first."""
    with output.command(place.as_json) as out:
        query = {"address": address, "limit": limit, "after": after}
        page = ask(place, account, lambda api: api.get("/v1/consents", **query))
        out.result(page, lambda: _table(page["data"]))
        out.onward(page)


@consents.command("add")
@expanded
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A phone number or a user id.")],
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="WORD", help="all, marketing, or a word of yours.")
    ],
    action: Annotated[str, typer.Option("--action", metavar="WORD", help="granted or withdrawn.")],
    source: Annotated[str, typer.Option("--source", metavar="WORD", help="Where they said so: checkout …")],
    place: Place,
    account: AccountName = None,
    proof: Annotated[
        str | None, typer.Option("--proof", metavar="JSON", help="What shows it: JSON, or a text.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When they said so: 2026-12-24T18:00:00Z.")
    ] = None,
) -> None:
    """Write an entry into the ledger. It stops and starts nothing; see `trunkline suppressions`."""
    with output.command(place.as_json) as out:
        body: dict[str, Any] = {"to": address, "purpose": purpose, "action": action, "source": source}
        body |= {"proof": _proof(proof)} if proof is not None else {}
        body |= {"at": at} if at is not None else {}
        made = ask(place, account, lambda api: api.post("/v1/consents", body))
        out.result(made, lambda: _table([made]))


def _proof(text: str) -> Any:
    if not text.startswith(("{", "[", '"')):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise Trouble(ExitCode.USAGE, f"--proof is not JSON: {error}") from None


def _table(rows: list[dict[str, Any]]) -> None:
    columns = ("id", "said", "address", "purpose", "action", "source", "proof")
    lines = [
        (
            row["id"],
            life.local_time(row["at"], with_date=True),
            row["address"],
            row["purpose"],
            row["action"],
            row["source"],
            json.dumps(row["proof"], ensure_ascii=False) if row["proof"] is not None else None,
        )
        for row in rows
    ]
    output.table(columns, lines, empty="The ledger has no such entry.")
