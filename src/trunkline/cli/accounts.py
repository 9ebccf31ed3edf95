"""`trunkline accounts`: the owners of everything else."""

from typing import Annotated

import typer

from trunkline.cli import output
from trunkline.cli.office import ask
from trunkline.cli.options import Place, expanded

accounts = typer.Typer(
    no_args_is_help=True, help="Accounts: each sees only its own messages, keys and numbers."
)


@accounts.command("create")
@expanded
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Any name that no other account has.")],
    place: Place,
) -> None:
    """Make an account."""
    with output.command(place.as_json) as out:
        account = ask(place, None, lambda api: api.post("/v1/accounts", {"name": name}), may_make=True)
        out.result(account, lambda: output.console().print(account["id"]))
        out.note(f"A key for it: trunkline keys create --account {account['id']}")


@accounts.command("list")
@expanded
def list_(place: Place) -> None:
    """List all accounts, the oldest first."""
    with output.command(place.as_json) as out:
        found = ask(place, None, lambda api: api.get("/v1/accounts"))["data"]
        rows = [
            (account["id"], account["name"], account["created_at"], *account["hook_paths"].values())
            for account in found
        ]
        columns = ("id", "name", "created", *(f"hook of {kind}" for kind in found[0]["hook_paths"]))
        out.result({"data": found}, lambda: output.table(columns, rows, empty=""))
