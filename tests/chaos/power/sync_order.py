"""A sync has returned before each answer is written, as the kernel saw it: `serve` under `strace`.

    python -m tests.chaos.power.sync_order [--requests 200]

Requests come one after the other, for a time in the future, so that nothing else in the process has a reason
to sync. Between two answers there must be a sync that returned. Needs `strace`, and the right to trace.
"""

import argparse
import asyncio
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.processes import Program

_SYNCED = re.compile(r"\b(fdatasync|fsync)(\(.*\)|.* resumed>\)) += 0")
_ANSWERED = re.compile(r'"HTTP/1\.1 200 ')
_TRACED = "trace=fdatasync,fsync,write,writev,sendto,sendmsg"


def unsynced_answers(lines: list[str]) -> tuple[int, int]:
    """Answers in a trace, and how many of them had no sync since the one before."""
    answers, bad, synced = 0, 0, False
    for line in lines:
        if _ANSWERED.search(line):
            answers, bad, synced = answers + 1, bad + (not synced), False
        elif _SYNCED.search(line):
            synced = True
    return answers, bad


async def run(requests: int, folder: Path) -> tuple[int, int]:
    arguments = ("serve", "--json", "--data", str(folder / "data"), "--port", "0", "--sandbox-port", "0")
    server = Program(*arguments, log=folder / "serve.log")
    ready = await server.start()
    trace = folder / "trace"
    try:
        strace = await asyncio.create_subprocess_exec(
            "strace", "-f", "-qq", "-s", "40", "-e", _TRACED, "-o", str(trace), "-p", str(server.pid)
        )
        await asyncio.sleep(1)  # nothing tells that it is attached
        headers = {"Authorization": f"Bearer {ready['api_key']}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            for number in range(requests):
                await _accept(http, ready["api_url"], number)
        strace.terminate()
        await strace.wait()
    finally:
        await server.end()
    return unsynced_answers(trace.read_text(errors="replace").splitlines())


async def _accept(http: aiohttp.ClientSession, url: str, number: int) -> None:
    later = int(time.time()) + 3600
    body = {"to": f"1555{2_000_000 + number}", "type": "text", "text": {"body": "later"}, "send_at": later}
    async with http.post(f"{url}/v1/whatsapp/messages", json=body) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {await answer.text()}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args(arguments)
    if not shutil.which("strace"):
        print("skipped: there is no strace here; the emulated disk showed the same inside the process")
        return 0
    with tempfile.TemporaryDirectory(prefix="trunkline-order-") as folder:
        answers, bad = asyncio.run(run(options.requests, Path(folder)))
    print(f"{answers} answers, {bad} of them without a sync since the one before")
    return 0 if answers >= options.requests and not bad else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
