"""One send, from its body to its answer: check, look up the recipient, write it down, start its statuses.

`server.py` calls `Sending.send`; the answer goes out only after the ledger's commit is on disk. Raises
`GraphError` for everything that Meta would refuse.
"""

import asyncio
from typing import Any

import msgspec

from trunkline.sandbox.content.messages import Message
from trunkline.sandbox.errors import GraphError, invalid_value, known_error
from trunkline.sandbox.handsets.chat import Views
from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.population.crowd import Crowd
from trunkline.sandbox.population.traits import Mood
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.sends.behaviours import USUAL, Answer, Behaviour
from trunkline.sandbox.sends.media_checks import MediaChecks
from trunkline.sandbox.sends.prices import Prices
from trunkline.sandbox.sends.rules import Rules
from trunkline.sandbox.sends.wamid import new_wamid
from trunkline.sandbox.templates.gate import Standing
from trunkline.sandbox.webhooks.statuses import Plan, Taken, build_plan, with_details

_PLAIN = Behaviour(name="plain", suffix="", says="")
_FIRST_STATUS_SECONDS = 5.0


class Reply(msgspec.Struct, frozen=True):
    """What goes back to the caller. `manner` says how; `body` is the one for `Answer.OK`."""

    manner: Answer
    body: bytes = b""


class Sending:
    """Everything that a send needs, for one business number."""

    def __init__(
        self,
        runtime: Runtime,
        rules: Rules,
        views: Views,
        media: MediaChecks,
        crowd: Crowd,
    ) -> None:
        self._settings = runtime.settings
        self._clock = runtime.clock
        self._state = runtime.state
        self._ledger = runtime.ledger
        self._rules = rules
        self._prices = Prices(
            runtime.database, runtime.clock, runtime.switches, runtime.state, runtime.people, runtime.windows
        )
        self._media = media
        self._views = views
        self._crowd = crowd
        self._templates = runtime.templates.gate
        self._inbox = runtime.inbox
        self._feed = runtime.feed
        self._faults = runtime.send_faults
        self._people = runtime.people
        self._entry_points = runtime.entry_points
        self._switches = runtime.switches
        self._webhooks = runtime.webhooks
        self._turns: dict[tuple[str, str], int] = {}

    async def send(self, number: BusinessNumber, message: Message, body: bytes) -> Reply:
        """Take the message, or refuse it as its recipient or the rules want."""
        if message.recipient == number.digits:
            raise GraphError(131021, details="Recipient phone number is the sender's own.")
        behaviour = self._choose_behaviour(message.recipient)
        if behaviour.answer is Answer.ERROR and not behaviour.taken:
            raise known_error(behaviour.code, behaviour.http_status)
        if self._faults.waiting and (fault := self._faults.take(message, "answer")) is not None:
            raise fault
        self._rules.refuse_at_once(number, message)
        files = self._media.references_of(number, message, body) if self._switches.media else []
        if not behaviour.taken:
            return Reply(behaviour.answer)
        standing = self._templates.standing_of(message)
        taken = await self._take(number, message, behaviour, standing, body)
        self._feed.tell("message", lambda: self._show(taken, body))
        if files and taken.plan.steps and taken.plan.steps[0].status == "sent":
            await self._media.hold(taken, files)
        else:
            await self._report(taken, behaviour)
        if behaviour.answer is Answer.ERROR:
            raise known_error(behaviour.code, behaviour.http_status)
        return Reply(behaviour.answer, _build_answer(message, taken, standing))

    async def mark_read(self, number: BusinessNumber, body: dict[str, Any]) -> None:
        """The business read what a person wrote, and may be typing now."""
        received = await self._inbox.find(body["message_id"])
        if received is None or received.phone_number_id != number.id:
            if self._switches.message_ids:
                raise invalid_value("The message id is not one that this phone number received.")
            return
        await self._inbox.mark_read(received, self._clock.now())
        where = {"handset": received.handset, "phone_number_id": number.id}
        self._feed.tell("status", lambda: {"id": received.wamid, **where, "status": "read", "error": None})
        if body.get("typing_indicator") is not None:
            self._feed.tell("typing", lambda: where)

    def _show(self, taken: Taken, body: bytes) -> dict[str, Any]:
        where = {"handset": self._address_of(taken.recipient), "phone_number_id": taken.phone_number_id}
        return {**self._views.of_send(taken, body), **where}

    def _choose_behaviour(self, recipient: str) -> Behaviour:
        behaviour = self._state.behaviour_of(recipient)
        if behaviour is None:
            return _PLAIN
        if behaviour.every_other:
            turn = self._turns.get((recipient, behaviour.name), 0)
            self._turns[recipient, behaviour.name] = turn + 1
            return _PLAIN if turn % 2 else behaviour
        return behaviour

    async def _take(
        self,
        number: BusinessNumber,
        message: Message,
        behaviour: Behaviour,
        standing: Standing,
        body: bytes,
    ) -> Taken:
        recipient = message.recipient
        mood = self._crowd.mood_of(recipient) if len(self._crowd.populations) else None
        wa_id = None if message.by_user_id else recipient
        if wa_id is not None and behaviour.other_wa_id:
            wa_id = f"{wa_id[:4]}1{wa_id[4:]}"
        taken = Taken(
            wamid=new_wamid(recipient),
            phone_number_id=number.id,
            recipient=recipient,
            wa_id=wa_id,
            type=message.type,
            callback_data=message.callback_data,
            taken_at=self._clock.now(),
            plan=self._choose_plan(number, message, behaviour, standing, mood),
        )
        if taken.plan.free_until and taken.plan.steps and taken.plan.steps[0].status != "failed":
            address = self._address_of(taken.recipient)
            await self._entry_points.open(number.id, address, taken.plan.free_until)
        await self._ledger.take(taken, body if self._settings.keep_bodies else b"")
        if standing.held:
            self._templates.hold(standing, taken)
        if mood is not None and "read" in (step.status for step in taken.plan.steps):
            self._crowd.expect(taken, mood)
        return taken

    def _choose_plan(
        self,
        number: BusinessNumber,
        message: Message,
        behaviour: Behaviour,
        standing: Standing,
        mood: Mood | None,
    ) -> Plan:
        words, delays = behaviour.statuses, self._settings.status_delay_seconds
        if mood is not None and words == USUAL:
            words, delays = mood.words, (delays[0], mood.delivered_after, mood.read_after)
        fault = self._faults.take(message, "status") if self._faults.waiting else None
        if fault is not None:
            words = (f"failed:{fault.code}",)
        elif behaviour.statuses == USUAL and (code := self._rules.failure_of(number, message)) is not None:
            words = (f"failed:{code}",)
        if message.type == "reaction":
            # A reaction is never reported beyond `sent`.
            words = tuple(word for word in words if word == "sent" or word.startswith("failed"))
        later = self._settings.late_seconds if behaviour.late else 0.0
        free_until = self._free_until(number, message.recipient) if len(self._entry_points) else 0
        price = "" if free_until else self._prices.price_of(number.id, message, standing.category, words)
        plan = build_plan(
            words,
            delays,
            later + standing.held,
            echo=behaviour.echo,
            category=standing.category,
            conversation=message.tells_conversation,
            free_until=free_until,
            price=price,
        )
        return plan if fault is None or fault.details is None else with_details(plan, fault.details)

    def _free_until(self, number: BusinessNumber, recipient: str) -> int:
        return self._entry_points.end_for(number.id, self._address_of(recipient), self._clock.now())

    def _address_of(self, recipient: str) -> str:
        """Of somebody who is known here: the phone they have now."""
        person = self._people.find(recipient)
        return person.address if person is not None else recipient

    async def _report(self, taken: Taken, behaviour: Behaviour) -> None:
        if behaviour.answer is not Answer.AFTER_SENT:
            self._webhooks.report(taken)
            return
        first_posted = asyncio.Event()
        self._webhooks.report(taken, first_posted)
        try:
            await asyncio.wait_for(first_posted.wait(), _FIRST_STATUS_SECONDS)
        except TimeoutError:
            pass  # nobody takes the webhook: the answer cannot wait for ever


def _build_answer(message: Message, taken: Taken, standing: Standing) -> bytes:
    contact = {"input": message.input}
    if taken.wa_id is not None:
        contact["wa_id"] = taken.wa_id
    user_id = message.recipient if message.by_user_id else message.user_id
    if user_id is not None:
        contact["user_id"] = user_id
    sent = {"id": taken.wamid}
    if message.type == "template":
        sent["message_status"] = "held_for_quality_assessment" if standing.held else "accepted"
    return msgspec.json.encode(
        {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]},
    )
