"""How the rest of the sandbox makes webhooks, and what webhooks ask of the rest."""

import asyncio
from enum import Enum
from typing import Any, Protocol

from trunkline.sandbox.webhooks.statuses import Step, Taken


class Webhooks(Protocol):
    """What is handed over is posted until somebody takes it, as Meta does."""

    def report(self, taken: Taken, first_posted: asyncio.Event | None = None) -> None:
        """The statuses of a message in the ledger. `first_posted` is set after its first status."""

    async def extend(self, taken: Taken, step: Step) -> None:
        """One more status at the end of a message's plan; on disk when this returns."""

    async def announce(self, field: str, value: dict[str, Any]) -> None:
        """A fact about the account, such as `message_template_status_update`; on disk when this returns.

        `value` is the `value` object of Meta's page for that field; envelope and time are added.
        """

    async def receive(
        self, phone_number_id: str, handset: str, members: dict[str, Any], field: str = "messages"
    ) -> None:
        """Something from a user: `members` stand in `value` beside `metadata`. On disk when this returns."""

    async def release(self, handset: str) -> None:
        """The statuses that waited for this person may be looked at again."""

    def try_again(self) -> None:
        """A callback was changed: whoever waits for the old one goes to the new one."""


class Passage(Enum):
    """Whether a status can be reported now."""

    PASS = "pass"  # noqa: S105 - not a password
    SKIP = "skip"
    """It never will be: the next one says more."""
    PARK = "park"
    """It waits until `Webhooks.release` is called for the handset."""


class Gate(Protocol):
    """Asked before each status is posted: a phone that is off was not delivered to."""

    def passage(self, taken: Taken, status: str) -> Passage: ...


class OpenGate:
    """Everybody is there and reads at once."""

    def passage(self, taken: Taken, status: str) -> Passage:
        return Passage.PASS
