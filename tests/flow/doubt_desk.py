"""A rig for doubts: sends that are open as a crash or a time-out leaves them, facts that come as posts."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.flow.rig import Rig, rig
from trunkline import admin
from trunkline.channels.contract import StatusFact
from trunkline.clock import VirtualClock
from trunkline.inbound.process import Processor
from trunkline.inbound.receive import receive
from trunkline.inbound.watch import HookWatch
from trunkline.model.evidence import make_token
from trunkline.model.message import State
from trunkline.outbound import doubts
from trunkline.store import Tx, attempts, inbox, leases, numbers, settlement
from trunkline.store.attempts import AttemptRow, Intent, Outcome
from trunkline.store.messages import NewMessage

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
PERSON = "15550002222"
Tell = Callable[["Desk"], Awaitable[None]]


class Desk:
    """A rig whose number is owned here, with a processor and the watch of the hooks."""

    def __init__(self, rig: Rig, clock: VirtualClock) -> None:
        self.rig = rig
        self.clock = clock
        self.settled: list[str] = []
        self.processor = Processor(rig.runtime, lambda *end: self.settled.append(end[2]))
        self.watch = HookWatch(rig.runtime)

    @property
    def row(self) -> numbers.NumberRow:
        return self.rig.runtime.directory.numbers[self.rig.number_id]

    async def write(self, work: Any) -> Any:
        return await self.rig.store.really.write(work)

    async def begun(self, message: NewMessage, *, stored: bool = False) -> int:
        """The number of the attempt that is open now."""
        if not stored:
            await self.rig.keep(message)
        now, account_id = self.clock.now(), self.rig.account_id

        async def work(tx: Tx) -> int:
            epoch = await leases.take(tx, account_id, message.number_id, "me", is_alone=True)
            assert epoch is not None
            intent = Intent(account_id, message.id, message.number_id, message.recipient, epoch, now)
            [n] = await attempts.open_intents(tx, [intent])
            assert n is not None
            return n

        return int(await self.write(work))

    async def answered(self, message: NewMessage, n: int, state: State, **more: Any) -> bool:
        now = self.clock.now()
        values: dict[str, Any] = {
            "account_id": self.rig.account_id, "message_id": message.id, "n": n, "finished_at": now,
            "outcome": "ambiguous", "is_open": state is State.UNKNOWN, "state": state, "due_at": now,
        }  # fmt: skip
        if state is State.SUBMITTED:
            values |= {"outcome": "taken", "provider_id": f"wamid.{message.id}", "submitted_at": now}
        outcome = Outcome(**(values | more))
        [took] = await self.write(lambda tx: settlement.record_outcomes(tx, [outcome]))
        return bool(took)

    async def doubt(self, recipient: str = PERSON, **changes: Any) -> NewMessage:
        """A message whose send brought no usable answer."""
        message = self.rig.message(recipient, **({"expires_at": self.clock.now() + DAY} | changes))
        await self.answered(message, await self.begun(message), State.UNKNOWN)
        return message

    async def taken(self, recipient: str, **more: Any) -> NewMessage:
        message = self.rig.message(recipient)
        await self.answered(message, await self.begun(message), State.SUBMITTED, **more)
        return message

    async def tell(self, *facts: StatusFact) -> None:
        """A post of the provider, processed."""
        runtime, account_id = self.rig.runtime, self.rig.account_id
        post = await receive(runtime, account_id, "whatsapp_cloud", msgspec.json.encode(list(facts)))
        if post is not None:
            self.processor.hand_over(post)
        async with asyncio.timeout(30):
            while await runtime.store.read(lambda tx: inbox.open_posts(tx, account_id, "", 1)):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def fact(self, provider_id: str, status: str = "failed", **changes: Any) -> StatusFact:
        """By default without a token, as a `failed` may come."""
        values = {"at": self.clock.now(), "phone_number_id": self.row.phone_number_id, "recipient": PERSON}
        return StatusFact(provider_id, status, **(values | changes))

    def token(self, message: NewMessage, n: int) -> str:
        return make_token(message.id, n, self.rig.runtime.vault.evidence_mac)

    async def settle(self) -> list[doubts.End]:
        return await doubts.settle(self.rig.runtime, self.row)

    async def later(self, ms: int, *, beat: bool = True) -> None:
        self.clock.advance(ms)
        if beat:
            await self.watch.beat()

    async def others_are_told(self, count: int = 3) -> None:
        for n in range(count):
            other = await self.taken(f"155500033{n:02}")
            await self.tell(self.fact(f"wamid.{other.id}", "sent", recipient=other.recipient))

    async def state(self, message: NewMessage) -> str:
        return (await self.rig.row(message)).state

    async def attempts(self, message: NewMessage) -> list[AttemptRow]:
        store, account_id = self.rig.store.really, self.rig.account_id
        return await store.read(lambda tx: attempts.of_message(tx, account_id, message.id))

    async def policy(self, policy: str, seconds: int | None = None) -> None:
        await admin.set_doubt_policy(self.rig.office, self.rig.account_id, policy, seconds)
        await self.rig.runtime.directory.reload()


def story(folder: Path, tell: Tell, url: str = "") -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(folder, url, clock=clock) as running:
            desk = Desk(running, clock)
            await desk.policy("resolve")  # with R3
            await desk.processor.start()
            await desk.watch.beat()
            clock.advance(6_000)  # more than clocks may differ
            try:
                await tell(desk)
            finally:
                await desk.processor.stop()

    asyncio.run(run())
