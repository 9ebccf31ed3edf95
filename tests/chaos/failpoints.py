"""kill -9 at every named place of docs/reliability.md, again and again, while messages flow.

    python -m tests.chaos.failpoints --times 25 --engine sqlite --folder F --minutes 14

One sandbox and one store for the whole run; each start of the server is armed for the next place. A place
that is not reached fails the run. Exit code 75: the minutes are over, start it again to go on.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import msgspec

from tests.chaos.checker import Verdict
from tests.chaos.ending import Patience, finish, note_owners, say, tell
from tests.chaos.history import HISTORY, read_lines
from tests.chaos.scene import Scene, database, open_scene, until_struck
from tests.chaos.traffic import AGAIN_SECONDS, Traffic, Unit, Work, recipient
from tests.processes import Program

MORE_TO_DO = 75
REACHED_SECONDS = 100
"""How long a place may take to be reached: the sandbox waits longer and longer before it posts again to a
hook that did not answer."""

AT_MOST = {
    "C1": 5, "C2": 8, "C3": 5, "C5": 120, "C6": 120, "C7": 120, "C9": 120, "C10": 120, "C11": 120, "C12": 120,
    "C13": 8, "C14": 8, "C15": 1, "C16": 60, "C17": 60, "C18": 5, "C19": 1, "C20": 1, "C21": 1,
}  # fmt: skip
"""Place → how often it may be passed before it strikes; the exact count is drawn by lot."""

BY_PROXY = "C8"
"""The request is written whole and its answer held back on the wire: no line of ours marks that moment."""

DRAIN = "C21 drain"
"""SIGTERM that is let finish: not a crash, so nothing may be left in doubt by it."""

POINTS = ("C1", "C2", "C3", *(f"C{n}" for n in range(5, 16)), "C18", "C20", "C21", DRAIN)
IN_CAMPAIGNS = ("C4",)
"""Struck by `campaign.py`."""

ON_THE_WAY_BACK = ("C16", "C17", "C19")
"""Struck by `deliveries.py`, which has a customer's endpoint and people who write."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    times: int
    points: Sequence[str] = POINTS
    seed: int = 1
    minutes: float = 1e6
    patience: Patience = msgspec.field(default_factory=lambda: Patience(doubt_seconds=15))
    show_progress: bool = False
    is_short: bool = False
    """Little traffic, and each place strikes at one of its first passes."""


class Missed(Exception):
    """A place was not reached: then nothing is proven about it."""


class EarlyTraffic(Traffic):
    """Without end; to some recipients the sandbox reports `sent` before it answers (C15), and some get a file
    that nobody got before (C18)."""

    def __init__(self, scene: Scene, work: Work) -> None:
        super().__init__(scene, work)
        self._files: dict[int, str] = {}

    def content(self, number: int) -> dict[str, Any]:
        media_id = self._files.get(number)
        if media_id is None:
            return super().content(number)
        return {"type": "document", "document": {"id": media_id, "filename": f"{number}.txt"}}

    async def before(self, http: aiohttp.ClientSession, unit: Unit) -> None:
        if unit.is_batch:
            return
        while not self.stopping and unit.first not in self._files:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._upload(http, unit.first)
            await asyncio.sleep(AGAIN_SECONDS)
        for number in range(unit.first, unit.first + 2):
            url = f"{self._scene.sandbox_url}/_sandbox/handsets/{recipient(number, 1)}"
            async with http.post(url, json={"behaviour": "early_status"}) as answer:
                answer.raise_for_status()

    async def _upload(self, http: aiohttp.ClientSession, number: int) -> None:
        """Repeated, it is the same file under the same id."""
        form = aiohttp.FormData()
        form.add_field("file", b"file %d\n" % number, filename="a.txt", content_type="text/plain")
        url, headers = f"{self._scene.api_url}/v1/whatsapp/media", {"Idempotency-Key": f"file-{number}"}
        async with http.post(url, data=form, headers=headers) as answer:
            if answer.status == 200:
                self._files[number] = (await answer.json())["id"]


async def run_plan(plan: Plan, folder: Path, store_url: str = "") -> Verdict | None:
    """None when the minutes were over first. `Missed` names a place that was not reached."""
    until = time.monotonic() + plan.minutes * 60
    async with open_scene(folder, store_url, with_proxy=True) as scene:
        await scene.serve.end()
        traffic = EarlyTraffic(scene, _work(plan))
        sending = asyncio.create_task(traffic.run())
        try:
            left = _left(plan, folder)
            for done, point in enumerate(left, 1):
                if time.monotonic() > until:
                    return None
                say(plan.show_progress, f"{point}, {len(left) - done} to go, {traffic.taken} sends")
                await Round(
                    scene, traffic, random.Random(f"{plan.seed} {done}"), 5 if plan.is_short else 1000
                ).strike(point)
                if sending.done():
                    sending.result()
        finally:
            traffic.stopping = True
            await scene.server_again()
            await asyncio.gather(sending, return_exceptions=True)
        return await finish(scene, traffic.given, plan.patience)


def _work(plan: Plan) -> Work:
    if plan.is_short:
        return Work(messages=0, is_endless=True, batch=10, most_ahead=40)
    return Work(messages=0, is_endless=True)


def _left(plan: Plan, folder: Path) -> list[str]:
    """What an earlier piece did not do, mixed, as one crash may well follow from another."""
    done = Counter(line["point"] for line in read_lines(folder / HISTORY) if line["what"] == "kill")
    left = [point for point in plan.points for _ in range(plan.times - done[point])]
    random.Random(plan.seed).shuffle(left)
    return left


class Round:
    """One start of the server, and its end at one place."""

    def __init__(self, scene: Scene, traffic: Traffic, chance: random.Random, most: int) -> None:
        self._scene = scene
        self._traffic = traffic
        self._chance = chance
        self._most = most

    async def strike(self, point: str) -> None:
        if point == "C20":
            await self._in_migration()
        elif point in (BY_PROXY, DRAIN):
            await self._by_hand(point)
        else:
            await self._at_failpoint(point)
        self._scene.history.add("kill", point=point, elsewhere=point == "C20")

    async def _at_failpoint(self, point: str) -> None:
        count = self._chance.randint(1, min(self._most, AT_MOST[point]))
        server = self._scene.serve = self._scene.server(f"{point}:kill:{count}")
        before = self._scene.struck().count(point)
        with contextlib.suppress(RuntimeError):  # it may strike before the server is ready
            await server.start()
            await note_owners(self._scene)
            if point == "C21":
                await self._until_sending()
                server.notify(signal.SIGTERM)
        if not await until_struck(server, REACHED_SECONDS) or self._scene.struck().count(point) <= before:
            await server.end()
            raise Missed(f"{point} was not reached within {REACHED_SECONDS} s")

    async def _by_hand(self, point: str) -> None:
        server = self._scene.serve = self._scene.server()
        await server.start()
        await self._until_sending()
        await note_owners(self._scene)
        await asyncio.sleep(self._chance.random() * 0.5)
        if point == DRAIN:
            started = time.monotonic()
            code = await server.end()
            if code != 0:
                raise Missed(f"SIGTERM ended with exit code {code}")
            self._scene.history.add("drained", seconds=round(time.monotonic() - started, 3))
            return
        await self._hold_answers()
        await server.kill()
        assert self._scene.proxy is not None
        self._scene.proxy.on_answer = lambda: None
        self._scene.proxy.cut()
        self._scene.proxy.heal()

    async def _hold_answers(self) -> None:
        """Until some are on the wire, which the server will never read."""
        proxy, held = self._scene.proxy, asyncio.Event()
        assert proxy is not None
        proxy.on_answer, proxy.back.hold = held.set, True
        try:
            await asyncio.wait_for(held.wait(), REACHED_SECONDS)
        except TimeoutError:
            raise Missed(f"{BY_PROXY}: no answer came to be held back") from None
        await asyncio.sleep(0.1)

    async def _until_sending(self) -> None:
        before, deadline = self._traffic.taken, time.monotonic() + REACHED_SECONDS
        while self._traffic.taken < before + 20:
            if time.monotonic() > deadline:
                raise Missed(f"nothing was sent within {REACHED_SECONDS} s")
            await asyncio.sleep(0.02)

    async def _in_migration(self) -> None:
        """On an empty store: there is a schema to be made. It must start in spite of it."""
        folder = Path(tempfile.mkdtemp(prefix="c20-", dir=self._scene.folder))
        url = await _fresh_database(self._scene.store_url, folder.name.replace("-", "_"))
        for failpoints in (f"C20:kill:{self._chance.randint(1, AT_MOST['C20'])}", ""):
            server = Program(
                "serve", "--json", "--no-sandbox", "--port", "0", "--data", str(folder / "data"),
                log=self._scene.folder / "serve.log",
                environment={"TRUNKLINE_FAILPOINTS": failpoints, "TRUNKLINE_STORE_URL": url},
            )  # fmt: skip
            try:
                await server.start()
            except RuntimeError:
                if not failpoints:
                    raise
                await server.ended()
                continue
            await server.end()
            if failpoints:
                raise Missed("C20 was not reached")


async def _fresh_database(store_url: str, name: str) -> str:
    if not store_url:
        return ""
    connection = await asyncpg.connect(store_url, timeout=5)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return store_url.replace("/postgres?", f"/{name}?")


def built(points: Iterable[str]) -> list[str]:
    """Those of them that stand in the source now."""
    source = "".join(path.read_text() for path in (Path(__file__).parents[2] / "src").rglob("*.py"))
    by_hand = {BY_PROXY, DRAIN}
    return [point for point in points if point in by_hand or f'reach("{point}")' in source]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=25)
    parser.add_argument("--points", default=",".join(POINTS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, help="kept; a later call goes on there")
    parser.add_argument("--minutes", type=float, default=14, help="of this piece")
    parser.add_argument("--doubt-seconds", type=float, default=420, help="how long to wait for evidence")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(
        times=options.times, points=options.points.split(","), seed=options.seed, minutes=options.minutes,
        patience=Patience(doubt_seconds=options.doubt_seconds, seconds=780), show_progress=True,
    )  # fmt: skip
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-points-"))
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
        counts = f"--times {plan.times} --seed {plan.seed} --engine {options.engine}"
        command = f"python -m tests.chaos.failpoints {counts}"
        name = f"failpoints-{options.engine}"
        return tell(name, command, folder, time.monotonic() - started, verdict, keep=options.keep)


if __name__ == "__main__":
    sys.exit(main())
