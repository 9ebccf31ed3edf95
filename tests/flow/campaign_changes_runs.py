"""A campaign through the front door, to people of the sandbox, while the world changes under it: somebody
says STOP, somebody is erased, the template is paused. The right rest is sent."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.processes import Program, run

PEOPLE = [f"1555200{n:04}" for n in range(120)]
HELLO = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}


class Office:
    """The API of one server and the sandbox beside it."""

    def __init__(self, ready: dict[str, Any], http: aiohttp.ClientSession) -> None:
        self.ready = ready
        self._http = http

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self._http.request(method, f"{self.ready['api_url']}/v1/{path}", json=body) as answer:
            value = await answer.json()
            assert answer.status < 300, (path, value)
            return value

    async def meta(self, method: str, path: str, body: Any = None) -> Any:
        async with self._http.request(
            method, f"{self.ready['sandbox_url']}/_sandbox/{path}", json=body
        ) as answer:
            value = await answer.json()
            assert answer.status < 300, (path, value)
            return value

    async def ledger(self) -> list[str]:
        """To whom Meta was asked to send."""
        return [row["to"].lstrip("+") for row in (await self.meta("GET", "ledger?limit=10000"))["data"]]

    async def campaign(self, **members: Any) -> str:
        """Checked, to all people."""
        crowd = (await self.ask("POST", "lists", {"name": "crowd"}))["id"]
        numbers = [f"+{one}" for one in PEOPLE]
        await self.ask("POST", "contacts/bulk", {"contacts": [{"phone": one} for one in numbers]})
        await self.ask("POST", f"lists/{crowd}/members", {"add": numbers})
        form = {
            "name": "news", "audience": {"lists": [crowd]}, "content": {"body": HELLO},
            "consent": "not_required", "per_second": 40,
        }  # fmt: skip
        campaign_id = (await self.ask("POST", "campaigns", form | members))["id"]
        while True:
            await self.ask("POST", f"campaigns/{campaign_id}/check")
            if (await self.until(campaign_id, "checked"))["totals"]["ready"] == len(PEOPLE):
                return str(campaign_id)
            await asyncio.sleep(0.5)  # the template is not read yet

    async def until(self, campaign_id: str, state: str, seconds: float = 20) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while (found := await self.ask("GET", f"campaigns/{campaign_id}"))["state"] != state:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            return dict(found)

    async def until_sent(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(await self.ledger()) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def office(folder: Path, url: str) -> AsyncIterator[Office]:
    environment = {"TRUNKLINE_STORE_URL": url} if url else {}
    arguments = ("--json", "--data", str(folder / "data"), "--port", "0", "--sandbox-port", "0")
    serve = Program("serve", *arguments, log=folder / "log", environment=environment)
    ready = await serve.start()
    try:
        more = ("--database", url) if url else ()
        made = await run("keys", "create", "--data", str(folder / "data"), "--json", *more)
        key = json.loads(made)["key"]  # a live one: a test key erases nobody
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
            yield Office(ready, http)
    finally:
        await serve.end()


def story(folder: Path, url: str, tell: Callable[[Office], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with office(folder, url) as here:
            await tell(here)

    asyncio.run(inside())


def test_who_says_stop_and_who_is_erased_while_it_runs_get_nothing_and_all_others_do(
    store_url: str, tmp_path: Path
) -> None:
    stopped, erased = PEOPLE[-1], PEOPLE[-2]

    async def tell(here: Office) -> None:
        campaign_id = await here.campaign()
        await here.ask("POST", f"campaigns/{campaign_id}/start")
        await here.until_sent(5)
        await here.meta(
            "POST",
            f"handsets/{stopped}/actions",
            {"do": "send", "number": here.ready["phone_number_id"], "type": "text", "text": {"body": "STOP"}},
        )
        await here.ask("POST", f"contacts/{erased}/erase")
        assert erased not in await here.ledger()
        done = await here.until(campaign_id, "finished")
        sent = [one for one in await here.ledger() if one != stopped]
        assert sorted(sent) == PEOPLE[:-2]
        assert done["totals"]["reasons"].get("erased") == 1
        assert done["totals"]["reasons"].get("opted_out") == 1

    story(tmp_path, store_url, tell)


def test_a_template_that_is_paused_pauses_it_and_when_it_may_go_again_the_rest_is_sent(
    store_url: str, tmp_path: Path
) -> None:
    async def tell(here: Office) -> None:
        campaign_id = await here.campaign()
        await here.ask("POST", f"campaigns/{campaign_id}/start")
        await here.until_sent(5)
        found = (await here.meta("GET", "templates"))["data"]
        [template] = [one["id"] for one in found if one["name"] == "hello_world"]
        await here.meta("POST", f"templates/{template}/review", {"status": "PAUSED"})
        paused = await here.until(campaign_id, "paused", 5)
        assert paused["state_reason"] == "template"
        before = len(await here.ledger())
        await asyncio.sleep(1)
        assert len(await here.ledger()) == before < len(PEOPLE)
        await here.meta("POST", f"templates/{template}/review", {"status": "APPROVED"})
        await asyncio.sleep(0.5)
        await here.ask("POST", f"campaigns/{campaign_id}/resume")
        await here.until(campaign_id, "finished")
        failed = (await here.ask("GET", f"campaigns/{campaign_id}"))["totals"]["messages"].get("failed", 0)
        sent = await here.ledger()
        assert len(set(sent)) == len(sent) == len(PEOPLE) - failed
        assert failed <= 40  # a second's worth, until Meta's webhook told of it

    story(tmp_path, store_url, tell)
