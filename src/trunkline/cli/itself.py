"""How this program is called from a shell: for lines that people paste into another terminal."""

import shutil
import sys
from pathlib import Path
from shlex import quote


def how_to_call() -> str:
    """`trunkline` where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py" or not called.exists():
        return f"{quote(sys.executable)} -m trunkline"
    found = shutil.which("trunkline")
    if found and Path(found).resolve() == called.resolve():
        return "trunkline"
    return quote(str(called.absolute()))


def options_to_reach(data: str) -> str:
    """The option that leads to this data folder from any directory; none for the default one here."""
    return "" if data == "trunkline-data" else f" --data {quote(str(Path(data).absolute()))}"
