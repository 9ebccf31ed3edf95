"""`trunkline sandbox`: the stand-in for Meta's side as a program of its own."""

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.serve import ReadyJson


def sandbox(
    as_json: ReadyJson = False,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DIR", help="Its folder; else sandbox/ in the data folder."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option("--port", help="Port; 0 takes any free one.")] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict", help="Refuse all that Meta would refuse.")
    ] = None,
    throughput: Annotated[
        int | None,
        typer.Option("--throughput", min=1, help="Sends a second that are taken; more get 130429."),
    ] = None,
) -> None:
    """Start the sandbox alone: other machines, other programs and test suites may send through it.

    Its ledger of all that it took stays in its data folder. Ctrl-C or SIGTERM stops it.
    """
    from trunkline.cli.settings import load_settings

    with output.command(as_json):
        settings = load_settings(data=data, sandbox__port=port, sandbox__strict=strict)
        folder = Path(data) if data else Path(settings.data) / "sandbox"
        ours = settings.sandbox
        delay = ours.status_delay_seconds
        delays = (delay, 2 * delay, 3 * delay)
        changes = {"strict": ours.strict, "throughput": throughput, "status_delay_seconds": delays}
        _run(folder, host, ours.port, changes, as_json=as_json)


def _run(folder: Path, host: str, port: int, changes: dict[str, Any], *, as_json: bool) -> None:
    from trunkline.sandbox import SandboxBusyError, Settings, serve

    def ready(members: dict[str, Any]) -> None:
        if as_json:
            output.print_json(members)
        else:
            _show(members, folder)

    try:
        asyncio.run(serve(folder, host, port, Settings(**changes), ready))
    except SandboxBusyError as error:
        raise Trouble(ExitCode.IN_USE, str(error)) from None
    except OSError as error:
        reason = re.sub(r"^\[Errno \d+\] ", "", str(error))
        detail = f"the sandbox can not listen on {host}:{port} ({reason}); choose another with --port"
        raise Trouble(ExitCode.USAGE, detail) from None


def _show(members: dict[str, Any], folder: Path) -> None:
    screen = output.console()
    for name, value in members.items():
        if value is not None:
            screen.print(f"  [dim]{name:<16}[/]{value}", soft_wrap=True)
    screen.print(f"  [dim]{'data':<16}[/]{folder.absolute()}", soft_wrap=True)
    screen.print("\nReady. Ctrl-C stops.", style="dim")
