"""The accept case: `POST /v1/whatsapp/messages` of a durable gateway, beside its ceilings.

Every round measures each of them for a moment, one after the other, on the same core; ratios are taken inside
a round, so that whatever else the machine does falls on all alike. Latency is taken the same way. In the end
every id that was given must be in the store, or the run fails: a rate without that would mean nothing.
"""

import asyncio
import contextlib
import gc
import shlex
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from bench import figures, load, machine, servers
from bench.figures import Latency, Plan, Rate, Result, Round
from bench.requests import Numbers, body, requests
from bench.servers import Server

WARM_UP_SECONDS = 1.0

T = TypeVar("T")


def run(plan: Plan, arguments: list[str]) -> Result:
    """The whole case. `RuntimeError` when an id was given that is not in the store."""
    cores = machine.choose_cores()
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        about = machine.describe(folder)
        gateway = stack.enter_context(servers.running_gateway(folder, cores.servers))
        constant = stack.enter_context(servers.running_peer("constant", cores.servers, gateway.key))
        bare = stack.enter_context(servers.running_peer("bare", cores.servers, gateway.key))
        stack.enter_context(machine.on_core(cores.load))
        rig = _Rig(plan, folder, cores.servers)
        rig.warm_up([gateway, constant, bare])
        rounds = [rig.round(number, gateway, constant, bare) for number in range(plan.rounds)]
        latency = rig.latencies([gateway, constant])
        stack.close()
        rig.check()
    return Result(
        case="accept",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["python", "-m", "bench", *arguments]),
        plan=plan,
        cores=cores,
        machine=about,
        body_bytes=len(body(0)),
        answered=len(rig.given),
        rounds=rounds,
        ratios=figures.ratios(rounds),
        latency=latency,
    )


class _Rig:
    """Carries the turns out, and keeps every answer of the gateway."""

    def __init__(self, plan: Plan, folder: Path, core: int | None) -> None:
        self.given: list[bytes] = []
        self._plan = plan
        self._folder = folder
        self._core = core
        self._numbers = Numbers()

    def warm_up(self, under_test: list[Server]) -> None:
        for server in under_test:
            self._rate(server, WARM_UP_SECONDS)

    def round(self, number: int, gateway: Server, constant: Server, bare: Server) -> Round:
        seconds = self._plan.seconds
        print(f"round {number + 1} of {self._plan.rounds}", file=sys.stderr)
        others_busy = machine.wait_until_idle(self._plan.patience_seconds)
        before = servers.commits(self._folder)
        accept = self._rate(gateway, seconds)
        group = accept.count / (servers.commits(self._folder) - before)
        inserted = servers.insert(
            self._folder / f"insert-{number}", self._core, max(1, round(group)), seconds / 2
        )
        return Round(
            accept=accept,
            constant=self._rate(constant, seconds),
            bare=self._rate(bare, seconds),
            insert=figures.rate(inserted.rows, inserted.seconds, inserted.cpu_seconds),
            rows_per_commit=round(group, 1),
            others_busy=round(others_busy, 2),
        )

    def _rate(self, server: Server, seconds: float) -> Rate:
        before = machine.cpu_seconds(server.pid)
        answers = _run(load.closed_loop(server.port, self._requests(server), self._plan.clients, seconds))
        self._keep(server, answers.bodies)
        return figures.rate(len(answers.bodies), answers.seconds, machine.cpu_seconds(server.pid) - before)

    def latencies(self, under_test: list[Server]) -> dict[str, Latency]:
        """In turns as well, as many as there are rounds."""
        found: dict[str, list[load.Latencies]] = {server.name: [] for server in under_test}
        cpu = dict.fromkeys(found, 0.0)
        for number in range(self._plan.rounds):
            print(f"latency, turn {number + 1} of {self._plan.rounds}", file=sys.stderr)
            machine.wait_until_idle(self._plan.patience_seconds)
            for server in under_test:
                before = machine.cpu_seconds(server.pid)
                found[server.name].append(self._latency(server))
                cpu[server.name] += machine.cpu_seconds(server.pid) - before
        return {
            name: figures.latency(
                [took for turn in turns for took in turn.took],
                [late for turn in turns for late in turn.late],
                cpu[name],
            )
            for name, turns in found.items()
        }

    def _latency(self, server: Server) -> load.Latencies:
        plan = self._plan
        seconds = plan.latency_seconds / plan.rounds
        found = _run(load.open_loop(server.port, self._requests(server), plan.clients, plan.rate, seconds))
        self._keep(server, found.answers.bodies)
        return found

    def _requests(self, server: Server) -> Iterator[bytes]:
        return requests(self._numbers, server.port, server.key)

    def _keep(self, server: Server, answers: list[bytes]) -> None:
        if server.name == servers.GATEWAY:
            self.given += answers

    def check(self) -> None:
        """When the gateway has stopped: what it answered and what it kept are the same."""
        servers.compare_with_store(self._folder, self.given)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """On a loop of its own, without garbage collection in the driver."""
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    finally:
        gc.enable()
