"""`trunkline pricing`: rate cards, how an account is billed, and what messages will cost."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import life, output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, Place, expanded

pricing = typer.Typer(
    no_args_is_help=True,
    help="What messages cost: rate cards, billing, estimates. With the server running, or stopped.",
)

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SHOWN_FAULTS = 20
_MOST_BYTES = 1 << 20  # the server takes 256 KiB of it as UTF-8


@pricing.command("cards")
@expanded
def cards(place: Place, account: AccountName = None) -> None:
    """List the rate cards that estimates go by: samples, then your own."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get("/v1/pricing/cards"))
        out.result(found, lambda: _cards(found["data"]))


@pricing.command("import")
@expanded
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV as docs/pricing.md says; - is standard input.")
    ],
    place: Place,
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="Of the rates, as USD.")],
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, as 2026-10-01.")],
    account: AccountName = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="Where it is from; the file's name else.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is wrong with it; keep nothing.")
    ] = False,
) -> None:
    """Import a file of rates. Bad cells are named, good ones are used."""
    with output.command(place.as_json) as out:
        body = {
            "currency": currency.upper(),
            "effective_from": since,
            "rates": _text(file),
            "source": source or file.name,
            "dry_run": dry_run,
        }
        done = ask(place, account, lambda api: api.post("/v1/pricing/cards", body))
        out.result(done, lambda: _cards([done["card"]]))
        if done["faults"]:
            out.note(f"{len(done['faults'])} cells were left out:")
            for fault in done["faults"][:_SHOWN_FAULTS]:
                out.note(f"  line {fault['line']}, {fault['column'] or 'all of it'}: {fault['reason']}")


@pricing.command("show")
@expanded
def show(
    card: Annotated[str, typer.Argument(metavar="ID", help="Of a card, as `pricing cards` lists them.")],
    place: Place,
    account: AccountName = None,
    market: Annotated[str | None, typer.Option("--market", metavar="NAME", help="Only this one.")] = None,
) -> None:
    """Show the rates of a card."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get(f"/v1/pricing/cards/{card}"))
        if market is not None:
            found["prices"] = [row for row in found["prices"] if row["market"].lower() == market.lower()]
        out.result(found, lambda: _rates(found))


@pricing.command("remove")
@expanded
def remove(
    card: Annotated[str, typer.Argument(metavar="ID", help="Of a card of yours.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Remove a rate card that was imported."""
    with output.command(place.as_json) as out:
        ask(place, account, lambda api: api.delete(f"/v1/pricing/cards/{card}"))
        out.result({"id": card}, lambda: output.console().print(f"{card} is gone.", markup=False))


@pricing.command("billing")
@expanded
def billing(
    place: Place,
    account: AccountName = None,
    currency: Annotated[str | None, typer.Option("--currency", metavar="CODE", help="As EUR.")] = None,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", metavar="NAME", help="As Europe/Berlin.")
    ] = None,
    country: Annotated[str | None, typer.Option("--country", metavar="CODE", help="Yours, as DE.")] = None,
    utility: Annotated[
        str | None,
        typer.Option("--utility-in-window", metavar="WORD", help="charged or free, since October 2026."),
    ] = None,
    exempt: Annotated[
        bool | None, typer.Option("--exempt/--not-exempt", help="Service messages are free for you.")
    ] = None,
) -> None:
    """Show, or say, how the account is billed by its provider: nobody can be asked."""
    said = {
        "currency": currency,
        "time_zone": time_zone,
        "country": country,
        "utility_in_window": utility,
        "exempt": exempt,
    }
    body = {name: value for name, value in said.items() if value is not None}
    with output.command(place.as_json) as out:
        path = "/v1/pricing/billing"
        found = ask(place, account, lambda api: api.patch(path, body) if body else api.get(path))
        rows = [(name.replace("_", " "), _in_words(value)) for name, value in found.items()]
        out.result(found, lambda: output.table(("what", "is"), rows, empty=""))


@pricing.command("estimate")
@expanded
def estimate(
    to: Annotated[str, typer.Argument(metavar="TO", help="An address, or its beginning, as +49.")],
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="As marketing, utility, service.")],
    place: Place,
    account: AccountName = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 1,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When; now without it.")] = None,
    window: Annotated[bool, typer.Option("--window-open", help="They wrote within 24 hours.")] = False,
) -> None:
    """Say what messages will cost if all are delivered."""
    with output.command(place.as_json) as out:
        message: dict[str, Any] = {"to": to, "category": category, "count": count, "window_open": window}
        message |= {} if at is None else {"at": at}
        body = {"messages": [message]}
        found = ask(place, account, lambda api: api.post("/v1/pricing/estimate", body))
        out.result(found, lambda: show_costs(found))
        for card in found["cards"]:
            said = " (a sample: import the current card)" if card["sample"] else ""
            out.note(f"Rates from {card['effective_from']}: {card['source']}{said}")


def show_costs(costs: dict[str, Any]) -> None:
    """A report of costs, for people."""
    rows = [
        (
            line["market"],
            line["category"],
            f"{line['count']:,}",
            f"{line['charged']:,}",
            _free(line),
            line["amount"],
        )
        for line in costs["lines"]
    ]
    output.table(("market", "category", "messages", "charged", "free", "amount"), rows, empty="No messages.")
    least = "at least " if costs["unpriced"] else ""
    output.console().print(f"Total: {least}{costs['total']} {costs['currency']}", markup=False)
    if costs["unpriced"]:
        said = f"No rate card has a rate for {costs['unpriced']:,} of them."
        output.console().print(said, markup=False)


def _free(line: dict[str, Any]) -> str:
    return ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in line["free"].items())


def _cards(found: list[dict[str, Any]]) -> None:
    rows = [
        (card["id"], card["currency"], card["effective_from"], card["markets"], card["rates"],
         life.local_time(card["created_at"], with_date=True) if card["created_at"] else "",
         "sample: " * card["sample"] + card["source"])
        for card in found
    ]  # fmt: skip
    output.table(("id", "currency", "from", "markets", "rates", "imported", "source"), rows, empty="None.")


def _rates(card: dict[str, Any]) -> None:
    rows = [
        (row["market"], row["category"], ", ".join(_tier(tier) for tier in row["tiers"]))
        for row in card["prices"]
    ]
    output.table(("market", "category", f"rate in {card['currency']}"), rows, empty="There are no rates.")


def _tier(tier: dict[str, Any]) -> str:
    return str(tier["rate"]) if tier["first"] == 1 else f"{tier['rate']} from message {tier['first']:,} on"


def _in_words(value: Any) -> str:
    if value is None:
        return "not said"
    if isinstance(value, list):
        return ", ".join(f"{one['market']} since {one['since']}" for one in value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _text(file: Path) -> str:
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise Trouble(ExitCode.USAGE, f"{file} has more than {_MOST_BYTES:,} bytes: it is no rate card.")
        return data.decode(_MARKS.get(data[:2], "utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(ExitCode.USAGE, f"{file} can not be read: {error}") from None
