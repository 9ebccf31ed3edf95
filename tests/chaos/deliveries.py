"""kill -9 on the way back: posts of the provider, their processing, deliveries to a customer's endpoint.

    python -m tests.chaos.deliveries --engine sqlite --kills 50 --times 10 --folder F --minutes 14

Messages are sent and people write from handsets, while the gateway is killed at random and at each of the
places C11 to C17 and C19 of docs/reliability.md. The sandbox and the customer's endpoint (`receiver.py`) are
left alone; the endpoint now and then fails, is slow, or loses its answer. In the end everything that the
sandbox posted must be in the event log once, and every event at the endpoint. Exit code 75: the minutes are
over, start it again with the same folder to go on. Loopback only.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import msgspec

from bench.machine import describe
from tests.chaos.check import show
from tests.chaos.delivery_checker import Verdict, check
from tests.chaos.ending import keep_result, say, statuses_to_come
from tests.chaos.failpoints import MORE_TO_DO, REACHED_SECONDS, EarlyTraffic, Missed, Round
from tests.chaos.history import HISTORY, read_lines
from tests.chaos.receiver import PATH, Faults, Receiver, open_receiver
from tests.chaos.scene import Scene, database, open_scene
from tests.chaos.traffic import Unit, Work
from tests.chaos.way_back import People, keep_records, posts_to_come, read_evidence
from tests.processes import free_port

POINTS = (*(f"C{n}" for n in range(11, 18)), "C19")
AT_RANDOM = ""
_ENDPOINT = "endpoint.json"
_OPEN = {
    "TRUNKLINE_NETWORK_ALLOW_PRIVATE": "always",
    "TRUNKLINE_NETWORK_ALLOW_HTTP": "always",
    "TRUNKLINE_NETWORK_ALLOWED_PORTS": "any",
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    kills: int
    """At random."""
    times: int
    """At each of the points."""
    points: Sequence[str] = POINTS
    seed: int = 1
    minutes: float = 1e6
    per_second: float = 30
    """Messages from people."""
    most_ahead: int = 200
    most_behind: int = 2000
    """Nobody sends while so many events are on their way to the endpoint."""
    batch: int = 20
    faults: Faults = msgspec.field(default_factory=lambda: Faults(error=2, busy=1, moved=1, lost=2, slow=4))
    patience_seconds: float = 120
    """So long may nothing move in the end before the run is judged as it stands."""
    show_progress: bool = False


class Endpoint(msgspec.Struct):
    """What stays the same over pieces."""

    port: int
    id: str
    secret: str


async def run_plan(plan: Plan, folder: Path, store_url: str = "") -> Verdict | None:
    """None when the minutes were over first. `Missed` names a place that was not reached."""
    until = time.monotonic() + plan.minutes * 60
    async with open_scene(folder, store_url, settings=_OPEN) as scene:
        endpoint = await _endpoint(scene)
        async with open_receiver(folder, endpoint.port) as receiver:
            receiver.secret = endpoint.secret
            run = _Run(plan, scene, receiver, endpoint)
            if not await run.strike_all(until):
                return None
            return await run.finish()


async def _endpoint(scene: Scene) -> Endpoint:
    path = scene.folder / _ENDPOINT
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Endpoint)
    port = free_port()
    async with (
        _api(scene) as http,
        http.post("/v1/endpoints", json={"url": f"http://127.0.0.1:{port}{PATH}"}) as answer,
    ):
        made = await answer.json()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {made}")
    endpoint = Endpoint(port, made["id"], made["secret"])
    path.write_bytes(msgspec.json.encode(endpoint))
    return endpoint


def _api(scene: Scene) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {scene.place.api_key}"}
    return aiohttp.ClientSession(scene.api_url, headers=headers)


class _Traffic(EarlyTraffic):
    """It waits for the endpoint, so that a run ends soon after its last kill."""

    is_held = False

    async def before(self, http: aiohttp.ClientSession, unit: Unit) -> None:
        while self.is_held and not self.stopping:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await super().before(http, unit)


class _Run:
    def __init__(self, plan: Plan, scene: Scene, receiver: Receiver, endpoint: Endpoint) -> None:
        self._plan = plan
        self._scene = scene
        self._receiver = receiver
        self._endpoint = endpoint
        self._traffic = _Traffic(
            scene,
            Work(messages=0, is_endless=True, batch=plan.batch, most_ahead=plan.most_ahead),
        )
        self._people = People(scene, plan.per_second)

    async def strike_all(self, until: float) -> bool:
        """False when the minutes were over first. Each kill ends one start of the server."""
        await self._scene.serve.end()
        self._receiver.faults = self._plan.faults
        works = (self._traffic.run(), self._people.run(), self._hold_back())
        going = [asyncio.create_task(work) for work in works]
        try:
            left = self._left()
            for done, point in enumerate(left, 1):
                if time.monotonic() > until:
                    return False
                say(
                    self._plan.show_progress,
                    f"{point or 'at random'}, {len(left) - done} to go, {len(self._receiver.seen)} events",
                )
                await self._strike(point, random.Random(f"{self._plan.seed} {done}"))
                for task in going:
                    if task.done():
                        task.result()
        finally:
            self._traffic.stopping = self._people.stopping = True
            await self._scene.server_again()
            await asyncio.gather(*going, return_exceptions=True)
        return True

    async def _hold_back(self) -> None:
        while not self._traffic.stopping:
            behind = await self._scene.witness.count("events") - len(self._receiver.seen)
            self._traffic.is_held = behind > self._plan.most_behind
            await asyncio.sleep(0.3)

    def _left(self) -> list[str]:
        lines = read_lines(self._scene.folder / HISTORY)
        done = Counter(line["point"] for line in lines if line["what"] == "kill")
        wanted = {AT_RANDOM: self._plan.kills} | dict.fromkeys(self._plan.points, self._plan.times)
        left = [point for point, times in wanted.items() for _ in range(times - done[point])]
        random.Random(self._plan.seed).shuffle(left)
        return left

    async def _strike(self, point: str, chance: random.Random) -> None:
        if point != AT_RANDOM:
            await Round(self._scene, self._traffic, chance, 1000).strike(point)
            return
        server = self._scene.serve = self._scene.server()
        await server.start()
        await self._until_came(len(self._receiver.seen) + chance.randint(1, 100))
        await asyncio.sleep(chance.random() * 0.2)
        await server.kill()
        self._scene.history.add("kill", point=point)

    async def _until_came(self, count: int) -> None:
        deadline = time.monotonic() + REACHED_SECONDS
        while len(self._receiver.seen) < count:
            if time.monotonic() > deadline:
                raise Missed(f"nothing came to the endpoint within {REACHED_SECONDS} s")
            await asyncio.sleep(0.01)

    async def finish(self) -> Verdict:
        """While everything still runs, and nothing fails any more."""
        self._receiver.faults = Faults()
        moved, quiet, last = time.monotonic(), 0.0, (-1, -1)
        while time.monotonic() - moved < self._plan.patience_seconds and quiet < 2:
            await self._again()
            now = (await self._scene.witness.count("events"), len(self._receiver.taken))
            is_still = now == last and now[0] <= now[1] and not await self._to_come()
            quiet = quiet + 0.5 if is_still else 0.0
            moved, last = time.monotonic() if now != last else moved, now
            say(self._plan.show_progress, f"{now[0]} events, {now[1]} of them taken")
            await asyncio.sleep(0.5)
        await keep_records(self._scene)
        return check(read_evidence(self._scene.folder))

    async def _to_come(self) -> int:
        return (
            await statuses_to_come(self._scene)
            + await posts_to_come(self._scene)
            + await self._scene.witness.open_posts()
            + (await self._scene.witness.states())["sending"]
        )

    async def _again(self) -> None:
        """What failed waits for minutes by now: it is asked for at once."""
        path = f"/v1/endpoints/{self._endpoint.id}/replay"
        async with _api(self._scene) as http, http.post(path, json={"failed_only": True}) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"{answer.status}: {await answer.text()}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50, help="at random")
    parser.add_argument("--times", type=int, default=10, help="at each place")
    parser.add_argument("--points", default=",".join(POINTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="kept; a later call goes on there")
    parser.add_argument("--minutes", type=float, default=14, help="of this piece")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(
        kills=options.kills, times=options.times, points=[p for p in options.points.split(",") if p],
        seed=options.seed, minutes=options.minutes, show_progress=True,
    )  # fmt: skip
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-deliveries-"))
        )
        try:
            url = stack.enter_context(database(folder, options.engine))
            verdict = asyncio.run(run_plan(plan, folder, url))
        except Missed as missed:
            print(f"NOT CLEAN: {missed}", file=sys.stderr)
            return 1
        if verdict is None:
            print("more to do: start it again with the same folder", file=sys.stderr)
            return MORE_TO_DO
        return _tell(options, verdict, folder, time.monotonic() - started)


def _tell(options: argparse.Namespace, verdict: Verdict, folder: Path, seconds: float) -> int:
    name = f"deliveries-{options.engine}"
    command = (
        f"python -m tests.chaos.deliveries --kills {options.kills} --times {options.times}"
        f" --seed {options.seed} --engine {options.engine}"
    )
    result = {
        "command": command,
        "machine": msgspec.to_builtins(describe(folder)),
        "seconds": round(seconds),
        "verdict": msgspec.json.decode(show(verdict)),
    }
    keep_result(name, result, keep=options.keep)
    found = "clean" if verdict.is_clean() else f"NOT CLEAN: {', '.join(verdict.faults_found())}"
    print(f"{name}: {found}; {verdict.events} events, {verdict.repeated} of them came more than once")
    return 0 if verdict.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main())
