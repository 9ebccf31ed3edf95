"""`python -m bench.queued`: a start on a million queued messages, and the sending after it.

A store is filled with messages that wait, a real `trunkline serve` begins to send them and is killed with -9.
Measured is the next start: seconds until it is ready, until the first send, its memory at that moment and
while it sends to a sandbox on the same machine as fast as it can, up to 1,000 a second. With `--statuses` the
sandbox posts its statuses back as well.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bench import machine, report, servers
from bench.machine import Machine
from trunkline.clock import SystemClock
from trunkline.model import ids
from trunkline.model.message import State
from trunkline.store import Store, Tx, accounts, messages, numbers, open_store
from trunkline.store.messages import NewMessage

READY_WANTED_SECONDS = 5.0
FIRST_SEND_WANTED_SECONDS = {"sqlite": 1.0, "postgres": 25.0}
"""On PostgreSQL the lease of the process that was killed must end first: another one could be alive."""

MEMORY_WANTED_MIB = 300.0
DAY_MS = 86_400_000
_CHUNK = 5_000


class QueuedResult(msgspec.Struct, frozen=True, kw_only=True):
    case: str
    measured_at: str
    command: str
    machine: Machine
    engine: str
    queued: int
    fill_seconds: float
    ready_seconds: float
    """From the start of the process to the line in which it says that it is ready."""
    first_send_seconds: float
    """From that line to the first send that the sandbox took."""
    ready_mib: float
    """Resident memory when it was ready."""
    most_mib: float
    """The most resident memory until the end."""
    sending_mib: list[float]
    """Each second while it sent."""
    sends_per_second: float
    statuses_posted: bool

    def is_met(self) -> bool:
        is_quick = self.ready_seconds < READY_WANTED_SECONDS
        is_quick = is_quick and self.first_send_seconds < FIRST_SEND_WANTED_SECONDS[self.engine]
        return is_quick and self.most_mib <= MEMORY_WANTED_MIB


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.queued", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch it send")
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--statuses", action="store_true", help="the sandbox posts its statuses back")
    parser.add_argument("--out", type=Path, help="file for the result; without it, it is only printed")
    options = parser.parse_args(arguments)
    with _database(options.engine) as url:
        result = run(options.messages, options.seconds, url, with_statuses=options.statuses)
    print(
        f"{result.engine}, {result.queued:,} queued (filled in {result.fill_seconds:.0f} s)\n"
        f"ready after {result.ready_seconds:.2f} s, first send {result.first_send_seconds:.2f} s later\n"
        f"memory {result.ready_mib:.0f} MiB when ready, {result.most_mib:.0f} MiB at most; "
        f"{result.sends_per_second:,.0f} sends a second\n"
        f"wanted: ready < {READY_WANTED_SECONDS:g} s, first send < "
        f"{FIRST_SEND_WANTED_SECONDS[result.engine]:g} s, "
        f"memory ≤ {MEMORY_WANTED_MIB:g} MiB: {'met' if result.is_met() else 'NOT MET'}"
    )
    if options.out:
        options.out.write_bytes(msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    return 0 if result.is_met() else 1


@contextlib.contextmanager
def _database(engine: str) -> Iterator[str]:
    """The setting `store.url`; empty for SQLite in the data folder."""
    if engine == "sqlite":
        yield ""
        return
    from tests.postgres import running_postgres

    with running_postgres() as server:
        yield server.url()


def run(count: int, seconds: float, url: str, *, with_statuses: bool) -> QueuedResult:
    """The whole case."""
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        about = machine.describe(folder)
        log = stack.enter_context((folder / "log").open("w+b"))
        arguments = ["-m", "trunkline", "sandbox", "--json", "--no-bodies", "--port", "0"]
        _, line = stack.enter_context(
            servers.running([*arguments, "--data", str(folder / "sandbox")], None, log)
        )
        sandbox = msgspec.json.decode(line)
        with _serving(folder, url, log) as (_, ready, _):
            _add_number(folder, sandbox, ready["hook_url"] if with_statuses else None)
        fill_seconds = asyncio.run(_fill(url, folder / "data", count))
        with _serving(folder, url, log):
            _until_sent(sandbox, 1)
        before = _sends(sandbox)
        with _serving(folder, url, log) as (pid, _, ready_seconds):
            ready_mib = _memory(pid, "VmRSS")
            first = _until_sent(sandbox, before + 1)
            sent, memory, started = _sends(sandbox), [], time.monotonic()
            while time.monotonic() - started < seconds:
                time.sleep(1)
                memory.append(_memory(pid, "VmRSS"))
            rate = (_sends(sandbox) - sent) / (time.monotonic() - started)
            most_mib = _memory(pid, "VmHWM")
    return QueuedResult(
        case="queued",
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(["python -m bench.queued", *sys.argv[1:]]),
        machine=about,
        engine="postgres" if url else "sqlite",
        queued=count,
        fill_seconds=round(fill_seconds, 1),
        ready_seconds=round(ready_seconds, 3),
        first_send_seconds=round(first, 3),
        ready_mib=ready_mib,
        most_mib=most_mib,
        sending_mib=memory,
        sends_per_second=round(rate, 1),
        statuses_posted=with_statuses,
    )


@contextlib.contextmanager
def _serving(folder: Path, url: str, log: Any) -> Iterator[tuple[int, dict[str, Any], float]]:
    """Its pid, what it said when it was ready, and after how many seconds. Killed with -9 at the end."""
    command = ["-m", "trunkline", "serve", "--json", "--no-sandbox", "--port", "0"]
    environment = os.environ | ({"TRUNKLINE_STORE_URL": url} if url else {})
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *command, "--data", str(folder / "data")],
        cwd=servers.ROOT, stdout=subprocess.PIPE, stderr=log, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            log.seek(0)
            raise RuntimeError(f"it did not start: {log.read().decode()[-2000:]}")
        yield process.pid, msgspec.json.decode(line), time.monotonic() - started
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _add_number(folder: Path, sandbox: dict[str, Any], hook_url: str | None) -> None:
    secrets = {
        "TRUNKLINE_NUMBER_TOKEN": sandbox["sandbox_token"],
        "TRUNKLINE_NUMBER_APP_SECRET": sandbox["app_secret"],
    }
    command = [
        sys.executable, "-m", "trunkline", "numbers", "add", "--data", str(folder / "data"),
        "--from", sandbox["from"], "--phone-number-id", sandbox["phone_number_id"],
        "--waba-id", sandbox["waba_id"], "--app-id", sandbox["app_id"],
        "--base-url", sandbox["sandbox_url"] + "/v26.0", "--messages-per-second", "1000",
        *(["--hook-url", hook_url] if hook_url else []),
    ]  # fmt: skip
    subprocess.run(
        command, cwd=servers.ROOT, env=os.environ | secrets, check=True, capture_output=True, timeout=60
    )


async def _fill(url: str, data: Path, count: int) -> float:
    """Seconds that it took."""
    now, started = SystemClock().now(), time.monotonic()
    store = await open_store(url or None, data, now)
    number = await store.read(_number)
    for first in range(0, count, _CHUNK):
        new = [_message(number, n, now) for n in range(first, min(count, first + _CHUNK))]
        await _insert(store, new)
    await store.close()
    return time.monotonic() - started


async def _number(tx: Tx) -> tuple[str, str]:
    (account,) = await accounts.every(tx)
    (row,) = await numbers.active(tx)
    return account.id, row.id


async def _insert(store: Store, new: list[NewMessage]) -> None:
    await store.write(lambda tx: messages.insert_many(tx, new))


def _message(number: tuple[str, str], n: int, now: int) -> NewMessage:
    text = "Your parcel has left our warehouse and should be with you tomorrow between 9 and 12."
    return NewMessage(
        account_id=number[0],
        id=ids.new_id(ids.MESSAGE),
        number_id=number[1],
        type="text",
        recipient=f"1555{2_000_000 + n}",
        recipient_kind="phone",
        content=json.dumps({"text": {"body": text}}),
        context_id=None,
        callback_data=None,
        state=State.QUEUED,
        created_at=now,
        send_at=None,
        due_at=now,
        expires_at=now + DAY_MS,
    )


def _until_sent(sandbox: dict[str, Any], count: int) -> float:
    """Seconds until the sandbox had taken so many."""
    started = time.monotonic()
    while _sends(sandbox) < count:
        if time.monotonic() - started > 60:
            raise RuntimeError(f"{count} sends were not reached within a minute")
        time.sleep(0.01)
    return time.monotonic() - started


def _sends(sandbox: dict[str, Any]) -> int:
    with urllib.request.urlopen(sandbox["sandbox_url"] + "/_sandbox/health", timeout=30) as answer:
        return int(json.load(answer)["sends"])


def _memory(pid: int, name: str) -> float:
    """In MiB, of a line of /proc/PID/status (proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError(f"this system does not tell {name}")


if __name__ == "__main__":
    report.RESULTS.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
