"""A disk that fills up: callers are told, nothing is lost, and it heals without a restart. A disk that fails:
the process ends, says why, and the next start has everything that was accepted.
"""

import asyncio
import hashlib
import hmac
import os
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import apsw

from tests.processes import Program

SHIM = Path(__file__).parent / "full_disk"
SOURCE = Path(__file__).parents[2] / "src"


class Server(NamedTuple):
    ready: dict[str, Any]
    http: aiohttp.ClientSession

    async def send(self, n: int) -> tuple[int, Any, str]:
        """Status, the id or None, Retry-After."""
        body = {"to": f"+1555{n:07}", "type": "text", "text": {"body": "x" * 3000}}
        async with self.http.post("/v1/whatsapp/messages", json=body) as answer:
            told = await answer.json()
            return answer.status, told.get("id"), answer.headers.get("Retry-After", "")

    async def post_a_hook(self) -> int:
        body = b'{"object":"whatsapp_business_account","entry":[]}'
        mac = hmac.new(self.ready["app_secret"].encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={mac}"}
        async with self.http.post(self.ready["hook_url"], data=body, headers=headers) as answer:
            return answer.status

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.http.get(path) as answer:
            return answer.status, await answer.json()


def arguments(data: Path) -> list[str]:
    return ["serve", "--json", "--data", str(data), "--port", "0", "--sandbox-port", "0"]


async def with_server(program: Program, tell: Callable[[Server], Awaitable[None]], key: str = "") -> str:
    """The API key, for the next start."""
    ready = await program.start()
    key = ready["api_key"] or key
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(ready["api_url"], headers=headers) as http:
        await tell(Server(ready, http))
    return key


async def until(what: str, check: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


SENT = frozenset({"submitted", "sent", "delivered", "read"})


async def all_sent(server: Server, ids: list[str], ends: frozenset[str] = SENT) -> bool:
    """Whether each accepted message is there and has left."""
    answers = [await server.get(f"/v1/messages/{one}") for one in ids]
    assert {status for status, _ in answers} == {200}
    return {message["state"] for _, message in answers} <= ends


def test_a_full_disk_refuses_new_work_finishes_the_old_and_heals(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    quota = data / "quota"
    path = os.pathsep.join([str(SHIM), str(SOURCE)])
    environment = {"TRUNKLINE_STORE_BALLAST_MIB": "1", "FULL_DISK": str(quota), "PYTHONPATH": path}
    program = Program(*arguments(data), log=tmp_path / "log", environment=environment)

    async def story(server: Server) -> None:
        assert (data / "ballast").stat().st_size == 2**20
        ids = []
        quota.write_text(str(sum(file.stat().st_size for file in data.iterdir() if file.is_file()) + 200_000))
        for n in range(1000):
            status, message, retry_after = await server.send(n)
            if status != 200:
                break
            ids.append(message)
        assert (status, retry_after in "12345") == (503, True)
        assert ids
        assert not (data / "ballast").exists()
        assert await server.post_a_hook() == 503
        assert (await server.get("/livez"))[0] == 200
        status, told = await server.get("/readyz")
        assert status == 503 and "disk_short" in told["reasons"]
        await until("what was accepted is sent from the ballast", lambda: all_sent(server, ids))
        assert (await server.send(1001))[0] == 503
        quota.unlink()

        async def takes_again() -> bool:
            return (await server.send(1002))[0] == 200

        await until("it heals", takes_again)
        assert (data / "ballast").exists()
        assert await server.post_a_hook() == 200
        await until("it is ready again", lambda: is_ready(server))

    async def run() -> None:
        await with_server(program, story)
        assert await program.end() == 0

    asyncio.run(run())
    assert apsw.Connection(str(data / "trunkline.db")).pragma("integrity_check") == "ok"


async def is_ready(server: Server) -> bool:
    return (await server.get("/readyz"))[0] == 200


def test_a_disk_that_fails_ends_the_process_and_the_next_start_has_everything(tmp_path: Path) -> None:
    data = tmp_path / "data"
    log = tmp_path / "log"
    program = Program(*arguments(data), log=log)
    accepted: list[str] = []

    async def breaks(server: Server) -> None:
        _, first, _ = await server.send(0)
        accepted.append(first)
        assert program._process is not None
        limit = (data / "trunkline.db-wal").stat().st_size + 20_000
        resource.prlimit(program._process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        try:
            for n in range(1, 200):
                status, message, _ = await server.send(n)
                if status != 200:
                    assert status == 503
                    break
                accepted.append(message)
        except aiohttp.ClientError:
            pass  # it has ended already
        code = await asyncio.wait_for(program._process.wait(), 30)
        assert code > 0
        assert "the disk or the file of the database failed" in log.read_text()

    async def again(server: Server) -> None:
        ends = SENT | {"unknown"}  # on the wire when the process ended, its sandbox with it
        await until("everything is sent after the restart", lambda: all_sent(server, accepted, ends))

    async def run() -> None:
        key = await with_server(program, breaks)
        await with_server(program, again, key)
        assert await program.end() == 0

    asyncio.run(run())
    assert accepted
