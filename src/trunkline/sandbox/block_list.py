"""Whom a business number has blocked: they get nothing from it, and it hears nothing from them."""

import msgspec

from trunkline.sandbox.database import Database
from trunkline.sandbox.shelf import Shelf

MOST_BLOCKED = 64_000


class Blocked(msgspec.Struct, frozen=True):
    phone_number_id: str
    wa_id: str


class BlockList:
    """Of all numbers; asked about in memory."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, "blocked", Blocked)

    def is_blocked(self, phone_number_id: str, wa_id: str) -> bool:
        """Whether a send to them is refused with 130403, and what they write goes nowhere."""
        return bool(len(self._shelf)) and _key(phone_number_id, wa_id) in self._shelf

    def of(self, phone_number_id: str) -> list[str]:
        """Oldest first."""
        return [one.wa_id for one in self._shelf.values() if one.phone_number_id == phone_number_id]

    def is_full(self, phone_number_id: str) -> bool:
        return len(self._shelf) >= MOST_BLOCKED and len(self.of(phone_number_id)) >= MOST_BLOCKED

    async def block(self, phone_number_id: str, wa_id: str) -> None:
        await self._shelf.put(_key(phone_number_id, wa_id), Blocked(phone_number_id, wa_id))

    async def unblock(self, phone_number_id: str, wa_id: str) -> None:
        await self._shelf.remove(_key(phone_number_id, wa_id))


def _key(phone_number_id: str, wa_id: str) -> str:
    return f"{phone_number_id}/{wa_id}"
