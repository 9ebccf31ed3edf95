"""Short words for tests of Graph's nodes: a story on a running sandbox, calls that answer status and JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.sandbox.rig import Rig, caller, rig
from trunkline.sandbox import Identity
from trunkline.sandbox.clock import VirtualClock

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Graph:
    """A rig whose paths may say `{phone}`, `{waba}` and `{app}`."""

    def __init__(self, tools: Rig, clock: VirtualClock) -> None:
        self.tools = tools
        self.clock = clock
        self.receiver = tools.receiver
        self.identity = tools.identity
        self.app_token = f"{tools.identity.app_id}|{tools.identity.app_secret}"

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", **names: str
    ) -> tuple[int, dict[str, Any]]:
        status, answer, _ = await self.ask_with_headers(method, path, body, token=token, **names)
        return status, answer

    async def ask_with_headers(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", **names: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        identity = self.identity
        known = {"phone": identity.phone_number_id, "waba": identity.waba_id, "app": identity.app_id, **names}
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", value)
        response = await self.tools.call(method, path, body, token=token)
        text = await response.text()
        return response.status, json.loads(text) if text else {}, dict(response.headers.items())

    async def get(self, path: str, **names: str) -> dict[str, Any]:
        status, answer = await self.ask("GET", path, **names)
        assert status == 200, answer
        return answer

    async def done(self, method: str, path: str, body: Any = None, **names: str) -> dict[str, Any]:
        """Insist that it worked."""
        status, answer = await self.ask(method, path, body, **names)
        assert status in {200, 201, 204}, answer
        return answer

    async def refused(self, method: str, path: str, body: Any = None, **members: Any) -> tuple[int, int]:
        """HTTP status and Graph code."""
        status, answer = await self.ask(method, path, body, **members)
        assert status >= 400, answer
        return status, answer["error"]["code"]

    async def heard(self, field: str, count: int = 1) -> list[dict[str, Any]]:
        """The values of the first webhooks of a field."""
        await self.receiver.wait_for(lambda seen: len(values_of(seen.envelopes, field)) >= count)
        return values_of(self.receiver.envelopes, field)


def values_of(envelopes: list[dict[str, Any]], field: str) -> list[dict[str, Any]]:
    changes = [change for envelope in envelopes for entry in envelope["entry"] for change in entry["changes"]]
    return [change["value"] for change in changes if change["field"] == field]


async def listen(graph: Graph) -> None:
    """Facts of the account go to the callback of the account."""
    body = {"override_callback_uri": graph.receiver.url, "verify_token": graph.receiver.verify_token}
    await graph.done("POST", "/{waba}/subscribed_apps", body)


def visit(identity: Identity, tell: Callable[[Graph], Awaitable[None]]) -> None:
    """For tests that change nothing: a sandbox that runs already, on the real clock."""

    async def run() -> None:
        async with caller(identity) as tools:
            await tell(Graph(tools, VirtualClock()))

    asyncio.run(run())


def story(folder: Path, tell: Callable[[Graph], Awaitable[None]], **settings: Any) -> None:
    clock = VirtualClock()

    async def run() -> None:
        async with rig(folder, clock=clock, **settings) as tools:
            await tell(Graph(tools, clock))

    asyncio.run(run())
