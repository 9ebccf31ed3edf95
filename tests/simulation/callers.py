"""Those who use the gateway: they send with an Idempotency-Key and repeat until they are answered.

A caller waits for each answer before its next request, so that the order of what it sends is known. It asks
any process that takes requests. Operators end the holds of numbers; users withdraw, resend and abandon.
"""

import asyncio
import random
from functools import partial
from types import SimpleNamespace
from typing import Any

import msgspec

from tests.simulation.loop import SimLoop
from tests.simulation.processes import Process
from trunkline import admin
from trunkline.api import doubts as doubts_api
from trunkline.api import sending
from trunkline.api.sending import Plan
from trunkline.errors import Refusal
from trunkline.model.message import Draft, Priority
from trunkline.outbound import accept
from trunkline.store import StoreUnavailable, Tx, messages

_PATIENCE = 3.0


class Order(msgspec.Struct, kw_only=True):
    """One request to send, and what came of it."""

    account_id: str
    number_id: str
    key: str
    drafts: list[Draft]
    life_seconds: float | None = None
    begun: float = 0.0
    ended: float = 0.0
    message_ids: list[str] = []
    place: str = ""
    """The process that stored it; of a repetition it is not known which did."""


class Callers:
    """All of a world. `orders` are what the checker goes by."""

    def __init__(self, world: Any, loop: SimLoop, chance: random.Random) -> None:
        self._world = world
        self._loop = loop
        self._chance = chance
        self.orders: list[Order] = []
        self.canceled: set[str] = set()
        self.decided: set[str] = set()
        """Messages whose doubt a user ended: their place in the order is given up."""
        self.resent: set[str] = set()
        """Messages that a user knowingly sent again."""

    async def send_all(self, account_id: str, number_id: str, lanes: list[str], count: int) -> None:
        """One caller's day."""
        chance = self._chance
        priority = chance.choice((Priority.HIGH, Priority.NORMAL, Priority.NORMAL, Priority.BULK))
        while count > 0:
            few = min(count, chance.choice((1, 1, 1, 2, 5, 12)))
            count -= few
            later = self._now_ms() + chance.randint(500, 20_000) if chance.random() < 0.08 else None
            drafts = [self._draft(chance.choice(lanes), priority, later) for _ in range(few)]
            key = f"key-{len(self.orders)}"
            order = Order(account_id=account_id, number_id=number_id, key=key, drafts=drafts)
            self.orders.append(order)
            await self._until_answered(order)
            if chance.random() < 0.1:
                await self._withdraw(order)
            await asyncio.sleep(chance.choice((0.0, 0.01, 0.2, 2.0, 10.0)) * chance.random())

    async def operate(self) -> None:
        """End the holds of numbers, for as long as the world goes on."""
        while True:
            await asyncio.sleep(self._chance.uniform(5.0, 25.0))
            process = self._anybody()
            if process is not None:
                await self._ask(process, partial(self._release_all, process))

    async def decide(self, share: float) -> None:
        """Users look at what is in doubt, and resend or abandon some of it."""
        while True:
            await asyncio.sleep(self._chance.uniform(10.0, 40.0))
            process = self._anybody()
            doubts = self._world.doubtful()
            if process is None or not doubts or self._chance.random() > share:
                continue
            account_id, message_id = self._chance.choice(doubts)
            handler = self._chance.choice((doubts_api.resend, doubts_api.abandon))
            self.decided.add(message_id)
            if handler is doubts_api.resend:  # whether its answer comes or not
                self.resent.add(message_id)
            self._world.trace("a user decides", handler.__name__, message_id)
            await self._ask(process, partial(_decide, process, handler, account_id, message_id))

    def _now_ms(self) -> int:
        return self._world.clock.now()

    def _draft(self, recipient: str, priority: Priority, send_at: int | None) -> Draft:
        return Draft(
            type="text", recipient=recipient, recipient_kind="phone", sender=None,
            content={"text": {"body": "hello"}}, send_at=send_at, priority=priority,
        )  # fmt: skip

    def _anybody(self) -> Process | None:
        ready = [process for process in self._world.processes() if process.takes_requests]
        return self._chance.choice(ready) if ready else None

    async def _until_answered(self, order: Order) -> None:
        order.begun = self._loop.time()
        asked: set[str] = set()
        while True:
            process = self._anybody()
            if process is not None:
                asked.add(process.name)
                body = await self._ask(process, partial(_accept, process, order))
                if body is not None and self._chance.random() > 0.05:  # else the answer is lost on its way
                    order.message_ids = msgspec.json.decode(body)
                    order.ended = self._loop.time()
                    order.place = process.name if len(asked) == 1 else order.key
                    self._world.trace("accepted", order.key, process.name, *order.message_ids)
                    return
            await asyncio.sleep(self._chance.uniform(0.05, 1.0))

    async def _ask(self, process: Process, work: Any) -> Any:
        """The answer; None when none comes in time, or a bad one."""
        answer = self._loop.create_future()

        async def handle() -> None:
            try:
                found = await work()
            except (StoreUnavailable, Refusal):
                found = None
            except Exception as fault:
                self._world.failed.append(f"a request failed: {fault!r}")
                raise
            if not answer.done():
                answer.set_result(found)

        process.spawn(handle())
        done, _ = await asyncio.wait([answer], timeout=_PATIENCE)
        return answer.result() if done else None

    async def _withdraw(self, order: Order) -> None:
        message_id = self._chance.choice(order.message_ids)
        process = self._anybody()
        if process is not None and await self._ask(
            process, partial(_cancel, process, order.account_id, message_id)
        ):
            self.canceled.add(message_id)
            self._world.trace("canceled", message_id)

    async def _release_all(self, process: Process) -> None:
        directory = process.runtime.directory
        for row in list(directory.numbers.values()):
            if row.held_reason is not None:
                self._world.trace("released", row.id)
                await admin.release_number(process.office, row.account_id, row.id)
                await process.changed()


async def _accept(process: Process, order: Order) -> bytes:
    """As the API does, from the checked drafts on."""
    runtime = process.runtime
    number = runtime.directory.numbers[order.number_id]

    async def plan() -> Plan:
        new = [accept.new_message(runtime, order.account_id, number, draft) for draft in order.drafts]
        return Plan(new, msgspec.json.encode([message.id for message in new]))

    api: Any = SimpleNamespace(runtime=runtime, dispatcher=process.dispatcher)
    response = await sending._carry_out_once(api, order.account_id, order.key, order.key.encode(), plan)
    return response.body


async def _decide(process: Process, handler: Any, account_id: str, message_id: str) -> bool:
    api: Any = SimpleNamespace(runtime=process.runtime, dispatcher=process.dispatcher)
    caller: Any = SimpleNamespace(account_id=account_id, is_live=True)
    await handler(api, SimpleNamespace(params={"id": message_id}), caller)
    return True


async def _cancel(process: Process, account_id: str, message_id: str) -> bool:
    now = process.runtime.clock.now()

    async def work(tx: Tx) -> bool:
        return await messages.cancel(tx, account_id, message_id, now)

    return await process.runtime.store.write(work)
