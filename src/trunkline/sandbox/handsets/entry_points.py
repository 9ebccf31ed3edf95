"""Free entry points: who came through an ad, and until when messages to them are free.

Somebody's message with a `referral` may be answered within a day; the first answer opens a window in which
every message to that person is free.
"""

import msgspec

from trunkline.sandbox.database import Database
from trunkline.sandbox.shelf import Shelf

ANSWER_WITHIN = 86_400_000
FREE_FOR = 3 * 86_400_000


class EntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """By phone number id and handset."""

    asked_at: int
    until: int = 0
    """The end of the window; 0 as long as nobody answered."""


class EntryPoints:
    """Of all chats; reads are from memory."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, "entry_point", EntryPoint)

    def __len__(self) -> int:
        return len(self._shelf)

    async def note(self, phone_number_id: str, handset: str, at: int) -> None:
        """Somebody came through an ad. A window that is open stays as it is."""
        known = self._shelf.get(_key(phone_number_id, handset))
        until = known.until if known is not None and known.until > at else 0
        await self._shelf.put(_key(phone_number_id, handset), EntryPoint(asked_at=at, until=until))

    def end_for(self, phone_number_id: str, handset: str, now: int) -> int:
        """When the window of a message that is sent now ends; 0 where it is not sent in one."""
        known = self._shelf.get(_key(phone_number_id, handset))
        if known is None:
            return 0
        if known.until:
            return known.until if now < known.until else 0
        return now + FREE_FOR if now < known.asked_at + ANSWER_WITHIN else 0

    async def open(self, phone_number_id: str, handset: str, until: int) -> None:
        """The window ends then, unless it was open already."""
        known = self._shelf.get(_key(phone_number_id, handset))
        if known is not None and not known.until:
            await self._shelf.put(_key(phone_number_id, handset), msgspec.structs.replace(known, until=until))

    async def move(self, old: str, new: str) -> None:
        """A user changed the number: the windows go along."""
        for key, known in self._shelf.items():
            number, _, handset = key.partition(":")
            if handset == old:
                await self._shelf.remove(key)
                await self._shelf.put(_key(number, new), known)


def _key(phone_number_id: str, handset: str) -> str:
    return f"{phone_number_id}:{handset}"
