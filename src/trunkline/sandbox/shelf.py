"""Things of one kind, by id: read from memory, written through to disk.

For all that the emulator keeps beside messages and that stays small: templates, flows, QR codes, profiles.
A thing is a `msgspec.Struct`; a member that a later version adds needs a default.
"""

from typing import Generic, TypeVar

import msgspec

from trunkline.sandbox.database import Database

T = TypeVar("T", bound=msgspec.Struct)


class Shelf(Generic[T]):
    """All things of one `kind`, in the order in which they were first put there."""

    def __init__(self, database: Database, kind: str, type_: type[T]) -> None:
        self._database = database
        self._kind = kind
        decoder = msgspec.json.Decoder(type_)
        self._things = {
            str(id_): decoder.decode(document)
            for id_, document in database.read_now("read_things", (kind,))
            if isinstance(document, bytes)
        }

    def __contains__(self, id_: str) -> bool:
        return id_ in self._things

    def __len__(self) -> int:
        return len(self._things)

    def get(self, id_: str) -> T | None:
        return self._things.get(id_)

    def items(self) -> list[tuple[str, T]]:
        """A copy, so that things may be put and removed meanwhile."""
        return list(self._things.items())

    def values(self) -> list[T]:
        return list(self._things.values())

    async def put(self, id_: str, thing: T) -> None:
        """Add or replace; on disk when this returns."""
        self._things[id_] = thing
        await self._database.write("put_thing", (self._kind, id_, msgspec.json.encode(thing)))

    async def remove(self, id_: str) -> None:
        """Gone from disk when this returns; nothing happens to an id that is not there."""
        if self._things.pop(id_, None) is not None:
            await self._database.write("remove_thing", (self._kind, id_))
