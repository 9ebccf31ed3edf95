"""`trunkline serve`: settings in, the whole program up, one banner or one line of JSON out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli import banner, output
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.options import ConfigFile, Data, Database, VirtualTime
from trunkline.cli.settings import load_settings

if TYPE_CHECKING:
    from trunkline.app import Ready
    from trunkline.config import Settings

ReadyJson = Annotated[
    bool, typer.Option("--json", help="Print one line of JSON once everything is ready, for scripts.")
]


def serve(
    as_json: ReadyJson = False,
    data: Data = None,
    host: Annotated[str | None, typer.Option("--host", help="Address of the API.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port of the API; 0 takes any free one.")] = None,
    sandbox_port: Annotated[
        int | None, typer.Option("--sandbox-port", help="Port of the sandbox; 0 takes any free one.")
    ] = None,
    sandbox: Annotated[
        bool | None,
        typer.Option("--sandbox/--no-sandbox", help="With the built-in sandbox in any case, or without it."),
    ] = None,
    strict: Annotated[
        bool | None, typer.Option("--strict", help="The sandbox refuses all that Meta would refuse.")
    ] = None,
    virtual_time: VirtualTime = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="ROLES",
            help="Only these parts: api,hooks,dispatch,process,deliver,campaigns,chores.",
        ),
    ] = None,
    config: ConfigFile = None,
    database: Database = None,
    public_url: Annotated[
        str | None, typer.Option("--public-url", metavar="URL", help="Where providers reach this server.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", help="debug, info, warning or error.")
    ] = None,
    log_format: Annotated[str | None, typer.Option("--log-format", help="text or json.")] = None,
) -> None:
    """Start everything: API, dispatcher, hook receiver and, unless a real number is configured, the sandbox.

    The first start makes the data folder, an account and an API key, which is shown once. Ctrl-C or SIGTERM
    stops it cleanly.
    """
    with output.command(as_json):
        settings = load_settings(
            config,
            data=data,
            server__host=host,
            server__port=port,
            sandbox__port=sandbox_port,
            sandbox__start={None: None, True: "always", False: "never"}[sandbox],
            sandbox__strict=strict,
            virtual_time=virtual_time,
            only=only,
            store__url=database,
            hooks__public_url=public_url,
            log__level=log_level,
            log__format=log_format,
        )
        run(settings, as_json=as_json)


def run(settings: "Settings", *, as_json: bool) -> None:
    """Until a signal. What stops the start becomes a sentence and an exit code."""
    from trunkline import app
    from trunkline.store import StoreUnavailable
    from trunkline.vault import VaultError

    def ready(where: "app.Ready") -> None:
        if as_json:
            output.print_json(_members(where))
        else:
            banner.show(where, output.console())

    try:
        app.serve(settings, ready=ready)
    except app.AlreadyRunning as error:
        raise Trouble(ExitCode.IN_USE, str(error)) from None
    except app.PortTaken as error:
        hint = "choose another with --port or --sandbox-port (0 takes any free one)"
        raise Trouble(ExitCode.USAGE, f"{error}; {hint}") from None
    except StoreUnavailable as error:
        raise Trouble(ExitCode.UNREACHABLE, str(error)) from None
    except app.StoreFailed as error:
        raise Trouble(ExitCode.UNREACHABLE, f"the database can not be used any more: {error}") from None
    except (VaultError, app.VirtualTimeError, app.RolesRefused) as error:
        raise Trouble(ExitCode.USAGE, str(error)) from None
    except OSError as error:
        folder = Path(settings.data).absolute()
        raise Trouble(ExitCode.USAGE, f"the data folder {folder} can not be used: {error}") from None


_ALWAYS = ("data", "api_url", "console_url", "api_key", "from", "hook_url", "verify_token")


def _members(where: "Ready") -> dict[str, object]:
    """The contract: some members always, null where absent; the sandbox's only where there is one."""
    import msgspec

    members = msgspec.to_builtins(where) | {"data": str(Path(where.data).absolute())}
    return members if where.sandbox_url else {name: members[name] for name in _ALWAYS}
