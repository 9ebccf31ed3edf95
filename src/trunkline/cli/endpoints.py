"""`trunkline endpoints`: where an account's events are posted to, and what became of them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode
from trunkline.cli.life import local_time
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, Place, expanded

endpoints = typer.Typer(
    no_args_is_help=True, help="Endpoints: where events are posted to. With the server running, or stopped."
)

WhichEndpoint = Annotated[str, typer.Argument(metavar="ID", help="end_…")]
_POLL_SECONDS = 0.2


class Format(StrEnum):
    """In which form events are posted."""

    EVENTS = "events"
    META = "meta"


@dataclass(frozen=True)
class Form:
    """An endpoint as it is given."""

    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted to.")]
    format: Annotated[
        Format, typer.Option("--format", help="Standard Webhooks, or as the Cloud API posts them.")
    ] = Format.EVENTS
    events: Annotated[
        str | None, typer.Option("--events", metavar="TYPES", help="Only these, as message.read,contact.*.")
    ] = None
    number: Annotated[
        str | None, typer.Option("--number", metavar="ID", help="Only what happens to this number, num_….")
    ] = None
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT", help="For people.")] = (
        None
    )
    ordered: Annotated[
        bool, typer.Option("--ordered", help="Within a conversation the next waits for the former.")
    ] = False
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, max=1000, help="Events in one post at most.")
    ] = None
    max_in_flight: Annotated[
        int | None, typer.Option("--max-in-flight", min=1, max=100, help="Posts at the same time at most.")
    ] = None
    per_second: Annotated[
        int | None, typer.Option("--per-second", min=1, max=10_000, help="Posts a second at most.")
    ] = None

    def as_body(self) -> dict[str, Any]:
        """As `POST /v1/endpoints` takes it."""
        body = {
            "url": self.url,
            "format": self.format.value,
            "event_types": self.events.replace(" ", "").split(",") if self.events else None,
            "number_id": self.number,
            "description": self.description,
            "is_ordered": self.ordered or None,
            "batch_size": self.batch_size,
            "max_in_flight": self.max_in_flight,
            "per_second": self.per_second,
        }
        return {name: value for name, value in body.items() if value is not None}


@endpoints.command("add")
@expanded
def add(form: Form, place: Place, account: AccountName = None) -> None:
    """Post events to an address from now on. Its secret is shown this once."""
    with output.command(place.as_json) as out:
        made = ask(place, account, lambda api: api.post("/v1/endpoints", form.as_body()))
        out.result(made, lambda: _show_secret(made))


def _show_secret(endpoint: dict[str, Any]) -> None:
    screen = output.console()
    screen.print(output.labelled("endpoint", f"{endpoint['id']}  {endpoint['url']}"))
    screen.print(output.labelled("secret", endpoint["secret"]))
    output.console(error=True).print("Keep the secret: it cannot be shown again.", style="dim")


@endpoints.command("list")
@expanded
def list_(place: Place, account: AccountName = None) -> None:
    """List the endpoints of an account, without their secrets."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get("/v1/endpoints"))["data"]
        rows = [
            (each["id"], each["url"], each["format"], ", ".join(each["event_types"]), _state(each))
            for each in found
        ]
        empty = "There is no endpoint yet. Add one: trunkline endpoints add --help"
        columns = ("id", "url", "format", "events", "state")
        out.result({"data": found}, lambda: output.table(columns, rows, empty=empty))


def _state(endpoint: dict[str, Any]) -> str:
    reason = endpoint["state_reason"]
    return f"{endpoint['state']} ({reason})" if reason else str(endpoint["state"])


@endpoints.command("show")
@expanded
def show(endpoint: WhichEndpoint, place: Place, account: AccountName = None) -> None:
    """Show an endpoint, and how it takes what it gets."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get(f"/v1/endpoints/{endpoint}"))
        out.result(found, lambda: output.console().print_json(data=found))


@endpoints.command("test")
@expanded
def test(
    endpoint: WhichEndpoint,
    place: Place,
    account: AccountName = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, max=600, help="Seconds to wait for what becomes of it.")
    ] = 10.0,
) -> None:
    """Post an event endpoint.test to it, and tell how that went; exit code 1 when it was not taken."""

    async def work(api: Client) -> dict[str, Any]:
        event = await api.post(f"/v1/endpoints/{endpoint}/test")
        return {"event": event, "attempt": await _first_attempt(api, endpoint, event["id"], wait)}

    with output.command(place.as_json) as out:
        told = ask(place, account, work)
        out.result(told, lambda: _show_test(told))
        if code := _code_of(told["attempt"]):
            raise typer.Exit(code)


async def _first_attempt(api: Client, endpoint: str, event_id: str, wait: float) -> dict[str, Any] | None:
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait
    while True:
        found = (await api.get(f"/v1/endpoints/{endpoint}/attempts", event_id=event_id))["data"]
        if found:
            return dict(found[-1])
        if clock() >= deadline:
            return None
        await asyncio.sleep(_POLL_SECONDS)


def _code_of(attempt: dict[str, Any] | None) -> ExitCode:
    if attempt is None:
        return ExitCode.PENDING
    return ExitCode.OK if attempt["outcome"] == "delivered" else ExitCode.REFUSED


def _show_test(told: dict[str, Any]) -> None:
    attempt, screen = told["attempt"], output.console()
    if attempt is None:
        screen.print(f"{told['event']['id']} has not been posted yet; is the server running?", markup=False)
        return
    answer = f"HTTP {attempt['http_status']}" if attempt["http_status"] else "no answer"
    more = f": {attempt['detail']}" if attempt["detail"] else ""
    text = f"{told['event']['id']} {attempt['outcome']}, {answer} after {attempt['took_ms']} ms{more}"
    screen.print(output.plain(text), markup=False)
    if attempt["outcome"] != "delivered" and attempt["answer"]:
        screen.print(output.labelled("answer", attempt["answer"]))


@endpoints.command("rotate")
@expanded
def rotate(
    endpoint: WhichEndpoint,
    place: Place,
    account: AccountName = None,
    overlap_hours: Annotated[
        int, typer.Option("--overlap-hours", min=0, max=168, help="How long the former secret signs too.")
    ] = 24,
) -> None:
    """Make a new secret and show it this once."""
    body = {"overlap_hours": overlap_hours}
    with output.command(place.as_json) as out:
        made = ask(place, account, lambda api: api.post(f"/v1/endpoints/{endpoint}/rotate-secret", body))
        out.result(made, lambda: _show_secret(made))


@endpoints.command("pause")
@expanded
def pause(endpoint: WhichEndpoint, place: Place, account: AccountName = None) -> None:
    """Post nothing to it until it is enabled. Events wait."""
    _change(endpoint, place, account, lambda api: api.post(f"/v1/endpoints/{endpoint}/pause"), "is paused")


@endpoints.command("enable")
@expanded
def enable(endpoint: WhichEndpoint, place: Place, account: AccountName = None) -> None:
    """Go on where it stood, whatever had stopped it."""
    _change(endpoint, place, account, lambda api: api.post(f"/v1/endpoints/{endpoint}/enable"), "is enabled")


@endpoints.command("remove")
@expanded
def remove(endpoint: WhichEndpoint, place: Place, account: AccountName = None) -> None:
    """Remove it. What it has not got yet is not delivered."""
    _change(endpoint, place, account, lambda api: api.delete(f"/v1/endpoints/{endpoint}"), "is removed")


def _change(
    endpoint: str,
    place: Place,
    account: str | None,
    change: Callable[[Client], Awaitable[Any]],
    said: str,
) -> None:
    with output.command(place.as_json) as out:
        answer = ask(place, account, change)
        out.result(answer or {"id": endpoint}, lambda: output.console().print(f"{endpoint} {said}."))


@endpoints.command("log")
@expanded
def log(
    endpoint: WhichEndpoint,
    place: Place,
    account: AccountName = None,
    event: Annotated[
        str | None, typer.Option("--event", metavar="ID", help="Only this event, with request and answer.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many events at most.")] = 20,
) -> None:
    """List the tries to deliver to it, those of the newest event first."""
    with output.command(place.as_json) as out:
        found = ask(
            place,
            account,
            lambda api: api.get(f"/v1/endpoints/{endpoint}/attempts", event_id=event, limit=limit),
        )["data"]
        out.result({"data": found}, lambda: _show_log(found, in_full=event is not None))


def _show_log(found: list[dict[str, Any]], *, in_full: bool) -> None:
    rows = [
        (each["event_id"], local_time(each["at"], with_date=True), each["n"], each["outcome"],
         each["http_status"], each["took_ms"], each["detail"])
        for each in found
    ]  # fmt: skip
    columns = ("id", "time", "try", "outcome", "status", "ms", "why")
    output.table(columns, rows, empty="Nothing has been posted there yet.")
    if in_full and found:
        for name in ("request", "answer"):
            output.console().print(output.labelled(name, found[0][name] or ""))


@endpoints.command("replay")
@expanded
def replay(
    endpoint: WhichEndpoint,
    place: Place,
    account: AccountName = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", metavar="ID", help="This event; may be given again.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="At or after: 2026-12-24T18:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before; else now.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed.")] = False,
) -> None:
    """Deliver events once more, under the webhook-ids that they had."""
    given = {"event_ids": event or None, "since": since, "until": until, "failed_only": failed or None}
    body = {name: value for name, value in given.items() if value is not None}
    with output.command(place.as_json) as out:
        told = ask(place, account, lambda api: api.post(f"/v1/endpoints/{endpoint}/replay", body))
        said = f"{told['replayed']} events go to {endpoint} once more."
        out.result(told, lambda: output.console().print(said))
