"""SHORTEN: new messages in, the same with short links out, and a row for each.

Only links whose host the sender wrote into the content are replaced. What came with a variable may be
anybody's: people choose their own names, and a link in one must not get the sender's address.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from trunkline.channels.contract import Connector
from trunkline.runtime import Runtime
from trunkline.store import Tx, short_links, templates
from trunkline.store.messages import NewMessage
from trunkline.store.short_links import NewLink

PATH: Final = "/l/"
TOKEN_LENGTH: Final = 14
"""70 random bits: nobody finds one by trying."""
LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM = LETTERS.encode() * 8
_HOST = re.compile(r"https?://([^\s/?#{}\"'\\]+)", re.IGNORECASE)
_PLAIN = re.compile(r"[!-~]+")
_BEHIND = ".,;:!*_~…)"
"""A sentence may end behind a host, or brackets, or what says how the text looks."""
_NOT_OURS = frozenset({"wa.me", "api.whatsapp.com", "chat.whatsapp.com", "whatsapp.com", "www.whatsapp.com"})
"""WhatsApp opens these itself; behind a redirect they would open a browser."""
_DAY_MS = 24 * 3_600_000
_Known = dict[tuple[str, str, str, str], Mapping[str, Any] | None]
"""Account, provider's account, name and language of a template → its definition."""


class Tracking:
    """What is the same for all messages of a campaign."""

    def __init__(self, runtime: Runtime, hosts: frozenset[str]) -> None:
        settings = runtime.settings.links
        self._directory = runtime.directory
        self._connectors = runtime.connectors
        self.base = settings.public_url.rstrip("/") + PATH
        self.life_ms = settings.life_days * _DAY_MS
        self.hosts = hosts

    def place_of(self, message: NewMessage) -> tuple[Connector, str] | None:
        """The connector and the provider's account; None when the number was removed."""
        number = self._directory.numbers.get(message.number_id)
        return None if number is None else (self._connectors[number.connector], number.waba_id)


def tracking(runtime: Runtime, contents: Iterable[Mapping[str, Any]]) -> Tracking | None:
    """For messages made of these contents with gaps; None when the setting is off."""
    if not runtime.settings.links.public_url:
        return None
    written = "\n".join(text for content in contents for text in _texts(content))
    return Tracking(runtime, frozenset(host.rstrip(_BEHIND).lower() for host in _HOST.findall(written)))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)


async def shorten_many(tx: Tx, tracked: Tracking, messages: Sequence[NewMessage]) -> list[NewMessage]:
    """The messages as they go, in their order. Their links are stored; they themselves are not."""
    known: _Known = {}
    links: list[NewLink] = []
    changed = [await _shortened(tx, tracked, message, links, known) for message in messages]
    await short_links.insert_many(tx, links)
    return changed


async def _shortened(
    tx: Tx, tracked: Tracking, message: NewMessage, links: list[NewLink], known: _Known
) -> NewMessage:
    place = tracked.place_of(message)
    if place is None or "http" not in message.content.lower() + (message.fallback or "").lower():
        return message
    connector, waba_id = place
    mine = OfMessage(tracked, message, links)

    async def rewritten(text: str) -> str:
        content = msgspec.json.decode(text, type=dict[str, Any])
        definition = await _definition(tx, connector, message.account_id, waba_id, content, known)
        return msgspec.json.encode(connector.with_links(content, definition, mine)).decode()

    content = await rewritten(message.content)
    fallback = await rewritten(message.fallback) if message.fallback is not None else None
    return msgspec.structs.replace(message, content=content, fallback=fallback)


async def _definition(  # noqa: PLR0913, PLR0917 - whose template it is, and what was read before
    tx: Tx, connector: Connector, account_id: str, waba_id: str, content: dict[str, Any], known: _Known
) -> Mapping[str, Any] | None:
    use = connector.templates.use_of(content) if connector.templates is not None else None
    if use is None:
        return None
    key = (account_id, waba_id, *use)
    if key not in known:
        rows = await templates.of_name(tx, account_id, waba_id, use[0])
        found = [row.definition for row in rows if row.language == use[1]]
        known[key] = msgspec.json.decode(found[0], type=dict[str, Any]) if found else None
    return known[key]


class OfMessage:
    """Makes the tokens of one message: each of its links has one, however often it stands there."""

    token_length = TOKEN_LENGTH

    def __init__(self, tracked: Tracking, message: NewMessage, links: list[NewLink]) -> None:
        self._tracked = tracked
        self._message = message
        self._links = links
        self._tokens: dict[str, str] = {}
        self.base = tracked.base

    def token(self, url: str, *, is_whole: bool = False) -> str | None:
        host = _host_of(url)
        if host is None or host in _NOT_OURS or url.startswith(self.base):
            return None
        if not is_whole and host not in self._tracked.hosts:
            return None
        if url not in self._tokens:
            self._tokens[url] = self._new(url)
        return self._tokens[url]

    def _new(self, url: str) -> str:
        token = os.urandom(TOKEN_LENGTH).translate(_RANDOM).decode()
        made = self._message.created_at
        link = NewLink(
            token=token,
            account_id=self._message.account_id,
            message_id=self._message.id,
            campaign_id=self._message.campaign_id,
            url=url,
            created_at=made,
            expires_at=max(made, self._message.due_at) + self._tracked.life_ms,
        )
        self._links.append(link)
        return token


def _host_of(url: str) -> str | None:
    """In lower case, with its port. None for what no header could carry or no browser should be led to."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    is_plain = _PLAIN.fullmatch(url) and "@" not in parts.netloc and parts.scheme in ("https", "http")
    return parts.netloc.lower() if is_plain and parts.hostname else None


def is_token(text: str) -> bool:
    return len(text) == TOKEN_LENGTH and all(letter in LETTERS for letter in text)
