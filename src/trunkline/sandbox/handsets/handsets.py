"""The handsets as a whole: who is there, their chats, and what they do."""

import asyncio
from typing import Any

import msgspec

from trunkline.sandbox.clock import to_rfc3339
from trunkline.sandbox.handsets.actions import Actions
from trunkline.sandbox.handsets.answers import Answers
from trunkline.sandbox.handsets.chat import Chats, Views
from trunkline.sandbox.handsets.people import Person
from trunkline.sandbox.handsets.phone import Phone, read_address
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.state import ANY_HANDSET

_MOST = 200


class Handsets(msgspec.Struct, frozen=True):
    """What `admin/`, the page, scenarios and populations use."""

    runtime: Runtime
    views: Views
    chats: Chats
    phone: Phone
    actions: Actions

    async def list(self, limit: int = _MOST) -> list[dict[str, Any]]:
        """Those that took part in a chat lately, newest first, then all others that something is known of."""
        rows = await self.runtime.database.read("list_handsets", (limit,))
        people = self.runtime.people
        found = dict.fromkeys(people.get(str(address)).address for (address,) in rows)
        known = [person.address for person in people.values()] + list(self.runtime.state.handsets)
        addresses = [address for address in dict.fromkeys([*found, *known]) if address.isdecimal()]
        # Together, so that the reader has the next question when it has answered one.
        return await asyncio.gather(*(self.describe(address) for address in addresses[:limit]))

    async def describe(self, address: str) -> dict[str, Any]:
        """One handset; every number is one."""
        person = self.runtime.people.get(address)
        rule = self.runtime.state.handsets.get(person.address, ANY_HANDSET)
        return {
            "address": person.address,
            "name": person.profile_name,
            "username": person.username,
            "user_id": self.runtime.people.user_id_of(person.address),
            "online": person.online,
            "held": person.held,
            "open_chat": person.open_chat,
            "blocked": list(person.blocked),
            "marketing_stopped": list(person.marketing_stopped),
            "reachable": rule.reachable,
            "window_open": rule.window_open,
            "behaviour": rule.behaviour,
            "chats": [
                await self._describe_chat(person, number.id) for number in self.runtime.numbers.values()
            ],
        }

    async def _describe_chat(self, person: Person, phone_number_id: str) -> dict[str, Any]:
        views = await self.chats.list(person.address, phone_number_id, 50)
        closes_at = self.runtime.windows.closes_at(phone_number_id, person.address)
        unread = [view for view in views if view["from"] == "business" and view["status"] != "read"]
        return {
            "phone_number_id": phone_number_id,
            "unread": len(unread),
            "last": views[-1] if views else None,
            "window_closes_at": to_rfc3339(closes_at) if closes_at is not None else None,
        }

    async def perform(self, address: str, action: dict[str, Any]) -> dict[str, Any]:
        """One action: the handset as it is then, and the message that was written. Raises `GraphError`."""
        wamid = await self.actions.perform(address, action)
        changed = read_address(action["to"]) if action.get("do") == "change_number" else address
        answer: dict[str, Any] = {"handset": await self.describe(changed)}
        received = await self.runtime.inbox.find(wamid) if wamid is not None else None
        if received is not None:
            answer["message"] = self.views.of_received(received)
        return answer

    async def forget(self, address: str) -> None:
        """Back to what everybody is; messages stay."""
        person = self.runtime.people.get(address)
        await self.runtime.state.remove_handset(address)
        await self.runtime.people.remove(person.address)
        await self.phone.release(person)


def build_handsets(runtime: Runtime) -> Handsets:
    views = Views(runtime.media, runtime.templates)
    phone = Phone(runtime, runtime.people, runtime.inbox, views)
    chats = Chats(runtime.people, runtime.ledger, runtime.inbox, views)
    return Handsets(runtime, views, chats, phone, Actions(phone, Answers(phone)))
