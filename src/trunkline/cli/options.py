"""Options that several commands have, each written once, in bundles that commands take as one parameter."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

WHERE = "Where"
"""The panel of `--help` for what leads to a server or a data folder."""

Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON, for programs.")]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Data folder; else the setting data (TRUNKLINE_DATA).",
        rich_help_panel=WHERE,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file; else trunkline.toml in the data folder.",
        rich_help_panel=WHERE,
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="postgresql://…; else SQLite in the data folder.",
        rich_help_panel=WHERE,
    ),
]
AccountName = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="NAME",
        help="Name or id of the account; else the first one.",
        rich_help_panel=WHERE,
    ),
]
After = Annotated[
    str | None,
    typer.Option("--after", metavar="CURSOR", help="The next page: what the last one ended with."),
]

VirtualTime = Annotated[
    bool | None,
    typer.Option(
        "--virtual-time", help="Time that `trunkline clock advance` moves. Never with real numbers."
    ),
]


@dataclass(frozen=True)
class Place:
    """Which data folder, and in which form the answer is wanted."""

    as_json: Json = False
    data: Data = None
    config: ConfigFile = None
    database: Database = None


@dataclass(frozen=True)
class Door:
    """Which server to ask, and with which key."""

    api_url: Annotated[
        str | None,
        typer.Option(
            "--api-url",
            metavar="URL",
            envvar="TRUNKLINE_URL",
            show_envvar=True,
            help="Server to ask; else the one that runs on the data folder.",
            rich_help_panel=WHERE,
        ),
    ] = None
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            envvar="TRUNKLINE_KEY",
            show_envvar=True,
            help="API key; not needed for the server that runs on the data folder.",
            rich_help_panel=WHERE,
        ),
    ] = None
    account: AccountName = None
    data: Data = None
    config: ConfigFile = None


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """The command with each parameter that is a bundle replaced by the bundle's options, after its own."""
    signature = inspect.signature(command)
    bundles: dict[str, Any] = {
        name: parameter.annotation
        for name, parameter in signature.parameters.items()
        if is_dataclass(parameter.annotation)
    }
    own = [parameter for name, parameter in signature.parameters.items() if name not in bundles]
    theirs = [part for bundle in bundles.values() for part in inspect.signature(bundle).parameters.values()]
    parameters = [part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in own + theirs]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        for name, bundle in bundles.items():
            given[name] = bundle(**{field.name: given.pop(field.name) for field in fields(bundle)})
        command(**given)

    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run
