"""`docs/cli.md`, made from the command tree."""

import inspect
from collections.abc import Iterator
from typing import Any

import typer.main

from trunkline.cli.exits import MEANING
from trunkline.cli.tree import app


def build() -> str:
    root: Any = typer.main.get_command(app)
    codes = "\n".join(f"| {int(code)} | {meaning} |" for code, meaning in MEANING.items())
    commands = "\n\n".join(_walk(root, "trunkline"))
    return f"""<!-- Made from src/trunkline/cli/ by `make docs`. -->
# Command line

`trunkline --help` and `--help` behind every command say the same as this page. `python -m trunkline` is the
same program.

Commands that ask or change something find the server by themselves: it leaves its address in the data folder
while it runs. `accounts`, `keys` and `numbers` also work while it is stopped. For a server elsewhere, `send`
and `messages` take `--api-url` and `--key`, or `TRUNKLINE_URL` and `TRUNKLINE_KEY`.

With `--json` a command prints one line of JSON to standard output; when it fails, one line to standard error:
`{{"error": {{"exit_code", "detail", "reason", "problems"}}}}`. (`send --json FILE` names a body, so there it
is `--output json`.) Colours are left out where no terminal reads, or when `NO_COLOR` is set.
`trunkline --install-completion` sets up completion for your shell.

## Exit codes

| code | meaning |
|---|---|
{codes}

{commands}
"""


def _walk(command: Any, path: str, said: frozenset[str] = frozenset()) -> Iterator[str]:
    """A section for each command, in the order of the tree. Options that all commands of a group have are
    said once, with the group."""
    children = getattr(command, "commands", None)
    if children is None:
        yield _section(path, command, said)
        return
    shared = frozenset[str]()
    if path != "trunkline":
        shared = frozenset.intersection(*(frozenset(map(_line, child.params)) for child in children.values()))
        yield _section(path, command, said, shared)
    for name, child in children.items():
        yield from _walk(child, f"{path} {name}", shared)


def _section(path: str, command: Any, said: frozenset[str], shared: frozenset[str] = frozenset()) -> str:
    given = [each for each in command.params if each.name != "help" and _line(each) not in said]
    arguments = [each for each in given if each.param_type_name == "argument"]
    options = [each for each in given if each.param_type_name == "option"]
    usage = " ".join([path, *(_argument(each) for each in arguments), *(_required(each) for each in options)])
    parts = [f"##{'#' if said else ''} `{usage.strip()}`", inspect.cleandoc(command.help or "")]
    parts += _table([_line(each) for each in [*arguments, *options]])
    if shared:
        first = next(iter(command.commands.values()))
        lines = [_line(each) for each in first.params if _line(each) in shared and each.name != "help"]
        parts += ["Each of the commands below also takes:", *_table(lines)]
    return "\n\n".join(parts)


def _table(lines: list[str]) -> list[str]:
    return ["\n".join(["| | |", "|---|---|", *lines])] if lines else []


def _line(parameter: Any) -> str:
    return f"| {_names(parameter)} | {_help(parameter)} |"


def _argument(argument: Any) -> str:
    name = _metavar(argument) if argument.required else f"[{_metavar(argument)}]"
    return f"{name}..." if argument.nargs == -1 else name


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _required(option: Any) -> str:
    return f"{option.opts[0]} {_metavar(option)}" if option.required else ""


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    value = "" if parameter.is_flag or not parameter.metavar else f" {parameter.metavar}"
    return (names + value).replace("|", "\\|")


def _help(parameter: Any) -> str:
    text = str(parameter.help or "")
    environ = f" `{parameter.envvar}`" if parameter.envvar else ""
    return (text + environ).replace("|", "\\|").strip()
