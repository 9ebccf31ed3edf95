"""An upstream that misbehaves: no answer, a cut in the middle, 500 after taking, everything twice.

    python -m tests.chaos.upstream --messages 3000 --engine postgres

`misbehave` runs on real time: some recipients make the sandbox misbehave, then the proxy before it does.
Every doubt about a message that the sandbox reports on must end within 10 s of its first status.
`never_report` runs on virtual time: the sandbox drops every status, and each doubt must end in `unconfirmed`
when the life of its message is over, and never in a second send.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tests.chaos.checker import Verdict
from tests.chaos.ending import Patience, finish, say, tell
from tests.chaos.proxy import Proxy
from tests.chaos.scene import Scene, database, open_scene
from tests.chaos.traffic import Traffic, Unit, Work, recipient
from tests.processes import run

SETTLED_SECONDS = 10.0
"""Promised: from the arrival of a message's first status to the end of its doubt."""

BEHAVIOURS = (
    "", "taken_hang", "refused_hang", "taken_500", "refused_500", "taken_cut", "refused_cut", "taken_garbage",
    "duplicated", "reordered", "early_status", "other_wa_id", "no_callback_data", "service_down", "silent",
)  # fmt: skip
"""Of the sandbox's table (docs/sandbox.md); one recipient after the other."""

SILENT = {"silent", "taken_hang_silent"}

WIRE: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "reset before the request": ({"reset_after": 0}, {}),
    "reset in the middle of the request": ({"reset_after": 150}, {}),
    "reset before the answer": ({}, {"reset_after": 0}),
    "reset in the middle of the answer": ({}, {"reset_after": 40}),
    "end in the middle of the answer": ({}, {"limit_bytes": 40}),
    "request swallowed": ({"blackhole": True}, {}),
    "answer swallowed": ({}, {"blackhole": True}),
    "answer too late": ({}, {"latency_seconds": 1.5}),
    "answer in pieces": ({"slice_bytes": 7}, {"slice_bytes": 7}),
    "answer twice": ({}, {"double": True}),
}
"""What the proxy does: to what goes toward the sandbox, and to what comes back."""

FAST = {"TRUNKLINE_DISPATCH_SEND_TIMEOUT_SECONDS": "1"}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    messages: int
    """To recipients of each kind of trouble together; the wire's troubles meet 20 each on top."""
    patience: Patience = msgspec.field(default_factory=lambda: Patience(doubt_seconds=6))
    show_progress: bool = False


class _Traffic(Traffic):
    """Each recipient is given its behaviour before the first message goes there."""

    async def before(self, http: aiohttp.ClientSession, unit: Unit) -> None:
        silent = []
        for number in range(unit.first, min(unit.first + unit.count, self.last_magic)):
            behaviour, to = BEHAVIOURS[number % len(BEHAVIOURS)], recipient(number, 1)
            if behaviour in SILENT:
                silent.append(to)
            if behaviour:
                await _ask(self._scene, http, f"handsets/{to}", {"behaviour": behaviour})
        if silent:
            self._scene.history.add("silent", recipients=silent)

    last_magic = 0
    """Messages from this one on go to ordinary people."""


async def _ask(scene: Scene, http: aiohttp.ClientSession, path: str, body: Mapping[str, Any]) -> None:
    async with http.post(f"{scene.sandbox_url}/_sandbox/{path}", json=body) as answer:
        answer.raise_for_status()


async def misbehave(plan: Plan, folder: Path, store_url: str = "") -> Verdict:
    async with open_scene(folder, store_url, with_proxy=True, settings=FAST) as scene:
        assert scene.proxy is not None
        total = plan.messages
        await _send(scene, total, magic=total)
        for name, faults in WIRE.items():
            say(plan.show_progress, name)
            _spoil(scene.proxy, *faults)
            total += 20
            await _send(scene, total, magic=0)
            await asyncio.sleep(1.2)
            scene.proxy.heal()
            scene.proxy.cut()
        return await finish(scene, total, plan.patience)


async def _send(scene: Scene, total: int, *, magic: int) -> None:
    """Up to `total` messages in all, those before are sent already."""
    traffic = _Traffic(scene, Work(messages=total, batch=20, singles=0, most_ahead=10**9))
    traffic.last_magic = magic
    await traffic.run()


def _spoil(proxy: Proxy, toward: Mapping[str, Any], back: Mapping[str, Any]) -> None:
    proxy.cut()  # what stood before knows nothing of it
    for name, value in toward.items():
        setattr(proxy.toward, name, value)
    for name, value in back.items():
        setattr(proxy.back, name, value)


async def never_report(folder: Path, store_url: str = "") -> Verdict:
    """The verdict after the life of every message is over."""
    async with open_scene(
        folder, store_url, with_proxy=True, arguments=("--virtual-time",), settings=FAST
    ) as scene, aiohttp.ClientSession() as http:  # fmt: skip
        await _ask(scene, http, "faults", {"kind": "drop", "times": None})
        everybody = [recipient(number, 1) for number in range(30)]
        scene.history.add("silent", recipients=everybody)
        for number, to in enumerate(everybody):
            behaviour = ("taken_500", "taken_cut", "taken_garbage")[number % 3]
            await _ask(scene, http, f"handsets/{to}", {"behaviour": behaviour})
        await _send(scene, len(everybody), magic=0)
        await _until(scene, "unknown", len(everybody), 15)
        for _ in range(5):
            await run("clock", "advance", "16h", "--data", str(scene.data))
            await _ask(scene, http, "clock/advance", {"seconds": 16 * 3600})
            await asyncio.sleep(0.3)
        await _until(scene, "unconfirmed", len(everybody), 30)
        return await finish(scene, len(everybody), Patience(quiet_seconds=1))


async def _until(scene: Scene, state: str, count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (states := await scene.witness.states())[state] < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not {count} in {state} after {seconds} s: {dict(states)}")
        await asyncio.sleep(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--doubt-seconds", type=float, default=20, help="how long to wait for evidence")
    parser.add_argument("--keep", action="store_true", help="write the results to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(
        messages=options.messages, patience=Patience(doubt_seconds=options.doubt_seconds), show_progress=True
    )
    code = 0
    for name in ("misbehave", "never-report"):
        started = time.monotonic()
        with (
            tempfile.TemporaryDirectory(prefix="trunkline-upstream-") as text,
            contextlib.ExitStack() as stack,
        ):
            folder = Path(text)
            url = stack.enter_context(database(folder, options.engine))
            going = misbehave(plan, folder, url) if name == "misbehave" else never_report(folder, url)
            verdict = asyncio.run(going)
            command = f"python -m tests.chaos.upstream --messages {plan.messages} --engine {options.engine}"
            seconds = time.monotonic() - started
            code |= tell(
                f"upstream-{name}-{options.engine}", command, folder, seconds, verdict, keep=options.keep
            )
            if verdict.slowest_settling_seconds > SETTLED_SECONDS:
                print(f"TOO SLOW: a doubt ended {verdict.slowest_settling_seconds} s after its first status")
                code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
