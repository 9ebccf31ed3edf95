"""Whether a status can happen yet: a phone that is off takes nothing, a chat that is closed is not read."""

from trunkline.sandbox.handsets.people import People
from trunkline.sandbox.webhooks.contract import Passage
from trunkline.sandbox.webhooks.statuses import Taken


class Presence:
    """The `Gate` of the reporter. Phones that nobody holds are on, and read what comes."""

    def __init__(self, people: People) -> None:
        self._people = people

    def passage(self, taken: Taken, status: str) -> Passage:
        person = self._people.of(taken)
        if person is None or status in {"sent", "failed"}:
            return Passage.PASS
        if not person.online:
            return Passage.PARK
        if not person.held:
            return Passage.PASS
        is_open = person.open_chat == taken.phone_number_id
        if status == "delivered":
            # Where the chat is on the screen, WhatsApp reports `read` alone.
            will_be_read = any(step.status == "read" for step in taken.plan.steps[taken.reported :])
            return Passage.SKIP if is_open and will_be_read else Passage.PASS
        return Passage.PASS if is_open else Passage.PARK
