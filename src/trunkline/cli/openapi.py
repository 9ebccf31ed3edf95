"""`trunkline openapi`: the API's description, for code generators and other tools."""

from pathlib import Path
from typing import Annotated

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode, Trouble


def openapi(
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there; else print it.")
    ] = None,
) -> None:
    """Print the OpenAPI 3.1 document of this version's API. Needs no server."""
    from trunkline.api.openapi import document_bytes

    with output.command():
        text = document_bytes().decode()
        if file is None:
            typer.echo(text, nl=False)
            return
        try:
            file.write_text(text, "utf-8")
        except OSError as error:
            raise Trouble(ExitCode.USAGE, f"{file} can not be written: {error.strerror}") from None
