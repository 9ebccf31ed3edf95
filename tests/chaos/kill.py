"""kill -9 of `serve` while messages flow: nothing lost, nothing doubled.

    python -m tests.chaos.kill --messages 5000 --kills 20 [--engine postgres] [--seed 1]

The sandbox is another process and is left alone. Every message has its own recipient, so a recipient that
stands twice in the sandbox's ledger was sent to twice. Callers repeat a request that got no answer with the
same Idempotency-Key, as a careful caller would. Loopback only; bounded by count and by `DEADLINE_SECONDS`.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.machine import describe
from tests.chaos.checker import Verdict, check
from tests.processes import Program, free_port, run

CALLERS = 16
DEADLINE_SECONDS = 600
RESULTS = Path(__file__).parent / "results"
WORKING = {"queued", "scheduled", "sending"}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run does."""

    messages: int
    kills: int
    seed: int = 1
    store_url: str = ""
    folder: Path
    quiet_seconds: float = 15
    """How long no state may have changed before the run counts as over."""
    show_progress: bool = False


async def run_plan(plan: Plan) -> Verdict:
    async with _processes(plan) as (server, ready, sandbox):
        given: list[str] = []
        calls = _Calls(ready["api_url"], ready["api_key"], plan, given)
        killing = asyncio.create_task(_kill_again_and_again(plan, server, given))
        async with aiohttp.ClientSession() as http:
            await asyncio.gather(*(calls.caller(http) for _ in range(CALLERS)))
            await killing
            messages = await _with_attempts(http, ready, await _until_quiet(http, ready, plan))
            ledger = await _ledger(http, sandbox["sandbox_url"])
    return check(given, messages, ledger)


@contextlib.asynccontextmanager
async def _processes(plan: Plan) -> AsyncIterator[tuple[Program, dict[str, Any], dict[str, Any]]]:
    """The sandbox, and a server that knows it, on ports that stay the same over restarts."""
    data, port = plan.folder / "data", free_port()
    environment = {"TRUNKLINE_STORE_URL": plan.store_url} if plan.store_url else {}
    sandbox = Program(
        "sandbox",
        "--json",
        "--data",
        str(plan.folder / "sandbox"),
        "--port",
        "0",
        log=plan.folder / "sandbox.log",
    )
    server = Program(
        "serve", "--json", "--no-sandbox", "--data", str(data), "--port", str(port),
        log=plan.folder / "serve.log", environment=environment,
    )  # fmt: skip
    theirs = await sandbox.start()
    try:
        ready = await server.start()
        try:
            await run(
                "numbers", "add", "--data", str(data), "--from", theirs["from"],
                "--phone-number-id", theirs["phone_number_id"], "--waba-id", theirs["waba_id"],
                "--token", theirs["sandbox_token"], "--app-id", theirs["app_id"],
                "--app-secret", theirs["app_secret"], "--base-url", theirs["sandbox_url"] + "/v26.0",
                "--hook-url", ready["hook_url"], "--messages-per-second", "1000",
            )  # fmt: skip
            yield server, ready, theirs
        finally:
            await server.end()
    finally:
        await sandbox.end()


class _Calls:
    """Callers that each take the next message and repeat it until it has an id."""

    def __init__(self, url: str, key: str, plan: Plan, given: list[str]) -> None:
        self._url = f"{url}/v1/whatsapp/messages"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._waiting = iter(range(plan.messages))
        self._given = given

    async def caller(self, http: aiohttp.ClientSession) -> None:
        for number in self._waiting:
            self._given.append(await self._send(http, number))

    async def _send(self, http: aiohttp.ClientSession, number: int) -> str:
        body = {"to": f"15552{number:06}", "type": "text", "text": {"body": f"message {number}"}}
        headers = self._headers | {"Idempotency-Key": f"kill-{number}"}
        while True:
            try:
                async with http.post(self._url, json=body, headers=headers) as answer:
                    if answer.status == 200:
                        return str((await answer.json())["id"])
                    if answer.status not in (409, 503):
                        raise RuntimeError(f"{answer.status}: {await answer.text()}")
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):
                pass
            await asyncio.sleep(0.02)  # the server is away; callers know nothing of when it comes back


async def _kill_again_and_again(plan: Plan, server: Program, given: list[str]) -> None:
    """Spread over the run by the count of ids given, so that every kill meets work."""
    chance = random.Random(plan.seed)
    for kill in range(plan.kills):
        after = plan.messages * (kill + chance.random()) / (plan.kills + 1)
        while len(given) < after:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.random() * 0.2)
        await server.kill()
        if plan.show_progress:
            print(f"kill {kill + 1} of {plan.kills} at {len(given)} ids", file=sys.stderr)
        await server.start()


async def _until_quiet(
    http: aiohttp.ClientSession, ready: dict[str, Any], plan: Plan
) -> list[dict[str, Any]]:
    """Every message, once nothing works any more and no state has changed for a while."""
    deadline, last, since = time.monotonic() + DEADLINE_SECONDS, None, time.monotonic()
    while True:
        messages = await _messages(http, ready)
        states = sorted(message["state"] for message in messages)
        if states != last:
            last, since = states, time.monotonic()
        settled = not WORKING & set(states)
        all_read = set(states) == {"read"} and len(states) >= plan.messages
        if all_read or (settled and time.monotonic() - since > plan.quiet_seconds):
            return messages
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"not quiet after {DEADLINE_SECONDS} s: { {s: states.count(s) for s in set(states)} }"
            )
        await asyncio.sleep(0.5)


async def _messages(http: aiohttp.ClientSession, ready: dict[str, Any]) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {ready['api_key']}"}
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        query = {"limit": "100"} | ({"after": after} if after else {})
        async with http.get(f"{ready['api_url']}/v1/messages", params=query, headers=headers) as answer:
            page = await answer.json()
        found += page["data"]
        after = page["paging"]["next"]
    return found


async def _with_attempts(
    http: aiohttp.ClientSession, ready: dict[str, Any], messages: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The same messages, each with its attempts: lists leave them out."""
    headers = {"Authorization": f"Bearer {ready['api_key']}"}
    slots = asyncio.Semaphore(CALLERS)

    async def whole(message: dict[str, Any]) -> dict[str, Any]:
        async with (
            slots,
            http.get(f"{ready['api_url']}/v1/messages/{message['id']}", headers=headers) as answer,
        ):
            return dict(await answer.json())

    return list(await asyncio.gather(*(whole(message) for message in messages)))


async def _ledger(http: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        query = {"limit": "1000"} | ({"after": str(after)} if after else {})
        async with http.get(f"{url}/_sandbox/ledger", params=query) as answer:
            page = await answer.json()
        rows += page["data"]
        after = page["paging"]["next_after"]
        if after is None:
            return rows


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--keep", action="store_true", help="write the result to tests/chaos/results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trunkline-kill-") as folder, contextlib.ExitStack() as stack:
        url = ""
        if options.engine == "postgres":
            from tests.postgres import running_postgres

            server = stack.enter_context(running_postgres())
            url = stack.enter_context(server.fresh_database())
        plan = Plan(
            messages=options.messages, kills=options.kills, seed=options.seed, store_url=url,
            folder=Path(folder), show_progress=True,
        )  # fmt: skip
        started = time.monotonic()
        verdict = asyncio.run(run_plan(plan))
        seconds = round(time.monotonic() - started)
        machine = describe(Path(folder))
    result = {"command": _command(options), "machine": machine, "seconds": seconds, "verdict": verdict}
    text = msgspec.json.format(msgspec.json.encode(result)).decode()
    print(text)
    print(f"{options.engine}: {'clean' if verdict.is_clean() else 'NOT CLEAN'} in {seconds} s")
    if options.keep:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-kill-{options.engine}.json").write_text(text + "\n")
    return 0 if verdict.is_clean() else 1


def _command(options: argparse.Namespace) -> str:
    counts = f"--messages {options.messages} --kills {options.kills} --seed {options.seed}"
    return f"python -m tests.chaos.kill {counts} --engine {options.engine}"


if __name__ == "__main__":
    sys.exit(main())
