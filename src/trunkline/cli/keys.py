"""`trunkline keys`: API keys of an account."""

from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, Place, expanded
from trunkline.cli.settings import load_settings

keys = typer.Typer(no_args_is_help=True, help="API keys: made, listed, revoked.")


@keys.command("create")
@expanded
def create(
    place: Place,
    name: Annotated[str, typer.Option("--name", help="What it is for; shown in the list.")] = "made by hand",
    test: Annotated[bool, typer.Option("--test", help="May send through sandbox numbers only.")] = False,
    expires_days: Annotated[
        int | None, typer.Option("--expires-days", min=1, max=3650, help="Ends after so many days.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the key alone, for $(…).")] = False,
    account: AccountName = None,
) -> None:
    """Make a key and print it: it is not kept, and can not be shown again."""
    with output.command(place.as_json) as out:
        form: dict[str, Any] = {"name": name, "live": not test}
        if expires_days is not None:
            form["expires_at"] = _in_days(place, expires_days)
        key = ask(place, account, lambda api: api.post("/v1/keys", form), may_make=True)
        out.result(key, lambda: output.console().print(key["key"], soft_wrap=True))
        if not quiet:
            out.note("Shown once; keep it. Programs send it as: Authorization: Bearer <key>")


def _in_days(place: Place, days: int) -> str:
    """By the clock of the data folder, which may be a virtual one."""
    from trunkline.clock import SystemClock, to_rfc3339
    from trunkline.data_folder import read_offset

    folder = Path(load_settings(place.config, data=place.data).data)
    try:
        now = SystemClock().now() + read_offset(folder)
    except ValueError as error:
        raise Trouble(ExitCode.USAGE, str(error)) from None
    return to_rfc3339(now + days * 86_400_000)


@keys.command("list")
@expanded
def list_(place: Place, account: AccountName = None) -> None:
    """List the keys of an account; the keys themselves are not kept."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get("/v1/keys"))["data"]
        rows = [
            (key["id"], key["name"], "live" if key["live"] else "test", key["created_at"], _end_of(key))
            for key in found
        ]
        columns = ("id", "name", "kind", "created", "ends")
        out.result({"data": found}, lambda: output.table(columns, rows, empty="There is no key yet."))


def _end_of(key: dict[str, Any]) -> str:
    if key.get("revoked_at"):
        return f"revoked {key['revoked_at']}"
    return str(key.get("expires_at") or "")


@keys.command("revoke")
@expanded
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="key_…, as `keys list` shows it.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Revoke a key: at once, and for good."""
    with output.command(place.as_json) as out:
        ask(place, account, lambda api: api.delete(f"/v1/keys/{key_id}"))
        value = {"id": key_id, "revoked": True}
        out.result(value, lambda: output.console().print(f"{key_id} is revoked."))
