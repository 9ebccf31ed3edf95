"""`trunkline lists`: people who were put together."""

from typing import Annotated, Any

import typer

from trunkline.cli import life, output
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, After, Place, expanded

lists = typer.Typer(
    no_args_is_help=True, help="Lists of people, for campaigns. With the server running, or stopped."
)

ListId = Annotated[str, typer.Argument(metavar="ID", help="lst_…, as `trunkline lists list` shows it.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name; each list has its own.")]
Whom = Annotated[
    list[str], typer.Argument(metavar="WHO…", help="Contacts, by id or by an address; up to 1,000.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")]
_PATH = "/v1/lists"


@lists.command("list")
@expanded
def list_(place: Place, account: AccountName = None, limit: Limit = 50, after: After = None) -> None:
    """List the lists, the newest first."""
    with output.command(place.as_json) as out:
        page = ask(place, account, lambda api: api.get(_PATH, limit=limit, after=after))
        out.result(page, lambda: _table(page["data"]))
        out.onward(page)


@lists.command("create")
@expanded
def create(name: Name, place: Place, account: AccountName = None) -> None:
    """Make an empty list. `trunkline imports` makes one of a file."""
    with output.command(place.as_json) as out:
        made = ask(place, account, lambda api: api.post(_PATH, {"name": name}))
        out.result(made, lambda: _table([made]))


@lists.command("rename")
@expanded
def rename(list_id: ListId, name: Name, place: Place, account: AccountName = None) -> None:
    """Give a list another name."""
    with output.command(place.as_json) as out:
        changed = ask(place, account, lambda api: api.patch(f"{_PATH}/{list_id}", {"name": name}))
        out.result(changed, lambda: _table([changed]))


@lists.command("rm")
@expanded
def remove(list_id: ListId, place: Place, account: AccountName = None) -> None:
    """Remove a list. The people on it stay."""
    with output.command(place.as_json) as out:
        ask(place, account, lambda api: api.delete(f"{_PATH}/{list_id}"))
        out.result({"id": list_id, "removed": True}, lambda: output.console().print(f"{list_id} is removed."))


@lists.command("members")
@expanded
def members(
    list_id: ListId, place: Place, account: AccountName = None, limit: Limit = 50, after: After = None
) -> None:
    """Show who is on a list, and what their rows said."""
    with output.command(place.as_json) as out:
        path = f"{_PATH}/{list_id}/members"
        page = ask(place, account, lambda api: api.get(path, limit=limit, after=after))
        out.result(page, lambda: _members(page["data"]))
        out.onward(page)


@lists.command("add")
@expanded
def add(list_id: ListId, whom: Whom, place: Place, account: AccountName = None) -> None:
    """Put contacts on a list."""
    with output.command(place.as_json) as out:
        done = ask(place, account, lambda api: api.post(f"{_PATH}/{list_id}/members", {"add": whom}))
        out.result(done, lambda: _changed(done))


@lists.command("take")
@expanded
def take(list_id: ListId, whom: Whom, place: Place, account: AccountName = None) -> None:
    """Take contacts off a list."""
    with output.command(place.as_json) as out:
        done = ask(place, account, lambda api: api.post(f"{_PATH}/{list_id}/members", {"remove": whom}))
        out.result(done, lambda: _changed(done))


def _changed(done: dict[str, Any]) -> None:
    screen = output.console()
    screen.print(f"{done['added']} added, {done['removed']} taken off.")
    if done["unknown"]:
        screen.print(f"Nobody is known as {', '.join(done['unknown'])}.", markup=False)


def _table(rows: list[dict[str, Any]]) -> None:
    lines = [
        (row["id"], row["name"], row["members"], life.local_time(row["created_at"], with_date=True))
        for row in rows
    ]
    output.table(("id", "name", "people", "since"), lines, empty="There is no list.")


def _members(rows: list[dict[str, Any]]) -> None:
    lines = [
        (
            row["contact"]["id"],
            row["address"],
            row["contact"]["name"],
            ", ".join(f"{name}: {text}" for name, text in row["columns"].items()),
        )
        for row in rows
    ]
    output.table(("id", "address", "name", "columns"), lines, empty="Nobody is on it.")
