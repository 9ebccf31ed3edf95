"""Secrets that a command is given: as a value, from a file, from standard input, from the environment.

A value on the command line stands in the process list and in the shell's history; the others do not.
"""

import sys
from pathlib import Path

from trunkline.cli.exits import ExitCode, Trouble


def read_secret(option: str, value: str | None, file: Path | None) -> str:
    """`-` as the value or the file is one line of standard input."""
    if value is not None and file is not None:
        raise Trouble(ExitCode.USAGE, f"{option} and {option}-file are both given; keep one")
    if value == "-" or str(file) == "-":
        text = sys.stdin.readline()
    elif file is not None:
        text = _content(option, file)
    else:
        text = value or ""
    secret = text.strip()
    if not secret:
        ways = f"give {option}, {option}-file FILE, or {option} - (one line of standard input)"
        raise Trouble(ExitCode.USAGE, f"{option} is missing: {ways}")
    return secret


def _content(option: str, file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(ExitCode.USAGE, f"{option}-file {file} can not be read: {error}") from None
