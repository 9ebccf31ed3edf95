"""A phone: writes messages that the business gets as webhooks, and finds those that it got.

`actions.py` says what a person does; here it is carried out on the inbox, the window and the webhooks.
"""

import re
from typing import Any

from trunkline.sandbox.content.messages import normal_digits
from trunkline.sandbox.errors import invalid
from trunkline.sandbox.handsets.chat import Views
from trunkline.sandbox.handsets.compose import compose_contact, compose_content, compose_message
from trunkline.sandbox.handsets.inbox import Inbox, Received
from trunkline.sandbox.handsets.people import People, Person
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.sends.wamid import new_received_wamid
from trunkline.sandbox.webhooks.statuses import Taken

_DIGITS = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_KNOWN_FOR = 30 * 86_400_000
"""For so long a business still sees the phone of somebody who adopted a username."""


class Phone:
    """For every handset; a person is passed in."""

    def __init__(self, runtime: Runtime, people: People, inbox: Inbox, views: Views) -> None:
        self.runtime = runtime
        self.people = people
        self._inbox = inbox
        self._views = views

    def now(self) -> int:
        return self.runtime.clock.now()

    def number_of(self, action: Param) -> str:
        """The phone number id of the business that the action is about: the first, unless it says so."""
        number = action.text_if_any("number") or self.runtime.identity.phone_number_id
        if number not in self.runtime.numbers:
            raise invalid(f"{number} is not the phone number id of a business number here.")
        return number

    def compose(self, kind: str, action: Param) -> Any:
        return compose_content(kind, action, self.runtime.media)

    async def find_send(self, wamid: str, phone_number_id: str) -> tuple[Taken, dict[str, Any]]:
        """A message of the business and its body."""
        found = await self.runtime.ledger.find_taken(wamid)
        if found is None or found[0].phone_number_id != phone_number_id:
            raise invalid("message_id names no message that this business number sent.")
        return found[0], self._views.body_of(found[1])

    async def quote(self, wamid: str, phone_number_id: str) -> dict[str, Any]:
        """The `context` of an answer to a message of either side."""
        number = self.runtime.numbers.get(phone_number_id)
        if (await self.runtime.ledger.find_taken(wamid)) is not None and number is not None:
            return {"from": number.digits, "id": wamid}
        received = await self._inbox.find(wamid)
        if received is None:
            raise invalid("There is no message of that id in this chat.")
        return {"from": received.handset, "id": wamid}

    async def write(  # noqa: PLR0913, PLR0917 - a message and its surroundings
        self,
        person: Person,
        phone_number_id: str,
        kind: str,
        content: Any,
        context: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
    ) -> str:
        """Send a message to the business: opens the window, makes the webhook. Answers the wamid."""
        if not person.online:
            raise invalid("This phone is offline.")
        if phone_number_id in person.blocked:
            raise invalid("This person has blocked the business, and must unblock it to write.")
        now, wamid = self.now(), new_received_wamid(person.address)
        shows_phone = await self._shows_phone(person, phone_number_id)
        message = compose_message(
            person,
            self.people,
            wamid=wamid,
            now=now,
            kind=kind,
            content=content,
            context=context,
            shows_phone=shows_phone,
        ) | (more or {})
        received = Received(wamid, phone_number_id, person.address, now, None, message)
        await self.people.meet(person)
        await self._inbox.keep(received)
        self.runtime.windows.note(phone_number_id, person.address, now)
        if more and (more.get("referral") or {}).get("source_type") == "ad":
            await self.runtime.entry_points.note(phone_number_id, person.address, now)
        # Whom the business blocked may write, and sees no difference; nobody hears of it.
        if not self.runtime.blocks.is_blocked(phone_number_id, person.address):
            contact = compose_contact(person, self.people, shows_phone=shows_phone)
            await self.runtime.webhooks.receive(
                phone_number_id, person.address, {"contacts": [contact], "messages": [message]}
            )
        self.tell_message(person.address, phone_number_id, lambda: self._views.of_received(received))
        return wamid

    async def tell_preference(self, person: Person, phone_number_id: str, value: str) -> None:
        """The webhook `user_preferences`: marketing was stopped or resumed."""
        shows_phone = await self._shows_phone(person, phone_number_id)
        contact = compose_contact(person, self.people, shows_phone=shows_phone)
        who = {"wa_id": person.address} if shows_phone else {}
        preference = {
            **who,
            "user_id": self.people.user_id_of(person.address),
            "detail": f"User requested to {value} marketing messages",
            "category": "marketing_messages",
            "value": value,
            "timestamp": self.now() // 1000,
        }
        members = {"contacts": [contact], "user_preferences": [preference]}
        await self.runtime.webhooks.receive(phone_number_id, person.address, members, "user_preferences")

    async def tell_new_number(self, person: Person, phone_number_id: str, to: str) -> None:
        """The system message of a change of number; it has no `contacts`, and opens no window."""
        content = {
            "body": f"User {person.profile_name} changed from {person.address} to {to}",
            "type": "user_changed_number",
            "wa_id": to,
            "user_id": self.people.user_id_of(to),
            "previous_user_id": self.people.user_id_of(person.address),
        }
        wamid = new_received_wamid(person.address)
        message = {
            "from": person.address,
            "id": wamid,
            "timestamp": str(self.now() // 1000),
            "type": "system",
            "system": content,
        }
        received = Received(wamid, phone_number_id, person.address, self.now(), None, message)
        await self._inbox.keep(received)
        await self.runtime.webhooks.receive(phone_number_id, person.address, {"messages": [message]})

    async def release(self, person: Person) -> None:
        """The statuses that waited for this person may be looked at again, whatever address was sent to."""
        for address in self.people.addresses_of(person):
            await self.runtime.webhooks.release(address)

    def tell_message(self, address: str, phone_number_id: str, view: Any) -> None:
        where = {"handset": address, "phone_number_id": phone_number_id}
        self.runtime.feed.tell("message", lambda: {**view(), **where})

    def tell_handset(self, address: str) -> None:
        self.runtime.feed.tell("handset", lambda: {"address": address})

    async def _shows_phone(self, person: Person, phone_number_id: str) -> bool:
        """Whether webhooks carry the phone: always, but for those who adopted a username."""
        if person.username is None:
            return True
        last = await self.runtime.ledger.read_last_sent(person.address, phone_number_id)
        return last is not None and last > self.now() - _KNOWN_FOR


def read_address(phone: str) -> str:
    """`+1 (555) 000-1234` → `15550001234`; raises `GraphError` for what is no phone number."""
    digits = normal_digits(phone)
    if _DIGITS.fullmatch(digits) is None:
        raise invalid("A phone number has 7 to 15 digits.")
    return digits
