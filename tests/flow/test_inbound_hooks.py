"""Messages from people through the front door: a signed post at a real socket, seen again at the API."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp

from tests.flow.inbound_desk import desk, text
from tests.flow.test_hooks import post, signed
from tests.flow.test_serve import Gateway, story
from tests.flow.webhook_fuzz import post as spoiled


def body_of(gateway: Gateway, message: dict[str, Any], **metadata: str) -> bytes:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": gateway.ready["phone_number_id"]} | metadata,
        "contacts": [{"profile": {"name": "Alice"}, "wa_id": message["from"]}],
        "messages": [message],
    }
    entry = {"id": gateway.ready["waba_id"], "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


async def received(gateway: Gateway) -> list[dict[str, Any]]:
    status, answer = await gateway.call("GET", "/v1/events?types=message.received&order=newest")
    assert status == 200, answer
    return list(answer["data"])


async def until_received(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while len(found := await received(gateway)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


def test_one_message_posted_fifty_times_at_once_is_one_message_and_one_event(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(gateway: Gateway) -> None:
        secret = gateway.ready["app_secret"]
        said = {"from": "15550002222", "timestamp": "1795366800", "type": "text", "text": {"body": "hi"}}
        same = body_of(gateway, said | {"id": "wamid.SAME"})
        others = [body_of(gateway, said | {"id": "wamid.OTHER"}, attempt=str(n)) for n in range(50)]
        bodies = [each for pair in zip([same] * 50, others, strict=True) for each in pair]
        answers = await asyncio.gather(*(post(gateway, body, signed(body, secret)) for body in bodies))
        assert set(answers) == {200}
        last = body_of(gateway, said | {"id": "wamid.LAST"})
        assert await post(gateway, last, signed(last, secret)) == 200
        events = await until_received(gateway, 3)
        told = [event["data"]["provider_id"] for event in events]
        assert sorted(told) == ["wamid.LAST", "wamid.OTHER", "wamid.SAME"]
        assert len({event["data"]["contact"]["id"] for event in events}) == 1
        assert len({event["data"]["conversation_id"] for event in events}) == 1

    story(store_url, tmp_path, tell)


def test_a_ban_of_the_account_holds_what_is_sent_until_it_is_lifted(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        ready = gateway.ready
        hook = {"override_callback_uri": ready["hook_url"], "verify_token": ready["verify_token"]}
        sandbox, token = ready["sandbox_url"], {"Authorization": f"Bearer {ready['sandbox_token']}"}
        apps = f"{sandbox}/v26.0/{ready['waba_id']}/subscribed_apps"
        async with aiohttp.ClientSession(headers=token) as http:

            async def ban(state: str) -> None:
                deed = {"do": "ban", "state": state}
                async with http.post(f"{sandbox}/_sandbox/account", json=deed) as answer:
                    assert answer.status == 200, await answer.text()

            async with http.post(apps, json=hook) as answer:
                assert answer.status == 200, await answer.text()
            await ban("DISABLE")
            await until_told(gateway, "number.held")
            held = await gateway.send()
            assert (await gateway.until(held, "held", "queued"))["attempts"] == []
            await ban("REINSTATE")
            await until_told(gateway, "number.released")
            await gateway.until(held, "read")

    story("", tmp_path, tell)


async def until_told(gateway: Gateway, type_: str) -> None:
    async with asyncio.timeout(30):
        while not (await gateway.call("GET", f"/v1/events?types={type_}"))[1]["data"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_no_post_however_spoiled_is_answered_by_a_fault_or_stops_what_follows(
    store_url: str, tmp_path: Path
) -> None:
    # The short form of `inbound_fuzz_runs.py`, without sockets.
    async def run() -> None:
        async with desk(tmp_path / "data", store_url) as made:
            await made.post(*(spoiled(seed) for seed in range(150)))
            await made.write(text("fine"))
            assert (await made.events("message.received"))[-1]["content"] == {"body": "fine"}
            assert {row[0] for row in await made.rows("inbox", "state")} == {"done", "flagged"}
            assert not [why for why in await made.flagged() if not why.startswith("not readable")]

    asyncio.run(run())
