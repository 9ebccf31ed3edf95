"""The message object of a webhook from what a person does on a handset.

Shapes are those of Meta's pages on the `messages` webhook, one per type of message. Members are checked as
far as a person could not have sent anything else.
"""

from collections.abc import Callable
from typing import Any, Protocol

from trunkline.sandbox.errors import invalid
from trunkline.sandbox.handsets.people import People, Person
from trunkline.sandbox.params import Param

_LONGEST_TEXT = 65_536


class MediaObjects(Protocol):
    """Where the files of handsets are."""

    def webhook_object(self, media_id: str) -> dict[str, Any]:
        """`{"mime_type", "sha256", "id", "url"}`; raises `GraphError` for an id that is not known."""


def compose_content(kind: str, action: Param, media: MediaObjects) -> Any:
    """The member that is named like the type. Raises `GraphError` with what is wrong."""
    if kind in _WITH_MEDIA:
        return _media(kind, action.object(kind), media)
    if kind == "contacts":
        return [card.members for card in action.objects("contacts", 1, 257)]
    check = _CHECKS.get(kind)
    if check is None:
        known = ", ".join(sorted([*_WITH_MEDIA, "contacts", *_CHECKS]))
        raise invalid(f"A handset sends one of: {known} - got {kind!r:.40}.")
    content = action.object(kind)
    check(content)
    return content.members


def compose_message(  # noqa: PLR0913 - the members of the object
    person: Person,
    people: People,
    *,
    wamid: str,
    now: int,
    kind: str,
    content: Any,
    context: dict[str, Any] | None,
    shows_phone: bool,
) -> dict[str, Any]:
    """The whole object, as it stands in `messages`."""
    message: dict[str, Any] = {"from": person.address} if shows_phone else {}
    message |= {
        "from_user_id": people.user_id_of(person.address),
        "id": wamid,
        "timestamp": str(now // 1000),
        "type": kind,
    }
    if context:
        message["context"] = context
    if kind == "unsupported":
        message["errors"] = [_UNSUPPORTED]
    message[kind] = content
    return message


def compose_contact(person: Person, people: People, *, shows_phone: bool) -> dict[str, Any]:
    """The entry of `contacts` beside a message."""
    profile = {"name": person.profile_name}
    if person.username is not None:
        profile["username"] = person.username
    contact: dict[str, Any] = {"profile": profile}
    contact |= {"wa_id": person.address} if shows_phone else {}
    return {**contact, "user_id": people.user_id_of(person.address)}


def _media(kind: str, given: Param, media: MediaObjects) -> dict[str, Any]:
    given.only("id", *_WITH_MEDIA[kind])
    made: dict[str, Any] = (
        {"caption": given.text_if_any("caption", 1024)} if "caption" in _WITH_MEDIA[kind] else {}
    )
    if kind == "document":
        made["filename"] = given.text_if_any("filename", 240) or "document"
    made = {name: value for name, value in made.items() if value} | media.webhook_object(given.text("id"))
    if kind == "audio":
        made["voice"] = given.members.get("voice") is True
    if kind == "sticker":
        made["animated"] = given.members.get("animated") is True
    return made


def _text(content: Param) -> None:
    content.only("body").text("body", _LONGEST_TEXT)


def _location(content: Param) -> None:
    content.only("latitude", "longitude", "name", "address", "url")
    for name, most in (("latitude", 90), ("longitude", 180)):
        degrees = content.need(name)
        if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not -most <= degrees <= most:
            raise invalid(f"{content.path(name)} must be a number between -{most} and {most}.")
    for name in ("name", "address", "url"):
        content.text_if_any(name, 1000)


def _reaction(content: Param) -> None:
    content.only("message_id", "emoji").text("message_id")
    content.text_if_any("emoji", 32)


def _button(content: Param) -> None:
    content.only("payload", "text").text("text", empty=True)


def _interactive(content: Param) -> None:
    kind = content.word("type", ("button_reply", "list_reply", "nfm_reply", "call_permission_reply"))
    content.only("type", kind).object(kind)


def _order(content: Param) -> None:
    content.only("catalog_id", "text", "product_items").text("catalog_id")
    for item in content.objects("product_items", 1, 500):
        item.only("product_retailer_id", "quantity", "item_price", "currency").text("product_retailer_id")


def _system(content: Param) -> None:
    content.text("type")


def _unsupported(content: Param) -> None:
    content.only("type").text("type")


_WITH_MEDIA = {
    "image": ("caption",),
    "video": ("caption",),
    "audio": ("voice",),
    "document": ("caption", "filename"),
    "sticker": ("animated",),
}
_CHECKS: dict[str, Callable[[Param], None]] = {
    "text": _text,
    "location": _location,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "system": _system,
    "unsupported": _unsupported,
}
_UNSUPPORTED = {
    "code": 131051,
    "title": "Message type unknown",
    "message": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}
