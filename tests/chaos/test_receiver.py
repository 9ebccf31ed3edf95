"""The endpoint does what it is told, and writes down what came before it answers."""

import asyncio
import base64
import hmac
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.chaos.history import read_lines
from tests.chaos.receiver import PATH, RECEIVED, Faults, Receiver, open_receiver
from tests.processes import free_port

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def headers(body: bytes, key: bytes = KEY) -> dict[str, str]:
    signature = base64.b64encode(hmac.digest(key, b"evt_1.17." + body, "sha256")).decode()
    return {"webhook-id": "evt_1", "webhook-timestamp": "17", "webhook-signature": f"v1,{signature}"}


async def post(port: int, **changes: Any) -> aiohttp.ClientResponse:
    body = b'{"id":"evt_1"}'
    url = f"http://127.0.0.1:{port}{PATH}"
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=body, headers=headers(body) | changes, allow_redirects=False) as answer,
    ):
        return answer


async def tell(folder: Path, faults: Faults, **changes: Any) -> tuple[int | None, Receiver]:
    """The status that one post was answered with; None for none."""
    port = free_port()
    async with open_receiver(folder, port) as receiver:
        receiver.secret, receiver.faults = SECRET, faults
        try:
            return (await post(port, **changes)).status, receiver
        except aiohttp.ServerDisconnectedError:
            return None, receiver


@pytest.mark.parametrize(
    ("faults", "status", "answer"),
    [
        (Faults(), 204, "ok"),
        (Faults(error=100), 500, "error"),
        (Faults(busy=100), 429, "busy"),
        (Faults(moved=100), 307, "moved"),
        (Faults(lost=100), None, "lost"),
        (Faults(slow=100, slow_seconds=0.01), 204, "slow"),
        (Faults(down=True), 503, "down"),
        (Faults(gone=True), 410, "gone"),
    ],
)
def test_each_fault_is_written_down_and_answered(
    faults: Faults, status: int | None, answer: str, tmp_path: Path
) -> None:
    found, receiver = asyncio.run(tell(tmp_path, faults))
    [line] = read_lines(tmp_path / RECEIVED)
    assert (found, line["answer"], line["id"], line["body_id"]) == (status, answer, "evt_1", "evt_1")
    assert line["is_signed"]
    assert (receiver.taken == {"evt_1"}) == (answer in ("ok", "slow"))


def test_another_key_and_another_body_are_seen(tmp_path: Path) -> None:
    other = headers(b'{"id":"evt_1"}', bytes(32))["webhook-signature"]
    asyncio.run(tell(tmp_path, Faults(), **{"webhook-signature": other}))
    asyncio.run(tell(tmp_path, Faults(), **{"webhook-id": "evt_2"}))
    assert [line["is_signed"] for line in read_lines(tmp_path / RECEIVED)] == [False, False]


def test_it_goes_on_with_the_log_that_is_there(tmp_path: Path) -> None:
    (tmp_path / RECEIVED).write_bytes(msgspec.json.encode({"id": "evt_0", "answer": "ok"}) + b"\n")
    _, receiver = asyncio.run(tell(tmp_path, Faults()))
    assert receiver.seen == {"evt_0": 1, "evt_1": 1}
    assert receiver.taken == {"evt_0", "evt_1"}
