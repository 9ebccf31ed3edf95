"""The files that an outbound message names: found in its body, and checked as Meta does.

`sends/media_checks.py` asks `references_of` for every message that may have files, refuses ids that are not
known before the message is taken, and asks `failure_of` afterwards, as links are fetched after the answer.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from trunkline.sandbox.content.media_object import unknown_media
from trunkline.sandbox.media.kinds import KINDS, bare_type, most_bytes, opus_channels, words_of
from trunkline.sandbox.media.library import Library
from trunkline.sandbox.media.links import Fetched, Links, NotFetched

_NOT_MEDIA = {"flow_action_payload", "flow_action_data"}
"""What a flow is given: data of the business, whatever its members are called."""

WITH_MEDIA = frozenset((*KINDS, "interactive", "template"))
"""Types of messages that may name a file."""


class Reference(msgspec.Struct, frozen=True):
    """A media object of a message."""

    kind: str
    path: str
    """As Graph writes it: `image`, `template['components'][0]['parameters'][0]['image']`."""
    id: str | None
    link: str | None
    voice: bool = False


class OutboundMedia:
    """Answers for the files of messages that a business sends."""

    def __init__(self, library: Library, links: Links) -> None:
        self._library = library
        self._links = links

    def refuse_unknown(self, references: list[Reference], phone_number_id: str) -> None:
        """Raise for an id that is not known, or that another number uploaded."""
        for reference in references:
            if reference.id is None:
                continue
            file = self._library.find(reference.id)
            if file is None or file.phone_number_id not in (None, phone_number_id):
                raise unknown_media(f"{reference.path}['id']")

    async def failure_of(self, references: list[Reference]) -> str | None:
        """The details of the 131053 that the message fails with, or None."""
        for reference in references:
            fault = await self._fault_of(reference)
            if fault is not None:
                return fault
        return None

    async def _fault_of(self, reference: Reference) -> str | None:
        if reference.link is not None:
            try:
                file = await self._links.fetch(reference.link, KINDS[reference.kind].most)
            except NotFetched as error:
                return str(error) or _too_big(reference.kind, KINDS[reference.kind].most)
            return _misfit(reference, file)
        known = self._library.find(reference.id or "")
        if known is None:
            return "The media id expired before the message was sent."
        return _misfit(reference, Fetched(known.mime_type, known.size, known.head))


def references_of(kind: str, body: bytes) -> list[Reference]:
    """Every media object in the body of a message that passed the checks of its form."""
    message = msgspec.json.decode(body) if body else {}
    content = message.get(kind)
    return [] if not isinstance(content, dict) else list(_find(kind, content, kind, in_list=False))


def _find(name: str, value: Any, path: str, *, in_list: bool) -> Iterator[Reference]:
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _find(name, item, f"{path}[{place}]", in_list=True)
    elif isinstance(value, dict):
        if name in KINDS and not in_list and (value.get("id") or value.get("link")):
            yield _reference(name, value, path)
            return
        for key, item in value.items():
            if key not in _NOT_MEDIA:
                yield from _find(key, item, f"{path}['{key}']", in_list=False)


def _reference(kind: str, value: dict[str, Any], path: str) -> Reference:
    id_, link = value.get("id"), value.get("link")
    return Reference(
        kind,
        path,
        None if link else str(id_),
        str(link) if link else None,
        value.get("voice") in (True, "true"),
    )


def _misfit(reference: Reference, file: Fetched) -> str | None:
    """Why WhatsApp does not take this file as that kind of message."""
    kind = reference.kind
    mime_type = bare_type(file.mime_type)
    # A link to a document may lead to any type; only uploads are limited.
    if mime_type not in KINDS[kind].mime_types and not (kind == "document" and reference.link):
        known = ", ".join(KINDS[kind].mime_types)
        return f"Unsupported {kind.capitalize()} mime type {mime_type}. Please use one of {known}."
    if file.size > most_bytes(kind, file.head):
        return _too_big(kind, most_bytes(kind, file.head))
    if mime_type in {"audio/ogg", "audio/opus"} and opus_channels(file.head) != 1:
        return "Unsupported Audio codec. An audio/ogg file must be encoded with Opus and have one channel."
    if reference.voice and mime_type not in {"audio/ogg", "audio/opus"}:
        return f"Unsupported Audio mime type {mime_type} for a voice message. Please use audio/ogg with Opus."
    return None


def _too_big(kind: str, most: int) -> str:
    return f"{kind.capitalize()} file size too big. Max file size we currently support: {words_of(most)}."
