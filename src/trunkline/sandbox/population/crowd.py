"""The populations of a sandbox: they say how a send fares, and later do what its reader decided.

`sends/sending.py` asks `mood_of` for each send to one of their numbers; what a person then does goes through
the same actions as on the handset page. What people are about to do is forgotten in a restart.
"""

import asyncio
import heapq
import logging

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.handsets.actions import Actions
from trunkline.sandbox.population.traits import Mood, Population, draw
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.webhooks.statuses import Taken

_log = logging.getLogger(__name__)


class Crowd:
    """Runs between `start` and `stop`."""

    def __init__(self, populations: Shelf[Population], actions: Actions, clock: Clock) -> None:
        self.populations = populations
        self._actions = actions
        self._clock = clock
        self._messages: dict[str, bytearray] = {}
        self._due: list[tuple[int, int, Taken, Mood]] = []
        self._order = 0
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def add(self, population: Population) -> Population:
        """On disk when this returns. `ValueError` where its numbers are too long or another's."""
        if len(population.last) != len(population.first):
            raise ValueError("the numbers must all be equally long: choose another first")
        for other in self.populations.values():
            if int(other.first) <= int(population.last) and int(population.first) <= int(other.last):
                raise ValueError(f"{other.id} has some of these numbers: {other.first} to {other.last}")
        taken = [int(id_.removeprefix("population-")) for id_, _ in self.populations.items()]
        named = msgspec.structs.replace(population, id=f"population-{max(taken, default=0) + 1}")
        await self.populations.put(named.id, named)
        return named

    async def remove(self, id_: str) -> None:
        await self.populations.remove(id_)
        self._messages.pop(id_, None)

    def mood_of(self, address: str) -> Mood | None:
        """How the next message to this number fares; None for those who are in no population."""
        for population in self.populations.values():
            if population.has(address):
                return draw(population, address, self._count(population, address))
        return None

    def _count(self, population: Population, address: str) -> int:
        """Which message to this person it is. A person has one byte here: after 255 they begin again."""
        counts = self._messages.get(population.id)
        if counts is None:
            counts = self._messages[population.id] = bytearray(population.count)
        place = int(address) - int(population.first)
        counts[place] = counts[place] % 255 + 1
        return counts[place]

    def expect(self, taken: Taken, mood: Mood) -> None:
        """The message was taken: its reader will do what the mood says."""
        if mood.acts:
            self._order += 1
            at = taken.taken_at + round(mood.acts_after * 1000)
            heapq.heappush(self._due, (at, self._order, taken, mood))
            self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            while self._due and self._due[0][0] <= self._clock.now():
                _, _, taken, mood = heapq.heappop(self._due)
                await self._act(taken, mood)
            await self._clock.wait(self._due[0][0] if self._due else None, self._wake)

    async def _act(self, taken: Taken, mood: Mood) -> None:
        where = {"number": taken.phone_number_id}
        try:
            if mood.reply is not None:
                answer = {"do": "send", "type": "text", "text": {"body": mood.reply}, **where}
                await self._actions.perform(taken.recipient, answer)
            if mood.stops:
                await self._actions.perform(taken.recipient, {"do": "stop_marketing", **where})
            if mood.blocks:
                await self._actions.perform(taken.recipient, {"do": "block", **where})
        except GraphError as error:
            _log.info("%s did not act: %s", taken.recipient, error)
        except Exception:
            _log.exception("what %s was about to do went wrong", taken.recipient)
