"""`trunkline sandbox` by itself: the stand-in for Meta's side as a program of its own."""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import VirtualTime
from trunkline.cli.serve import ReadyJson

if TYPE_CHECKING:
    from trunkline.sandbox.clock import Clock

_OF_META = {"throughput": 80, "pair_limit": True, "template_creates_per_hour": 100}
"""Settings of `--real-limits`."""


def start(
    ctx: typer.Context,
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
    real_limits: Annotated[
        bool,
        typer.Option(
            "--real-limits",
            help="Meta's own: 80 sends a second, one message per 6 s to a person, 100 new templates an hour.",
        ),
    ] = False,
    throughput: Annotated[
        int | None,
        typer.Option("--throughput", min=1, help="Sends a second that are taken; more get 130429."),
    ] = None,
    batch: Annotated[
        int, typer.Option("--batch", min=1, max=1000, help="Webhooks that go into one post at most.")
    ] = 1,
    no_bodies: Annotated[
        bool, typer.Option("--no-bodies", help="For load tests: keep no messages. Chats are then empty.")
    ] = False,
    virtual_time: VirtualTime = None,
) -> None:
    """Start the sandbox alone: other machines, other programs and test suites may send through it.

    Its ledger of all that it took stays in its data folder. Ctrl-C or SIGTERM stops it.

    The commands below are for one that runs already: of the server on the data folder, at --sandbox-url,
    or at the usual port.
    """
    from trunkline.cli.settings import load_settings

    with output.command(as_json):
        if ctx.invoked_subcommand is not None:
            _refuse_options(ctx, ctx.invoked_subcommand)
            return
        settings = load_settings(
            data=data, sandbox__port=port, sandbox__strict=strict, virtual_time=virtual_time
        )
        folder = Path(data) if data else Path(settings.data) / "sandbox"
        ours = settings.sandbox
        delay = ours.status_delay_seconds
        changes: dict[str, Any] = _OF_META if real_limits else {}
        changes = {
            **changes,
            **({"throughput": throughput} if throughput else {}),
            "strict": ours.strict,
            "status_delay_seconds": (delay, 2 * delay, 3 * delay),
            "batch": batch,
            "keep_bodies": not no_bodies,
        }
        clock = _open_clock(folder, virtual=settings.virtual_time)
        _run(folder, host, ours.port, changes, clock, as_json=as_json)


def _refuse_options(ctx: typer.Context, command: str) -> None:
    """Else they would be taken and do nothing."""
    given = [name for name in ctx.params if _is_from_command_line(ctx, name)]
    if given:
        detail = f"write options behind the command: trunkline sandbox {command} …"
        raise Trouble(ExitCode.USAGE, detail)


def _is_from_command_line(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _open_clock(folder: Path, *, virtual: bool) -> "Clock":
    from trunkline.sandbox.clock import open_clock

    try:
        return open_clock(folder, virtual=virtual)
    except ValueError as error:
        raise Trouble(ExitCode.USAGE, str(error)) from None


def _run(
    folder: Path, host: str, port: int, changes: dict[str, Any], clock: "Clock", *, as_json: bool
) -> None:
    import uvloop

    from trunkline.sandbox import SandboxBusyError, Settings, serve

    def ready(members: dict[str, Any]) -> None:
        if as_json:
            output.print_json(members)
        else:
            _show(members, folder)

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(folder, host, port, Settings(**changes), ready, clock=clock))
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
    screen.print("\nOpen handsets_url and write to the business, or answer it. Ctrl-C stops.", style="dim")
