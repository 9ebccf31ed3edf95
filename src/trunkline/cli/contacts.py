"""`trunkline contacts`: people that the account knows, and what it knows of them."""

import asyncio
import secrets
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from trunkline.cli import life, output
from trunkline.cli.client import Client
from trunkline.cli.doors import open_door
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, After, Door, Json, Place, expanded

contacts = typer.Typer(
    no_args_is_help=True, help="People that the account knows. With the server running, or stopped."
)

Who = Annotated[str, typer.Argument(metavar="WHO", help="A contact's id, a phone number or a user id.")]
Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="How they are called.")]
Language = Annotated[str | None, typer.Option("--language", metavar="TAG", help="Theirs: en, pt_BR …")]
TimeZone = Annotated[
    str | None, typer.Option("--time-zone", metavar="ZONE", help="Where they live: Europe/Berlin …")
]
Attributes = Annotated[
    list[str],
    typer.Option("--set", metavar="NAME=TEXT", help="What else is known; NAME= removes. Several times."),
]
Tags = Annotated[list[str], typer.Option("--tag", metavar="TAG", help="A word on them. Several times.")]

_PATH = "/v1/contacts"


@contacts.command("list")
@expanded
def list_(
    place: Place,
    account: AccountName = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only those who have it.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many at most.")] = 50,
    after: After = None,
) -> None:
    """List contacts, whoever was made last first."""
    with output.command(place.as_json) as out:
        page = ask(place, account, lambda api: api.get(_PATH, tag=tag, limit=limit, after=after))
        out.result(page, lambda: show_people(page["data"]))
        out.onward(page)


@contacts.command("show")
@expanded
def show(who: Who, place: Place, account: AccountName = None) -> None:
    """Show what is known of somebody."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get(path_of(who)))
        out.result(found, lambda: _show(found))


@contacts.command("add")
@expanded
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A phone number or a user id.")],
    place: Place,
    account: AccountName = None,
    name: Name = None,
    language: Language = None,
    time_zone: TimeZone = None,
    attributes: Attributes = [],  # noqa: B006 - typer copies it
    tags: Tags = [],  # noqa: B006
) -> None:
    """Enter somebody, or tell more of whoever has the address."""
    with output.command(place.as_json) as out:
        is_phone = not any(letter.isalpha() for letter in address)
        body = {"phone" if is_phone else "user_id": address}
        body |= _profile(name, language, time_zone, attributes) | ({"tags": tags} if tags else {})
        made = ask(place, account, lambda api: api.post(_PATH, body))
        out.result(made, lambda: _show(made))


@contacts.command("edit")
@expanded
def edit(
    who: Who,
    place: Place,
    account: AccountName = None,
    name: Name = None,
    language: Language = None,
    time_zone: TimeZone = None,
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="NUMBER", help="A number that they have as well.")
    ] = None,
    attributes: Attributes = [],  # noqa: B006
    tags: Tags = [],  # noqa: B006
    untag: Annotated[
        list[str], typer.Option("--untag", metavar="TAG", help="A word to take off. Several times.")
    ] = [],  # noqa: B006
) -> None:
    """Change what is known of somebody. An empty --name, --language or --time-zone clears it."""
    with output.command(place.as_json) as out:
        body = _profile(name, language, time_zone, attributes)
        body |= {member: text or None for member, text in body.items() if member != "attributes"}
        body |= {"phone": phone} if phone else {}
        body |= ({"add_tags": tags} if tags else {}) | ({"remove_tags": untag} if untag else {})
        changed = ask(place, account, lambda api: api.patch(path_of(who), body))
        out.result(changed, lambda: _show(changed))


@contacts.command("merge")
@expanded
def merge(
    who: Who,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The same person's other contact.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Put two contacts of one person together. All that is OTHER's becomes WHO's."""
    with output.command(place.as_json) as out:
        merged = ask(place, account, lambda api: api.post(f"{path_of(who)}/merge", {"contact": other}))
        out.result(merged, lambda: _show(merged))


@contacts.command("erase")
@expanded
def erase(
    who: Who,
    place: Place,
    account: AccountName = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Keep nothing of a person. It can not be undone; that they opted out stays."""
    with output.command(place.as_json) as out:
        if not yes and (place.as_json or not typer.confirm(f"Erase {who} for ever?")):
            raise Trouble(ExitCode.USAGE, "nothing was erased; --yes does it without a question")
        done = ask(place, account, lambda api: api.post(f"{path_of(who)}/erase", {}))
        end = "." if done["is_complete"] else "; what is on its way follows when it has come to its end."
        out.result(done, lambda: output.console().print(f"{done['id']} is erased{end}", markup=False))


@contacts.command("export")
@expanded
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it must not be there.")],
    door: Door,
    as_json: Json = False,
    list_id: Annotated[str | None, typer.Option("--list", metavar="ID", help="Who is on this list.")] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="ID", help="For whom this segment holds.")
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Those who have it.")] = None,
) -> None:
    """Write contacts into a CSV file that spreadsheets open and `trunkline imports` reads back."""

    async def work() -> None:
        async with open_door(door) as client:
            chosen = {"list": list_id, "segment": segment, "tag": tag}
            query = urlencode({name: value for name, value in chosen.items() if value is not None})
            await _save(client, f"{_PATH}/export" + (f"?{query}" if query else ""), file)

    with output.command(as_json) as out:
        if file.exists():
            raise Trouble(ExitCode.USAGE, f"{file} is there already")
        asyncio.run(work())
        out.result({"file": str(file)}, lambda: output.console().print(str(file), markup=False))


async def _save(client: Client, path: str, to: Path) -> None:
    """Written beside its place: what stands there is whole."""
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            await client.save(path, lambda part: _write(file, part))
        draft.rename(to)
    except OSError as error:
        raise Trouble(ExitCode.USAGE, f"{to} can not be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)


def _write(file: Any, part: bytes) -> None:
    file.write(part)


def path_of(who: str) -> str:
    return f"{_PATH}/{quote(who, safe='')}"


def _profile(
    name: str | None, language: str | None, time_zone: str | None, attributes: list[str]
) -> dict[str, Any]:
    given = {"name": name, "language": language, "time_zone": time_zone}
    body: dict[str, Any] = {member: text for member, text in given.items() if text is not None}
    pairs = [text.partition("=") for text in attributes]
    for member, sign, _ in pairs:
        if not sign or not member:
            raise Trouble(ExitCode.USAGE, f"--set {member}: this is not NAME=TEXT")
    return body | ({"attributes": {member: text or None for member, _, text in pairs}} if pairs else {})


def _show(contact: dict[str, Any]) -> None:
    screen = output.console()
    lines = {
        "id": contact["id"],
        "name": contact["name"],
        "phone": contact["phone"],
        "user id": contact["user_id"],
        "known by": ", ".join(contact["addresses"]),
        "language": contact["language"],
        "time zone": contact["time_zone"],
        "tags": ", ".join(contact["tags"]),
        "since": life.local_time(contact["created_at"], with_date=True),
    }
    for label, text in (*lines.items(), *contact["attributes"].items()):
        if text:
            screen.print(output.labelled(label, text), soft_wrap=True)


def show_people(rows: list[dict[str, Any]], empty: str = "Nobody is known yet.") -> None:
    columns = ("id", "phone", "name", "language", "tags", "known by")
    lines = [
        (
            row["id"],
            row["phone"],
            row["name"],
            row["language"],
            ", ".join(row["tags"]),
            ", ".join(other for other in row["addresses"] if other != row["phone"]),
        )
        for row in rows
    ]
    output.table(columns, lines, empty=empty)
