"""PostgreSQL stops at once, without a word, while messages flow, and starts again after a while.

    python -m tests.chaos.power.postgres_stop --stops 10 --messages 4000 [--seed 1] [--keep]

SIGQUIT to its first process: the immediate stop, after which it recovers from its log as after a power cut.
The gateway is never restarted. Every accepted message must be there, the gateway must say that it is not
ready while the database is away, and be ready again soon after it is back.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import asyncpg
import msgspec

from tests.chaos.checker import Verdict
from tests.chaos.ending import Patience, finish, say
from tests.chaos.power.pace import until_sent
from tests.chaos.power.report import keep
from tests.chaos.scene import Scene, open_scene
from tests.chaos.traffic import Traffic, Work
from tests.postgres import PostgresServer, running_postgres
from tests.processes import free_port

UNREADY_SECONDS = 5.0
READY_SECONDS = 10.0
LONGEST_AWAY_SECONDS = 3.0
PROMISED = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_sync_retry": "off"}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    stops: int
    settings: dict[str, str]
    unready_after: list[float]
    """Seconds from each stop to the first 503 of /readyz."""
    ready_after: list[float]
    """Seconds from each return of the database to the first 200."""
    verdict: Verdict

    def is_clean(self) -> bool:
        healed = max(self.unready_after) < UNREADY_SECONDS and max(self.ready_after) < READY_SECONDS
        return healed and self.settings == PROMISED and self.verdict.is_clean()


class Database:
    """A server on a port and a folder that stay the same over its stops."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "postgres"
        self._port = free_port()
        self._running = contextlib.ExitStack()
        self.url = PostgresServer(folder).tcp_url(self._port, "postgres")

    def start(self) -> None:
        """Returns when it answers."""
        self._running.enter_context(running_postgres(self._folder, self._port))

    def stop_at_once(self) -> None:
        os.kill(int((self._folder / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        self._running.close()

    def close(self) -> None:
        self._running.close()

    async def settings(self) -> dict[str, str]:
        connection = await asyncpg.connect(self.url, timeout=5)
        try:
            return {name: await connection.fetchval(f"SHOW {name}") for name in PROMISED}
        finally:
            await connection.close()


async def run(
    stops: int, messages: int, seed: int, folder: Path, *, doubt_seconds: float = 20, aloud: bool = False
) -> Result:
    os.chmod(folder, 0o711)  # PostgreSQL may run as somebody else
    database = Database(folder)
    await asyncio.to_thread(database.start)
    try:
        async with open_scene(folder / "scene", database.url) as scene:
            settings = await database.settings()
            traffic = Traffic(scene, Work(messages=messages))
            sending = asyncio.create_task(traffic.run())
            unready: list[float] = []
            ready: list[float] = []
            for stop in range(stops):
                chance = random.Random(seed + stop)
                await until_sent(scene, messages * (stop + chance.random()) / (stops + 1))
                scene.history.add("kill", point="database")
                await asyncio.to_thread(database.stop_at_once)
                unready.append(await _until_status(scene, 503, UNREADY_SECONDS * 2))
                await asyncio.sleep(chance.random() * LONGEST_AWAY_SECONDS)
                await asyncio.to_thread(database.start)
                ready.append(await _until_status(scene, 200, READY_SECONDS * 2))
                say(aloud, f"stop {stop + 1}: unready after {unready[-1]} s, ready after {ready[-1]} s")
            await sending
            verdict = await finish(scene, messages, Patience(quiet_seconds=1, doubt_seconds=doubt_seconds))
    finally:
        await asyncio.to_thread(database.close)
    return Result(stops=stops, settings=settings, unready_after=unready, ready_after=ready, verdict=verdict)


async def _until_status(scene: Scene, status: int, patience: float) -> float:
    """Seconds until /readyz answers so; `patience` when it did not."""
    started = time.monotonic()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as http:
        while (seconds := time.monotonic() - started) < patience:
            async with http.get(f"{scene.api_url}/readyz") as answer:
                if answer.status == status:
                    return round(time.monotonic() - started, 2)
            await asyncio.sleep(0.05)
    return round(seconds, 2)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stops", type=int, default=10)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trunkline-stop-") as folder:
        work = run(options.stops, options.messages, options.seed, Path(folder), aloud=True)
        result = asyncio.run(work)
    counts = f"--stops {options.stops} --messages {options.messages} --seed {options.seed}"
    command = f"python -m tests.chaos.power.postgres_stop {counts}"
    keep("postgres-stops", command, started, result, is_kept=options.keep)
    return 0 if result.is_clean() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
