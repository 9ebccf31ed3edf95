"""Every file descriptor is in use: callers are kept out meanwhile, and what was accepted is not harmed."""

import asyncio
import contextlib
import resource
from pathlib import Path

import pytest

from tests.flow.test_serve import Gateway, story

if not hasattr(resource, "prlimit"):
    pytest.skip("the limits of another process can not be set here", allow_module_level=True)


LIMIT = 128


def test_descriptors_that_are_used_up_keep_callers_out_and_are_given_back(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        before = await gateway.until(await gateway.send(to="15550003333"), "read")
        resource.prlimit(gateway.program.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        address = gateway.ready["api_url"].removeprefix("http://").split(":")
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(200):
                _, writer = await asyncio.open_connection(address[0], int(address[1]))
                stack.callback(writer.close)
            in_use = Path(f"/proc/{gateway.program.pid}/fd")
            while len(list(in_use.iterdir())) < LIMIT - 2:  # noqa: ASYNC110, ASYNC240
                await asyncio.sleep(0.02)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):  # it may have a connection left, or none
                    await gateway.send(to="15550004444")
        async with asyncio.timeout(30):
            after = await gateway.send(to="15550005555")
        await gateway.until(after, "read")
        assert len(await gateway.ledger("15550005555")) == 1
        assert (await gateway.until(before["id"], "read"))["id"] == before["id"]

    story("", tmp_path, tell)
