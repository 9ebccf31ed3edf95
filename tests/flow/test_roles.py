"""The program split over processes that share a PostgreSQL and a data folder: they do what one does."""

import asyncio
import contextlib
from pathlib import Path

import aiohttp
import pytest

from tests.processes import Program, free_port, run


async def _follow(http: aiohttp.ClientSession, url: str, key: str, body: dict[str, object]) -> str:
    """Send, then wait until it is read; the last state."""
    headers = {"Authorization": f"Bearer {key}"}
    async with http.post(f"{url}/v1/whatsapp/messages", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        message_id = (await answer.json())["id"]
    state = ""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(30):
            while state != "read":
                async with http.get(f"{url}/v1/messages/{message_id}", headers=headers) as answer:
                    state = (await answer.json())["state"]
                await asyncio.sleep(0.05)
    return state


def test_api_dispatch_and_processing_in_processes_of_their_own(tmp_path: Path, postgres_url: str) -> None:
    data, port = tmp_path / "data", free_port()
    common = ("--json", "--no-sandbox", "--data", str(data), "--database", postgres_url)

    def part(roles: str, at: int = 0) -> Program:
        log = tmp_path / f"{roles}.log"
        return Program("serve", *common, "--only", roles, "--port", str(at), log=log)

    async def tell() -> None:
        async with contextlib.AsyncExitStack() as stack:
            sandbox = Program(
                "sandbox", "--json", "--data", str(tmp_path / "sandbox"), "--port", "0",
                log=tmp_path / "sandbox.log",
            )  # fmt: skip
            theirs = await sandbox.start()
            stack.push_async_callback(sandbox.end)
            front = part("api,hooks", port)
            ready = await front.start()
            stack.push_async_callback(front.end)
            for roles in ("dispatch", "process,chores"):
                other = part(roles)
                assert (await other.start())["api_key"] is None
                stack.push_async_callback(other.end)
            await run(
                "numbers", "add", "--data", str(data), "--from", theirs["from"],
                "--phone-number-id", theirs["phone_number_id"], "--waba-id", theirs["waba_id"],
                "--token", theirs["sandbox_token"], "--app-id", theirs["app_id"],
                "--app-secret", theirs["app_secret"], "--base-url", theirs["sandbox_url"] + "/v26.0",
                "--hook-url", ready["hook_url"],
            )  # fmt: skip
            http = await stack.enter_async_context(aiohttp.ClientSession())
            body = {"to": "15550002222", "type": "text", "text": {"body": "hello"}}
            assert await _follow(http, ready["api_url"], ready["api_key"], body) == "read"

    asyncio.run(tell())


@pytest.mark.parametrize("roles", ["dispatch", "hooks"])
def test_a_part_serves_its_own_addresses_and_its_health_alone(
    tmp_path: Path, postgres_url: str, roles: str
) -> None:
    async def tell() -> None:
        part = Program(
            "serve", "--json", "--data", str(tmp_path / "data"), "--database", postgres_url, "--only", roles,
            "--port", "0", log=tmp_path / "serve.log",
        )  # fmt: skip
        ready = await part.start()
        try:
            async with aiohttp.ClientSession() as http:
                statuses = {}
                for path in ("/livez", "/v1/messages", ready["hook_url"].removeprefix(ready["api_url"])):
                    async with http.get(ready["api_url"] + path) as answer:
                        statuses[path.split("/")[1]] = answer.status
        finally:
            assert await part.end() == 0
        assert statuses == {"livez": 200, "v1": 404, "hooks": 403 if roles == "hooks" else 404}

    asyncio.run(tell())


def test_parts_need_a_database_that_they_can_share(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="need PostgreSQL"):
        asyncio.run(run("serve", "--data", str(tmp_path), "--only", "api", "--port", "0"))
