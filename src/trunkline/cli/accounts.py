"""`trunkline accounts`: the owners of everything else."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, Place, expanded

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


class Policy(StrEnum):
    """What becomes of a send without a usable answer."""

    RESOLVE = "resolve"
    NEVER_RESEND = "never_resend"
    RESEND_AFTER = "resend_after"


@accounts.command("policy")
@expanded
def policy(
    place: Place,
    account: AccountName = None,
    wanted: Annotated[
        Policy | None, typer.Argument(metavar="POLICY", help="resolve, never_resend or resend_after.")
    ] = None,
    after: Annotated[
        int | None,
        typer.Option("--after", min=60, metavar="SECONDS", help="For resend_after: so long in doubt."),
    ] = None,
) -> None:
    """Show, or set, what becomes of a send of which nobody knows whether it left.

    resolve: it is sent again only when it is proven that the provider did not take it. never_resend: it is
    never sent again by itself. resend_after: it is sent again after so long, and may then arrive twice.
    """
    changes = {"doubt_policy": wanted, "resend_after_seconds": after}
    body = {name: value for name, value in changes.items() if value is not None}

    with output.command(place.as_json) as out:
        found = ask(
            place, account, lambda api: api.patch("/v1/account", body) if body else api.get("/v1/account")
        )
        out.result(found, lambda: output.console().print(_policy_of(found)))


def _policy_of(account: dict[str, Any]) -> str:
    seconds = account["resend_after_seconds"]
    return str(account["doubt_policy"]) + (f" {seconds} s" if seconds is not None else "")
