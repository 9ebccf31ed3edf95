"""How commands end: the exit codes, a contract for scripts, and the exception that carries one."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """Stable. `docs/cli.md` prints this table."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    IN_USE = 4
    PENDING = 5
    INTERRUPTED = 130


MEANING: dict[ExitCode, str] = {
    ExitCode.OK: "Done.",
    ExitCode.REFUSED: (
        "The other side refused it, or the message, a replay, a test or a check of `doctor` failed."
    ),
    ExitCode.USAGE: "The command line or the configuration is wrong; a port is taken.",
    ExitCode.UNREACHABLE: "The server or the database can not be reached or used, or is not running.",
    ExitCode.IN_USE: "Another process uses the data folder.",
    ExitCode.PENDING: "What was waited for did not come in time; message or scenario go on by themselves.",
    ExitCode.INTERRUPTED: "Interrupted from the keyboard.",
}


class Trouble(Exception):
    """Ends a command. `detail` is one sentence or a few; `problems` are printed below it, one by one."""

    def __init__(
        self,
        code: ExitCode,
        detail: str,
        *,
        problems: Sequence[dict[str, Any]] = (),
        reason: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.problems = list(problems)
        self.reason = reason
        """The stable word of a refusal by the API."""
        self.status = status
        """Its HTTP status."""
