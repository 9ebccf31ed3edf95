"""The n-th call to the disk fails, for n = 1, 2, 3 … until a run passes untouched.

    python -m tests.chaos.power.calls [--every 1] [--keep]

Each run: a store does a few accepts, sends and outcomes, one after the other, and the disk fails once, or
from the n-th call on, with an I/O error, a full disk or a write that stops half-way. Then the power is cut as
well, and what is left is opened: an operation that was told to be done must be there, and the store must work
again. A failed sync loses what it should have kept and a second one says yes, as on Linux.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import apsw
import msgspec

from tests.chaos.power.report import keep
from tests.chaos.power.vfs import SHORT_WRITE, Call, Disk, plugged_in, trouble
from tests.chaos.power.work import Callers, Findings, Ledger, compare, prepare
from tests.factories import NOW
from trunkline.store import StoreUnavailable, open_store

FAULTS = {
    "i/o error": apsw.SQLITE_IOERR_WRITE,
    "failed sync": apsw.SQLITE_IOERR_FSYNC,
    "full": apsw.SQLITE_FULL,
    "short write": SHORT_WRITE,
}
ROUNDS = 3
PATIENCE_SECONDS = 10
"""An operation that has no outcome by then hangs."""


class Failure(msgspec.Struct, frozen=True):
    """A run that went wrong."""

    fault: str
    lasts: bool
    n: int
    words: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    runs: int
    refused: int
    """Runs in which an operation was refused; in the others nobody noticed the fault."""
    bad: list[Failure]

    def is_clean(self) -> bool:
        return not self.bad


def run(every: int, folder: Path) -> Verdict:
    """`every`: 1 for each n, 3 for every third."""
    made = folder / "made"
    made.mkdir()
    asyncio.run(_make(made))
    runs, refused, bad = 0, 0, []
    for (fault, code), lasts in itertools.product(FAULTS.items(), (False, True)):
        for n in itertools.count(1 + runs % every, every):
            there, left = folder / "there", folder / "left"
            shutil.copytree(made, there)
            left.mkdir()
            words, is_refused, is_through = asyncio.run(_run(there, left, n, code, lasts=lasts))
            runs, refused = runs + 1, refused + is_refused
            bad += [Failure(fault, lasts, n, words)] if words else []
            shutil.rmtree(there)
            shutil.rmtree(left)
            if is_through:
                break
    return Verdict(runs=runs, refused=refused, bad=bad)


async def _make(folder: Path) -> None:
    store = await open_store(None, folder, NOW)
    await prepare(store)
    await store.close()


async def _run(there: Path, left: Path, n: int, code: int, *, lasts: bool) -> tuple[str, bool, bool]:
    """What is wrong, whether anything was refused, and whether the run ended before the n-th call."""

    def fail(call: Call) -> None:
        wanted = "sync" if code == apsw.SQLITE_IOERR_FSYNC else "write" if code == SHORT_WRITE else call.kind
        if (call.n >= n if lasts else call.n == n) and call.kind == wanted:
            raise trouble(f"call {call.n}", code)

    ledger, disk = Ledger(), Disk(there, n, fail)
    with plugged_in(disk):
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                is_refused = await _work(there, ledger, n)
        except TimeoutError:
            return "an operation has no outcome", False, False
    disk.cut()
    disk.leave(left)
    findings = compare(left, ledger)
    if findings.is_clean():
        findings = await _work_again(left, ledger)
    return "" if findings.is_clean() else str(findings), is_refused, len(disk.calls) < n


async def _work(folder: Path, ledger: Ledger, seed: int) -> bool:
    """Whether anything was refused. Callers go on after a refusal, as those of a server do."""
    is_refused = True
    with contextlib.suppress(StoreUnavailable, apsw.Error):
        store = await open_store(None, folder, NOW)
        try:
            callers = Callers(store, await prepare(store), ledger, random.Random(seed))
            for _ in range(ROUNDS):
                await callers.work(1, 1)
            is_refused = len(ledger.accepted) < ROUNDS
        finally:
            await store.close()
    return is_refused


async def _work_again(folder: Path, ledger: Ledger) -> Findings:
    """On a disk that is well again."""
    store = await open_store(None, folder, NOW)
    await Callers(store, await prepare(store), ledger, random.Random(0)).accept()
    await store.close()
    return compare(folder, ledger)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="3: only every third call")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trunkline-calls-") as folder:
        verdict = run(options.every, Path(folder))
    command = f"python -m tests.chaos.power.calls --every {options.every}"
    keep("disk-calls-sqlite", command, started, verdict, is_kept=options.keep)
    return 0 if verdict.is_clean() and verdict.refused else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
