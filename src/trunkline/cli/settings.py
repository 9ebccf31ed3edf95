"""Settings for a command: the loader's problems become the command's end."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trunkline.cli.exits import ExitCode, Trouble

if TYPE_CHECKING:
    from trunkline.config import Settings


def load_settings(file: Path | None = None, **overrides: Any) -> "Settings":
    """`overrides` by setting, with `__` for the dot: `server__port`. None means not given."""
    from trunkline.config import ConfigError, load

    named = {name.replace("__", "."): value for name, value in overrides.items()}
    try:
        return load(named, file=file)
    except ConfigError as error:
        raise Trouble(ExitCode.USAGE, _told(error.problems)) from None


def _told(problems: list[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return "\n".join([f"{len(problems)} settings can not be used:", *(f"  {line}" for line in problems)])
