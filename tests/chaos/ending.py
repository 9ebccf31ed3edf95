"""How a run ends: everything is given time to settle, the records are kept, the checker decides."""

import asyncio
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.machine import describe
from tests.chaos.check import check_folder, show
from tests.chaos.checker import VISIBLE_DOUBT, WORKING, Verdict
from tests.chaos.scene import Scene

RESULTS = Path(__file__).parent / "results"


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    quiet_seconds: float = 5
    """No state has changed for so long, and nothing works any more."""
    doubt_seconds: float = 0
    """The same while a message is in doubt: evidence may still come."""
    seconds: float = 300
    """After which the run is checked as it stands."""


async def until_quiet(scene: Scene, expected: int, patience: Patience) -> Counter[str]:
    last, since, started = None, time.monotonic(), time.monotonic()
    while True:
        states = await scene.witness.states()
        if time.monotonic() - started < patience.seconds and await statuses_to_come(scene):
            since = time.monotonic()
        if states != last:
            last, since = states, time.monotonic()
        if set(states) <= {"read", "failed"} and states.total() >= expected:
            return states
        in_doubt = any(states[state] for state in VISIBLE_DOUBT)
        quiet = max(patience.quiet_seconds, patience.doubt_seconds if in_doubt else 0)
        is_working = not in_doubt and any(states[state] for state in WORKING)  # a lane waits for its doubt
        if not is_working and time.monotonic() - since > quiet:
            return states
        if time.monotonic() - started > patience.seconds:
            print(f"not quiet after {patience.seconds:.0f} s: {dict(states)}", file=sys.stderr)
            return states
        await asyncio.sleep(0.3)


async def note_owners(scene: Scene) -> None:
    """Who owns which number in which epoch, as it stands now, into the history."""
    for number_id, owner, epoch in await scene.witness.leases():
        scene.history.add("owner", number_id=number_id, owner=owner, epoch=epoch)


def say(aloud: bool, text: str) -> None:
    if aloud:
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


async def statuses_to_come(scene: Scene) -> int:
    """Of how many messages the sandbox has something left to report."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{scene.sandbox_url}/_sandbox/health") as answer,
    ):
        return int((await answer.json())["pending"])


async def finish(scene: Scene, expected: int, patience: Patience) -> Verdict:
    """While everything still runs."""
    await until_quiet(scene, expected, patience)
    await scene.keep_records()
    return check_folder(scene.folder)


def tell(name: str, command: str, folder: Path, seconds: float, verdict: Verdict, *, keep: bool) -> int:
    """The result, printed and on request kept with its date; the exit code."""
    result: dict[str, Any] = {
        "command": command,
        "machine": msgspec.to_builtins(describe(folder)),
        "seconds": round(seconds),
        "verdict": msgspec.json.decode(show(verdict)),
    }
    keep_result(name, result, keep=keep)
    found = "clean" if verdict.is_clean() else f"NOT CLEAN: {', '.join(verdict.faults_found())}"
    counts = f"{verdict.exposed} exposures, {verdict.left_in_doubt} left in doubt"
    print(f"{name}: {found}; {counts}; {seconds:.0f} s")
    return 0 if verdict.is_clean() else 1


def keep_result(name: str, result: dict[str, Any], *, keep: bool) -> None:
    """Printed, and on request kept with its date."""
    text = msgspec.json.format(msgspec.json.encode(result)).decode()
    print(text)
    if keep:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{name}.json").write_text(text + "\n")
