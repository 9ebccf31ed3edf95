"""One sandbox with a receiver and virtual time for all tests of a module; what a test changed is put back."""

import asyncio
import contextlib
import itertools
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from tests.sandbox.rig import Rig, rig
from trunkline.sandbox.clock import VirtualClock

_AS_AT_FIRST = {
    "windows": False,
    "known_handsets": False,
    "templates": False,
    "media": False,
    "throughput": None,
    "pair_limit": False,
    "tier": None,
    "marketing_per_day": None,
    "management_per_hour": None,
    "app_calls_per_hour": None,
    "recipients": None,
}


class Stage:
    """What a case holds: paths may say `{phone}`, `{waba}` and `{app}`."""

    def __init__(self, tools: Rig, clock: VirtualClock) -> None:
        self.tools = tools
        self.clock = clock
        self.receiver = tools.receiver
        self.identity = tools.identity
        self.app_token = f"{tools.identity.app_id}|{tools.identity.app_secret}"
        self._people = itertools.count(15550100001)
        self.names = {
            "phone": tools.identity.phone_number_id,
            "waba": tools.identity.waba_id,
            "app": tools.identity.app_id,
        }

    def path(self, path: str) -> str:
        for name, value in self.names.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def somebody(self) -> str:
        """A number that no other case wrote to."""
        return str(next(self._people))

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = ""
    ) -> tuple[int, dict[str, Any]]:
        response = await self.tools.call(method, self.path(path), body, token=token)
        text = await response.text()
        return response.status, json.loads(text) if text else {}

    async def do(self, method: str, path: str, body: Any = None, *, token: str | None = "") -> dict[str, Any]:
        """Insist that it worked."""
        status, answer = await self.ask(method, path, body, token=token)
        assert status in {200, 201, 204}, answer
        return answer

    async def send(self, to: str = "", version: str = "v25.0", **members: Any) -> tuple[int, dict[str, Any]]:
        kind = members.get("type", "text")
        body = {"messaging_product": "whatsapp", "to": to or self.somebody(), "type": kind, **members}
        if kind == "text":
            body.setdefault("text", {"body": "Hello"})
        body = {key: value for key, value in body.items() if value is not None}
        return await self.ask("POST", f"/{version}/{{phone}}/messages", body)

    async def sent(self, to: str = "", version: str = "v25.0", **members: Any) -> str:
        status, answer = await self.send(to, version, **members)
        assert status == 200, answer
        return str(answer["messages"][0]["id"])

    async def statuses_of(self, wamid: str, last: str = "failed") -> list[dict[str, Any]]:
        """All statuses up to the `last`."""
        await self.receiver.wait_for(lambda seen: last in seen.words_of(wamid))
        return [status for status in self.receiver.statuses if status["id"] == wamid]

    async def rule(self, **members: Any) -> None:
        await self.do("PATCH", "/_sandbox/rules", members)

    async def heard(self, field: str, since: int = 0) -> dict[str, Any]:
        """The next value of a field after so many."""
        await self.receiver.wait_for(lambda seen: len(seen.facts_of(field)) > since)
        return self.receiver.facts_of(field)[since]

    async def clean(self) -> None:
        await self.rule(**_AS_AT_FIRST)
        await self.do("DELETE", "/_sandbox/faults")


class Theatre:
    """Runs stories on the stage, from tests that are plain functions."""

    def __init__(self, stage: Stage, loop: asyncio.AbstractEventLoop) -> None:
        self._stage = stage
        self._loop = loop

    def play(self, tell: Callable[[Stage], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            try:
                return await tell(self._stage)
            finally:
                await self._stage.clean()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)


@contextlib.contextmanager
def theatre(folder: Path, **settings: Any) -> Iterator[Theatre]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opened = _opened(folder, settings)
    stage = asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(30)
    try:
        yield Theatre(stage, loop)
    finally:
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextlib.asynccontextmanager
async def _opened(folder: Path, settings: dict[str, Any]) -> AsyncIterator[Stage]:
    clock = VirtualClock()
    async with rig(folder, clock=clock, **{"review_seconds": 0.0, **settings}) as tools:
        stage = Stage(tools, clock)
        callback = {"override_callback_uri": tools.receiver.url, "verify_token": tools.receiver.verify_token}
        await stage.do("POST", "/{waba}/subscribed_apps", callback)
        yield stage
