"""Campaigns under kill -9, pauses and a cancel: everybody gets one message or none, and all sums agree.

    python -m tests.chaos.campaign --people 100000 --kills 10 --pauses 5 --engine postgres --folder F

Two campaigns to the same people, through the front door. The first is killed, at random and at C4, and paused
again and again, and runs to its end; the second is canceled half way, with a kill right after. What must hold
is decided from the history, the gateway's store, the sandbox's ledger, and what the API tells at the end.
With `--folder` a run that was cut off goes on when it is started again (exit code 75 while there is more to
do). Loopback only.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.machine import describe
from tests.chaos.campaign_checker import CampaignVerdict, check_campaigns
from tests.chaos.ending import Patience, keep_result, note_owners, say, until_quiet
from tests.chaos.history import HISTORY, read_lines
from tests.chaos.scene import Scene, database, open_scene, until_struck
from tests.chaos.traffic import recipient

MORE_TO_DO = 75
AGAIN_SECONDS = 0.05
PIECE = 1_000
STRUCK_SECONDS = 60
_AWAY = {429, 503}
BODY = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
RECORDS = {
    "recipients.jsonl": "SELECT campaign_id, n, address, state, reason, message_id FROM campaign_recipients",
    "sent.jsonl": "SELECT id, campaign_id, recipient, state, submitted_at FROM messages",
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    people: int
    kills: int
    pauses: int
    strikes: int = 2
    """Kills at C4, beside the others."""
    per_second: float | None = None
    """Of both campaigns: a short run is spread by it, so that faults meet messages being made."""
    seed: int = 1
    minutes: float = 1e6
    patience: Patience = msgspec.field(default_factory=lambda: Patience(quiet_seconds=2, doubt_seconds=20))
    show_progress: bool = False


class Missing(Exception):
    """There is no such thing."""


class Door:
    """The API, asked until it answers: the server may just be dead."""

    def __init__(self, scene: Scene, http: aiohttp.ClientSession) -> None:
        self._scene = scene
        self._http = http

    async def ask(self, method: str, path: str, body: Any = None, key: str = "") -> dict[str, Any]:
        """A refusal for the state counts as done: the first answer was lost."""
        headers = {"Idempotency-Key": key} if key else {}
        url = f"{self._scene.api_url}/v1/{path}"
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError):
                async with self._http.request(method, url, json=body, headers=headers) as answer:
                    value: dict[str, Any] = await answer.json()
                    if answer.status < 300 or answer.status == 409:
                        return value
                    if answer.status == 404:
                        raise Missing(path)
                    if answer.status not in _AWAY:
                        raise RuntimeError(f"{path}: {answer.status}: {value}")
            await asyncio.sleep(AGAIN_SECONDS)

    async def taken(self) -> int:
        """Sends that the sandbox took."""
        async with self._http.get(f"{self._scene.sandbox_url}/_sandbox/health") as answer:
            return int((await answer.json())["sends"])


class Drive:
    """One run: what was done before stands in the history."""

    def __init__(self, plan: Plan, scene: Scene, door: Door) -> None:
        self._plan = plan
        self._scene = scene
        self._door = door
        self._until = time.monotonic() + plan.minutes * 60
        lines = list(read_lines(scene.folder / HISTORY))
        self._done = {line["name"]: line["id"] for line in lines if line["what"] == "made"}
        self._struck = sum(line["what"] in ("kill", "resumed") for line in lines)
        # The kill after the cancel comes when all of these were done.

    async def all(self) -> bool:
        """Whether it came to its end within the minutes."""
        crowd = await self._crowd()
        first = await self._campaign("first", crowd)
        await self._start(first)
        for what, share in self._faults()[self._struck :]:
            if not await self._until_taken(int(self._plan.people * share), first):
                return False
            match what:
                case "kill":
                    await self._kill()
                case "pause":
                    await self._pause(first)
                case _:
                    await self._strike()
        await self._until_state(first, "finished")
        second = await self._campaign("second", crowd)
        if "canceled" not in self._done:
            await self._start(second)
            await self._until_taken(int(self._plan.people * 1.5), second)
            await self._door.ask("POST", f"campaigns/{second}/cancel")
            self._scene.history.add("canceled", campaign_id=second)
            await self._kill()
            self._note("canceled", second)
        await self._until_state(second, "canceled")
        while (await self._door.ask("GET", f"campaigns/{second}"))["ended_at"] is None:  # noqa: ASYNC110
            await asyncio.sleep(AGAIN_SECONDS)
        return True

    def _faults(self) -> list[tuple[str, float]]:
        """(kill or pause, after which share of the sends), in order."""
        chance, plan = random.Random(self._plan.seed), self._plan
        names = ["kill"] * plan.kills + ["pause"] * plan.pauses + ["strike"] * plan.strikes
        chance.shuffle(names)
        return [(name, (n + chance.random()) / (len(names) + 1)) for n, name in enumerate(names)]

    async def _crowd(self) -> str:
        """A list with everybody."""
        door = self._door
        if "crowd" not in self._done:
            made = await door.ask("POST", "lists", {"name": f"crowd {len(self._done)}"})
            self._note("crowd", made["id"])
        crowd = self._done["crowd"]
        for first in range(0, self._plan.people, PIECE):
            if f"people {first}" in self._done:
                continue
            last = min(first + PIECE, self._plan.people)
            numbers = [f"+{recipient(n, 1)}" for n in range(first, last)]
            await door.ask("POST", "contacts/bulk", {"contacts": [{"phone": one} for one in numbers]})
            await door.ask("POST", f"lists/{crowd}/members", {"add": numbers})
            self._note(f"people {first}", crowd)
        return crowd

    async def _campaign(self, name: str, crowd: str) -> str:
        """Checked: everybody on the list gets it."""
        if name not in self._done:
            form = {
                "name": name, "audience": {"lists": [crowd]}, "content": {"body": BODY},
                "consent": "not_required", "purpose": "utility",
            }  # fmt: skip
            form |= {} if self._plan.per_second is None else {"per_second": self._plan.per_second}
            made = await self._door.ask("POST", "campaigns", form, key=name)
            campaign_id = made["id"]
            while True:
                await self._door.ask("POST", f"campaigns/{campaign_id}/check")
                checked = await self._until_state(campaign_id, "checked")
                if checked["totals"]["ready"] == self._plan.people:
                    break
                say(self._plan.show_progress, f"not all are ready: {checked['totals']}")
                await asyncio.sleep(1)  # its template is not read yet
            self._note(name, campaign_id)
            say(self._plan.show_progress, f"{name}: checked")
        return self._done[name]

    async def _start(self, campaign_id: str) -> None:
        await self._door.ask("POST", f"campaigns/{campaign_id}/start")

    async def _until_taken(self, count: int, campaign_id: str) -> bool:
        while await self._door.taken() < count:
            if time.monotonic() > self._until:
                return False
            if (await self._state(campaign_id))["state"] == "finished":
                return True
            await asyncio.sleep(AGAIN_SECONDS)
        return True

    async def _kill(self) -> None:
        await note_owners(self._scene)
        await self._scene.serve.kill()
        self._scene.history.add("kill", point="")
        say(self._plan.show_progress, f"kill at {await self._door.taken()} sends")
        await self._scene.serve.start()

    async def _strike(self) -> None:
        """A server that ends itself within a chunk."""
        scene = self._scene
        await scene.serve.end()
        scene.serve = scene.server("C4:kill:3")
        await scene.serve.start()
        if not await until_struck(scene.serve, STRUCK_SECONDS):
            raise RuntimeError("C4 was not reached")
        scene.history.add("kill", point="C4")
        say(self._plan.show_progress, f"C4 at {await self._door.taken()} sends")
        await scene.server_again()

    async def _pause(self, campaign_id: str) -> None:
        began = time.monotonic()
        await self._door.ask("POST", f"campaigns/{campaign_id}/pause")
        self._scene.history.add("paused", campaign_id=campaign_id, seconds=time.monotonic() - began)
        say(self._plan.show_progress, f"paused at {await self._door.taken()} sends")
        await asyncio.sleep(1.5)
        self._scene.history.add("resumed", campaign_id=campaign_id)
        await self._door.ask("POST", f"campaigns/{campaign_id}/resume")

    async def _until_state(self, campaign_id: str, state: str) -> dict[str, Any]:
        while (found := await self._state(campaign_id))["state"] != state:  # noqa: ASYNC110
            await asyncio.sleep(AGAIN_SECONDS * 4)
        return found

    async def _state(self, campaign_id: str) -> dict[str, Any]:
        return await self._door.ask("GET", f"campaigns/{campaign_id}")

    def _note(self, name: str, id: str) -> None:
        self._done[name] = id
        self._scene.history.add("made", name=name, id=id)

    async def told(self) -> dict[str, Any]:
        """What the API says in the end: totals and report of both."""
        found = {}
        for name in ("first", "second"):
            campaign_id = self._done[name]
            await asyncio.sleep(1.1)  # totals are counted once a second
            found[campaign_id] = {
                "totals": (await self._state(campaign_id))["totals"],
                "report": await self._door.ask("GET", f"campaigns/{campaign_id}/report"),
            }
        return found


async def run_plan(plan: Plan, folder: Path, store_url: str = "") -> CampaignVerdict | None:
    """None when the minutes were over first."""
    async with open_scene(folder, store_url) as scene:
        headers = {"Authorization": f"Bearer {scene.place.api_key}"}
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            drive = Drive(plan, scene, Door(scene, http))
            if not await drive.all():
                return None
            await until_quiet(scene, plan.people, plan.patience)
            told = await drive.told()
            await scene.keep_records()
            await scene.witness.keep(folder, RECORDS)
            (folder / "told.json").write_bytes(msgspec.json.encode(told))
            return check_campaigns(folder, plan.people)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--pauses", type=int, default=5)
    parser.add_argument("--strikes", type=int, default=2, help="more kills, at C4")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="kept; a later call goes on there")
    parser.add_argument("--minutes", type=float, default=14, help="of this piece")
    parser.add_argument("--doubt-seconds", type=float, default=420, help="how long to wait for evidence")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(
        people=options.people, kills=options.kills, pauses=options.pauses, strikes=options.strikes,
        seed=options.seed, minutes=options.minutes, show_progress=True,
        patience=Patience(quiet_seconds=5, doubt_seconds=options.doubt_seconds, seconds=780),
    )  # fmt: skip
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-campaign-"))
        )
        url = stack.enter_context(database(folder, options.engine))
        folder.mkdir(parents=True, exist_ok=True)
        machine = msgspec.to_builtins(describe(folder))
        verdict = asyncio.run(run_plan(plan, folder, url))
    if verdict is None:
        print("more to do: start it again with the same folder", file=sys.stderr)
        return MORE_TO_DO
    seconds = time.monotonic() - started
    counts = f"--people {plan.people} --kills {plan.kills} --pauses {plan.pauses} --seed {plan.seed}"
    command = f"python -m tests.chaos.campaign {counts} --engine {options.engine}"
    result = {
        "command": command, "machine": machine, "seconds": round(seconds),
        "verdict": msgspec.to_builtins(verdict),
    }  # fmt: skip
    keep_result(f"campaign-{options.engine}", result, keep=options.keep)
    print(f"NOT CLEAN: {', '.join(verdict.faults)}" if verdict.faults else "clean: all sums agree")
    return 0 if verdict.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
