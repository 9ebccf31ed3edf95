"""One post of one or more webhooks: signed, sent, and noted where people look for it."""

from trunkline.sandbox.clock import Clock
from trunkline.sandbox.feed import Feed
from trunkline.sandbox.webhooks.callbacks import Poster
from trunkline.sandbox.webhooks.envelopes import Envelopes
from trunkline.sandbox.webhooks.faults import WebhookFault
from trunkline.sandbox.webhooks.jobs import Job
from trunkline.sandbox.webhooks.journal import Journal, Posted
from trunkline.sandbox.webhooks.statuses import Taken

_TOO_BIG = 3 * 1024 * 1024 + 1
"""One byte more than the largest webhook that Meta promises to send."""


class Mail:
    """Posts; decides nothing about when and how often."""

    def __init__(
        self, clock: Clock, poster: Poster, envelopes: Envelopes, journal: Journal, feed: Feed
    ) -> None:
        self._clock = clock
        self._poster = poster
        self._envelopes = envelopes
        self._journal = journal
        self._feed = feed

    async def post(self, url: str, jobs: list[Job], fault: WebhookFault | None) -> int | None:
        """The HTTP status of the answer, or None when there was none."""
        body = self._envelopes.build(jobs)
        kind = fault.kind if fault else None
        # JSON may end in white space, so a padded body is still a valid one.
        sent = body.ljust(_TOO_BIG) if kind == "oversize" else body
        signed = body + b" " if kind == "bad_signature" else sent
        status, signature = await self._poster.post(url, sent, signed)
        if kind == "duplicate":
            status, signature = await self._poster.post(url, sent, signed)
        self._note(url, jobs, status, signature, body, kind)
        return status

    def note_dropped(self, url: str, job: Job) -> None:
        """A webhook that is never sent; people see that it would have been."""
        self._note(url, [job], None, "", self._envelopes.build([job]), "drop")

    def note_status(self, taken: Taken) -> None:
        step = taken.plan.steps[taken.reported]
        self._feed.tell(
            "status",
            lambda: {
                "id": taken.wamid,
                "handset": taken.recipient,
                "phone_number_id": taken.phone_number_id,
                "status": step.status,
                "error": step.code or None,
            },
        )

    def _note(  # noqa: PLR0913, PLR0917 - the members of a row
        self, url: str, jobs: list[Job], status: int | None, signature: str, body: bytes, fault: str | None
    ) -> None:
        posted = Posted(
            id=self._journal.next_id(),
            at=self._clock.now(),
            url=url,
            field=jobs[0].field,
            handset=jobs[0].handset,
            status=status,
            signature=signature,
            body=body,
            fault=fault,
        )
        self._journal.add(posted)
        self._feed.tell("webhook", posted.describe)
