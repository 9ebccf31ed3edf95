"""The customer service window: 24 hours from the last message that a user wrote to a business number."""

from trunkline.sandbox.database import Database

WINDOW = 86_400_000


class Windows:
    """When each user last wrote to each number; from memory."""

    def __init__(self, database: Database) -> None:
        self._last = {
            (str(number), str(handset)): int(at or 0)
            for number, handset, at in database.read_now("read_last_received")
        }

    def note(self, phone_number_id: str, handset: str, at: int) -> None:
        self._last[phone_number_id, handset] = at

    def closes_at(self, phone_number_id: str, handset: str) -> int | None:
        """The moment at which it closes or closed; None when the user never wrote."""
        last = self._last.get((phone_number_id, handset))
        return None if last is None else last + WINDOW

    def is_open(self, phone_number_id: str, handset: str, now: int) -> bool:
        return self._last.get((phone_number_id, handset), -WINDOW) + WINDOW > now

    def move(self, old: str, new: str) -> None:
        """A user changed the number: the windows go along."""
        for (number, handset), at in list(self._last.items()):
            if handset == old:
                self._last[number, new] = at
                del self._last[number, handset]
