"""A database meets a data folder that is not its own."""

import asyncio
from pathlib import Path

import pytest

from tests.flow.test_serve import TEXT, gateway
from tests.processes import Program


def test_a_folder_with_another_master_key_is_refused_and_writes_nothing(
    postgres_url: str, tmp_path: Path
) -> None:
    async def tell() -> None:
        async with gateway(tmp_path / "ours", postgres_url) as server:
            key = server.ready["api_key"]
        stranger = Program(
            "serve", "--json", "--data", str(tmp_path / "other"), "--port", "0", "--sandbox-port", "0",
            "--database", postgres_url, log=tmp_path / "other.log",
        )  # fmt: skip
        with pytest.raises(RuntimeError, match="master key"):
            await stranger.start()
        await stranger.end()
        async with gateway(tmp_path / "ours", postgres_url) as server:
            server.ready["api_key"] = key
            assert (await server.call("POST", "/v1/whatsapp/messages", TEXT))[0] == 200
            assert len((await server.call("GET", "/v1/numbers"))[1]["data"]) == 1

    asyncio.run(tell())
