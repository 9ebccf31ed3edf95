"""Campaigns that ran: written into the site's store as a run leaves them, each recipient as a test says."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.api.conftest import Site
from tests.factories import make_message
from trunkline.channels.contract import SendError
from trunkline.model import ids
from trunkline.model.campaign import Audience, CampaignState, Content, Definition, RecipientState, Variable
from trunkline.model.message import Progress, State
from trunkline.short_links import shorten_many, tracking
from trunkline.store import Tx, campaigns, messages, recipients
from trunkline.store.campaigns import CampaignRow
from trunkline.store.recipients import NewRecipient

BUSY = SendError(131000, "Something went wrong", "Meta was busy.", "provider", "Send it again.", "retry")
BLOCKED = SendError(131026, "Message undeliverable", "No WhatsApp there.", "recipient", "Ask them.")
_ORDER = ("submitted", "sent", "delivered", "read")


class Ran(msgspec.Struct, frozen=True):
    campaign_id: str
    message_ids: Sequence[str]
    """By recipient, from the first; empty for those without one."""
    texts: Sequence[str]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient, and what became of them."""

    to: str
    state: str = "delivered"
    """Of the message; `ready`, `skipped` or `canceled` have none."""
    reached: str | None = None
    """How far it had come before it failed."""
    reason: str | None = None
    error: SendError | None = None
    variant: str | None = None
    language: str | None = None
    vars: dict[str, str] = {}


def ran(site: Site, people: Sequence[Person], **changes: Any) -> Ran:
    """`body`: what every message says. All of it was an hour ago."""
    body = changes.pop("body", "hello")
    content = Content(body={"type": "text", "text": {"body": body}})
    values = {
        "name": "News", "numbers": (site.alice.number_id,), "audience": Audience(), "content": content,
        "variables": {"code": Variable(column="Code")},
    }  # fmt: skip
    definition = Definition(**(values | changes))  # type: ignore[arg-type]
    now = site.clock.now() - 3_600_000
    row = CampaignRow(
        account_id=site.alice.account_id, id=ids.new_id(ids.CAMPAIGN), name=definition.name,
        state=CampaignState.DRAFT, state_reason=None, definition=msgspec.json.encode(definition).decode(),
        start_at=None, position="", report=None, run="{}", parent_id=None, version=0, created_at=now,
        updated_at=now,
    )  # fmt: skip
    tracked = tracking(site.runtime, [content.body]) if definition.track_links else None

    async def work(tx: Tx) -> Ran:
        await campaigns.insert(tx, row)
        over = msgspec.structs.replace(row, state=CampaignState.FINISHED, started_at=now, ended_at=now)
        await campaigns.put(tx, over)
        made = []
        for n, person in enumerate(people, 1):
            has_message = person.state not in tuple(RecipientState)
            new = NewRecipient(
                account_id=row.account_id, campaign_id=row.id, n=n, contact_id=f"con_{n}", address=person.to,
                state=RecipientState.READY if has_message else RecipientState(person.state),
                reason=person.reason, number_id=site.alice.number_id, variant=person.variant,
                language=person.language, vars=msgspec.json.encode(person.vars).decode(),
            )  # fmt: skip
            await recipients.insert_many(tx, [new])
            if not has_message:
                made.append(("", ""))
                continue
            text = msgspec.json.encode({"text": {"body": body}}).decode()
            message = make_message(
                person.to, account_id=row.account_id, number_id=site.alice.number_id, campaign_id=row.id,
                content=text, created_at=now, due_at=now, expires_at=now + 72 * 3_600_000,
            )  # fmt: skip
            if tracked is not None:
                [message] = await shorten_many(tx, tracked, [message])
            await messages.insert_many(tx, [message])
            await recipients.created(tx, row.account_id, row.id, [(message.id, n)])
            await messages.advance_many(tx, row.account_id, [_progress(message.id, person, now, site)])
            said = msgspec.json.decode(message.content)["text"]["body"]
            made.append((message.id, said))
        return Ran(row.id, [id_ for id_, _ in made], [said for _, said in made])

    return site.run(site.store.write(work))


def _progress(message_id: str, person: Person, at: int, site: Site) -> Progress:
    last = person.reached or person.state
    reached = _ORDER[: _ORDER.index(last) + 1] if last in _ORDER else ()
    moments = {f"{step}_at": at + 1000 * (place + 1) for place, step in enumerate(reached)}
    if person.state == "failed":
        moments["failed_at"] = at
    return Progress(
        id=message_id, number_id=site.alice.number_id, recipient=person.to, state=State(person.state),
        attempts=1, provider_id=f"wamid.{message_id}" if reached else None,
        error=msgspec.json.encode(person.error).decode() if person.error else None, **moments,
    )  # fmt: skip
