"""The processes under test, on their core: a real `trunkline serve`, and the peers beside it."""

import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from bench.ceilings import Inserted
from bench.machine import on_core
from trunkline.store.open import FILE_NAME

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
GATEWAY = "accept"
_SENDER = "15550009999"


class Server(msgspec.Struct, frozen=True):
    name: str
    pid: int
    port: int
    key: str
    """What the requests carry as API key; peers do not look at it."""


@contextlib.contextmanager
def running_peer(name: str, core: int | None, key: str) -> Iterator[Server]:
    with running(["-m", f"bench.peers.{name}"], core, None) as (process, line):
        yield Server(name, process.pid, int(line), key)


@contextlib.contextmanager
def running_gateway(folder: Path, core: int | None) -> Iterator[Server]:
    """`trunkline serve` on a new data folder, with a number whose sends can not disturb.

    The number sends one message a second, to a port where nobody listens. So what is measured is accept.
    """
    data = str(folder / "data")
    serve = ["-m", "trunkline", "serve", "--json", "--no-sandbox", "--data", data, "--port", "0"]
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "serve.log").open("w+b"))
        silent = stack.enter_context(_nobody_listens())
        process, line = stack.enter_context(running(serve, core, log))
        ready = msgspec.json.decode(line)
        _add_number(data, f"http://127.0.0.1:{silent}/v26.0")
        yield Server(GATEWAY, process.pid, int(ready["api_url"].rpartition(":")[2]), ready["api_key"])


def commits(folder: Path) -> int:
    """How many transactions the gateway's store has committed: SQLite counts them in the index of its WAL.

    Word 2 of the header, iChange: https://www.sqlite.org/walformat.html#the_wal_index_header
    """
    with (folder / "data" / f"{FILE_NAME}-shm").open("rb") as index:
        return int(struct.unpack_from("=3I", index.read(12))[2])


def compare_with_store(folder: Path, answers: list[bytes]) -> None:
    """`RuntimeError` unless the store holds exactly the messages whose ids were answered."""
    given = {msgspec.json.decode(answer)["id"] for answer in answers}
    connection = apsw.Connection(str(folder / "data" / FILE_NAME), flags=apsw.SQLITE_OPEN_READONLY)
    stored = {row[0] for row in connection.execute("SELECT id FROM messages")}
    connection.close()
    if len(given) != len(answers) or given != stored:
        raise RuntimeError(
            f"{len(answers)} answers gave {len(given)} ids; {len(given - stored)} of them are not stored, "
            f"and {len(stored - given)} messages are stored that nobody was told of"
        )


def insert(folder: Path, core: int | None, group: int, seconds: float) -> Inserted:
    """The bare store's turn: a process of its own, to its end."""
    command = [sys.executable, "-m", "bench.ceilings", str(folder), str(group), str(seconds)]
    with on_core(core):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=seconds * 20 + 60)
    return msgspec.json.decode(done.stdout, type=Inserted)


@contextlib.contextmanager
def running(arguments: list[str], core: int | None, log: Any) -> Iterator[tuple[Any, bytes]]:
    """A Python process and the line that it printed when it was ready."""
    with on_core(core):
        process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    try:
        select.select([process.stdout], [], [], START_SECONDS)
        line = process.stdout.readline() if process.poll() is None else b""
        if not line:
            said = b"" if log is None else log.seek(0) or log.read()
            raise RuntimeError(f"it did not start: python {' '.join(arguments)}\n{said.decode()}")
        yield process, line
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@contextlib.contextmanager
def _nobody_listens() -> Iterator[int]:
    """A port that is taken and refuses every connection."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _add_number(data: str, base_url: str) -> None:
    secrets = {"TRUNKLINE_NUMBER_TOKEN": "not-a-token", "TRUNKLINE_NUMBER_APP_SECRET": "not-a-secret"}
    command = [
        sys.executable, "-m", "trunkline", "numbers", "add", "--data", data, "--from", _SENDER,
        "--phone-number-id", "100000000000001", "--waba-id", "100000000000002", "--app-id", "100000000000003",
        "--base-url", base_url, "--messages-per-second", "1",
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, env=os.environ | secrets, check=True, capture_output=True, timeout=60)
