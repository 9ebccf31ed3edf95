"""Somebody writes STOP on a handset: nothing leaves for them afterwards, and everybody else goes on."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.flow.test_serve import TEXT, Gateway, story
from trunkline.clock import SystemClock, parse_rfc3339

STOPPER, OTHER = "15550002222", "15550003333"
MANY = 30
now = SystemClock().now


async def act(gateway: Gateway, address: str, do: str, **what: Any) -> None:
    url = f"{gateway.ready['sandbox_url']}/_sandbox/handsets/{address}/actions"
    async with gateway._http.post(url, json={"do": do, **what}) as answer:
        assert answer.status == 200, await answer.text()


async def write(gateway: Gateway, address: str, words: str) -> None:
    await act(gateway, address, "send", type="text", text={"body": words})


async def until(what: Callable[[], Any], seconds: float = 30) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await what()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return found


async def standing(gateway: Gateway, address: str) -> list[tuple[str, str]]:
    """(scope, source) of what stands against an address."""
    status, answer = await gateway.call("GET", f"/v1/suppressions/{address}")
    return [(row["scope"], row["source"]) for row in answer["data"]] if status == 200 else []


async def stands(gateway: Gateway, address: str, *expected: tuple[str, str]) -> None:
    async def as_expected() -> bool:
        return await standing(gateway, address) == list(expected)

    await until(as_expected)


async def sent_to(gateway: Gateway, address: str) -> list[str]:
    """Texts that reached this handset, in order."""
    chat = f"{gateway.ready['sandbox_url']}/_sandbox/chats/{address}/{gateway.ready['phone_number_id']}"
    async with gateway._http.get(chat) as answer:
        shown = (await answer.json())["messages"]
    return [message["content"]["body"] for message in shown if message["from"] == "business"]


async def events(gateway: Gateway, kind: str) -> list[dict[str, Any]]:
    _, answer = await gateway.call("GET", f"/v1/events?types={kind}")
    return list(answer["data"])


async def queue(gateway: Gateway) -> list[str]:
    """Messages to both in turn, numbered; their ids."""
    bodies = [TEXT | {"to": to, "text": {"body": f"{n}"}} for n in range(MANY) for to in (STOPPER, OTHER)]
    _, answer = await gateway.call("POST", "/v1/messages/batch", {"messages": bodies})
    return [result["id"] for result in answer["results"]]


async def confirmed(gateway: Gateway, address: str) -> list[str]:
    """What reached them that was not queued, once there is some."""

    async def answers() -> list[str]:
        return [text for text in await sent_to(gateway, address) if not text.isdecimal()]

    return list(await until(answers))


def test_stop_in_the_middle_of_queued_sends(store_url: str, tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        ids = await queue(gateway)

        async def some_left() -> bool:
            return len(await gateway.ledger(STOPPER)) >= 3

        await until(some_left)
        await write(gateway, STOPPER, "Stop!")
        await stands(gateway, STOPPER, ("all", "message"))
        seen = now()

        theirs = [await gateway.until(id_, "failed", "sent", "delivered", "read") for id_ in ids[::2]]
        others = [await gateway.until(id_, "sent", "delivered", "read") for id_ in ids[1::2]]
        failed = [message for message in theirs if message["state"] == "failed"]
        assert len(failed) > MANY // 3
        assert {message["error"]["title"] for message in failed} == {"The recipient has opted out"}
        assert not any(message["attempts"] for message in failed)
        begun = [parse_rfc3339(a["started_at"]) for message in theirs for a in message["attempts"]]
        assert max(begun) <= seen
        assert max(parse_rfc3339(m["attempts"][0]["started_at"]) for m in others) > seen

        assert await confirmed(gateway, STOPPER) == [
            "You will get no more messages from us. Write START if you want them again."
        ]
        texts = await sent_to(gateway, STOPPER)
        assert len(texts) == 1 + MANY - len(failed)
        assert len(await gateway.ledger(OTHER)) == MANY
        [told] = await events(gateway, "contact.opted_out")
        assert told["data"]["proof"]["words"] == "Stop!"

        await write(gateway, STOPPER, "start")
        await stands(gateway, STOPPER)
        await gateway.until(await gateway.send(to=STOPPER), "sent", "delivered", "read")
        assert len(await sent_to(gateway, STOPPER)) == len(texts) + 1  # no second confirmation on one day
        _, ledger = await gateway.call("GET", f"/v1/consents?address={STOPPER}")
        assert [(entry["action"], entry["proof"]["words"]) for entry in ledger["data"]] == [
            ("granted", "start"),
            ("withdrawn", "Stop!"),
        ]

    story(store_url, tmp_path, tell, TRUNKLINE_DISPATCH_MESSAGES_PER_SECOND="20")


def test_a_choice_made_at_the_provider_stops_marketing_and_nothing_else(tmp_path: Path) -> None:
    async def tell(gateway: Gateway) -> None:
        await act(gateway, STOPPER, "stop_marketing")
        await stands(gateway, STOPPER, ("marketing", "preference"))
        refused = await gateway.until(await gateway.send(to=STOPPER, priority="bulk"), "failed")
        assert refused["error"]["title"] == "The recipient has opted out of marketing"
        await gateway.until(await gateway.send(to=STOPPER), "sent", "delivered", "read")
        await write(gateway, STOPPER, "START")
        await act(gateway, STOPPER, "resume_marketing")
        await stands(gateway, STOPPER)
        await gateway.until(await gateway.send(to=STOPPER, priority="bulk"), "sent", "delivered", "read")
        assert len(await events(gateway, "contact.opted_in")) == 1  # not for START: it was chosen elsewhere

    story("", tmp_path, tell)
