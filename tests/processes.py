"""Real `trunkline` processes for tests: started, asked where they are, killed by their id."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """One `trunkline …` process that prints a line of JSON when it is ready."""

    def __init__(self, *arguments: str, log: Path, environment: dict[str, str] | None = None) -> None:
        self._arguments = arguments
        self._log = log
        ballast = {"TRUNKLINE_STORE_BALLAST_MIB": "0"}  # or each test would write 64 MiB
        self._environment = os.environ | ballast | (environment or {})
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> dict[str, Any]:
        """What it printed once it was ready."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "trunkline", *self._arguments,
                stdout=asyncio.subprocess.PIPE, stderr=log, env=self._environment,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
        if not line:
            raise RuntimeError(f"{self._arguments[0]} did not start: {self._log.read_text()[-2000:]}")
        ready: dict[str, Any] = json.loads(line)
        return ready

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def ended(self) -> int:
        """Waits until it has ended, by itself or by anybody; its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def kill(self) -> None:
        """As a power-hungry system would: no warning, no clean-up."""
        await self.end(signal.SIGKILL)

    def notify(self, how: signal.Signals) -> None:
        # Not `send_signal`: it looks after the process first, and so takes its exit code from asyncio.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, how)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self.notify(how)
        return await asyncio.wait_for(self._process.wait(), 30)


async def run(*arguments: str) -> str:
    """A `trunkline …` command to its end; its output. `RuntimeError` with its words when it failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trunkline", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), START_SECONDS)
    if process.returncode != 0:
        raise RuntimeError(f"trunkline {arguments[0]}: {err.decode()}{out.decode()}")
    return out.decode()
