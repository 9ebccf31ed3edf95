"""Runs scenarios: listens to what the business sends and lets people act as their rules say.

What is under way is forgotten in a restart, and so are the scenarios: a test or a script asks for them anew.
"""

import asyncio
import logging
from typing import Any

import msgspec

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.feed import Feed
from trunkline.sandbox.handsets.actions import Actions
from trunkline.sandbox.scenarios.script import Rule, Scenario, seconds_of

_log = logging.getLogger(__name__)


class Running(msgspec.Struct):
    """A scenario and what came of it."""

    id: str
    scenario: Scenario
    met: list[int]
    """How often each rule was met."""
    problems: list[str] = []
    """What people could not do."""

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.scenario.name,
            "met": self.met,
            "problems": self.problems,
        }


class Scenarios:
    """Runs between `start` and `stop`."""

    def __init__(self, feed: Feed, actions: Actions, clock: Clock) -> None:
        self.running: dict[str, Running] = {}
        self._feed = feed
        self._actions = actions
        self._clock = clock
        self._last_id = 0
        self._listening: asyncio.Task[None] | None = None
        self._acting: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        tasks = [*self._acting, *([self._listening] if self._listening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def add(self, scenario: Scenario) -> Running:
        """Its start is done when this returns. Raises `GraphError` where that can not be done."""
        for step in [*scenario.start, *(step for rule in scenario.rule for step in rule.then)]:
            if "wait" not in step:
                self._actions.check_name(step["do"])
        for step in scenario.start:
            await self._perform(step, str(step["handset"]), None)
        self._last_id += 1
        running = Running(f"scenario-{self._last_id}", scenario, [0] * len(scenario.rule))
        self.running[running.id] = running
        if self._listening is None:
            heard = asyncio.Event()
            self._listening = asyncio.get_running_loop().create_task(self._listen(heard))
            await heard.wait()
        return running

    async def _listen(self, heard: asyncio.Event) -> None:
        with self._feed.listen() as listener:
            heard.set()
            while (event := await listener.next()) is not None:
                if event.name == "message" and event.data.get("from") == "business":
                    self._meet(event.data)

    def _meet(self, message: dict[str, Any]) -> None:
        for running in self.running.values():
            for place, rule in enumerate(running.scenario.rule):
                is_over = rule.times is not None and running.met[place] >= rule.times
                if is_over or not rule.when.fits(message):
                    continue
                running.met[place] += 1
                task = asyncio.get_running_loop().create_task(self._act(running, rule, message))
                self._acting.add(task)
                task.add_done_callback(self._acting.discard)
                break

    async def _act(self, running: Running, rule: Rule, message: dict[str, Any]) -> None:
        try:
            for step in rule.then:
                await self._perform(step, str(message["handset"]), message)
        except GraphError as error:
            running.problems.append(error.in_words)
        except Exception as error:
            _log.exception("a step of %s went wrong", running.id)
            running.problems.append(f"a fault of the sandbox: {error}")

    async def _perform(self, step: dict[str, Any], handset: str, message: dict[str, Any] | None) -> None:
        if "wait" in step:
            until = self._clock.now() + round(seconds_of(step["wait"]) * 1000)
            await self._clock.wait(until, asyncio.Event())
            return
        action = {name: value for name, value in step.items() if name != "handset"}
        if message is not None:
            action = {"message_id": message["id"], "number": message["phone_number_id"], **action}
        await self._actions.perform(str(step.get("handset", handset)), action)
