"""What happened, line by line: one JSON object a line, only ever added to, in `history.jsonl` of a run.

Callers write what they asked and which ids they were told; the driver writes what it broke and what it saw.
`keep_records` adds, after the end, what the store and the sandbox's ledger hold, each to a file of its own.
`check.py` decides from these files alone.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import msgspec

HISTORY, MESSAGES, ATTEMPTS, LEASES, SETTLED, LEDGER = (
    f"{name}.jsonl" for name in ("history", "messages", "attempts", "leases", "settled", "ledger")
)


class History:
    """The open file. Each line has `what` happened and `at` which millisecond."""

    def __init__(self, folder: Path) -> None:
        self._file: TextIO = (folder / HISTORY).open("a", buffering=1)

    def add(self, what: str, **members: Any) -> None:
        line = {"what": what, "at": int(time.time() * 1000)} | members
        self._file.write(msgspec.json.encode(line).decode() + "\n")

    def close(self) -> None:
        self._file.close()


def read_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """A last line that was cut off by an end of the driver is left out."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line)


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(msgspec.json.encode(row) + b"\n")
