"""What a person does with a phone: `perform` carries out one action and answers what was written.

The handset page, scenarios, populations and tests all come through here. Each action is a method; problems
are raised as `GraphError`, and nothing has happened then.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from trunkline.sandbox.content.emoji import is_one_emoji
from trunkline.sandbox.errors import invalid
from trunkline.sandbox.handsets.answers import Answers
from trunkline.sandbox.handsets.people import Person
from trunkline.sandbox.handsets.phone import Phone, read_address
from trunkline.sandbox.params import Param
from trunkline.sandbox.webhooks.statuses import Step


class Actions:
    """One table of what can be done."""

    def __init__(self, phone: Phone, answers: Answers) -> None:
        self._phone = phone
        self._people = phone.people
        self._webhooks = phone.runtime.webhooks
        self._table: dict[str, Callable[[Person, str, Param], Awaitable[str | None]]] = {
            "send": self._send,
            "react": self._react,
            "tap": answers.tap,
            "choose": answers.choose,
            "fill": answers.fill,
            "order": answers.order,
            "share_location": answers.share_location,
            "play": self._play,
            "open": self._open,
            "close": self._close,
            "offline": self._go_offline,
            "online": self._come_back,
            "block": self._block,
            "unblock": self._unblock,
            "stop_marketing": self._stop_marketing,
            "resume_marketing": self._resume_marketing,
            "change_number": self._change_number,
            "adopt_username": self._adopt_username,
            "rename": self._rename,
            "hold": self._hold,
            "let_go": self._let_go,
        }

    def check_name(self, do: str) -> None:
        if do not in self._table:
            raise invalid(f"do must be one of: {', '.join(self._table)}.")

    async def perform(self, address: str, action: dict[str, Any]) -> str | None:
        """The wamid of what was written, or None."""
        given = Param(action, "")
        self.check_name(given.text("do"))
        do = self._table[given.text("do")]
        phone_number_id = self._phone.number_of(given)
        return await do(self._people.get(read_address(address)), phone_number_id, given)

    async def _send(self, person: Person, number: str, action: Param) -> str:
        context: dict[str, Any] = {}
        if (quoted := action.text_if_any("context")) is not None:
            context = await self._phone.quote(quoted, number)
        for mark in ("forwarded", "frequently_forwarded"):
            if action.members.get(mark) is True:
                context = {mark: True}
        referral = action.object_if_any("referral")
        more = {"referral": referral.members} if referral else {}
        kind = action.text("type")
        content = self._phone.compose(kind, action)
        return await self._phone.write(person, number, kind, content, context or None, more)

    async def _react(self, person: Person, number: str, action: Param) -> str:
        target = action.text("message_id")
        await self._phone.quote(target, number)
        emoji = action.text("emoji", 32, empty=True)
        if emoji and not is_one_emoji(emoji):
            raise invalid("A reaction is exactly one emoji, or empty to take it back.")
        content = {"message_id": target, "emoji": emoji} if emoji else {"message_id": target}
        return await self._phone.write(person, number, "reaction", content)

    async def _play(self, person: Person, number: str, action: Param) -> None:
        """The first time a voice note is played, its sender hears of it."""
        taken, _ = await self._phone.find_send(action.text("message_id"), number)
        if taken.type != "audio":
            raise invalid("Only a voice note or another audio message can be played.")
        if any(step.status == "played" for step in taken.plan.steps):
            return
        after = self._phone.now() - taken.taken_at
        await self._webhooks.extend(taken, Step("played", after, after))

    async def _open(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, held=True, open_chat=number)
        await self._phone.release(person)

    async def _close(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, held=True, open_chat=None)

    async def _hold(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, held=True)

    async def _let_go(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, held=False, open_chat=None)
        await self._phone.release(person)

    async def _go_offline(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, online=False)

    async def _come_back(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, online=True)
        await self._phone.release(person)

    async def _block(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, blocked=_with(person.blocked, number))

    async def _unblock(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, blocked=_without(person.blocked, number))

    async def _stop_marketing(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, marketing_stopped=_with(person.marketing_stopped, number))
        await self._phone.tell_preference(person, number, "stop")

    async def _resume_marketing(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, marketing_stopped=_without(person.marketing_stopped, number))
        await self._phone.tell_preference(person, number, "resume")

    async def _change_number(self, person: Person, number: str, action: Param) -> None:
        """The business hears of it from the old number; chat, window and parked statuses go along."""
        to = read_address(action.text("to"))
        other = self._people.find(to)
        if to == person.address or (other is not None and other.address != person.address):
            raise invalid(f"{to} is somebody's number already.")
        await self._phone.tell_new_number(person, number, to)
        previous = (person.address, *_without(person.previous, to))
        moved = msgspec.structs.replace(person, address=to, name=person.profile_name, previous=previous)
        await asyncio.gather(self._people.remove(person.address), self._people.put(moved))  # in one commit
        self._phone.runtime.windows.move(person.address, to)
        await self._phone.runtime.entry_points.move(person.address, to)
        self._phone.tell_handset(to)

    async def _adopt_username(self, person: Person, number: str, action: Param) -> None:
        username = action.text("username", 35, empty=True)
        await self._change(person, username=username or None)

    async def _rename(self, person: Person, number: str, action: Param) -> None:
        await self._change(person, name=action.text("name", 25))

    async def _change(self, person: Person, **members: Any) -> None:
        await self._people.put(msgspec.structs.replace(person, **members))
        self._phone.tell_handset(person.address)


def _with(ids: tuple[str, ...], id_: str) -> tuple[str, ...]:
    return ids if id_ in ids else (*ids, id_)


def _without(ids: tuple[str, ...], id_: str) -> tuple[str, ...]:
    return tuple(other for other in ids if other != id_)
