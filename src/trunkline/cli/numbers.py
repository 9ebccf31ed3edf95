"""`trunkline numbers`: the business numbers that messages leave from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.office import ask
from trunkline.cli.options import AccountName, Place, expanded
from trunkline.cli.secrets_in import read_secret

numbers = typer.Typer(
    no_args_is_help=True,
    help="Business numbers: Meta's, or a sandbox's that runs elsewhere. With the server running, or stopped.",
)


class WindowPolicy(StrEnum):
    """What becomes of a free-form message while the 24-hour window is closed."""

    ENFORCE = "enforce"
    HOLD = "hold"
    ADVISE = "advise"


class Links(StrEnum):
    """What becomes of a file that a message names by link."""

    FETCH = "fetch"
    WHATSAPP = "pass_through"


class TemplateCheck(StrEnum):
    """What becomes of a message by template."""

    CHECK = "check"
    WHATSAPP = "pass_through"


WhichNumber = Annotated[str, typer.Argument(metavar="NUMBER", help="num_…, or the digits of the number.")]


@dataclass(frozen=True)
class Form:
    """A number as it is given."""

    sender: Annotated[
        str, typer.Option("--from", metavar="NUMBER", help="The business number, with its country code.")
    ]
    phone_number_id: Annotated[
        str, typer.Option("--phone-number-id", metavar="ID", help="Its id in the Cloud API.")
    ]
    waba_id: Annotated[str, typer.Option("--waba-id", metavar="ID", help="Its WhatsApp Business Account.")]
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="The app that may use it.")]
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TOKEN",
            envvar="TRUNKLINE_NUMBER_TOKEN",
            show_envvar=True,
            help="Access token; - reads one line of standard input.",
        ),
    ] = None
    token_file: Annotated[
        Path | None, typer.Option("--token-file", metavar="FILE", help="File with the access token.")
    ] = None
    app_secret: Annotated[
        str | None,
        typer.Option(
            "--app-secret",
            metavar="SECRET",
            envvar="TRUNKLINE_NUMBER_APP_SECRET",
            show_envvar=True,
            help="What the app's webhooks are signed with; - reads one line of standard input.",
        ),
    ] = None
    app_secret_file: Annotated[
        Path | None, typer.Option("--app-secret-file", metavar="FILE", help="File with the app secret.")
    ] = None
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="Cloud API with its version, or a sandbox; else the setting whatsapp.base_url.",
        ),
    ] = None
    hook_url: Annotated[
        str | None,
        typer.Option(
            "--hook-url",
            metavar="URL",
            help="Also ask the provider to post its webhooks here. It checks the address at once.",
        ),
    ] = None
    messages_per_second: Annotated[
        int | None,
        typer.Option(
            "--messages-per-second", min=1, max=1000, help="Its pace; else dispatch.messages_per_second."
        ),
    ] = None

    daily_recipients: Annotated[
        int | None,
        typer.Option(
            "--daily-recipients",
            min=1,
            metavar="COUNT",
            help="People it may write to first within 24 hours (Meta's messaging limit); else no limit.",
        ),
    ] = None
    window_policy: Annotated[
        WindowPolicy | None,
        typer.Option(
            "--window-policy",
            help="What free-form messages meet outside the 24-hour window; else enforce for a real number.",
        ),
    ] = None
    links: Annotated[
        Links | None,
        typer.Option("--links", help="Whether files behind links are fetched here, or by WhatsApp."),
    ] = None
    template_check: Annotated[
        TemplateCheck | None,
        typer.Option(
            "--template-check",
            help="Whether templates are checked before they are taken, or by WhatsApp alone; else check.",
        ),
    ] = None
    tier_reserve: Annotated[
        int | None,
        typer.Option(
            "--tier-reserve",
            min=0,
            metavar="COUNT",
            help="Of --daily-recipients, how many campaigns leave to other messages; else a tenth.",
        ),
    ] = None
    shared: Annotated[
        bool, typer.Option("--shared", help="Others send from it too, such as the phone app.")
    ] = False

    def as_body(self) -> dict[str, Any]:
        """As `POST /v1/numbers` takes it."""
        body = {
            "from": self.sender,
            "phone_number_id": self.phone_number_id,
            "waba_id": self.waba_id,
            "app_id": self.app_id,
            "token": read_secret("--token", self.token, self.token_file),
            "app_secret": read_secret("--app-secret", self.app_secret, self.app_secret_file),
            "base_url": self.base_url,
            "messages_per_second": self.messages_per_second,
            "daily_recipients": self.daily_recipients,
            "window_policy": self.window_policy,
            "links": self.links,
            "template_check": self.template_check,
            "tier_reserve": self.tier_reserve,
            "is_shared": self.shared or None,
            "hook_url": self.hook_url,
        }
        return {name: value for name, value in body.items() if value is not None}


@numbers.command("add")
@expanded
def add(form: Form, place: Place, account: AccountName = None) -> None:
    """Register a number, or give one that is registered new credentials.

    An account's first number becomes its default. The token and the app secret are stored encrypted; given
    as a file or on standard input they do not show in the list of processes.
    """
    with output.command(place.as_json) as out:
        body = form.as_body()
        number = ask(
            place, account, lambda api: api.post("/v1/numbers", body), may_make=True, hook_url=form.hook_url
        )
        out.result(number, lambda: output.console().print(f"{number['id']}  {number['from']}"))


@numbers.command("list")
@expanded
def list_(place: Place, account: AccountName = None) -> None:
    """List the numbers of an account, without their secrets."""
    with output.command(place.as_json) as out:
        found = ask(place, account, lambda api: api.get("/v1/numbers"))["data"]
        columns = ("id", "from", "default", "phone number id", "at", "a second", "window", "held")
        rows = [_row(number) for number in found]
        empty = "There is no number yet. Add one: trunkline numbers add --help"
        out.result({"data": found}, lambda: output.table(columns, rows, empty=empty))


def _row(number: dict[str, Any]) -> tuple[Any, ...]:
    return (
        number["id"],
        number["from"],
        "yes" if number["is_default"] else "",
        number["phone_number_id"],
        number["base_url"],
        number["messages_per_second"],
        number["window_policy"],
        number.get("held_reason"),
    )


@numbers.command("set-default")
@expanded
def set_default(number: WhichNumber, place: Place, account: AccountName = None) -> None:
    """Make a number the one that messages without `from` leave from."""
    _change(
        number, place, account, lambda api, id_: api.post(f"/v1/numbers/{id_}/default"), "is the default now"
    )


@numbers.command("set-window")
@expanded
def set_window(
    number: WhichNumber,
    policy: Annotated[WindowPolicy, typer.Argument(metavar="POLICY", help="enforce, hold or advise.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Choose what becomes of free-form messages outside the 24-hour window."""
    body = {"window_policy": policy.value}
    said = {
        WindowPolicy.ENFORCE: "refuses free-form messages outside the window",
        WindowPolicy.HOLD: "holds free-form messages until the person writes",
        WindowPolicy.ADVISE: "sends free-form messages whether the window is open or not",
    }[policy]
    _change(number, place, account, lambda api, id_: api.patch(f"/v1/numbers/{id_}", body), said)


@numbers.command("set-links")
@expanded
def set_links(
    number: WhichNumber,
    links: Annotated[Links, typer.Argument(metavar="WHO", help="fetch or pass_through.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Choose who fetches the files that messages name by link."""
    said = {
        Links.FETCH: "has files behind links fetched here, before the send",
        Links.WHATSAPP: "leaves links to WhatsApp",
    }[links]
    body = {"links": links.value}
    _change(number, place, account, lambda api, id_: api.patch(f"/v1/numbers/{id_}", body), said)


@numbers.command("set-template-check")
@expanded
def set_template_check(
    number: WhichNumber,
    check: Annotated[TemplateCheck, typer.Argument(metavar="CHECK", help="check or pass_through.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Choose whether messages by template are checked before they are taken."""
    said = {
        TemplateCheck.CHECK: "holds templates against what is known of them",
        TemplateCheck.WHATSAPP: "leaves the check of templates to WhatsApp",
    }[check]
    body = {"template_check": check.value}
    _change(number, place, account, lambda api, id_: api.patch(f"/v1/numbers/{id_}", body), said)


@numbers.command("set-tier-reserve")
@expanded
def set_tier_reserve(
    number: WhichNumber,
    count: Annotated[str, typer.Argument(metavar="COUNT", help="How many people; tenth is a tenth.")],
    place: Place,
    account: AccountName = None,
) -> None:
    """Choose how much of the 24-hour tier campaigns leave to other messages."""
    if count != "tenth" and not count.isdecimal():
        raise typer.BadParameter("a whole number, or tenth", param_hint="COUNT")
    said = "has campaigns leave " + ("a tenth of its tier" if count == "tenth" else f"{count} of its tier")
    body = {"tier_reserve": None if count == "tenth" else int(count)}
    _change(number, place, account, lambda api, id_: api.patch(f"/v1/numbers/{id_}", body), said)


@numbers.command("remove")
@expanded
def remove(number: WhichNumber, place: Place, account: AccountName = None) -> None:
    """Remove a number and its secrets. Its messages stay."""
    _change(number, place, account, lambda api, id_: api.delete(f"/v1/numbers/{id_}"), "is removed")


@numbers.command("release")
@expanded
def release(number: WhichNumber, place: Place, account: AccountName = None) -> None:
    """End the hold of a number: what waited goes on, in its order."""
    _change(number, place, account, lambda api, id_: api.post(f"/v1/numbers/{id_}/release"), "is released")


def _change(
    wanted: str,
    place: Place,
    account: str | None,
    change: Callable[[Client, str], Awaitable[Any]],
    said: str,
) -> None:
    async def work(api: Client) -> dict[str, Any]:
        found = _which((await api.get("/v1/numbers"))["data"], wanted)
        await change(api, found["id"])
        return found

    with output.command(place.as_json) as out:
        found = ask(place, account, work)
        value = {"id": found["id"], "from": found["from"]}
        out.result(value, lambda: output.console().print(f"{found['from']} ({found['id']}) {said}."))


def _which(numbers: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    digits = "".join(letter for letter in wanted if letter.isdigit())
    for number in numbers:
        if number["id"] == wanted or (digits == number["from"] and not wanted.startswith("num_")):
            return number
    known = ", ".join(f"{number['from']} ({number['id']})" for number in numbers) or "none"
    raise Trouble(ExitCode.REFUSED, f"there is no number {wanted} in this account; there are: {known}")
