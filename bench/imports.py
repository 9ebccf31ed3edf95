"""An import under traffic: `python -m bench.imports [--rows 1000000] [--rate 50] [--no-traffic]`.

A real `trunkline serve` on a new data folder accepts messages at a steady rate, first alone, then during the
dry run of a file of so many people and during the run. Told are the times of both, the latency of the
messages in each phase, and the most memory and the processor time of the server and its reading process.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench import load, requests
from bench.servers import Server, running_gateway

_CITIES = ("Köln", "Málaga", "Århus", "Berlin", "São Paulo")
_ALONE_SECONDS = 20.0
_PIECE_SECONDS = 5.0
_CLIENTS = 40
_TICKS = os.sysconf("SC_CLK_TCK")


class Phase(msgspec.Struct):
    name: str
    seconds: float = 0.0
    took: list[float] = []
    most_mib: float = 0.0
    cpu_seconds: float = 0.0

    def told(self) -> str:
        ranked = sorted(self.took) or [0.0]
        p50, p99 = (1000 * ranked[int(len(ranked) * share)] for share in (0.5, 0.99))
        memory, sent = f"{self.most_mib:6.1f} MiB", f"{len(self.took):6} messages"
        latency = f"p50 {p50:5.1f} ms  p99 {p99:5.1f} ms  worst {1000 * ranked[-1]:.0f} ms"
        return (
            f"{self.name:8} {self.seconds:7.1f} s  cpu {self.cpu_seconds:6.1f} s  {memory}  {sent}  {latency}"
        )


def write_people(path: Path, rows: int) -> None:
    """Half of them with numbers in no order; one in fifty is there twice, one in a hundred is no number."""
    drawn = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("Phone,Name,City,Language,Code,Amount\r\n")
        for n in range(rows):
            phone = f"+4915{drawn.randrange(10**9):09d}" if n % 2 else f"+346{n:08d}"
            phone = "n/a" if n % 100 == 99 else "+34600000000" if n % 50 == 49 else phone
            city, code = _CITIES[n % len(_CITIES)], f"V{drawn.randrange(10**8):08d}"
            file.write(f"{phone},Person {n},{city},{'en' if n % 3 else 'de'},{code},{n % 900}.50\r\n")


class Bench:
    def __init__(self, server: Server, http: aiohttp.ClientSession, rate: float) -> None:
        self._server = server
        self._http = http
        self._rate = rate
        self._numbers = requests.Numbers()

    async def run(self, path: Path) -> AsyncIterator[Phase]:
        if self._rate:
            yield await self._alone()
        form = aiohttp.FormData()
        form.add_field("options", '{"list":{"name":"people"}}')
        form.add_field("file", path.open("rb"), filename=path.name)
        began = time.perf_counter()
        async with self._http.post("/v1/imports", data=form) as answer:
            made = await answer.json()
        yield Phase("upload", time.perf_counter() - began)
        yield await self._follow("dry run", made["id"], "checking")
        async with self._http.post(f"/v1/imports/{made['id']}/start") as answer:
            answer.raise_for_status()
        yield await self._follow("run", made["id"], "running")

    async def _alone(self) -> Phase:
        phase = Phase("alone")
        over = asyncio.create_task(asyncio.sleep(_ALONE_SECONDS))
        await self._measured(phase, over)
        return phase

    async def _follow(self, name: str, import_id: str, state: str) -> Phase:
        phase = Phase(name)
        await self._measured(phase, asyncio.create_task(self._until_left(import_id, state)))
        return phase

    async def _until_left(self, import_id: str, state: str) -> None:
        made: dict[str, Any] = {"state": state}
        while made["state"] == state:
            await asyncio.sleep(0.25)
            async with self._http.get(f"/v1/imports/{import_id}") as answer:
                made = await answer.json()
        if made["state"] in {"failed", "canceled"}:
            raise RuntimeError(f"the import {made['state']}: {made['detail']}")
        print(f"{made['state']}: {made['counts']}", flush=True)

    async def _measured(self, phase: Phase, over: "asyncio.Task[None]") -> None:
        began, before = time.perf_counter(), _usage(self._server.pid)[1]
        traffic = asyncio.create_task(self._traffic(phase, over)) if self._rate else None
        used = before
        while not over.done():
            mib, cpu = _usage(self._server.pid)
            phase.most_mib, used = max(phase.most_mib, mib), max(used, cpu)
            await asyncio.sleep(0.2)
        await over
        phase.seconds, phase.cpu_seconds = time.perf_counter() - began, used - before
        if traffic is not None:
            await traffic

    async def _traffic(self, phase: Phase, over: "asyncio.Task[None]") -> None:
        sent = requests.requests(self._numbers, self._server.port, self._server.key)
        while not over.done():
            found = await load.open_loop(self._server.port, sent, _CLIENTS, self._rate, _PIECE_SECONDS)
            phase.took += found.took


def _usage(pid: int) -> tuple[float, float]:
    """Resident MiB and CPU seconds of the process and its children, those that ended included."""
    mib = cpu = 0.0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                pages = int(Path(f"/proc/{entry}/statm").read_text().split()[1])
            except OSError:
                continue
            if pid in (int(entry), int(fields[1])):
                mib += pages * os.sysconf("SC_PAGE_SIZE") / 2**20
                last = 15 if int(entry) == pid else 13  # of itself with its ended children
                cpu += sum(map(int, fields[11:last])) / _TICKS
    return mib, cpu


async def measure(rows: int, rate: float) -> None:
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        folder = Path(name)
        write_people(folder / "people.csv", rows)
        with running_gateway(folder, None) as server:
            headers = {"Authorization": server.key}
            url = f"http://127.0.0.1:{server.port}"
            timeout = aiohttp.ClientTimeout(total=600)
            async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as http:
                async for phase in Bench(server, http, rate).run(folder / "people.csv"):
                    print(phase.told(), flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description="An import under traffic.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second beside it")
    parser.add_argument("--no-traffic", action="store_true", help="the import alone")
    options = parser.parse_args(arguments)
    asyncio.run(measure(options.rows, 0.0 if options.no_traffic else options.rate))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
