"""`python -m bench.sandbox`: what the sandbox's load mode takes, beside a bare application on the same core.

A real `trunkline sandbox --no-bodies`, and 64 keep-alive clients that send again as soon as they have an
answer. Every answer must be in the ledger in the end, or the run fails. Statuses go to nobody unless
`--statuses` is given: then a receiver on the load's core takes them.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from bench import figures, load, machine, report, servers
from bench.figures import Rate
from bench.machine import Cores, Machine
from bench.requests import Numbers

CLIENTS = 64


class Turn(msgspec.Struct, frozen=True):
    sandbox: Rate
    bare: Rate
    others_busy: float


class SandboxResult(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    measured_at: str
    command: str
    cores: Cores
    machine: Machine
    seconds: float
    """Of each turn."""
    statuses_posted: bool
    taken: int
    """Sends over the whole run. All of them are in the ledger."""
    turns: list[Turn]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sandbox", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    parser.add_argument("--statuses", action="store_true", help="with a receiver of webhooks")
    parser.add_argument("--out", type=Path, help="file for the results; without it they are only printed")
    options = parser.parse_args(arguments)
    result = run(options.rounds, options.seconds, with_statuses=options.statuses)
    for turn in result.turns:
        share = turn.sandbox.per_second / turn.bare.per_second
        print(
            f"sandbox {turn.sandbox.per_second:7,.0f}/s {turn.sandbox.cpu_us:5.0f} µs   "
            f"bare {turn.bare.per_second:7,.0f}/s {turn.bare.cpu_us:5.0f} µs   ratio {share:.2f}   "
            f"others {turn.others_busy:.0%}"
        )
    print(f"{result.taken:,} sends were taken, and all of them are in the ledger.")
    if options.out:
        options.out.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    return 0


def run(rounds: int, seconds: float, *, with_statuses: bool) -> SandboxResult:
    """The whole case. `RuntimeError` when a send was answered that is not in the ledger."""
    cores, numbers, turns, taken = machine.choose_cores(), Numbers(), [], 0
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        about = machine.describe(folder)
        arguments = ["-m", "trunkline", "sandbox", "--json", "--no-bodies", "--port", "0"]
        log = stack.enter_context((folder / "sandbox.log").open("w+b"))
        process, line = stack.enter_context(
            servers.running([*arguments, "--data", str(folder / "sandbox")], cores.servers, log)
        )
        ready = msgspec.json.decode(line)
        bare = stack.enter_context(servers.running_peer("bare", cores.servers, ""))
        stack.enter_context(machine.on_core(cores.load))
        if with_statuses:
            _subscribe(ready, stack.enter_context(_receiver()))
        port = int(ready["sandbox_url"].rpartition(":")[2])
        for number in range(rounds + 1):
            idle = machine.wait_until_idle(8.0 if number else 0.0)
            sent = _turn(port, process.pid, _requests(numbers, port, ready), seconds if number else 1.0)
            taken += sent.count
            around = _turn(bare.port, bare.pid, _requests(numbers, bare.port, ready), seconds / 2)
            if number:  # the first warms up
                turns.append(Turn(sent, around, round(idle, 2)))
        kept = _ask(ready, "GET", "/_sandbox/health")["sends"]
        if kept != taken:
            raise RuntimeError(f"{taken} sends were answered, {kept} are in the ledger")
    return SandboxResult(
        case="sandbox",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(["python -m bench.sandbox", *sys.argv[1:]]),
        cores=cores,
        machine=about,
        seconds=seconds,
        statuses_posted=with_statuses,
        taken=taken,
        turns=turns,
    )


def _turn(port: int, pid: int, requests: Iterator[bytes], seconds: float) -> Rate:
    gc.collect()
    before = machine.cpu_seconds(pid)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answers = runner.run(load.closed_loop(port, requests, CLIENTS, seconds))
    return figures.rate(len(answers.bodies), answers.seconds, machine.cpu_seconds(pid) - before)


def _requests(numbers: Numbers, port: int, ready: dict[str, Any]) -> Iterator[bytes]:
    body = (
        b'{"messaging_product":"whatsapp","to":"+1555%07d","type":"text","biz_opaque_callback_data":'
        b'"g1.01kaq3w8n2e5v9x7c4h6t0y1zd-1.0123456789abcdef","text":{"body":"Your parcel has left our '
        b'warehouse and should be with you tomorrow between 9 and 12."}}'
    )
    head = (
        f"POST /v26.0/{ready['phone_number_id']}/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {ready['sandbox_token']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body % 0)}\r\n\r\n"
    ).encode()
    while True:
        yield head + body % numbers.next()


class _Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self.path.partition("hub.challenge=")[2].partition("&")[0].encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Not a word."""


@contextlib.contextmanager
def _receiver() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _subscribe(ready: dict[str, Any], url: str) -> None:
    override = {"override_callback_uri": url, "verify_token": "bench"}
    _ask(ready, "POST", f"/{ready['phone_number_id']}", {"webhook_configuration": override})


def _ask(ready: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        ready["sandbox_url"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"authorization": f"Bearer {ready['sandbox_token']}", "content-type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    report.RESULTS.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
