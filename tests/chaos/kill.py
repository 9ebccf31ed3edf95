"""kill -9 of `serve` while messages flow: nothing lost, nothing doubled, nothing out of order.

    python -m tests.chaos.kill --messages 100000 --kills 50 --engine postgres --folder F --minutes 14

The sandbox is another process and is left alone. In count runs every message has its own recipient, so one
that stands twice in the sandbox's ledger was sent to twice; with `--per-lane 3` three go to each, in order.
With `--folder` a run that was cut off, or that ran out of its minutes, goes on when it is started again
(exit code 75 while there is more to do). Loopback only.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from tests.chaos.checker import Verdict
from tests.chaos.ending import Patience, finish, note_owners, say, tell
from tests.chaos.history import HISTORY, read_lines
from tests.chaos.scene import Scene, database, open_scene
from tests.chaos.traffic import Traffic, Work

MORE_TO_DO = 75
STANDSTILL_SECONDS = 30
"""Longer than a number waits for the lease of a dead owner to end."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run does."""

    messages: int
    kills: int
    per_lane: int = 1
    seed: int = 1
    minutes: float = 1e6
    standstill_seconds: float = STANDSTILL_SECONDS
    patience: Patience = msgspec.field(default_factory=lambda: Patience(doubt_seconds=20))
    show_progress: bool = False


async def run_plan(plan: Plan, folder: Path, store_url: str = "") -> Verdict | None:
    """None when the minutes were over first."""
    until = time.monotonic() + plan.minutes * 60
    async with open_scene(folder, store_url) as scene:
        work = Work(messages=plan.messages, per_lane=plan.per_lane)
        traffic = Traffic(scene, work)
        sending = asyncio.create_task(traffic.run())
        killing = asyncio.create_task(_kill_again_and_again(plan, scene, traffic))
        watching = asyncio.create_task(_stop_at(until, traffic))
        await asyncio.gather(sending, killing)
        watching.cancel()
        if traffic.given < plan.messages:
            return None
        return await finish(scene, plan.messages, plan.patience)


async def _stop_at(moment: float, traffic: Traffic) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
    traffic.stopping = True


async def _kill_again_and_again(plan: Plan, scene: Scene, traffic: Traffic) -> None:
    """Spread over the run by the count of sends, so that every kill meets some."""
    done = sum(line["what"] == "kill" for line in read_lines(scene.folder / HISTORY))
    chance = random.Random(plan.seed + done)
    for kill in range(done, plan.kills):
        after = plan.messages * (kill + chance.random()) / (plan.kills + 1)
        moved = (traffic.taken, time.monotonic())
        while traffic.taken < after and not traffic.stopping:
            if traffic.taken != moved[0]:
                moved = (traffic.taken, time.monotonic())
            if time.monotonic() - moved[1] > plan.standstill_seconds:
                break  # what is left waits behind a doubt
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.random() * 0.3)
        if traffic.stopping:
            return
        await note_owners(scene)
        await scene.serve.kill()
        scene.history.add("kill", point="")
        say(
            plan.show_progress,
            f"kill {kill + 1} of {plan.kills} at {traffic.given} ids, {traffic.taken} sends",
        )
        started = time.monotonic()
        await scene.serve.start()
        scene.history.add("ready", seconds=round(time.monotonic() - started, 3))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--per-lane", type=int, default=1, help="messages in a row to each recipient")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="kept; a later call goes on there")
    parser.add_argument("--minutes", type=float, default=14, help="of this piece")
    parser.add_argument("--doubt-seconds", type=float, default=420, help="how long to wait for evidence")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(
        messages=options.messages, kills=options.kills, per_lane=options.per_lane, seed=options.seed,
        minutes=options.minutes, show_progress=True,
        patience=Patience(quiet_seconds=5, doubt_seconds=options.doubt_seconds, seconds=780),
    )  # fmt: skip
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-kill-"))
        )
        verdict = asyncio.run(run_plan(plan, folder, stack.enter_context(database(folder, options.engine))))
        if verdict is None:
            print("more to do: start it again with the same folder", file=sys.stderr)
            return MORE_TO_DO
        name = f"kill-{options.engine}" + (f"-lanes-{plan.per_lane}" if plan.per_lane > 1 else "")
        counts = (
            f"--messages {plan.messages} --kills {plan.kills} --per-lane {plan.per_lane} --seed {plan.seed}"
        )
        command = f"python -m tests.chaos.kill {counts} --engine {options.engine}"
        return tell(name, command, folder, time.monotonic() - started, verdict, keep=options.keep)


if __name__ == "__main__":
    sys.exit(main())
