"""One send, from its body to its answer: check, look up the recipient, write it down, start its statuses.

`server.py` calls `Sending.send`; the answer goes out only after the ledger's commit is on disk. Raises
`GraphError` for everything that Meta would refuse.
"""

import asyncio

import msgspec

from trunkline.sandbox.behaviours import USUAL, Answer, Behaviour
from trunkline.sandbox.errors import GraphError, known_error
from trunkline.sandbox.messages import Message
from trunkline.sandbox.reporter import Reporter
from trunkline.sandbox.rules import Rules
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.statuses import Plan, Taken, build_plan
from trunkline.sandbox.wamid import new_wamid

_PLAIN = Behaviour(name="plain", suffix="", says="")
_FIRST_STATUS_SECONDS = 5.0


class Reply(msgspec.Struct, frozen=True):
    """What goes back to the caller. `manner` says how; `body` is the one for `Answer.OK`."""

    manner: Answer
    body: bytes = b""


class Sending:
    """Everything that a send needs, for one business number."""

    def __init__(self, runtime: Runtime, rules: Rules, reporter: Reporter) -> None:
        self._settings = runtime.settings
        self._clock = runtime.clock
        self._identity = runtime.identity
        self._state = runtime.state
        self._ledger = runtime.ledger
        self._rules = rules
        self._reporter = reporter
        self._turns: dict[tuple[str, str], int] = {}

    async def send(self, message: Message, body: bytes) -> Reply:
        """Take the message, or refuse it as its recipient or the rules want."""
        if message.recipient == self._identity.display_phone_number:
            raise GraphError(131021, details="Recipient phone number is the sender's own.")
        behaviour = self._choose_behaviour(message.recipient)
        if behaviour.answer is Answer.ERROR and not behaviour.taken:
            raise known_error(behaviour.code, behaviour.http_status)
        self._rules.refuse_at_once(message)
        if not behaviour.taken:
            return Reply(behaviour.answer)
        taken = await self._take(message, behaviour, body)
        await self._report(taken, behaviour)
        if behaviour.answer is Answer.ERROR:
            raise known_error(behaviour.code, behaviour.http_status)
        return Reply(behaviour.answer, _build_answer(message, taken))

    def _choose_behaviour(self, recipient: str) -> Behaviour:
        behaviour = self._state.behaviour_of(recipient)
        if behaviour is None:
            return _PLAIN
        if behaviour.every_other:
            turn = self._turns.get((recipient, behaviour.name), 0)
            self._turns[recipient, behaviour.name] = turn + 1
            return _PLAIN if turn % 2 else behaviour
        return behaviour

    async def _take(self, message: Message, behaviour: Behaviour, body: bytes) -> Taken:
        recipient = message.recipient
        wa_id = None if message.by_user_id else recipient
        if wa_id is not None and behaviour.other_wa_id:
            wa_id = f"{wa_id[:4]}1{wa_id[4:]}"
        taken = Taken(
            wamid=new_wamid(recipient),
            phone_number_id=self._identity.phone_number_id,
            recipient=recipient,
            wa_id=wa_id,
            type=message.type,
            callback_data=message.callback_data,
            taken_at=self._clock.now(),
            plan=self._choose_plan(message, behaviour),
        )
        await self._ledger.take(taken, body)
        return taken

    def _choose_plan(self, message: Message, behaviour: Behaviour) -> Plan:
        words = behaviour.statuses
        if words == USUAL and (code := self._rules.failure_of(message)) is not None:
            words = (f"failed:{code}",)
        if message.type == "reaction":
            # A reaction is never reported beyond `sent`.
            words = tuple(word for word in words if word == "sent" or word.startswith("failed"))
        later = self._settings.late_seconds if behaviour.late else 0.0
        return build_plan(words, self._settings.status_delay_seconds, later, echo=behaviour.echo)

    async def _report(self, taken: Taken, behaviour: Behaviour) -> None:
        if behaviour.answer is not Answer.AFTER_SENT:
            self._reporter.add(taken)
            return
        first_posted = asyncio.Event()
        self._reporter.add(taken, first_posted)
        try:
            await asyncio.wait_for(first_posted.wait(), _FIRST_STATUS_SECONDS)
        except TimeoutError:
            pass  # nobody takes the webhook: the answer cannot wait for ever


def _build_answer(message: Message, taken: Taken) -> bytes:
    contact = {"input": message.input}
    if taken.wa_id is not None:
        contact["wa_id"] = taken.wa_id
    user_id = message.recipient if message.by_user_id else message.user_id
    if user_id is not None:
        contact["user_id"] = user_id
    sent = {"id": taken.wamid}
    if message.type == "template":
        sent["message_status"] = "accepted"
    return msgspec.json.encode(
        {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]},
    )
