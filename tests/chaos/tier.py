"""A campaign that is larger than the 24-hour tier, on virtual time: the sandbox counts as Meta does.

    python -m tests.chaos.tier --people 40000 --tier 10000

Single messages go out beside it every day and take the whole reserve. The sandbox refuses whoever is one too
many with 131048: not one may be. The check must have planned the days as they then come, and the ledger is
counted by itself: people of the campaign within any 24 hours, and all people. Loopback only.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.machine import describe
from tests.chaos.campaign import Door
from tests.chaos.ending import keep_result, say
from tests.chaos.records import ledger
from tests.chaos.scene import Scene, database, open_scene
from tests.chaos.traffic import recipient
from tests.processes import run
from trunkline.clock import parse_rfc3339

DAY = 86_400_000
MARGIN_SECONDS = 3
OTHERS = 15563000000
TEMPLATE = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
PIECE = 1_000
QUIET_SECONDS = 90
"""Then a day is over, whether all came that were planned or not."""
BEYOND_SECONDS = 4
"""When all have come: whether any more do."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    people: int
    tier: int
    show_progress: bool = False

    @property
    def reserve(self) -> int:
        return self.tier // 10

    def days(self) -> list[int]:
        """How many people of the campaign on each."""
        whole, rest = divmod(self.people, self.tier - self.reserve)
        return [self.tier - self.reserve] * whole + ([rest] if rest else [])


class TierVerdict(msgspec.Struct, kw_only=True):
    planned: list[int] = []
    sent: list[int] = []
    """People of the campaign between two jumps of the clock."""
    others: int = 0
    refused: int = 0
    """Sends that the sandbox did not take."""
    most_of_campaign: int = 0
    """People within any 24 hours, by the ledger."""
    most_of_all: int = 0
    faults: list[str] = []


class Drive:
    def __init__(self, plan: Plan, scene: Scene, http: aiohttp.ClientSession) -> None:
        self._plan = plan
        self._scene = scene
        self._http = http
        self._door = Door(scene, http)
        self._others = 0
        self._jumped = 0.0

    async def all(self) -> TierVerdict:
        plan, verdict = self._plan, TierVerdict()
        await self._sandbox("PATCH", "rules", {"windows": True, "tier": plan.tier})
        checked = await self._checked()
        verdict.planned = [day["recipients"] for day in checked["report"]["plan"]["days"]]
        await self._door.ask("POST", f"campaigns/{checked['id']}/start")
        self._jumped = time.monotonic()
        before = 0
        for day in range(len(plan.days()) + 2):
            state = await self._until_still(checked["id"], sum(plan.days()[: day + 1]))
            await self._write_to_others()
            taken = await self._door.taken() - self._others
            say(plan.show_progress, f"day {day + 1}: {taken - before} of the campaign, {state}")
            verdict.sent.append(taken - before)
            before = taken
            if state == "finished":
                break
            await self._jump()
        verdict.others = self._others
        await self._judge(checked["id"], verdict)
        return verdict

    async def _checked(self) -> dict[str, Any]:
        crowd = (await self._door.ask("POST", "lists", {"name": "crowd"}))["id"]
        for first in range(0, self._plan.people, PIECE):
            last = min(first + PIECE, self._plan.people)
            phones = [f"+{recipient(n, 1)}" for n in range(first, last)]
            await self._door.ask("POST", "contacts/bulk", {"contacts": [{"phone": one} for one in phones]})
            await self._door.ask("POST", f"lists/{crowd}/members", {"add": phones})
        form = {
            "name": "tier", "audience": {"lists": [crowd]}, "content": {"body": TEMPLATE},
            "consent": "not_required", "purpose": "utility",
        }  # fmt: skip
        campaign_id = (await self._door.ask("POST", "campaigns", form))["id"]
        while True:
            await self._door.ask("POST", f"campaigns/{campaign_id}/check")
            while (found := await self._campaign(campaign_id))["state"] != "checked":  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            if found["totals"]["ready"] == self._plan.people:
                return found
            say(self._plan.show_progress, f"not all are ready: {found['totals']}")
            await asyncio.sleep(1)  # its template is not read yet

    async def _until_still(self, campaign_id: str, expected: int) -> str:
        """Nothing more was sent for some seconds, or all is over. Places come back as they were taken."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < (QUIET_SECONDS if last < expected else BEYOND_SECONDS):
            taken = await self._door.taken() - self._others
            if taken != last:
                last, since = taken, time.monotonic()
            state = str((await self._campaign(campaign_id))["state"])
            if state != "running":
                return state
            await asyncio.sleep(0.5)
        return "running"

    async def _write_to_others(self) -> None:
        """As many single messages to new people as are reserved for them: each must go at once."""
        first = self._others
        for n in range(first, first + self._plan.reserve):
            await self._door.ask("POST", "whatsapp/messages", {"to": f"+{OTHERS + n}", **TEMPLATE})
        self._others += self._plan.reserve
        while (await self._scene.witness.states())["queued"]:  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    async def _jump(self) -> None:
        """24 hours after the jump before, the sandbox first: what it counted must be over."""
        passed = time.monotonic() - self._jumped
        seconds = DAY // 1000 - passed + MARGIN_SECONDS
        await self._sandbox("POST", "clock/advance", {"seconds": seconds})
        await run("clock", "advance", f"{seconds:.0f}s", "--data", str(self._scene.data))
        self._jumped = time.monotonic()

    async def _campaign(self, campaign_id: str) -> dict[str, Any]:
        return await self._door.ask("GET", f"campaigns/{campaign_id}")

    async def _sandbox(self, method: str, path: str, body: dict[str, Any]) -> None:
        url = f"{self._scene.sandbox_url}/_sandbox/{path}"
        async with self._http.request(method, url, json=body) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"{path}: {answer.status}: {await answer.text()}")

    async def _judge(self, campaign_id: str, verdict: TierVerdict) -> None:
        """The ledger counts by itself."""
        rows = await ledger(self._http, self._scene.sandbox_url)
        sends = sorted((parse_rfc3339(row["taken_at"]), str(row["to"])) for row in rows)
        ours = [at for at, to in sends if int(to) < OTHERS]
        verdict.most_of_campaign, verdict.most_of_all = _most(ours), _most([at for at, _ in sends])
        verdict.refused = await self._scene.witness.count("attempts WHERE outcome = 'refused'")
        totals = (await self._campaign(campaign_id))["totals"]
        wrong = {
            "not everybody got it": len(ours) != self._plan.people or len(set(sends)) != len(sends),
            "a send was refused": bool(verdict.refused),
            "the plan was another": verdict.planned != self._plan.days(),
            "the days were others": [n for n in verdict.sent if n] != self._plan.days(),
            "the reserve was used": verdict.most_of_campaign > self._plan.tier - self._plan.reserve,
            "the tier was exceeded": verdict.most_of_all > self._plan.tier,
        }
        verdict.faults = [fault for fault, is_found in wrong.items() if is_found]
        say(self._plan.show_progress, f"totals: {totals}")


def _most(at: Sequence[int]) -> int:
    """Within any 24 hours."""
    first = most = 0
    for last, moment in enumerate(at):
        while at[first] <= moment - DAY:
            first += 1
        most = max(most, last - first + 1)
    return most


async def run_plan(plan: Plan, folder: Path, store_url: str = "") -> TierVerdict:
    tier = ("--daily-recipients", str(plan.tier))
    async with open_scene(folder, store_url, arguments=("--virtual-time",), number_arguments=tier) as scene:
        headers = {"Authorization": f"Bearer {scene.place.api_key}"}
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            return await Drive(plan, scene, http).all()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=40_000)
    parser.add_argument("--tier", type=int, default=10_000)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(people=options.people, tier=options.tier, show_progress=True)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-tier-")))
        url = stack.enter_context(database(folder, options.engine))
        verdict = asyncio.run(run_plan(plan, folder, url))
        machine = msgspec.to_builtins(describe(folder))
    command = (
        f"python -m tests.chaos.tier --people {plan.people} --tier {plan.tier} --engine {options.engine}"
    )
    seconds = round(time.monotonic() - started)
    result = {
        "command": command, "machine": machine, "seconds": seconds, "verdict": msgspec.to_builtins(verdict),
    }  # fmt: skip
    keep_result(f"tier-{options.engine}", result, keep=options.keep)
    print(f"NOT CLEAN: {', '.join(verdict.faults)}" if verdict.faults else "clean")
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
