"""Callers as careful ones are: each request has an Idempotency-Key, and one without an answer is repeated.

Messages are numbered through. A unit is what one request holds: a batch, or now and then a single message.
In count runs each message has a recipient of its own; with `per_lane` = k, k messages in a row go to the same
one, always in one unit or by one caller, so that their order is known.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import msgspec

from tests.chaos.history import HISTORY, History, read_lines
from tests.chaos.scene import Scene

CALLERS = 8
AGAIN_SECONDS = 0.03
_AWAY = {409, 429, 503}
"""Answers after which the same request is repeated."""


class Unit(NamedTuple):
    """One caller's work: a batch, or several messages one after the other."""

    first: int
    count: int
    is_batch: bool

    def requests(self) -> list[tuple[int, int]]:
        """First message and how many, of each request."""
        if self.is_batch:
            return [(self.first, self.count)]
        return [(number, 1) for number in range(self.first, self.first + self.count)]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    messages: int
    """How many in all; with `is_endless` the numbers go on above."""
    batch: int = 60
    """A multiple of `per_lane`."""
    singles: int = 5
    """So many messages after each batch are sent one by one."""
    per_lane: int = 1
    is_endless: bool = False
    most_ahead: int = 1500
    """Callers wait when so many are accepted and not sent, so that a fault meets accepts and sends."""

    def units(self) -> Iterator[Unit]:
        """Lanes are whole in each: `batch` and the singles are multiples of `per_lane`."""
        first, singles = 0, self.singles - self.singles % self.per_lane
        while first < self.messages or self.is_endless:
            for wanted, is_batch in ((self.batch, True), (singles, False)):
                count = wanted if self.is_endless else min(wanted, self.messages - first)
                if count:
                    yield Unit(first, count, is_batch)
                    first += count


def recipient(number: int, per_lane: int) -> str:
    """Never one of the sandbox's magic ones."""
    return f"1555{2_000_000 + number // per_lane}"


class Traffic:
    """Requests that have no answer in the history yet, sent by several callers at once."""

    def __init__(self, scene: Scene, work: Work) -> None:
        self.given = 0
        """Ids that callers were told, in this and in earlier pieces."""
        self.taken = 0
        """Sends that the sandbox took."""
        self.stopping = False
        self._scene = scene
        self._work = work
        self._history: History = scene.history
        self._done = _answered(scene.folder)
        self.given = sum(self._done.values())
        self._units = work.units()

    async def run(self) -> None:
        """Until all are answered, or `stopping`."""
        headers = {"Authorization": f"Bearer {self._scene.place.api_key}"}
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            watching = asyncio.create_task(self._watch(http))
            try:
                await asyncio.gather(*(self._caller(http) for _ in range(CALLERS)))
            finally:
                watching.cancel()

    async def _watch(self, http: aiohttp.ClientSession) -> None:
        """How far the sending is: the sandbox knows it at once."""
        while True:
            async with http.get(f"{self._scene.sandbox_url}/_sandbox/health") as answer:
                self.taken = (await answer.json())["sends"]
            await asyncio.sleep(0.1)

    async def _caller(self, http: aiohttp.ClientSession) -> None:
        for unit in self._units:
            while self.given - self.taken > self._work.most_ahead and not self.stopping:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await self.before(http, unit)
            for first, count in unit.requests():
                if first in self._done:
                    continue
                ids = await self._send(http, first, count, is_batch=unit.is_batch)
                if ids is None:
                    return
                self._history.add("answered", first=first, ids=ids)
                self.given += len(ids)

    async def _send(
        self, http: aiohttp.ClientSession, first: int, count: int, *, is_batch: bool
    ) -> list[str] | None:
        """None when the run was stopped first."""
        bodies = [self._message(number) for number in range(first, first + count)]
        path = "messages/batch" if is_batch else "whatsapp/messages"
        body = {"messages": bodies} if is_batch else bodies[0]
        url = f"{self._scene.api_url}/v1/{path}"
        headers = {"Idempotency-Key": f"unit-{first}"}
        while not self.stopping:
            try:
                async with http.post(url, json=body, headers=headers) as answer:
                    if answer.status == 200:
                        value = await answer.json()
                        return [one["id"] for one in value["results"]] if is_batch else [value["id"]]
                    if answer.status not in _AWAY:
                        raise RuntimeError(f"{answer.status}: {await answer.text()}")
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError):
                pass  # callers know nothing of when it comes back
            await asyncio.sleep(AGAIN_SECONDS)
        return None

    async def before(self, http: aiohttp.ClientSession, unit: Unit) -> None:
        """A driver may prepare recipients here."""

    def _message(self, number: int) -> dict[str, Any]:
        sender = self._scene.place.numbers[number // self._work.per_lane % len(self._scene.place.numbers)]
        return {
            "from": sender,
            "to": recipient(number, self._work.per_lane),
            **self.content(number),
        }

    def content(self, number: int) -> dict[str, Any]:
        """The same each time that it is asked for: a request may be repeated."""
        return {"type": "text", "text": {"body": f"message {number}"}}


def _answered(folder: Path) -> dict[int, int]:
    """First number of each unit that was answered → how many messages it held."""
    lines = read_lines(folder / HISTORY)
    return {line["first"]: len(line["ids"]) for line in lines if line["what"] == "answered"}
