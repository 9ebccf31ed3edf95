"""`trunkline config`: what can be set, and what is in force."""

from typing import Any

import typer

from trunkline.cli import output
from trunkline.cli.options import ConfigFile, Data, Database, Json
from trunkline.cli.settings import load_settings

config = typer.Typer(no_args_is_help=True, help="Settings: what there is, and what is in force.")


@config.command("describe")
def describe(as_json: Json = False) -> None:
    """Print a settings file with every setting, explained, at its default."""
    from trunkline.config import describe as sample

    with output.command(as_json) as out:
        out.result(_table() if as_json else None, lambda: typer.echo(sample(), nl=False))


def _table() -> list[dict[str, Any]]:
    from trunkline.config.load import environment_name
    from trunkline.config.table import TABLE

    return [
        {
            "name": name,
            "environment": environment_name(name),
            "default": part.default,
            "help": part.metadata["help"],
            "secret": part.metadata["secret"],
        }
        for name, part in TABLE.items()
    ]


@config.command("check")
def check(
    as_json: Json = False, data: Data = None, config: ConfigFile = None, database: Database = None
) -> None:
    """Print the values in force, secrets masked; or everything that is wrong with them."""
    import tomllib

    from trunkline.config import effective

    with output.command(as_json) as out:
        text = effective(load_settings(config, data=data, store__url=database))
        out.result(tomllib.loads(text), lambda: typer.echo(text, nl=False))
