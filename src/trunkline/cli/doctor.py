"""`trunkline doctor`: is everything as it should be, and what to do where it is not."""

import asyncio

import typer

from trunkline.cli import output
from trunkline.cli.exits import ExitCode
from trunkline.cli.options import Place, expanded

_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@expanded
def doctor(place: Place) -> None:
    """Check this installation: versions, settings, data folder, keys, store, server, sandbox, numbers, clock.

    Changes nothing. Ends with 1 when a check failed; a warning is no failure.
    """
    from trunkline.cli.checks import examine

    with output.command(place.as_json) as out:
        findings = asyncio.run(examine(place))
        is_well = all(finding.verdict != "fail" for finding in findings)

        def show() -> None:
            from rich.text import Text

            for each in findings:
                line = Text.assemble(
                    (f"{each.verdict:<5}", _STYLE[each.verdict]), f"{each.check:<12}", output.plain(each.text)
                )
                output.console().print(line, soft_wrap=True)
                if each.remedy:
                    output.console().print(
                        Text(f"                 {output.plain(each.remedy)}", style="dim"), soft_wrap=True
                    )

        out.result({"ok": is_well, "checks": [finding._asdict() for finding in findings]}, show)
        if not is_well:
            raise typer.Exit(ExitCode.REFUSED)
