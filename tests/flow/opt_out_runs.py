"""C19: the process is killed the moment an opt-out is committed, in the middle of queued sends.

On PostgreSQL the numbers of a process that was killed are free only when their leases end.
"""

import asyncio
import signal
from pathlib import Path

import aiohttp

from tests.flow.test_opt_out import MANY, OTHER, STOPPER, confirmed, queue, stands, until, write
from tests.flow.test_serve import SETTINGS, Gateway, gateway
from tests.processes import Program
from trunkline.clock import SystemClock, parse_rfc3339

now = SystemClock().now


async def killed_at_c19(data: Path, url: str) -> tuple[str, list[str]]:
    """Started, queued, stopped by the person, dead: the key, and what was queued."""
    settings = SETTINGS | {"TRUNKLINE_FAILPOINTS": "C19:kill", "TRUNKLINE_DISPATCH_MESSAGES_PER_SECOND": "20"}
    settings |= {"TRUNKLINE_STORE_URL": url} if url else {}
    arguments = ("serve", "--json", "--data", str(data), "--port", "0", "--sandbox-port", "0")
    program = Program(*arguments, log=data.with_suffix(".log"), environment=settings)
    ready = await program.start()
    async with aiohttp.ClientSession() as http:
        running = Gateway(program, ready, http)
        ids = await queue(running)

        async def some_left() -> bool:
            return len(await running.ledger(STOPPER)) >= 3

        await until(some_left)
        await write(running, STOPPER, "Stop!")
        assert await asyncio.wait_for(program.ended(), 30) == -signal.SIGKILL
    return ready["api_key"], ids


def test_what_was_committed_before_the_kill_holds_after_the_start(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        key, ids = await killed_at_c19(tmp_path / "data", store_url)
        died = now()
        async with gateway(tmp_path / "data", store_url) as again:
            again.ready["api_key"] = key
            await stands(again, STOPPER, ("all", "message"))
            ends = ("failed", "sent", "delivered", "read", "unknown", "submitted")
            theirs = [await again.until(id_, *ends, seconds=40) for id_ in ids[::2]]
            begun = [parse_rfc3339(a["started_at"]) for message in theirs for a in message["attempts"]]
            assert max(begun) <= died
            assert sum(message["state"] == "failed" for message in theirs) > MANY // 3
            for id_ in ids[1::2]:
                one = await again.until(id_, "sent", "delivered", "read", "submitted", "unknown", seconds=40)
                if (
                    one["state"] == "unknown"
                ):  # the kill struck amid its sending, and what follows waits for it
                    await again.call("POST", f"/v1/messages/{id_}/abandon")
            assert len(await again.ledger(OTHER)) >= MANY - 1
            await confirmed_once(again, ids)

    asyncio.run(run())


async def confirmed_once(gateway: Gateway, queued: list[str]) -> None:
    """One confirmation was written with the opt-out; it arrives, unless the kill struck amid its sending."""
    _, answer = await gateway.call("GET", f"/v1/messages?to={STOPPER}&limit=100")
    [confirmation] = [message["id"] for message in answer["data"] if message["id"] not in queued]
    for message in answer["data"]:
        if message["state"] == "unknown" and message["id"] != confirmation:  # what follows waits for it
            await gateway.call("POST", f"/v1/messages/{message['id']}/abandon")
    ended = await gateway.until(confirmation, "sent", "delivered", "read", "unknown", seconds=40)
    if ended["state"] != "unknown":
        assert len(await confirmed(gateway, STOPPER)) == 1
    assert len(ended["attempts"]) == 1
