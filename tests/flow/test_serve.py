"""The program as a newcomer meets it: started as a process, spoken to over HTTP, stopped by a signal."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.processes import Program
from trunkline.clock import parse_rfc3339

TEXT = {"to": "15550002222", "type": "text", "text": {"body": "hello"}}
SETTINGS = {"TRUNKLINE_SANDBOX_STATUS_DELAY_SECONDS": "0.05", "TRUNKLINE_DISPATCH_SEND_TIMEOUT_SECONDS": "1"}


class Gateway:
    """A running server and a session with its key."""

    def __init__(self, program: Program, ready: dict[str, Any], http: aiohttp.ClientSession) -> None:
        self.program = program
        self.ready = ready
        self._http = http

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {self.ready['api_key']}"} | headers
        async with self._http.request(
            method, self.ready["api_url"] + path, json=body, headers=sent
        ) as answer:
            return answer.status, json.loads(await answer.read() or b"null")

    async def send(self, **changes: Any) -> str:
        status, answer = await self.call("POST", "/v1/whatsapp/messages", TEXT | changes)
        assert status == 200, answer
        return str(answer["id"])

    async def until(self, message_id: str, *states: str, seconds: float = 30) -> dict[str, Any]:
        """The message once it is in one of these states."""
        async with asyncio.timeout(seconds):
            while True:
                _, message = await self.call("GET", f"/v1/messages/{message_id}")
                if message["state"] in states:
                    return dict(message)
                await asyncio.sleep(0.02)

    async def ledger(self, recipient: str) -> list[dict[str, Any]]:
        url = f"{self.ready['sandbox_url']}/_sandbox/ledger"
        async with self._http.get(url, params={"to": recipient}) as answer:
            return list((await answer.json())["data"])


@asynccontextmanager
async def gateway(data: Path, url: str = "", **environment: str) -> AsyncIterator[Gateway]:
    settings = SETTINGS | ({"TRUNKLINE_STORE_URL": url} if url else {}) | environment
    arguments = ("serve", "--json", "--data", str(data), "--port", "0", "--sandbox-port", "0")
    program = Program(*arguments, log=data.with_suffix(".log"), environment=settings)
    ready = await program.start()
    async with aiohttp.ClientSession() as http:
        try:
            yield Gateway(program, ready, http)
        finally:
            assert await program.end() == 0


def story(
    store_url: str, tmp_path: Path, tell: Callable[[Gateway], Awaitable[None]], **environment: str
) -> None:
    async def run() -> None:
        async with gateway(tmp_path / "data", store_url, **environment) as running:
            await tell(running)

    asyncio.run(run())


def test_a_first_message_goes_all_the_way_and_its_timeline_says_so(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await gateway.until(await gateway.send(), "read")
        events = [entry["state"] for entry in message["timeline"]]
        assert events == ["queued", "sending", "submitted", "sent", "delivered", "read"]
        times = [entry["at"] for entry in message["timeline"]]
        assert times == sorted(times)
        assert len(await gateway.ledger("15550002222")) == 1

    story(store_url, tmp_path, tell)


def test_a_second_process_on_the_same_data_folder_is_refused_and_told_why(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        second = Program(
            "serve", "--json", "--data", str(tmp_path / "data"), "--port", "0", log=tmp_path / "second.log"
        )
        with pytest.raises(RuntimeError, match="in use by another trunkline"):
            await second.start()
        assert await second.end() == 4
        assert (await gateway.call("GET", "/v1/messages"))[0] == 200

    story("", tmp_path, tell)


def test_the_key_is_shown_once_and_holds_after_a_restart(store_url: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with gateway(tmp_path / "data", store_url) as first:
            key, token = first.ready["api_key"], first.ready["sandbox_token"]
            message_id = await first.send()
        async with gateway(tmp_path / "data", store_url) as second:
            assert second.ready["api_key"] is None
            assert second.ready["sandbox_token"] == token
            second.ready["api_key"] = key
            assert (await second.until(message_id, "read"))["id"] == message_id

    asyncio.run(run())


def test_what_is_queued_at_a_stop_is_sent_after_the_start(tmp_path: Path) -> None:
    async def run() -> None:
        async with gateway(tmp_path / "data", TRUNKLINE_DISPATCH_MESSAGES_PER_SECOND="1") as first:
            key = first.ready["api_key"]
            ids = [await first.send(to=f"1555000{n:04}") for n in range(8)]
        async with gateway(tmp_path / "data") as second:
            second.ready["api_key"] = key
            for message_id in ids:
                await second.until(message_id, "read")

    asyncio.run(run())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(how: signal.Signals, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        await gateway.send()
        assert await gateway.program.end(how) == 0

    story("", tmp_path, tell)
    assert not (tmp_path / "data" / "run.json").exists()


def test_a_doubtful_send_is_settled_by_its_status_and_never_repeated(store_url: str, tmp_path: Path) -> None:
    async def is_settled(gateway: Gateway, recipient: str) -> None:
        message = await gateway.until(await gateway.send(to=recipient), "read")
        [row] = await gateway.ledger(recipient)
        assert (message["provider_id"], len(message["attempts"])) == (row["wamid"], 1)
        assert message["attempts"][0]["settled_by"] == "token"

    async def stays_open(gateway: Gateway, recipient: str) -> None:
        message_id = await gateway.send(to=recipient)
        await gateway.until(message_id, "unknown")
        await asyncio.sleep(1)  # nothing is to happen, so there is nothing to wait for
        assert (await gateway.until(message_id, "unknown"))["provider_id"] is None
        assert await gateway.ledger(recipient) == []

    async def tell(gateway: Gateway) -> None:
        await asyncio.gather(
            is_settled(gateway, "15555559002"),
            is_settled(gateway, "15555559004"),
            stays_open(gateway, "15555559027"),
        )

    story(store_url, tmp_path, tell)


def test_a_refusal_says_who_must_do_what(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        for recipient, code in (("15555559001", 131026), ("15555559024", 131030)):
            message = await gateway.until(await gateway.send(to=recipient), "failed")
            assert message["error"]["code"] == code
            assert message["error"]["cause"]
            assert message["error"]["actor"]
            assert message["error"]["remedy"]

    story("", tmp_path, tell)


def test_a_refused_pace_is_tried_again_and_arrives_once(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await gateway.until(await gateway.send(to="15555559005"), "read")
        assert [attempt["outcome"] for attempt in message["attempts"]] == ["refused", "taken"]
        assert len(await gateway.ledger("15555559005")) == 1

    story("", tmp_path, tell)


def test_a_status_before_the_answer_is_not_lost(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await gateway.until(await gateway.send(to="15555559012"), "read")
        assert len(message["attempts"]) == 1

    story(store_url, tmp_path, tell)


def test_an_expired_token_holds_the_number_and_fails_nothing_until_a_new_one_comes(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        first = await gateway.send(to="15555559011")
        await gateway.until(first, "held")
        second = await gateway.send()
        _, numbers = await gateway.call("GET", "/v1/numbers")
        assert "190" in numbers["data"][0]["held_reason"]
        await asyncio.sleep(0.3)  # a held number sends nothing, so there is nothing to wait for
        assert (await gateway.until(second, "queued"))["attempts"] == []
        run = json.loads((tmp_path / "data" / "run.json").read_text())
        release = f"/v1/numbers/{numbers['data'][0]['id']}/release"
        await gateway.call("POST", release, Authorization=f"Bearer {run['operator_token']}")
        await gateway.until(second, "read")

    story("", tmp_path, tell)


def test_a_scheduled_message_waits_for_its_time_and_can_be_withdrawn(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        soon = int(time.time()) + 2
        kept = await gateway.send(send_at=soon, to="15550003333")
        later = await gateway.send(send_at="2027-01-01T00:00:00Z", to="15550004444")
        assert (await gateway.until(later, "scheduled"))["state"] == "scheduled"
        status, canceled = await gateway.call("POST", f"/v1/messages/{later}/cancel")
        assert (status, canceled["state"]) == (200, "canceled")
        assert (await gateway.call("POST", f"/v1/messages/{later}/cancel"))[0] == 409
        sent = await gateway.until(kept, "read")
        assert parse_rfc3339(sent["attempts"][0]["started_at"]) >= soon * 1000
        assert await gateway.ledger("15550004444") == []

    story(store_url, tmp_path, tell)
