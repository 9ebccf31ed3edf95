"""A program that follows the stream misses nothing, whether its server is stopped or killed.

Not part of `make test`; `make test-more` runs it.
"""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.flow.stream_reader import Follower, Writer
from tests.processes import Program, free_port, run

PART = 40
"""Events that each of four writers makes."""


@pytest.fixture
def engine() -> str:
    return "postgres"


def test_a_killed_process_takes_no_event_with_it(tmp_path: Path, postgres_url: str) -> None:
    data = str(tmp_path / "data")
    ports = [free_port(), free_port()]
    urls = [f"http://127.0.0.1:{port}" for port in ports]

    def program(port: int) -> Program:
        place = ("--data", data, "--database", postgres_url, "--no-sandbox", "--port", str(port))
        return Program("serve", "--json", *place, log=tmp_path / f"{port}.log")

    async def story() -> None:
        async with contextlib.AsyncExitStack() as stack:
            first, second = program(ports[0]), program(ports[1])
            key = (await first.start())["api_key"]
            await second.start()
            stack.push_async_callback(second.end)
            await run(
                "numbers", "add", "--data", data, "--from", "15550001000", "--phone-number-id", "1",
                "--waba-id", "1", "--token", "t", "--app-id", "1", "--app-secret", "s",
                "--base-url", "http://127.0.0.1:9",
            )  # fmt: skip
            await until_known(urls, key)
            stack.push_async_callback(first.end)
            programs = [first, second]
            followers = [Follower(urls, key), Follower(urls[::-1], key)]
            following = [asyncio.create_task(follower.run()) for follower in followers]
            stack.callback(lambda: [task.cancel() for task in following])
            for follower in followers:
                await asyncio.wait_for(follower.is_open.wait(), 30)
            writers = [Writer(urls, key) for _ in range(4)]
            writing = [asyncio.create_task(writer.run(PART, n % 2)) for n, writer in enumerate(writers)]
            for again in range(2):
                await followers[0].until(lambda seen, again=again: len(seen) > (again + 1) * PART)
                await programs[again % 2].kill()
                await programs[again % 2].start()
            await asyncio.gather(*writing)
            wanted = {message_id for writer in writers for message_id in writer.canceled}
            logged = await every_event(urls[1], key)
            assert {event["object_id"] for event in logged} >= wanted
            for follower in followers:
                await follower.until(lambda seen: len(seen) >= len(logged))
                assert follower.seen == logged
            assert min(follower.connections for follower in followers) >= 1

    asyncio.run(story())


def test_a_server_that_stops_ends_its_streams_and_a_program_goes_on_where_it_was(tmp_path: Path) -> None:
    """On SQLite, where the next process begins only when the former one is gone."""
    log = tmp_path / "serve.log"

    def program(port: int = 0) -> Program:
        place = ("--data", str(tmp_path / "data"), "--port", str(port), "--sandbox-port", "0")
        return Program("serve", "--json", *place, log=log)

    async def story() -> None:
        server = program()
        ready = await server.start()
        url, key = ready["api_url"], ready["api_key"]
        follower, writer = Follower([url], key), Writer([url], key)
        following = asyncio.create_task(follower.run())
        await asyncio.wait_for(follower.is_open.wait(), 30)
        await writer.run(2)
        await follower.until(lambda seen: len(seen) == 2)
        begun = asyncio.get_running_loop().time()
        assert await server.end() == 0
        assert asyncio.get_running_loop().time() - begun < 4, "the stream kept it"
        assert "error" not in log.read_text()
        again = program(int(url.rsplit(":", 1)[1]))
        await again.start()
        await writer.run(2)
        await follower.until(lambda seen: len(seen) == 4)
        assert [event["object_id"] for event in follower.seen] == writer.canceled
        following.cancel()
        assert await again.end() == 0
        assert "error" not in log.read_text()

    asyncio.run(story())


async def until_known(urls: list[str], key: str) -> None:
    """Both processes have heard of the number."""
    headers = {"Authorization": f"Bearer {key}"}
    async with asyncio.timeout(30), aiohttp.ClientSession(headers=headers) as http:
        for url in urls:
            while True:
                async with http.get(f"{url}/v1/numbers") as answer:
                    if (await answer.json())["data"]:
                        break
                await asyncio.sleep(0.05)


async def every_event(url: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        after = ""
        while True:
            async with http.get(f"{url}/v1/events?limit=1000{after}") as answer:
                page = await answer.json()
            found += page["data"]
            if page["paging"]["next"] is None:
                return found
            after = f"&after={page['paging']['next']}"
