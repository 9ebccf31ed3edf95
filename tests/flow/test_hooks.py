"""Providers' posts: only signed ones count, each once, and an odd one harms nobody."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.flow.test_serve import Gateway, story


def signed(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def statuses(number_id: str, *told: dict[str, Any]) -> bytes:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001000", "phone_number_id": number_id},
        "statuses": list(told),
    }
    change = {"field": "messages", "value": value}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    ).encode()


async def post(gateway: Gateway, body: bytes, *signatures: str) -> int:
    headers = [("X-Hub-Signature-256", signature) for signature in signatures]
    async with (
        aiohttp.ClientSession() as http,
        http.post(gateway.ready["hook_url"], data=body, headers=headers) as answer,
    ):
        return answer.status


async def submitted(gateway: Gateway) -> dict[str, Any]:
    """A message of which no status ever comes by itself."""
    return await gateway.until(await gateway.send(to="15555559010"), "submitted")


def read_of(gateway: Gateway, message: dict[str, Any]) -> bytes:
    fact = {"id": message["provider_id"], "status": "read", "timestamp": "1795366800", "recipient_id": "1555"}
    return statuses(gateway.ready["phone_number_id"], fact)


def hook_story(tmp_path: Path, tell: Callable[[Gateway], Awaitable[None]], url: str = "") -> None:
    story(url, tmp_path, tell)


def test_a_signed_status_moves_the_message(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await submitted(gateway)
        body = read_of(gateway, message)
        assert await post(gateway, body, signed(body, gateway.ready["app_secret"])) == 200
        await gateway.until(message["id"], "read")

    hook_story(tmp_path, tell, store_url)


def test_a_forged_post_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await submitted(gateway)
        body = read_of(gateway, message)
        good = signed(body, gateway.ready["app_secret"])
        secret = gateway.ready["app_secret"]
        forged = ["", "sha256=", good[:-1], good.upper(), good.replace("sha256=", "sha1="), "sha256=é"]
        forged += [signed(body, "another"), signed(body + b" ", secret)]
        assert await post(gateway, body) == 401
        for signature in forged:
            assert await post(gateway, body, signature) == 401, signature
        later = await gateway.until(await gateway.send(), "read")
        assert later["state"] == "read"  # the processor has been through everything that came before
        assert (await gateway.until(message["id"], "submitted"))["read_at"] is None

    hook_story(tmp_path, tell)


def test_the_same_post_fifty_times_at_once_is_one_fact(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await submitted(gateway)
        body = read_of(gateway, message)
        signature = signed(body, gateway.ready["app_secret"])
        answers = await asyncio.gather(*(post(gateway, body, signature) for _ in range(50)))
        assert set(answers) == {200}
        told = (await gateway.until(message["id"], "read"))["timeline"]
        assert [entry["state"] for entry in told].count("read") == 1

    hook_story(tmp_path, tell, store_url)


UNREADABLE = [b"", b"{", b"[]", b"null", b'{"object":"page","entry":[]}', b'{"entry":7}', b"\xff\xfe"]


def test_a_signed_post_that_nobody_can_read_is_kept_and_holds_nothing_up(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        for body in UNREADABLE:
            assert await post(gateway, body, signed(body, gateway.ready["app_secret"])) == 200, body
            assert (await gateway.until(await gateway.send(), "read"))["state"] == "read", body

    hook_story(tmp_path, tell)


def test_a_post_that_the_store_refuses_takes_no_other_along(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await submitted(gateway)
        nul = {"id": "wamid.\x00", "status": "sent", "timestamp": "1795366800"}
        poison = statuses(gateway.ready["phone_number_id"], nul)
        good = read_of(gateway, message)
        answers = await asyncio.gather(
            *(post(gateway, body, signed(body, gateway.ready["app_secret"])) for body in (poison, good))
        )
        assert answers == [200, 200]
        await gateway.until(message["id"], "read")

    hook_story(tmp_path, tell, store_url)


def test_a_status_of_somebody_elses_number_moves_nothing(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await submitted(gateway)
        fact = {"id": message["provider_id"], "status": "read", "timestamp": "1795366800"}
        body = statuses("999", fact)
        assert await post(gateway, body, signed(body, gateway.ready["app_secret"])) == 200
        await gateway.until(await gateway.send(), "read")
        assert (await gateway.until(message["id"], "submitted"))["read_at"] is None

    hook_story(tmp_path, tell)


def test_a_token_that_is_not_ours_settles_nothing(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        doubt = await gateway.until(await gateway.send(to="15555559027"), "unknown")
        attempt = doubt["attempts"][0]["id"]
        fact = {
            "id": "wamid.forged", "status": "read", "timestamp": "1795366800",
            "biz_opaque_callback_data": f"g1.{attempt}.0011223344556677",
        }  # fmt: skip
        body = statuses(gateway.ready["phone_number_id"], fact)
        assert await post(gateway, body, signed(body, gateway.ready["app_secret"])) == 200
        await gateway.until(await gateway.send(), "read")
        assert (await gateway.until(doubt["id"], "unknown"))["provider_id"] is None

    hook_story(tmp_path, tell)


def test_a_batch_of_a_thousand_statuses_in_one_post_is_taken(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        message = await submitted(gateway)
        strangers = [{"id": f"wamid.{n}", "status": "sent", "timestamp": "1795366800"} for n in range(999)]
        mine = {"id": message["provider_id"], "status": "delivered", "timestamp": "1795366800"}
        body = statuses(gateway.ready["phone_number_id"], *strangers, mine)
        assert await post(gateway, body, signed(body, gateway.ready["app_secret"])) == 200
        await gateway.until(message["id"], "delivered")

    hook_story(tmp_path, tell, store_url)


def test_the_providers_check_of_the_address_needs_our_token(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        ask = {
            "hub.mode": "subscribe",
            "hub.challenge": "4711",
            "hub.verify_token": gateway.ready["verify_token"],
        }
        async with aiohttp.ClientSession() as http:
            async with http.get(gateway.ready["hook_url"], params=ask) as answer:
                assert (answer.status, await answer.text()) == (200, "4711")
            async with http.get(gateway.ready["hook_url"], params=ask | {"hub.verify_token": "x"}) as answer:
                assert (answer.status, await answer.text()) == (403, "")
            async with http.get(gateway.ready["hook_url"] + "x", params=ask) as answer:
                assert answer.status == 404

    hook_story(tmp_path, tell)
