"""The commands of `trunkline sandbox`, in the order in which `--help` shows them."""

import typer

from trunkline.cli.options import expanded
from trunkline.cli.sandbox.chat import chat
from trunkline.cli.sandbox.faults import fault
from trunkline.cli.sandbox.handset import handset
from trunkline.cli.sandbox.population import populate
from trunkline.cli.sandbox.recordings import record, replay
from trunkline.cli.sandbox.rules import rules
from trunkline.cli.sandbox.scenarios import play
from trunkline.cli.sandbox.start import start
from trunkline.cli.sandbox.webhooks import webhooks

sandbox = typer.Typer(invoke_without_command=True)
sandbox.callback()(start)
for command in (handset, chat, webhooks, rules, fault, populate, play, record, replay):
    sandbox.command()(expanded(command))
