"""Several dispatchers on one PostgreSQL, and a hard life for each of them.

    python -m tests.chaos.dispatchers --faults 40 --folder F --minutes 14

One process takes messages and webhooks in, the others send. Each reaches the database by way of a proxy of
its own. At random: kill -9, SIGSTOP for longer than a lease and then SIGCONT, SIGTERM, its connections cut,
its network gone in both directions or in one. How long its numbers had no owner is measured and printed.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from tests.chaos.checker import Verdict
from tests.chaos.ending import Patience, finish, say, tell
from tests.chaos.history import HISTORY, read_lines
from tests.chaos.proxy import Proxy, Target
from tests.chaos.scene import Scene, open_scene
from tests.chaos.traffic import Traffic, Work
from tests.postgres import PostgresServer, running_postgres
from tests.processes import Program, free_port

MORE_TO_DO = 75
LEASE_SECONDS = 20
FRONT = "api,hooks,process,chores"
DISPATCH = "dispatch"
KILL, FREEZE, STOP, CUT, GONE, DEAF = "kill", "freeze", "stop", "cut", "network gone", "no answers"
FAULTS = (KILL, KILL, FREEZE, STOP, STOP, CUT, GONE, DEAF)
MOST_SECONDS = {KILL: 25.0, STOP: 2.0}
"""Promised: from the fault until every number of the process has its next owner."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    faults: int
    dispatchers: int = 4
    numbers: int = 8
    kinds: Sequence[str] = FAULTS
    seed: int = 1
    minutes: float = 1e6
    patience: Patience = msgspec.field(default_factory=lambda: Patience(doubt_seconds=20))
    show_progress: bool = False


class Dispatcher:
    """One process, its way to the database, and the name under which it owns numbers."""

    def __init__(self, scene: Scene, proxy: Proxy, server: PostgresServer) -> None:
        self.proxy = proxy
        self._scene = scene
        url = server.tcp_url(proxy.port, "postgres")
        self.program = Program(
            "serve", "--json", "--no-sandbox", "--port", "0", "--only", DISPATCH, "--data", str(scene.data),
            log=scene.folder / "dispatch.log", environment={"TRUNKLINE_STORE_URL": url},
        )  # fmt: skip
        self.id = ""

    async def start(self) -> None:
        before = await self._scene.witness.processes()
        await self.program.start()
        while not (new := await self._scene.witness.processes() - before):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        [self.id] = new

    async def numbers(self) -> set[str]:
        return {number for number, owner, _ in await self._scene.witness.leases() if owner == self.id}


async def run_plan(
    plan: Plan, folder: Path, server: PostgresServer
) -> tuple[Verdict, dict[str, list[float]]] | None:
    """The verdict and the hand-overs in seconds by kind of fault; None when the minutes were over first."""
    until = time.monotonic() + plan.minutes * 60
    front = ("--only", FRONT)
    async with (
        open_scene(folder, server.url(), numbers=plan.numbers, serve_arguments=front) as scene,
        _dispatchers(plan, scene, server) as crew,
    ):
        traffic = Traffic(scene, Work(messages=0, is_endless=True))
        sending = asyncio.create_task(traffic.run())
        watching = asyncio.create_task(_watch_owners(scene))
        try:
            done = sum(line["what"] == "handover" for line in read_lines(folder / HISTORY))
            for fault in range(done, plan.faults):
                if time.monotonic() > until:
                    return None
                say(plan.show_progress, f"fault {fault + 1} of {plan.faults}, {traffic.taken} sends")
                await _Fault(plan, scene, random.Random(f"{plan.seed} {fault}")).strike(crew)
                if sending.done():
                    sending.result()
        finally:
            traffic.stopping = True
            watching.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return await finish(scene, traffic.given, plan.patience), handovers(folder)


@contextlib.asynccontextmanager
async def _dispatchers(plan: Plan, scene: Scene, server: PostgresServer) -> AsyncIterator[list[Dispatcher]]:
    async with contextlib.AsyncExitStack() as stack:
        crew = []
        for _ in range(plan.dispatchers):
            proxy = Proxy(Target(port=server.port))
            await proxy.start()
            stack.push_async_callback(proxy.stop)
            one = Dispatcher(scene, proxy, server)
            await one.start()
            stack.push_async_callback(_end, one)
            crew.append(one)
        yield crew


async def _end(one: Dispatcher) -> None:
    one.proxy.heal()
    one.program.notify(signal.SIGCONT)
    await one.program.end(signal.SIGKILL)


async def _watch_owners(scene: Scene) -> None:
    """Every change of owner that is there to be seen."""
    seen: set[tuple[str, str, int]] = set()
    while True:
        for number_id, owner, epoch in set(await scene.witness.leases()) - seen:
            seen.add((number_id, owner, epoch))
            scene.history.add("owner", number_id=number_id, owner=owner, epoch=epoch)
        await asyncio.sleep(0.2)


class _Fault:
    def __init__(self, plan: Plan, scene: Scene, chance: random.Random) -> None:
        self._scene = scene
        self._kind = chance.choice(plan.kinds)
        self._chance = chance

    async def strike(self, crew: Sequence[Dispatcher]) -> None:
        victim = await self._victim(crew)
        numbers = await victim.numbers()
        await asyncio.sleep(self._chance.random())
        started = time.monotonic()
        await self._break(victim, sorted(numbers))
        loses_them = self._kind in (KILL, STOP, FREEZE, GONE, DEAF)
        seconds = await self._until_owned_anew(numbers, victim.id, started) if loses_them else 0.0
        self._scene.history.add("handover", kind=self._kind, numbers=len(numbers), seconds=seconds)
        await self._mend(victim)

    async def _victim(self, crew: Sequence[Dispatcher]) -> Dispatcher:
        """One that owns something: the others have nothing to lose."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for one in self._chance.sample(list(crew), len(crew)):
                if await one.numbers():
                    return one
            await asyncio.sleep(0.2)
        raise TimeoutError("no dispatcher owns a number")

    async def _break(self, victim: Dispatcher, numbers: list[str]) -> None:
        history, proxy = self._scene.history, victim.proxy
        if self._kind == KILL:
            await victim.program.kill()
            history.add("kill", point="", numbers=numbers)
        elif self._kind == FREEZE:
            victim.program.notify(signal.SIGSTOP)
            history.add("freeze", point="", numbers=numbers)
        elif self._kind == STOP:
            victim.program.notify(signal.SIGTERM)
        elif self._kind == CUT:
            proxy.cut()
        else:
            proxy.back.blackhole = True
            proxy.toward.blackhole = self._kind == GONE

    async def _until_owned_anew(self, numbers: set[str], owner: str, started: float) -> float:
        while time.monotonic() - started < 60:
            still = {n for n, who, _ in await self._scene.witness.leases() if who == owner}
            if not still & numbers:
                return round(time.monotonic() - started, 2)
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{self._kind}: numbers stayed without an owner for a minute")

    async def _mend(self, victim: Dispatcher) -> None:
        if self._kind == FREEZE:
            victim.program.notify(signal.SIGCONT)
        elif self._kind in (GONE, DEAF):
            victim.proxy.cut()
            victim.proxy.heal()
        elif self._kind in (KILL, STOP):
            await victim.program.ended()
            await victim.start()
        await asyncio.sleep(2)


def handovers(folder: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for line in read_lines(folder / HISTORY):
        if line["what"] == "handover" and line["kind"] != CUT:
            found.setdefault(line["kind"], []).append(line["seconds"])
    return found


def too_slow(seconds: dict[str, list[float]]) -> list[str]:
    return [
        f"{kind}: {max(seconds[kind])} s, promised {most} s"
        for kind, most in MOST_SECONDS.items()
        if kind in seconds and max(seconds[kind]) > most
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--dispatchers", type=int, default=4)
    parser.add_argument("--numbers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="kept; a later call goes on there")
    parser.add_argument("--minutes", type=float, default=14, help="of this piece")
    parser.add_argument("--doubt-seconds", type=float, default=420, help="how long to wait for evidence")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    plan = Plan(
        faults=options.faults, dispatchers=options.dispatchers, numbers=options.numbers, seed=options.seed,
        minutes=options.minutes, patience=Patience(doubt_seconds=options.doubt_seconds, seconds=780),
        show_progress=True,
    )  # fmt: skip
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="trunkline-crew-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # PostgreSQL may run as somebody else
        server = stack.enter_context(running_postgres(folder / "postgres", free_port()))
        found = asyncio.run(run_plan(plan, folder, server))
        if found is None:
            print("more to do: start it again with the same folder", file=sys.stderr)
            return MORE_TO_DO
        verdict, seconds = found
        for kind, all_of_them in seconds.items():
            print(f"{kind}: numbers had their next owner after {sorted(all_of_them)} s")
        for late in too_slow(seconds):
            print(f"TOO SLOW: {late}")
        command = f"python -m tests.chaos.dispatchers --faults {plan.faults} --seed {plan.seed}"
        code = tell(
            "dispatchers-postgres", command, folder, time.monotonic() - started, verdict, keep=options.keep
        )
        return 1 if too_slow(seconds) else code


if __name__ == "__main__":
    sys.exit(main())
