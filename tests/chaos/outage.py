"""An endpoint that is down for six hours of virtual time, beside one that is well, in one process.

    python -m tests.chaos.outage --events 100000 --engine sqlite

Events of many objects come in all the while; the dead endpoint refuses everything for half of the time and
answers nothing for the other half. It must get all of them afterwards, each at least once and the sequence of
every object whole; the slots that it and its like hold are counted at every change; the memory of the process
and the events that it holds are watched. Before, during and after it, runs of single events measure how long
the other endpoint waits for each. The endpoints stand in a process of their own, which keeps no posts.
"""

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from bench.machine import describe
from tests.chaos.check import show
from tests.chaos.ending import keep_result
from tests.chaos.scene import database
from tests.flow.delivery_desk import Desk, make_desk
from trunkline.clock import VirtualClock
from trunkline.config.table import Delivery
from trunkline.delivery import endpoints
from trunkline.delivery.slots import DeliverySlots, Kind
from trunkline.store.endpoints import EndpointRow

HOURS = 6
STEPS = 72
"""Of five virtual minutes each."""

FLAT_MIB = 48
MOST_IN_MEMORY = 2_000
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    events: int
    objects: int = 5_000
    others: int = 5
    """More dead endpoints, which never come back."""
    slots: int = 16
    is_ordered: bool = False
    runs: int = 5
    """Measurements before the outage, and as many during it and after it."""
    samples: int = 300
    """Events in each."""
    step_seconds: float = 0.1
    """Real time in each step."""
    patience_seconds: float = 1800
    show_progress: bool = False


class Wait(msgspec.Struct, frozen=True):
    """How long the endpoint that is well waited for its events, in milliseconds."""

    p50: float
    p99: float


class OutageVerdict(msgspec.Struct, kw_only=True):
    events: int = 0
    delivered: int = 0
    """To the endpoint that was down, each counted once."""
    posts: int = 0
    """That it took; more than that came twice."""
    failed_posts: int = 0
    missing: list[str] = []
    disordered: list[str] = []
    half: int = 0
    most_slow_slots: int = 0
    most_dead_slots: int = 0
    """Of the one endpoint, while it was down."""
    most_in_memory: int = 0
    rows_while_down: int = 0
    memory_before_mib: float = 0
    memory_most_mib: float = 0
    drained_seconds: float = 0
    alone: list[Wait] = []
    beside: list[Wait] = []

    def faults_found(self) -> list[str]:
        found = {
            "missing": bool(self.missing) or self.delivered != self.events,
            "disordered": bool(self.disordered),
            "slots": max(self.most_slow_slots, self.most_dead_slots) > self.half,
            "memory": self.memory_most_mib > self.memory_before_mib + FLAT_MIB,
            "in memory": self.most_in_memory > MOST_IN_MEMORY,
            "p99": bool(self.alone) and not self._is_within_spread(),
        }
        return [name for name, is_found in found.items() if is_found]

    def _is_within_spread(self) -> bool:
        """The median of the runs during the outage is not above all runs without it."""
        return statistics.median(run.p99 for run in self.beside) <= max(run.p99 for run in self.alone)


class CountedSlots(DeliverySlots):
    """Counts at every change."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.watched = ""
        self.most_slow = 0
        self.most_watched = 0

    def _give(self, endpoint_id: str) -> None:
        super()._give(endpoint_id)
        self._look()

    def mark(self, endpoint_id: str, kind: Kind) -> None:
        super().mark(endpoint_id, kind)
        self._look()

    def _look(self) -> None:
        self.most_slow = max(self.most_slow, self.slow_out)
        self.most_watched = max(self.most_watched, self._held[self.watched])


class Ledger(msgspec.Struct):
    """What a receiver took: object → its sequence numbers in order of coming, and when the last one came."""

    taken: dict[str, list[int]] = msgspec.field(default_factory=dict)
    posts: int = 0
    failed: int = 0


# -- the receivers' process: small, so that its memory is not ours


_SERVER = r"""
import asyncio, json, sys, time
state = {"dead": "up"}
books = {"dead": {"taken": {}, "posts": 0, "failed": 0}, "well": {"taken": {}, "posts": 0, "failed": 0}}
marks = {}
async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            path = head.split(" ", 2)[1].strip("/")
            size = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
            body = await reader.readexactly(size)
            answer, status = b"", 200
            if path == "ask":
                answer = json.dumps({"books": books, "marks": marks}).encode()
            elif path.startswith("state/"):
                state["dead"] = path.rpartition("/")[2]
                marks.clear()
            elif path == "count":
                answer = json.dumps({name: book["posts"] for name, book in books.items()}).encode()
            else:
                is_down = path.startswith("void") or (path == "dead" and state["dead"] != "up")
                if is_down and state["dead"] == "hang":
                    await asyncio.sleep(3600)
                book = books.get(path)
                if is_down:
                    status = 503
                    if book: book["failed"] += 1
                elif book:
                    event = json.loads(body)
                    book["posts"] += 1
                    book["taken"].setdefault(event["object_id"], []).append(event["sequence"])
                    if event["object_id"].startswith("probe"):
                        marks[event["object_id"]] = time.time()
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(answer)) + answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


class Receivers:
    """`/dead`, `/well`, and `/void-0` … which never take anything."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    async def ask(self, path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 30)
        writer.write(f"GET /{path} HTTP/1.1\r\ncontent-length: 0\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(head.partition(b"content-length: ")[2].strip()))
        writer.close()
        return body

    async def ledgers(self) -> dict[str, Ledger]:
        told = msgspec.json.decode(await self.ask("ask"))
        return msgspec.convert(told["books"], dict[str, Ledger])

    async def moments(self) -> dict[str, float]:
        return msgspec.convert(msgspec.json.decode(await self.ask("ask"))["marks"], dict[str, float])

    async def posts(self, name: str) -> int:
        return int(msgspec.json.decode(await self.ask("count"))[name])


@contextlib.asynccontextmanager
async def receivers() -> AsyncIterator[Receivers]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SERVER, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield Receivers(int(await process.stdout.readline()))
    finally:
        process.kill()
        await process.wait()


# -- the run


class Outage:
    def __init__(self, plan: Plan, desk: Desk, there: Receivers) -> None:
        self.plan = plan
        self.desk = desk
        self.there = there
        self.verdict = OutageVerdict(events=plan.events)
        self.slots = CountedSlots(plan.slots)
        self._probes = 0
        self._probes_before = 0

    async def run(self) -> OutageVerdict:
        verdict, clock = self.verdict, self.desk.runtime.clock
        assert isinstance(clock, VirtualClock)
        well = await self._add("well")
        verdict.alone = [await self._measure() for _ in range(self.plan.runs)]
        self._probes_before = self._probes
        dead = await self._add("dead")
        await self._until_owned(dead)
        voids = [await self._add(f"void-{n}") for n in range(self.plan.others)]
        self.slots.watched = dead.id
        verdict.half = self.slots.half
        await self.there.ask("state/refuse")
        verdict.memory_before_mib = _memory()
        sent = 0
        for step in range(STEPS):
            if step == STEPS // 2:
                await self.there.ask("state/hang")
            due = self.plan.events * (step + 1) // STEPS
            await self._happen(due - sent)
            sent = due
            clock.advance(HOURS * 3_600_000 // STEPS)
            await self._watch(step)
            if (
                step >= STEPS // 4
                and self.plan.samples
                and len(verdict.beside) < self.plan.runs
                and step % 5 == 0
            ):
                verdict.beside.append(await self._measure())
        verdict.rows_while_down = len(await self.desk.rows(dead))
        await self._until_taken("well", well)
        self._say(f"down for {HOURS} hours; it has {verdict.rows_while_down} rows")
        verdict.most_slow_slots, verdict.most_dead_slots = self.slots.most_slow, self.slots.most_watched
        await self.there.ask("state/up")
        await self._drain(clock)
        await self._judge()
        for row in (dead, *voids):
            await endpoints.remove(self.desk.runtime, self.desk.account_id, row.id)
        verdict.alone += [await self._measure() for _ in range(self.plan.runs)]
        return verdict

    async def _add(self, name: str) -> EndpointRow:
        given = {"url": self.there.url(name), "is_ordered": int(self.plan.is_ordered)}
        row, _ = await endpoints.add(self.desk.runtime, self.desk.account_id, given)
        await self._until_owned(row)
        return row

    async def _until_owned(self, row: EndpointRow) -> None:
        async with asyncio.timeout(15):
            while not self.desk.deliverer.has(row.id):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _happen(self, count: int) -> None:
        data = msgspec.json.encode({"id": "x", "text": "." * 300}).decode()
        lanes = 50 if self.plan.is_ordered else 0
        for begin in range(0, count, 500):
            size = min(500, count - begin)
            await self.desk.happen(size, objects=self.plan.objects, lanes=lanes, data=data)

    async def _measure(self) -> Wait:
        """Single events, at a pace; from before their commit until the endpoint has them."""
        begun: dict[str, float] = {}
        await self._until_quiet()
        for _ in range(self.plan.samples):
            self._probes += 1
            name = f"probe_{self._probes}"
            begun[name] = time.time()
            await self.desk.happen_to(name)
            await asyncio.sleep(0.01)
        async with asyncio.timeout(60):
            while not begun.keys() <= (moments := await self.there.moments()).keys():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        waits = sorted((moments[name] - at) * 1000 for name, at in begun.items())
        return Wait(round(statistics.median(waits), 2), round(waits[int(len(waits) * 0.99)], 2))

    async def _until_quiet(self) -> None:
        """The endpoint that is well has all that came before."""
        well = [one for one in self.desk.deliverer._endpoints.values() if one.endpoint.url.endswith("well")]
        async with asyncio.timeout(self.plan.patience_seconds):
            while True:
                newest = await self.desk.newest()
                if all(one._backlog.window.position >= newest for one in well):
                    return
                await asyncio.sleep(0.05)

    async def _watch(self, step: int) -> None:
        for _ in range(5):
            await asyncio.sleep(self.plan.step_seconds / 5)
            self._sample()
        if self.plan.show_progress and step % 12 == 11:
            self._say(f"{(step + 1) * HOURS / STEPS:.0f} hours, {_memory():.0f} MiB")

    def _sample(self) -> None:
        verdict = self.verdict
        held = int(self.desk.runtime.tally.gauges["events_in_memory"]())
        verdict.most_in_memory = max(verdict.most_in_memory, held)
        verdict.memory_most_mib = max(verdict.memory_most_mib, _memory())

    async def _until_taken(self, name: str, row: EndpointRow) -> None:
        async with asyncio.timeout(self.plan.patience_seconds):
            while await self.there.posts(name) < self.plan.events:
                self._sample()
                await asyncio.sleep(0.2)

    async def _drain(self, clock: VirtualClock) -> None:
        """What has a row comes at the moment that its schedule says; the rest at once."""
        began = time.monotonic()
        clock.advance(60_000)  # the longest wait of a probe
        total = self.plan.events + self._probes - self._probes_before
        last, still = -1, 0
        async with asyncio.timeout(self.plan.patience_seconds):
            while (posts := await self.there.posts("dead")) < total:
                self._sample()
                still = still + 1 if posts == last else 0
                if still >= 4:
                    clock.advance(3_600_000)
                    still = 0
                last = posts
                await asyncio.sleep(0.05)
        self.verdict.drained_seconds = round(time.monotonic() - began, 1)

    async def _judge(self) -> None:
        book, verdict = (await self.there.ledgers())["dead"], self.verdict
        verdict.posts, verdict.failed_posts = book.posts, book.failed
        taken = {name: got for name, got in book.taken.items() if not name.startswith("probe")}
        verdict.delivered = sum(len(set(got)) for got in taken.values())
        for name, got in taken.items():
            if sorted(set(got)) != list(range(1, max(got) + 1)):
                verdict.missing.append(name)
            if self.plan.is_ordered and got != sorted(got):
                verdict.disordered.append(name)

    def _say(self, text: str) -> None:
        if self.plan.show_progress:
            print(text, flush=True)


async def outage(plan: Plan, folder: Path, url: str = "") -> OutageVerdict:
    async with receivers() as there:
        desk = await make_desk(
            folder, url, VirtualClock(), Delivery(max_in_flight=plan.slots, timeout_seconds=1)
        )
        going = Outage(plan, desk, there)
        desk.deliverer.slots = going.slots
        desk.deliverer._shared = desk.deliverer._shared._replace(slots=going.slots)
        await desk.start()
        try:
            return await going.run()
        finally:
            await desk.stop()


def _memory() -> float:
    """Of this process now, in MiB."""
    return round(int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / (1 << 20), 1)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--ordered", action="store_true", help="endpoints want strict order")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args(arguments)
    random.seed(1)
    plan = Plan(events=options.events, is_ordered=options.ordered, show_progress=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trunkline-outage-") as text, contextlib.ExitStack() as stack:
        folder = Path(text)
        url = stack.enter_context(database(folder, options.engine))
        verdict = asyncio.run(outage(plan, folder, url))
        machine = msgspec.to_builtins(describe(folder))
    ordered = " --ordered" if options.ordered else ""
    result = {
        "command": f"python -m tests.chaos.outage --events {plan.events} --engine {options.engine}{ordered}",
        "machine": machine,
        "seconds": round(time.monotonic() - began),
        "verdict": msgspec.json.decode(show(verdict)),
    }
    keep_result(f"outage-{'ordered-' if options.ordered else ''}{options.engine}", result, keep=options.keep)
    found = verdict.faults_found()
    print(f"outage: {'clean' if not found else 'NOT CLEAN: ' + ', '.join(found)}")
    print(show(verdict))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
