"""ffmpeg as a process of its own, with bounds on its time, its memory and what it writes.

What it says on its error output is kept at its end only; how far it is comes on its output. It ends with the
call, whatever happens to that: nothing is left running.
"""

import asyncio
import contextlib
import os
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from trunkline.media_conversion.fault import ConversionError

_BOUNDED = 'ulimit -t "$1"; ulimit -f "$2"; ulimit -v "$3" 2>/dev/null; shift 3; exec nice -n 10 "$@"'
"""Memory can not be bounded so on every system; the others can."""

_BLOCK = 512
_DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_REACHED = re.compile(rb"out_time_us=(\d+)")
_PART = 4096
_MOST_WORDS = 8192
_MOST_DETAIL = 300
_NOT_STARTED = (126, 127)


class Limits(NamedTuple):
    """What one conversion may use; beyond it, it ends with a `ConversionError`."""

    seconds: float = 300.0
    most_bytes: int = 100 * 1024 * 1024
    """Of what it writes."""
    memory_bytes: int = 2 * 1024 * 1024 * 1024
    """Of addresses, of which a program takes more than of memory."""


async def run(command: list[str], folder: Path, limits: Limits, progress: Callable[[float], None]) -> None:
    """In real time, as the process is."""
    process = await _start(command, folder, limits)
    try:
        async with asyncio.timeout(limits.seconds):
            words = await _follow(process, progress)
            code = await process.wait()
    except TimeoutError:
        raise ConversionError(f"it takes longer than {limits.seconds:g} seconds") from None
    finally:
        await _end(process)
    if code:
        raise _fault(code, words, limits)


async def _start(command: list[str], folder: Path, limits: Limits) -> Process:
    bounds = (int(limits.seconds) + 1, limits.most_bytes // _BLOCK + 1, limits.memory_bytes // 1024)
    try:
        return await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _BOUNDED, "sh", *map(str, bounds), *command),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as fault:
        raise ConversionError(f"ffmpeg can not be started: {fault.strerror}", is_ours=True) from None


async def _follow(process: Process, progress: Callable[[float], None]) -> bytes:
    """Its last words."""
    assert process.stdout is not None and process.stderr is not None
    said = _Said()
    async with asyncio.TaskGroup() as group:
        group.create_task(said.listen(process.stderr))
        rest = b""
        while part := await process.stdout.read(_PART):
            reached = [int(one) for one in _REACHED.findall(rest + part)]
            rest = part[-32:]
            if reached and said.seconds:
                progress(min(0.99, reached[-1] / 1_000_000 / said.seconds))
    return said.words


class _Said:
    """What ffmpeg says for people; how long the film is stands somewhere in it."""

    def __init__(self) -> None:
        self.words = b""
        self.seconds = 0.0

    async def listen(self, stream: asyncio.StreamReader) -> None:
        while part := await stream.read(_PART):
            self.words = (self.words + part)[-_MOST_WORDS:]
            if not self.seconds and (match := _DURATION.search(self.words)) is not None:
                self.seconds = int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


async def _end(process: Process) -> None:
    """It, and whatever it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _fault(code: int, words: bytes, limits: Limits) -> ConversionError:
    """A shell that stands between tells of signals as 128 and more."""
    lines = words.decode("utf-8", "replace").strip().splitlines()
    said = re.sub(r"file:\S+", "the file", lines[-1])[:_MOST_DETAIL] if lines else f"it ended with {code}"
    number = -code if code < 0 else code - 128
    if number == signal.SIGXFSZ or "File too large" in said:
        return ConversionError(f"what comes of it is larger than {limits.most_bytes:,} bytes")
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return ConversionError("it takes more time or memory than is given to one file")
    return ConversionError(f"ffmpeg says: {said}", is_ours=code in _NOT_STARTED)
