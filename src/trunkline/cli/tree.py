"""The command tree, on one screen."""

import contextlib
import os
import sys
from typing import Annotated

import typer

from trunkline.cli import campaign_reports, campaign_run
from trunkline.cli.accounts import accounts
from trunkline.cli.campaign import campaign
from trunkline.cli.clock import clock
from trunkline.cli.configuration import config
from trunkline.cli.consents import consents
from trunkline.cli.contacts import contacts
from trunkline.cli.conversations import conversations
from trunkline.cli.db import db, migrate
from trunkline.cli.doctor import doctor
from trunkline.cli.endpoints import endpoints
from trunkline.cli.events import events
from trunkline.cli.imports import imports
from trunkline.cli.keys import keys
from trunkline.cli.listen import listen
from trunkline.cli.lists import lists
from trunkline.cli.media import media
from trunkline.cli.messages import messages
from trunkline.cli.numbers import numbers
from trunkline.cli.openapi import openapi
from trunkline.cli.pricing import pricing
from trunkline.cli.sandbox import sandbox
from trunkline.cli.segments import segments
from trunkline.cli.send import send
from trunkline.cli.serve import serve
from trunkline.cli.suppressions import suppressions
from trunkline.cli.templates import templates
from trunkline.cli.trigger import trigger

app = typer.Typer(
    name="trunkline",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A self-hosted messaging platform for businesses, WhatsApp first.",
)
app.command("serve")(serve)
app.add_typer(sandbox, name="sandbox")
app.add_typer(send, name="send")
app.add_typer(messages, name="messages")
app.add_typer(media, name="media")
app.add_typer(conversations, name="conversations")
app.add_typer(templates, name="templates")
app.add_typer(pricing, name="pricing")
campaign_run.add_to(campaign)
campaign_reports.add_to(campaign)
app.add_typer(campaign, name="campaign")
app.add_typer(suppressions, name="suppressions")
app.add_typer(consents, name="consents")
app.add_typer(contacts, name="contacts")
app.add_typer(lists, name="lists")
app.add_typer(segments, name="segments")
app.add_typer(imports, name="imports")
app.add_typer(events, name="events")
app.add_typer(endpoints, name="endpoints")
app.command("listen")(listen)
app.command("trigger")(trigger)
app.add_typer(numbers, name="numbers")
app.add_typer(keys, name="keys")
app.add_typer(accounts, name="accounts")
app.add_typer(clock, name="clock")
app.add_typer(config, name="config")
app.add_typer(db, name="db")
app.command("migrate")(migrate)
app.command("doctor")(doctor)
app.command("openapi")(openapi)


def _print_version(wanted: bool) -> None:
    if wanted:
        from trunkline import __version__

        typer.echo(f"trunkline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Ends the process itself: what is to be cleaned up has been, by the commands.

    The HTTP library's threads (tokio's) may still let go of Python objects while the interpreter takes itself
    apart, which it answers with an abort.
    """
    code = 1
    try:
        app(prog_name="trunkline")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
