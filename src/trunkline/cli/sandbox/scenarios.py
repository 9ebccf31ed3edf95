"""`trunkline sandbox play`: a scenario file, in which people answer by themselves."""

import asyncio
from typing import Annotated, Any

import typer

from trunkline.cli import output
from trunkline.cli.client import Client
from trunkline.cli.clock import read_duration
from trunkline.cli.exits import ExitCode, Trouble
from trunkline.cli.sandbox.way import Way, only_one, open_sandbox, read_file

_ROUTE = "/_sandbox/scenarios"
_LOOK_EVERY_SECONDS = 0.1
Scenario = dict[str, Any]


def play(
    way: Way,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Scenario in TOML or JSON; - is standard input.")
    ] = None,
    wait: Annotated[
        str | None,
        typer.Option(
            "--wait",
            metavar="DURATION",
            help="Wait until every rule was met and no step failed; ends with 5 when that takes longer.",
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show what runs instead.")] = False,
    remove: Annotated[str | None, typer.Option("--remove", metavar="ID", help="End one instead.")] = None,
) -> None:
    """Let people in the sandbox answer as a scenario file says.

    It runs until it is removed, or the sandbox ends.
    """
    with output.command(way.as_json) as out:
        what = only_one(FILE=file, list=list_, remove=remove)
        if what == "list":
            _show_list(out, asyncio.run(_list(way)))
        elif remove is not None:
            asyncio.run(_remove(way, remove))
            out.result({"removed": remove}, lambda: output.console().print(f"{remove} has ended."))
        else:
            patience = None if wait is None else read_duration(wait)
            scenario = asyncio.run(_play(way, read_file(str(file)), patience))
            out.result(scenario, lambda: output.console().print(_in_words(scenario), markup=False))


async def _play(way: Way, script: bytes, patience: float | None) -> Scenario:
    async with open_sandbox(way) as client:
        scenario: Scenario = await client.post(_ROUTE, script)
        if patience is None:
            return scenario
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience
        while not all(scenario["met"]) and not scenario["problems"]:
            if clock() >= deadline:
                missing = ", ".join(str(place + 1) for place, met in enumerate(scenario["met"]) if not met)
                detail = f"{scenario['id']}: not met after {patience:g} s: rule {missing}; it goes on"
                raise Trouble(ExitCode.PENDING, detail)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            scenario = await _find(client, scenario["id"])
        if scenario["problems"]:
            raise Trouble(ExitCode.REFUSED, "\n".join(["a step failed:", *scenario["problems"]]))
        return scenario


async def _list(way: Way) -> list[Scenario]:
    async with open_sandbox(way) as client:
        scenarios: list[Scenario] = (await client.get(_ROUTE))["data"]
        return scenarios


async def _remove(way: Way, wanted: str) -> None:
    async with open_sandbox(way) as client:
        await _find(client, wanted)
        await client.delete(f"{_ROUTE}/{wanted}")


async def _find(client: Client, wanted: str) -> Scenario:
    scenarios: list[Scenario] = (await client.get(_ROUTE))["data"]
    for scenario in scenarios:
        if scenario["id"] == wanted:
            return scenario
    known = ", ".join(scenario["id"] for scenario in scenarios) or "none"
    raise Trouble(ExitCode.REFUSED, f"no scenario {wanted} runs; there are: {known}")


def _in_words(scenario: Scenario) -> str:
    met = ", ".join(f"rule {place + 1}: {count}" for place, count in enumerate(scenario["met"]))
    lines = [f"{scenario['id']} ({scenario['name']}) runs; met so far: {met or 'it has no rules'}"]
    lines += [f"  problem: {problem}" for problem in scenario["problems"]]
    return output.plain("\n".join(lines))


def _show_list(out: output.Output, scenarios: list[Scenario]) -> None:
    def show() -> None:
        for scenario in scenarios:
            output.console().print(_in_words(scenario), markup=False)
        if not scenarios:
            output.console().print("No scenario runs.")

    out.result(scenarios, show)
