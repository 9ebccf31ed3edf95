"""The way back in a run: people who write from the sandbox's handsets, and the records of what became of it.

In comes a scene; out go lines of its folder: what people wrote and which statuses the sandbox posted (from
its own database), the event log, the messages and the deliveries (from the gateway's).
"""

import asyncio
import random
from pathlib import Path

import aiohttp
import msgspec

from tests.chaos.delivery_checker import Evidence
from tests.chaos.history import HISTORY, read_lines, write_lines
from tests.chaos.receiver import RECEIVED
from tests.chaos.scene import Scene
from trunkline.sandbox.webhooks.statuses import Plan
from trunkline.store.sqlite import connect

MESSAGES, INBOUND, EVENTS, DELIVERIES, WRITTEN, TOLD = (
    f"{name}.jsonl" for name in ("messages", "inbound", "events", "deliveries", "written", "told")
)
_QUERIES = {
    MESSAGES: "SELECT id, state, provider_id FROM messages",
    INBOUND: "SELECT id, provider_id FROM inbound",
    EVENTS: "SELECT id, type, object_id, sequence FROM events ORDER BY id",
    DELIVERIES: "SELECT event_id, state FROM deliveries",
}
STOPS = 20
"""One of so many messages tells us to stop."""


class People:
    """They write until `stopping`, each from an own handset; nobody sends to those otherwise."""

    def __init__(self, scene: Scene, per_second: float) -> None:
        self.stopping = False
        self.written = 0
        self._scene = scene
        self._pause = 1 / per_second
        self._chance = random.Random(1)

    async def run(self) -> None:
        async with aiohttp.ClientSession() as http:
            while not self.stopping:
                await self._write(http)
                await asyncio.sleep(self._pause)

    async def _write(self, http: aiohttp.ClientSession) -> None:
        address = f"1555{9_000_000 + self._chance.randrange(100_000)}"
        words = "STOP" if self._chance.randrange(STOPS) == 0 else f"hello {self.written}"
        action = {"do": "send", "type": "text", "text": {"body": words}}
        url = f"{self._scene.sandbox_url}/_sandbox/handsets/{address}/actions"
        async with http.post(url, json=action) as answer:
            answer.raise_for_status()
        self.written += 1


async def keep_records(scene: Scene) -> None:
    await scene.witness.keep(scene.folder, _QUERIES)
    connection = connect(scene.folder / "sandbox" / "sandbox.db", read_only=True)
    try:
        sent = connection.execute("SELECT wamid, plan, reported FROM messages ORDER BY id").fetchall()
        written = connection.execute("SELECT wamid FROM received ORDER BY id").fetchall()
    finally:
        connection.close()
    write_lines(scene.folder / WRITTEN, ({"wamid": wamid} for (wamid,) in written))
    plans = msgspec.json.Decoder(Plan)
    write_lines(
        scene.folder / TOLD,
        (
            {"wamid": wamid, "statuses": [step.status for step in plans.decode(plan).steps[:reported]]}
            for wamid, plan, reported in sent
        ),
    )


def read_evidence(folder: Path) -> Evidence:
    return Evidence(
        history=list(read_lines(folder / HISTORY)),
        written=list(read_lines(folder / WRITTEN)),
        told=list(read_lines(folder / TOLD)),
        messages=list(read_lines(folder / MESSAGES)),
        inbound=list(read_lines(folder / INBOUND)),
        events=list(read_lines(folder / EVENTS)),
        deliveries=list(read_lines(folder / DELIVERIES)),
        received=list(read_lines(folder / RECEIVED)),
    )


async def posts_to_come(scene: Scene) -> int:
    """Of messages from people that the gateway did not take yet."""
    connection = connect(scene.folder / "sandbox" / "sandbox.db", read_only=True)
    try:
        return int(connection.execute("SELECT count(*) FROM webhooks").fetchall()[0][0])
    finally:
        connection.close()
