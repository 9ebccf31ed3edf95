"""What callers are shown of people and what they write: contacts, conversations, inbound messages. Pure."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from trunkline.api.views import Content, MessageView, Reference, Time, show_time
from trunkline.clock import to_rfc3339
from trunkline.store.contacts import Contact
from trunkline.store.conversation_pages import ConversationRow
from trunkline.store.inbound import InboundRow

Extras = Annotated[
    msgspec.Raw | None,
    Meta(
        description="All else that the provider told of it, as it came: referral, errors …",
        extra_json_schema={"type": ["object", "null"]},
    ),
]


class InboundView(
    msgspec.Struct, kw_only=True, rename={"from_": "from"}, tag_field="direction", tag="inbound"
):
    """A message from a person."""

    id: str
    type: str
    from_: Annotated[str | None, Meta(description="Digits of the person.")]
    sender: Annotated[str | None, Meta(description="The person's user id, where there is no number.")]
    to: Annotated[str, Meta(description="Digits of the business number.")]
    conversation_id: str
    contact_id: str
    content: Content
    extras: Extras
    context: Annotated[
        Reference | None, Meta(description="The message that it answers or reacts to; ours by our id.")
    ]
    provider_id: Annotated[str, Meta(description="The provider's own id (wamid.…).")]
    at: Annotated[Time, Meta(description="When it was written, by the provider's clock.")]
    received_at: Annotated[Time, Meta(description="When the provider's post came.")]


class PersonView(msgspec.Struct, kw_only=True):
    """A contact, in short."""

    id: str
    phone: Annotated[str | None, Meta(description="Digits.")]
    user_id: Annotated[str | None, Meta(description="Business-scoped.")]
    name: str | None
    username: str | None


class ContactView(PersonView, kw_only=True):
    """Somebody who wrote to the account, or whom it entered."""

    parent_user_id: str | None
    addresses: Annotated[list[str], Meta(description="Every number and user id that they have or had.")]
    language: str | None
    time_zone: str | None
    attributes: Annotated[
        msgspec.Raw,
        Meta(
            description="What else the account knows: names and texts.",
            extra_json_schema={"type": "object", "additionalProperties": {"type": "string"}},
        ),
    ]
    tags: list[str]
    source: Annotated[
        str, Meta(description="Who made them known or named them: inbound (they wrote), import or api.")
    ]
    created_at: Time
    updated_at: Time


class WindowView(msgspec.Struct, kw_only=True):
    """Until when free-form messages may go, and whether they cost anything."""

    is_open: bool
    closes_at: Annotated[
        Time | None, Meta(description="24 hours after the person last wrote; null where they never did.")
    ]
    free_entry_closes_at: Annotated[
        Time | None,
        Meta(description="Until then nothing costs anything: the person came from an advertisement."),
    ]
    free_entry_offered_until: Annotated[
        Time | None, Meta(description="An answer until then opens a free entry window.")
    ]


class ConversationView(msgspec.Struct, kw_only=True):
    """What one person and one business number say to each other."""

    id: str
    number_id: str
    number: Annotated[str, Meta(description="Digits of the business number.")]
    contact: PersonView
    window: WindowView
    unread: Annotated[int, Meta(description="Messages of the person not marked as read; at most 1,000.")]
    last_inbound_at: Time
    last_message: Annotated[MessageView | InboundView | None, Meta(description="The newest of both sides.")]
    created_at: Time


def show_inbound(row: InboundRow, digits: str, ours: Mapping[str, str]) -> InboundView:
    """`digits` are those of the business number; `ours` has the ids of our messages by the provider's."""
    is_phone = row.address.isdecimal()
    return InboundView(
        id=row.id,
        type=row.type,
        from_=row.address if is_phone else None,
        sender=None if is_phone else row.address,
        to=digits,
        conversation_id=row.conversation_id,
        contact_id=row.contact_id,
        content=msgspec.Raw(msgspec.json.encode({row.type: msgspec.Raw(row.content.encode())})),
        extras=msgspec.Raw(row.extras.encode()) if row.extras else None,
        context=Reference(ours.get(row.context_id, row.context_id)) if row.context_id else None,
        provider_id=row.provider_id,
        at=to_rfc3339(row.at),
        received_at=to_rfc3339(row.received_at),
    )


def show_contact(contact: Contact, addresses: list[str], tags: list[str]) -> ContactView:
    return ContactView(
        id=contact.id,
        phone=contact.phone,
        user_id=contact.user_id,
        name=contact.name,
        username=contact.username,
        parent_user_id=contact.parent_user_id,
        addresses=sorted(addresses),
        language=contact.language,
        time_zone=contact.time_zone,
        attributes=msgspec.Raw(contact.attributes.encode()),
        tags=tags,
        source=contact.source,
        created_at=to_rfc3339(contact.created_at),
        updated_at=to_rfc3339(contact.updated_at),
    )


def show_conversation(
    row: ConversationRow, digits: str, last: MessageView | InboundView | None, now: int
) -> ConversationView:
    return ConversationView(
        id=row.id,
        number_id=row.number_id,
        number=digits,
        contact=PersonView(
            id=row.contact_id, phone=row.phone, user_id=row.user_id, name=row.name, username=row.username
        ),
        window=WindowView(
            is_open=row.window_closes_at > now,
            closes_at=show_time(row.window_closes_at or None),
            free_entry_closes_at=show_time(row.free_entry_closes_at),
            free_entry_offered_until=show_time(row.free_entry_offered_until),
        ),
        unread=row.unread,
        last_inbound_at=to_rfc3339(row.last_inbound_at),
        last_message=last,
        created_at=to_rfc3339(row.created_at),
    )
