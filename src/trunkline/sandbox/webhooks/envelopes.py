"""From jobs to the address and the exact bytes of a post."""

from collections.abc import Callable
from typing import Any

import msgspec

from trunkline.sandbox.numbers import BusinessNumber
from trunkline.sandbox.settings import Settings
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.state import Identity, State
from trunkline.sandbox.webhooks.jobs import Fact, Job
from trunkline.sandbox.webhooks.statuses import build_status, escape_as_graph


class Envelopes:
    """Writes webhooks as Graph does."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a post is made of
        self,
        settings: Settings,
        identity: Identity,
        state: State,
        numbers: Shelf[BusinessNumber],
        profile_of: Callable[[str], tuple[str, str | None]],
        wants: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._state = state
        self._numbers = numbers
        self._profile_of = profile_of
        self._wants = wants

    def url_of(self, job: Job) -> str | None:
        """Of the number, else of the account, else of the app; None when none has one or wants the field."""
        if not self._wants(job.field):
            return None
        nodes = (self._identity.waba_id, self._identity.app_id)
        if job.phone_number_id is None:
            return self._state.callback_of(*nodes)
        return self._state.callback_of(job.phone_number_id, *nodes)

    def build(self, jobs: list[Job]) -> bytes:
        """One post: an entry for all of the account, with a change for each job."""
        entry: dict[str, Any] = {"id": self._identity.waba_id}
        if any(job.phone_number_id is None for job in jobs):
            entry["time"] = max(job.first_due for job in jobs) // 1000
        entry["changes"] = [{"value": self._value(job), "field": job.field} for job in jobs]
        envelope = {"object": "whatsapp_business_account", "entry": [entry]}
        return escape_as_graph(msgspec.json.encode(envelope))

    def _value(self, job: Job) -> Any:
        subject = job.subject
        if isinstance(subject, Fact):
            if subject.phone_number_id is None:
                return subject.value
            members = msgspec.json.decode(subject.value)
        else:
            profile = self._profile_of(subject.recipient)
            waba_id, user_ids = self._identity.waba_id, self._settings.user_ids
            members = build_status(subject, subject.reported, waba_id, profile, user_ids=user_ids)
        number = self._numbers.get(subject.phone_number_id or "")
        digits = number.digits if number else self._identity.display_phone_number
        metadata = {"display_phone_number": digits, "phone_number_id": subject.phone_number_id}
        return {"messaging_product": "whatsapp", "metadata": metadata, **members}
