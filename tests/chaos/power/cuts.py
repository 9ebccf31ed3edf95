"""Power cuts of SQLite, emulated: the real store on a disk that forgets what was not synced.

    python -m tests.chaos.power.cuts --cuts 100 [--seed 1] [--keep]

Each cut: open the store, let callers work, cut the power at a chosen call to the disk, open what is left in
the ordinary way, compare. Up to ten cuts follow each other on what the last one left; then a new folder
begins, so that some cuts hit the making of the store. Checkpoints are made often, so that cuts hit them too.
"""

import argparse
import asyncio
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.chaos.power.report import keep
from tests.chaos.power.vfs import Call, Disk, plugged_in, trouble
from tests.chaos.power.work import Callers, Findings, Ledger, compare, prepare
from tests.factories import NOW
from trunkline.store import StoreUnavailable, open_store, sqlite

CUTS_OF_A_FOLDER = 10
LATEST_CALL = 2_000


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """One cut, and what was found after it."""

    seed: int
    at: str
    """The call that was under way."""
    acknowledged: int
    findings: Findings


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    cuts: int
    acknowledged: int
    """Accepts, intents and outcomes that were acknowledged before the cuts, over all folders."""
    lost: int
    broken: int
    """Cuts after which SQLite found its file damaged, or something was there by half."""
    hit: dict[str, int]
    """How many cuts came in which kind of call."""
    bad: list[Cut]

    def is_clean(self) -> bool:
        return not self.bad


def run(cuts: int, seed: int, folder: Path) -> Verdict:
    made: list[Cut] = []
    while len(made) < cuts:
        made += _folder(len(made), cuts, seed, folder)
    return Verdict(
        cuts=len(made),
        acknowledged=sum(cut.acknowledged for cut in made),
        lost=sum(len(cut.findings.lost) for cut in made),
        broken=sum(bool(cut.findings.broken or cut.findings.halves) for cut in made),
        hit=dict(Counter(cut.at for cut in made)),
        bad=[cut for cut in made if not cut.findings.is_clean()],
    )


def _folder(first: int, cuts: int, seed: int, folder: Path) -> Iterator[Cut]:
    """The cuts that follow each other on one store."""
    ledger = Ledger()
    now = folder / f"{first}"
    now.mkdir()
    for n in range(first, min(cuts, first + CUTS_OF_A_FOLDER)):
        left = folder / f"{n + 1}-left"
        left.mkdir()
        known = ledger.acknowledged()
        at = asyncio.run(_cut(now, left, seed * 1_000_003 + n, ledger))
        shutil.rmtree(now)
        findings, now = compare(left, ledger), left
        acknowledged = ledger.acknowledged() - known
        yield Cut(seed=seed * 1_000_003 + n, at=at, acknowledged=acknowledged, findings=findings)
        if not findings.is_clean():
            break
    shutil.rmtree(now)


async def _cut(folder: Path, left: Path, seed: int, ledger: Ledger) -> str:
    """Work in `folder` until the power goes. What is left is put into `left`."""
    chance = random.Random(seed)
    early, late = LATEST_CALL ** chance.random(), LATEST_CALL * chance.random()
    at = round(chance.choice((early, late)))  # the making of the store is short, and checkpoints come late

    def pull_the_plug(call: Call) -> None:
        if call.n >= at:
            disk.cut()
            raise trouble("the power was cut")

    disk = Disk(folder, seed, pull_the_plug)
    with plugged_in(disk), _checkpoints_often(), contextlib.suppress(StoreUnavailable, sqlite.apsw.Error):
        store = await open_store(None, folder, NOW)
        try:
            await Callers(store, await prepare(store), ledger, chance).work(chance.randint(1, 12), 200)
        finally:
            await store.close()
    disk.leave(left)
    return disk.calls[-1].kind + " " + disk.calls[-1].name.removeprefix("trunkline.")


@contextlib.contextmanager
def _checkpoints_often() -> Iterator[None]:
    before = sqlite._CHECKPOINT_PAGES, sqlite._RESTART_PAGES
    sqlite._CHECKPOINT_PAGES, sqlite._RESTART_PAGES = 60, 200
    try:
        yield
    finally:
        sqlite._CHECKPOINT_PAGES, sqlite._RESTART_PAGES = before


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trunkline-cuts-") as folder:
        verdict = run(options.cuts, options.seed, Path(folder))
    command = f"python -m tests.chaos.power.cuts --cuts {options.cuts} --seed {options.seed}"
    keep("power-cuts-sqlite", command, started, verdict, is_kept=options.keep)
    return 0 if verdict.is_clean() and verdict.acknowledged else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
