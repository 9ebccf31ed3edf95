"""A message from a person, as Meta tells it → `Received`. Pure.

Every type is read alike: what stands under the type's name is the content, the rest is kept beside it. So a
type that nobody here has heard of is passed on as it came. Source: Meta's pages on the `messages` webhook.
"""

from typing import Any

from trunkline.channels.contract import MediaRef, Person, Received
from trunkline.channels.whatsapp_cloud.members import digits, milliseconds, name, obj, objects, text, word

_MEDIA = frozenset({"image", "video", "audio", "document", "sticker"})
_CHOICES = ("button_reply", "list_reply")
_OWN = frozenset({"from", "from_user_id", "from_parent_user_id", "id", "timestamp", "type"})

_OPENS_NO_WINDOW = frozenset({"system", "edit", "revoke"})
"""Told of a person, or of a message that came before; nobody wrote anything new."""

_MOVES = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


def received(message: dict[str, Any], value: dict[str, Any], number_id: str) -> Received | None:
    """`value` is what it came in. None for what has no id, or says nothing of who wrote it."""
    provider_id, kind = text(message.get("id")), word(message.get("type")) or "unknown"
    before = _sender(message, value)
    sender, moved_from = _moved(message, before) if kind == "system" else (before, ())
    if not provider_id or not (sender.phone or sender.user_id):
        return None
    content = message.get(kind, {})
    referral = obj(message.get("referral"))
    return Received(
        provider_id=provider_id,
        phone_number_id=number_id,
        at=milliseconds(message.get("timestamp")),
        sender=sender,
        type=kind,
        content=content,
        extras={key: member for key, member in message.items() if key not in _OWN and key != kind},
        context_id=_answers(kind, obj(content), obj(message.get("context"))),
        reads=_words(kind, obj(content)),
        is_free_entry=referral.get("source_type") == "ad",
        media=_media(kind, obj(content)),
        opens_window=kind not in _OPENS_NO_WINDOW and not message.get("group_id"),
        moved_from=moved_from,
    )


def call(told: dict[str, Any], value: dict[str, Any], number_id: str) -> Received | None:
    """A call that a person makes opens the window as a message does; None for all else about calls."""
    if told.get("direction") != "USER_INITIATED" or told.get("event") != "connect":
        return None
    made = {**told, "type": "call", "call": {key: told[key] for key in ("event", "direction")}}
    return received(made, value, number_id)


def _sender(message: dict[str, Any], value: dict[str, Any]) -> Person:
    phone, user_id = digits(message.get("from")), text(message.get("from_user_id"))
    contact = _contact(value, phone, user_id)
    profile = obj(contact.get("profile"))
    return Person(
        phone=phone or digits(contact.get("wa_id")),
        user_id=user_id or text(contact.get("user_id")) or None,
        parent_user_id=text(message.get("from_parent_user_id"))
        or text(contact.get("parent_user_id"))
        or None,
        name=name(profile.get("name")),
        username=name(profile.get("username")),
    )


def _contact(value: dict[str, Any], phone: str | None, user_id: str | None) -> dict[str, Any]:
    """What stands beside the messages about whoever wrote this one."""
    for contact in objects(value.get("contacts")):
        if phone is not None and digits(contact.get("wa_id")) == phone:
            return contact
        if user_id and contact.get("user_id") == user_id:
            return contact
    return {}


def _moved(message: dict[str, Any], before: Person) -> tuple[Person, tuple[str, ...]]:
    """Who it is from now on, and the addresses that are no longer theirs."""
    system = obj(message.get("system"))
    if system.get("type") not in _MOVES:
        return before, ()
    after = Person(
        phone=digits(system.get("wa_id")) or digits(system.get("new_wa_id")) or before.phone,
        user_id=text(system.get("user_id")) or before.user_id,
        parent_user_id=text(system.get("parent_user_id")) or before.parent_user_id,
        name=before.name,
        username=before.username,
    )
    former = (before.phone, text(system.get("previous_user_id")), before.user_id)
    return after, tuple(
        dict.fromkeys(one for one in former if one and one not in (after.phone, after.user_id))
    )


def _answers(kind: str, content: dict[str, Any], context: dict[str, Any]) -> str | None:
    """The message that this one is about."""
    named = {"reaction": "message_id", "edit": "original_message_id", "revoke": "original_message_id"}
    about = text(content.get(named[kind])) if kind in named else None
    return about or text(context.get("id")) or None


def _words(kind: str, content: dict[str, Any]) -> str | None:
    if kind == "text":
        said = content.get("body")
    elif kind == "button":
        said = content.get("text") or content.get("payload")
    elif kind == "interactive":
        chosen = [obj(content[choice]) for choice in _CHOICES if choice in content]
        said = chosen[0].get("title") if chosen else None
    else:
        said = None
    return said if isinstance(said, str) else None


def _media(kind: str, content: dict[str, Any]) -> MediaRef | None:
    media_id = text(content.get("id"))
    if kind not in _MEDIA or not media_id:
        return None
    return MediaRef(
        id=media_id,
        kind=kind,
        mime_type=text(content.get("mime_type")),
        sha256=text(content.get("sha256")),
        file_name=name(content.get("filename")),
    )
