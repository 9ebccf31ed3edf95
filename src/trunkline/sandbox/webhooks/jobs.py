"""What there is to post: the next status of a message, or a fact that stands by itself.

`reporter.py` posts jobs; here stands only what each kind says and how it is written down that it was taken.
"""

import asyncio
from typing import Any

import msgspec

from trunkline.sandbox.webhooks.statuses import Taken


class Fact(msgspec.Struct, frozen=True):
    """A row of the table `webhooks`: a message from a user, or something about the account."""

    id: int
    field: str
    phone_number_id: str | None
    """None for facts about the account."""
    handset: str | None
    """Whose facts are posted one after the other; None where order does not matter."""
    value: msgspec.Raw
    created_at: int


class Job:
    """One thing that is posted until somebody takes it."""

    __slots__ = ("attempts", "faulted", "first_due", "first_posted", "order", "subject")

    def __init__(self, subject: Taken | Fact, first_posted: asyncio.Event | None = None) -> None:
        self.subject = subject
        self.attempts = 0
        self.first_due = 0
        self.faulted = False
        """Whether faults were asked for about this post; each post of a new status is asked about anew."""
        self.first_posted = first_posted
        """Set after the first status was taken."""
        self.order = 0

    @property
    def phone_number_id(self) -> str | None:
        return self.subject.phone_number_id

    @property
    def field(self) -> str:
        return "messages" if isinstance(self.subject, Taken) else self.subject.field

    @property
    def handset(self) -> str | None:
        return self.subject.recipient if isinstance(self.subject, Taken) else self.subject.handset

    @property
    def status(self) -> str | None:
        """The status that is reported next; None for a fact."""
        if isinstance(self.subject, Taken):
            return self.subject.plan.steps[self.subject.reported].status
        return None


def read_fact(row: tuple[Any, ...]) -> Fact:
    id_, field, phone_number_id, handset, value, created_at = row
    return Fact(id_, field, phone_number_id, handset, msgspec.Raw(value), created_at)
