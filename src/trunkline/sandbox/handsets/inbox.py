"""What people wrote to business numbers: kept, so that chats can be shown and read marks be checked."""

from typing import Any

import msgspec

from trunkline.sandbox.database import Database, Row


class Received(msgspec.Struct, frozen=True):
    """A message from a handset, as it stands in its webhook."""

    wamid: str
    phone_number_id: str
    handset: str
    sent_at: int
    read_at: int | None
    message: dict[str, Any]


class Inbox:
    """The table `received`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, received: Received) -> None:
        """On disk when this returns."""
        values = (received.wamid, received.phone_number_id, received.handset, received.sent_at)
        await self._database.write("keep_received", (*values, msgspec.json.encode(received.message)))

    async def find(self, wamid: str) -> Received | None:
        rows = await self._database.read("find_received", (wamid,))
        return _received(rows[0]) if rows else None

    async def mark_read(self, received: Received, now: int) -> None:
        """This message and the earlier ones of its chat."""
        values = (now, received.handset, received.phone_number_id, received.wamid)
        await self._database.write("mark_received_read", values)

    async def list_chat(self, handset: str, phone_number_id: str, limit: int) -> list[Received]:
        """The newest of a chat, oldest of them first."""
        rows = await self._database.read("list_received", (handset, phone_number_id, limit))
        return [_received(row) for row in reversed(rows)]


def _received(row: Row) -> Received:
    wamid, phone_number_id, handset, sent_at, read_at, message = row
    assert isinstance(sent_at, int) and isinstance(message, bytes)
    return Received(
        str(wamid),
        str(phone_number_id),
        str(handset),
        sent_at,
        read_at if isinstance(read_at, int) else None,
        msgspec.json.decode(message),
    )
