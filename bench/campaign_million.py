"""From a file to a checked campaign, under traffic: `python -m bench.campaign_million [--rows 1000000]`.

A real `trunkline serve` with SQLite and a sandbox of its own accept and send messages at a steady rate: first
alone, then while a table of people is uploaded, read in a dry run and imported with a consent for each, and
while a campaign with gaps to all of them is checked, and alone again. Told for each phase, and kept with
`--out`: how long it took, the latency of accepting a message, and the most memory of the server with its
reading process.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench import figures, machine
from bench.imports import Bench, Phase, write_people
from bench.machine import Machine
from bench.servers import Server
from tests.chaos.scene import open_scene

_LOOK_SECONDS = 0.25
_CALM_SECONDS = 3.0
_OPTIONS = '{"list": {"name": "people"}, "consent": {"purpose": "marketing", "source": "bench"}}'
_PICTURE = {"type": "image", "image": {"link": "https://example.com/lamp.png"}}
_BODY = {
    "type": "template",
    "template": {
        "name": "sample_new_arrival",
        "language": {"code": "en_US"},
        "components": [
            {"type": "header", "parameters": [_PICTURE]},
            {"type": "body", "parameters": [{"type": "text", "text": "{{name}}"}]},
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [{"type": "text", "text": "{{code}}"}],
            },
        ],
    },
}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    phase: str
    seconds: float
    cpu_seconds: float
    most_mib: float
    """Resident, of the server and its children."""
    messages: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    p99_to_alone: float
    load_average: float
    """Of the machine in the minute before its end, with whatever else ran there."""


class MillionResult(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    measured_at: str
    command: str
    machine: Machine
    phases: list[Told]
    imported: dict[str, Any]
    checked: dict[str, Any]


class Million(Bench):
    def __init__(self, server: Server, http: aiohttp.ClientSession, rate: float) -> None:
        super().__init__(server, http, rate)
        self.imported: dict[str, Any] = {}
        self.checked: dict[str, Any] = {}

    async def run(self, path: Path) -> AsyncIterator[Phase]:
        await asyncio.sleep(_CALM_SECONDS)  # its start is over, the templates are read
        yield await self._alone()
        form = aiohttp.FormData()
        form.add_field("options", _OPTIONS)
        form.add_field("file", path.open("rb"), filename=path.name)
        upload = Phase("upload")
        await self._measured(upload, asyncio.create_task(self._upload(form)))
        yield upload
        import_id = self.imported["id"]
        yield await self._follow("dry run", import_id, "checking")
        await self._ask("POST", f"imports/{import_id}/start")
        yield await self._follow("import", import_id, "running")
        self.imported = await self._ask("GET", f"imports/{import_id}")
        yield await self._check(self.imported["options"]["list"]["id"])
        again = await self._alone()  # where others use the machine, too, this tells how much that changed
        again.name = "again"
        yield again

    async def _upload(self, form: aiohttp.FormData) -> None:
        self.imported = await self._ask("POST", "imports", data=form)

    async def _check(self, list_id: str) -> Phase:
        form = {
            "name": "all",
            "audience": {"lists": [list_id]},
            "content": {"body": _BODY},
            "variables": {"code": {"column": "Code"}},
        }
        campaign_id = (await self._ask("POST", "campaigns", json=form))["id"]
        await self._ask("POST", f"campaigns/{campaign_id}/check")
        phase = Phase("check")
        await self._measured(phase, asyncio.create_task(self._until_checked(campaign_id)))
        report = self.checked["report"]
        self.checked = {name: report[name] for name in ("took_seconds", "recipients", "ready", "skipped")}
        return phase

    async def _until_checked(self, campaign_id: str) -> None:
        while True:
            self.checked = await self._ask("GET", f"campaigns/{campaign_id}")
            if self.checked["state"] != "checking":
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def _ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        async with self._http.request(method, f"/v1/{path}", **body) as answer:
            found: dict[str, Any] = await answer.json()
            if answer.status >= 300:
                raise RuntimeError(f"{path}: {answer.status}: {found}")
            return found


def _told(phase: Phase, alone: Phase, load_average: float) -> Told:
    took, before = (figures.latency(one.took or [0.0], [0.0], 0.0) for one in (phase, alone))
    return Told(
        phase=phase.name,
        seconds=round(phase.seconds, 1),
        cpu_seconds=round(phase.cpu_seconds, 1),
        most_mib=round(phase.most_mib, 1),
        messages=len(phase.took),
        p50_ms=took.p50_ms,
        p99_ms=took.p99_ms,
        max_ms=took.max_ms,
        p99_to_alone=round(took.p99_ms / before.p99_ms, 2) if before.p99_ms else 0.0,
        load_average=round(load_average, 2),
    )


async def measure(folder: Path, rows: int, rate: float) -> MillionResult:
    write_people(folder / "people.csv", rows)
    about = machine.describe(folder)
    phases: list[tuple[Phase, float]] = []
    async with open_scene(folder / "scene") as scene:
        server = Server("serve", scene.serve.pid, scene.place.port, scene.place.api_key)
        headers = {"Authorization": f"Bearer {server.key}"}
        timeout = aiohttp.ClientTimeout(total=600)
        async with aiohttp.ClientSession(scene.api_url, headers=headers, timeout=timeout) as http:
            bench = Million(server, http, rate)
            async for phase in bench.run(folder / "people.csv"):
                print(f"{time.strftime('%H:%M:%S')} {phase.told()}", flush=True)
                phases.append((phase, os.getloadavg()[0]))
    return MillionResult(
        case="campaign-million",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(["python -m bench.campaign_million", *sys.argv[1:]]),
        machine=about,
        phases=[_told(phase, phases[0][0], load) for phase, load in phases],
        imported=bench.imported["counts"],
        checked=bench.checked,
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.campaign_million", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second beside it")
    parser.add_argument("--out", type=Path, help="file for the result; without it, it is only printed")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        result = asyncio.run(measure(Path(name), options.rows, options.rate))
    text = msgspec.json.format(msgspec.json.encode(result)).decode()
    print(text)
    if options.out:
        options.out.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
