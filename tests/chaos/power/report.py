"""Prints the result of a run, and keeps it in `tests/chaos/results` when that is asked for."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from bench.machine import describe

RESULTS = Path(__file__).parents[1] / "results"


class Verdict(Protocol):
    def is_clean(self) -> bool: ...


def keep(name: str, command: str, started: float, verdict: Verdict, *, is_kept: bool) -> None:
    """`started` is a monotonic moment."""
    seconds = round(time.monotonic() - started)
    with tempfile.TemporaryDirectory() as folder:
        machine = describe(Path(folder))
    result = {"command": command, "machine": machine, "seconds": seconds, "verdict": verdict}
    text = msgspec.json.format(msgspec.json.encode(result)).decode()
    print(text)
    print(f"{name}: {'clean' if verdict.is_clean() else 'NOT CLEAN'} in {seconds} s")
    if is_kept:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{name}.json").write_text(text + "\n")
