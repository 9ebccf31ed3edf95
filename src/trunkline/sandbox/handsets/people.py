"""People with phones: what each of them did that changes how messages reach them.

Every possible number is somebody. Only those who did something stand on the shelf; of the others everything
is as usual.
"""

import msgspec

from trunkline.sandbox.database import Database
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.webhooks.statuses import Taken, user_id_of


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One handset. Changed by putting a changed copy on the shelf."""

    address: str
    """Digits of the phone."""
    name: str = ""
    username: str | None = None
    """Adopting one hides the phone from businesses that do not know it yet."""
    online: bool = True
    held: bool = False
    """Somebody has the phone in hand: `read` then waits until the chat is open."""
    open_chat: str | None = None
    """Phone number id of the business whose chat is on the screen."""
    blocked: tuple[str, ...] = ()
    """Phone number ids of the businesses that this person blocked."""
    marketing_stopped: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    """Numbers that this person had before."""

    @property
    def profile_name(self) -> str:
        return self.name or default_name(self.address)


def default_name(address: str) -> str:
    """The profile name of somebody who gave none: `Handset 1234`."""
    return f"Handset {address[-4:]}"


class People:
    """Looked up by number, by user id, and by numbers that they had before."""

    def __init__(self, database: Database, waba_id: str) -> None:
        self._shelf = Shelf(database, "person", Person)
        self._waba_id = waba_id
        self._aliases: dict[str, str] = {}
        for person in self._shelf.values():
            self._note_aliases(person)

    def find(self, address: str) -> Person | None:
        """Somebody who did something; `address` is a phone, a former phone or a user id."""
        person = self._shelf.get(address)
        if person is None and self._aliases:
            person = self._shelf.get(self._aliases.get(address, ""))
        return person

    def get(self, address: str) -> Person:
        return self.find(address) or Person(address=address)

    def values(self) -> list[Person]:
        return self._shelf.values()

    async def meet(self, person: Person) -> None:
        """Somebody wrote: from now on known here, by phone and by user id."""
        if person.address not in self._shelf:
            await self.put(person)

    async def put(self, person: Person) -> None:
        """On disk when this returns."""
        self._note_aliases(person)
        await self._shelf.put(person.address, person)

    async def remove(self, address: str) -> None:
        await self._shelf.remove(address)

    def profile_of(self, address: str) -> tuple[str, str | None]:
        """The name and the username of whoever has this phone or user id."""
        person = self.find(address)
        return (person.profile_name, person.username) if person else (default_name(address), None)

    def user_id_of(self, address: str) -> str:
        return user_id_of(address, self._waba_id)

    def has_blocked(self, address: str, phone_number_id: str) -> bool:
        person = self.find(address)
        return person is not None and phone_number_id in person.blocked

    def has_stopped_marketing(self, address: str, phone_number_id: str) -> bool:
        person = self.find(address)
        return person is not None and phone_number_id in person.marketing_stopped

    def addresses_of(self, person: Person) -> list[str]:
        """Everything under which messages to this person may stand in the ledger."""
        phones = [person.address, *person.previous]
        return [*phones, *(self.user_id_of(phone) for phone in phones)]

    def of(self, taken: Taken) -> Person | None:
        return self.find(taken.recipient)

    def _note_aliases(self, person: Person) -> None:
        for alias in self.addresses_of(person):
            self._aliases[alias] = person.address
