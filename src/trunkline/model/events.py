"""Events: what happened, one a fact, as customers are told of it.

Whoever changes a row says what that was in the same transaction (`Tx.emit`); the store numbers and keeps it
as the last step before the commit. `data` is the whole state of the object at that moment, so that a receiver
can drop what is older or repeated. Pure.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from trunkline.model.message import Progress, State

TYPES: dict[str, str] = {
    "message.received": "Somebody wrote to a number of the account.",
    "message.submitted": "The provider took a message and gave it an id.",
    "message.sent": "The provider sent a message on.",
    "message.delivered": "A message arrived on a device.",
    "message.read": "A message was read.",
    "message.played": "A voice message was played.",
    "message.failed": "A message was refused, or reported as failed; `error` says why.",
    "message.unknown": "Nobody knows whether a message left: it is in doubt until evidence comes.",
    "message.unconfirmed": "The doubt about a message could not be settled; resend or abandon it.",
    "message.expired": "A message ended unsent: its life was over.",
    "message.canceled": "A message was withdrawn before it was sent.",
    "contact.opted_out": "Somebody does not want to be written to any more.",
    "contact.opted_in": "Somebody wants to be written to again.",
    "contact.changed": "A contact has a new number or a new user id.",
    "contact.erased": "Somebody was erased: nothing of them is kept.",
    "link.clicked": "Somebody opened a link of a message.",
    "campaign.changed": "A campaign is in another state: checked, running, paused, finished …",
    "import.finished": "A file of people was imported, or its import failed or was canceled.",
    "number.held": "A number sends nothing until somebody releases it.",
    "number.released": "A held number sends again.",
    "number.changed": "The provider told of a number: its quality, limit, name or security.",
    "account.changed": "The provider told of the business account: a review, a restriction, an alert.",
    "template.changed": "A template is new, has another status, quality, category or text, or was removed.",
    "endpoint.paused": "An endpoint took nothing for a long time and is only probed, or its owner paused it.",
    "endpoint.recovered": "An endpoint that was paused or disabled gets its events again.",
    "endpoint.disabled": "An endpoint said that it is gone (410).",
    "endpoint.test": "Somebody asked for an event to try an endpoint with.",
}
"""Type → what it says. `docs/events.md` is made of it."""

KINDS = tuple(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in TYPES))


def is_choice(text: str) -> bool:
    """Whether it names a type, all of a kind (`message.*`) or all (`*`)."""
    return text == "*" or text in TYPES or text in KINDS


def chosen(choices: Sequence[str]) -> Callable[[str], bool]:
    """Whether one of these (`is_choice`) means a type."""
    exact = frozenset(choices)
    kinds = tuple(text[:-1] for text in exact if text.endswith(".*"))

    def means(type_: str) -> bool:
        return "*" in exact or type_ in exact or type_.startswith(kinds)

    return means


class NewEvent(msgspec.Struct, frozen=True):
    """An event before it has its id and its sequence."""

    account_id: str
    type: str
    object_id: str
    at: int
    data: str
    """JSON text."""
    number_id: str | None = None
    lane: str | None = None
    """`lane_of`, where the event belongs to a conversation: an endpoint may want those in strict order."""


def lane_of(number_id: str, address: str) -> str:
    return f"{number_id} {address}"


class MessageData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of the events of a message that we send. Moments are milliseconds; renderers write them out."""

    id: str
    number_id: str
    to: str
    state: str
    status: str
    """The fact that this event is about; `state` may be beyond it."""
    at: int
    effective: bool
    """Whether the state shown followed it: a late `sent` after `delivered` changes nothing."""
    provider_id: str | None
    callback_data: str | None
    submitted_at: int | None
    sent_at: int | None
    delivered_at: int | None
    read_at: int | None
    failed_at: int | None
    error: msgspec.Raw | None = None
    detail: dict[str, Any] | None = None
    """What the provider said beside it: `errors`, `pricing`, `conversation`."""


_MOMENTS = (
    ("submitted", "submitted_at"),
    ("sent", "sent_at"),
    ("delivered", "delivered_at"),
    ("read", "read_at"),
    ("failed", "failed_at"),
)
_encode = msgspec.json.Encoder().encode


def of_status_facts(
    account_id: str,
    before: Progress,
    after: Progress,
    facts: Sequence[tuple[str, int, dict[str, Any] | None]],
) -> list[NewEvent]:
    """What new facts (status, at, detail) make of a message: one event for each status that is new to it.

    Which statuses that are does not depend on the order in which facts come: `read` brings the `delivered`
    that providers leave out, and a fact that comes before the answer of the send brings `submitted`, for
    which the answer is then too late. `played` has no moment of its own, and is told because its fact is new.
    """
    details = {status: detail for status, _, detail in facts}
    told = [
        (status, getattr(after, moment))
        for status, moment in _MOMENTS
        if getattr(before, moment) is None and getattr(after, moment) is not None
    ]
    told += (
        [("played", min(at for status, at, _ in facts if status == "played"))] if "played" in details else []
    )
    return [
        of_message(
            account_id, after, status, at, details.get(status), effective=_moved(before, after, status)
        )
        for status, at in told
    ]


def _moved(before: Progress, after: Progress, status: str) -> bool:
    """Whether the state shown came from this status, or passed it just now on its way up."""
    if status == "failed":
        return after.state is State.FAILED
    order = [State.SUBMITTED, State.SENT, State.FAILED, State.DELIVERED, State.READ]
    if before.state not in order:
        return True
    mine = State.READ if status == "played" else State(status)
    return order.index(before.state) < order.index(mine)


def of_message(  # noqa: PLR0913 - what an event says
    account_id: str,
    message: Progress,
    status: str,
    at: int,
    detail: dict[str, Any] | None = None,
    *,
    effective: bool = True,
) -> NewEvent:
    """The event `message.<status>` about a message as it is now."""
    data = MessageData(
        id=message.id,
        number_id=message.number_id,
        to=message.recipient,
        state=message.state,
        status=status,
        at=at,
        effective=effective,
        provider_id=message.provider_id,
        callback_data=message.callback_data,
        submitted_at=message.submitted_at,
        sent_at=message.sent_at,
        delivered_at=message.delivered_at,
        read_at=message.read_at,
        failed_at=message.failed_at,
        error=msgspec.Raw(message.error.encode()) if message.error else None,
        detail=detail,
    )
    return NewEvent(
        account_id=account_id,
        type=f"message.{status}",
        object_id=message.id,
        at=at,
        data=_encode(data).decode(),
        number_id=message.number_id,
        lane=lane_of(message.number_id, message.recipient),
    )


class ContactData(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, as they are known now. `data` of `contact.changed`, and a part of `message.received`."""

    id: str
    phone: str | None
    user_id: str | None
    parent_user_id: str | None
    name: str | None
    username: str | None


class ContactChangedData(ContactData, frozen=True, kw_only=True):
    """`data` of `contact.changed`."""

    addresses: Sequence[str]
    """All by which the person is or was known."""
    merged: Sequence[str] = ()
    """Contacts that turned out to be the same person; they are no more."""
    at: int


class InboundData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `message.received`: the whole message."""

    id: str
    number_id: str
    conversation_id: str
    provider_id: str
    at: int
    received_at: int
    sender: dict[str, Any]
    """As this message names them: `phone`, `user_id`, `parent_user_id`, `name`, `username`."""
    moved_from: Sequence[str]
    """Addresses that the sender had until now, where the message tells of that."""
    contact: ContactData
    type: str
    content: msgspec.Raw
    """What stands under the type's name, as it came."""
    context: dict[str, Any] | None
    context_message_id: str | None
    """Our own id of the message that it answers or reacts to, where that is one of ours."""
    referral: dict[str, Any] | None
    extras: dict[str, Any]
    """Everything else of the message as it came, with `context` and `referral`."""
    window_closes_at: int | None
    """Until when free-form messages may go because of this one; null when it opens no window."""


class NoticeData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `number.changed` and `account.changed`."""

    field: str
    """The provider's word for what this is."""
    waba_id: str
    number_id: str | None
    at: int
    value: dict[str, Any]
    """As it came."""


class TemplateData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `template.changed`: the template as it is now, and how it came to be so."""

    id: str | None
    """Null for one that was told of before it was ever read."""
    waba_id: str
    number_id: str | None = None
    provider_id: str | None = None
    name: str | None = None
    language: str | None = None
    category: str | None = None
    status: str | None = None
    quality: str | None = None
    rejected_reason: str | None = None
    correct_category: str | None = None
    """The category that the provider will give it."""
    detail: str | None = None
    """The provider's own words to its status."""
    removed_at: int | None = None
    at: int
    source: str
    """How it was learned: `caller`, `answer`, `webhook` or `sync`."""
    changes: dict[str, tuple[Any, Any]]
    """Member → before and after; `definition` among them when its text changed."""
    field: str | None = None
    """The provider's word for the notice that told it; null where none did."""
    value: dict[str, Any] | None = None
    """That notice, as it came."""


class OptData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `contact.opted_out` and `contact.opted_in`."""

    contact_id: str | None
    """Null for somebody who never wrote: a choice made at the provider."""
    number_id: str
    addresses: Sequence[str]
    """Those that it made a difference for, of all by which the person is known."""
    scope: str
    """`all` or `marketing`."""
    source: str
    """`message` or `preference`."""
    proof: dict[str, Any]
    """The message and its words; or what the provider told."""
    at: int


class NumberData(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of `number.held` and `number.released`."""

    id: str
    at: int
    reason: str | None
    """Why it is, or was, held."""


def of_inbound(account_id: str, message: InboundData, address: str) -> NewEvent:
    return NewEvent(
        account_id=account_id,
        type="message.received",
        object_id=message.id,
        at=message.at,
        data=_encode(message).decode(),
        number_id=message.number_id,
        lane=lane_of(message.number_id, address),
    )


def of_contact(account_id: str, contact: ContactChangedData) -> NewEvent:
    return NewEvent(account_id, "contact.changed", contact.id, contact.at, _encode(contact).decode())


def of_opt(account_id: str, opt: OptData, address: str, *, wants: bool) -> NewEvent:
    return NewEvent(
        account_id=account_id,
        type="contact.opted_in" if wants else "contact.opted_out",
        object_id=opt.contact_id or address,
        at=opt.at,
        data=_encode(opt).decode(),
        number_id=opt.number_id,
        lane=lane_of(opt.number_id, address),
    )


def of_notice(account_id: str, type_: str, object_id: str, notice: NoticeData) -> NewEvent:
    return NewEvent(account_id, type_, object_id, notice.at, _encode(notice).decode(), notice.number_id)


def of_template(account_id: str, template: TemplateData) -> NewEvent:
    named = f"template_{template.provider_id}" if template.provider_id else f"waba_{template.waba_id}"
    about = template.id or named
    return NewEvent(account_id, "template.changed", about, template.at, _encode(template).decode())


def of_number(account_id: str, number: NumberData, *, is_held: bool) -> NewEvent:
    type_ = "number.held" if is_held else "number.released"
    return NewEvent(account_id, type_, number.id, number.at, _encode(number).decode(), number.id)
