"""`trunkline segments`: people for whom a rule holds."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.contacts import show_people
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, After, Place, expanded

segments = typer.Typer(
    no_args_is_help=True, help="People for whom a rule holds. With the server running, or stopped."
)

SegmentId = Annotated[str, typer.Argument(metavar="ID", help="seg_…, as `trunkline segments list` shows it.")]
Rule = Annotated[
    str,
    typer.Argument(metavar="RULE", help='JSON, such as \'{"tag": "vip"}\'; @FILE, or - for standard input.'),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")]
_PATH = "/v1/segments"


@segments.command("list")
@expanded
def list_(place: Place, account: AccountName = None, limit: Limit = 50, after: After = None) -> None:
    """List the segments, the newest first."""
    with output.command(place.as_json) as out:
        page = ask(place, account, lambda api: api.get(_PATH, limit=limit, after=after))
        out.result(page, lambda: _table(page["data"]))
        out.onward(page)


@segments.command("count")
@expanded
def count(
    rule: Annotated[
        str,
        typer.Argument(metavar="ID|RULE", help="A segment, or a rule: JSON, @FILE, - for standard input."),
    ],
    place: Place,
    account: AccountName = None,
) -> None:
    """Count for how many a segment or a rule holds now, before it is used."""
    with output.command(place.as_json) as out:
        if rule.startswith("seg_"):
            found = ask(place, account, lambda api: api.get(f"{_PATH}/{rule}/count"))
        else:
            body = {"rule": _read(rule)}
            found = ask(place, account, lambda api: api.post(f"{_PATH}/count", body))
        out.result(found, lambda: _count(found))


@segments.command("create")
@expanded
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name; each segment has its own.")],
    rule: Rule,
    place: Place,
    account: AccountName = None,
) -> None:
    """Keep a rule under a name."""
    with output.command(place.as_json) as out:
        body = {"name": name, "rule": _read(rule)}
        made = ask(place, account, lambda api: api.post(_PATH, body))
        out.result(made, lambda: _table([made]))


@segments.command("edit")
@expanded
def edit(
    segment_id: SegmentId,
    place: Place,
    account: AccountName = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name.")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", metavar="RULE", help="Another rule: JSON, @FILE or -.")
    ] = None,
) -> None:
    """Give a segment another name or rule."""
    with output.command(place.as_json) as out:
        body = ({"name": name} if name else {}) | ({"rule": _read(rule)} if rule else {})
        changed = ask(place, account, lambda api: api.patch(f"{_PATH}/{segment_id}", body))
        out.result(changed, lambda: _table([changed]))


@segments.command("members")
@expanded
def members(
    segment_id: SegmentId, place: Place, account: AccountName = None, limit: Limit = 50, after: After = None
) -> None:
    """Show for whom it holds now. So many are looked at; fewer may be shown, with more behind them."""
    with output.command(place.as_json) as out:
        path = f"{_PATH}/{segment_id}/members"
        page = ask(place, account, lambda api: api.get(path, limit=limit, after=after))
        out.result(page, lambda: show_people(page["data"], "It holds for none of those."))
        out.onward(page)


@segments.command("rm")
@expanded
def remove(segment_id: SegmentId, place: Place, account: AccountName = None) -> None:
    """Remove a segment. The people stay."""
    with output.command(place.as_json) as out:
        ask(place, account, lambda api: api.delete(f"{_PATH}/{segment_id}"))
        done = {"id": segment_id, "removed": True}
        out.result(done, lambda: output.console().print(f"{segment_id} is removed."))


def _read(rule: str) -> Any:
    try:
        text = sys.stdin.read() if rule == "-" else rule
        if rule.startswith("@"):
            text = Path(rule[1:]).read_text("utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise Trouble(ExitCode.USAGE, f"the rule can not be read: {error}") from None


def _count(found: dict[str, Any]) -> None:
    at_least = "" if found["is_complete"] else "at least "
    output.console().print(f"It holds for {at_least}{found['count']:,} of {found['looked_at']:,} looked at.")
    if found["examples"]:
        show_people(found["examples"])


def _table(rows: list[dict[str, Any]]) -> None:
    lines = [(row["id"], row["name"], json.dumps(row["rule"], ensure_ascii=False)) for row in rows]
    output.table(("id", "name", "rule"), lines, empty="There is no segment.")
