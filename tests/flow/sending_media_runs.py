"""A kill -9 between the upload of a file and the send of its message, through a real server."""

import asyncio
from pathlib import Path

import aiohttp

from tests.flow.test_sending_media import chat, send, upload
from tests.flow.test_serve import SETTINGS, Gateway, gateway
from tests.processes import Program


def test_a_kill_between_upload_and_send_loses_nothing_and_sends_once(tmp_path: Path) -> None:
    async def run() -> None:
        data = tmp_path / "data"
        arguments = ("serve", "--json", "--data", str(data), "--port", "0", "--sandbox-port", "0")
        armed = SETTINGS | {"TRUNKLINE_FAILPOINTS": "C18:kill"}
        program = Program(*arguments, log=data.with_suffix(".log"), environment=armed)
        ready = await program.start()
        async with aiohttp.ClientSession() as http:
            first = Gateway(program, ready, http)
            message_id = await send(first, id=await upload(first))
            assert await program.ended() == -9
        async with gateway(data) as second:
            second.ready["api_key"] = ready["api_key"]
            await second.until(message_id, "delivered", "read")
            assert len(await chat(second)) == 1

    asyncio.run(run())
