"""One post to an endpoint: events and secrets in, what came back out.

What an endpoint answers decides nothing but whether it took the events: 2xx is yes, everything else is no,
redirects too. Whatever goes wrong on the way is a no with its reason.
"""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Protocol

import msgspec

from trunkline.delivery import formats, signing
from trunkline.failpoints import reach
from trunkline.model import ids
from trunkline.outgoing_http import Answer, TransportError, retry_after
from trunkline.runtime import Runtime, log
from trunkline.store.endpoints import EndpointRow
from trunkline.store.events import EventRow

KEPT_BYTES = 4096
"""Of each body, in the log of tries."""


class Wire(Protocol):
    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """One request. Raises `TransportError` when there is no answer that can be used."""


class Post(msgspec.Struct, frozen=True):
    """Ready to go."""

    id: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def told(self) -> str:
        """For the log of tries: it shows the headers, as signatures are no secrets."""
        shown = {"url": self.url, "headers": self.headers, "body": _text(self.body)}
        return msgspec.json.encode(shown).decode()


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a post."""

    is_taken: bool
    at: int
    seconds: float
    http_status: int | None = None
    detail: str | None = None
    answer: str | None = None
    retry_after: float | None = None


def compose(runtime: Runtime, endpoint: EndpointRow, events: Sequence[EventRow]) -> Post:
    """Raises whatever it finds when one of the events can not be written down."""
    directory, now = runtime.directory, runtime.clock.now()
    body = formats.render(endpoint, events, directory.numbers, runtime.connectors)
    post_id = ids.new_id(ids.POST)
    webhook_id = events[0].id if len(events) == 1 else post_id
    secrets = signing.secrets_of(runtime.vault, endpoint, now)
    signed = signing.headers(secrets, webhook_id, now // 1000, body, endpoint.format)
    return Post(post_id, endpoint.url, {"content-type": "application/json"} | signed, body)


async def send(runtime: Runtime, wire: Wire, post: Post) -> Reply:
    """In real time, as the wire is real; only its moment is the clock's."""
    at, began = runtime.clock.now(), _now()
    reach("C16")
    try:
        async with asyncio.timeout(runtime.settings.delivery.timeout_seconds):
            answer = await wire.request("POST", post.url, post.headers, post.body)
    except TimeoutError:
        return _failed(at, began, "it did not answer in time")
    except TransportError as fault:
        return _failed(at, began, str(fault))
    except Exception as fault:
        log.error("post %s: a fault of ours, it is tried again", post.id, exc_info=fault)
        return _failed(at, began, "a fault of the sender")
    reach("C17")
    return _reply(at, began, answer)


def _reply(at: int, began: float, answer: Answer) -> Reply:
    is_taken = 200 <= answer.status < 300
    return Reply(
        is_taken=is_taken,
        at=at,
        seconds=_now() - began,
        http_status=answer.status,
        detail=None if is_taken else f"it answered {answer.status}{_phrase(answer.status)}",
        answer=_text(answer.body) or None,
        retry_after=None if is_taken else retry_after(answer.headers),
    )


def _failed(at: int, began: float, why: str) -> Reply:
    return Reply(is_taken=False, at=at, seconds=_now() - began, detail=why.replace("\0", " "))


def _phrase(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f" {known[status]}" if status in known else ""


def _text(body: bytes) -> str:
    """Databases take no NUL in texts."""
    return body[:KEPT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")


def _now() -> float:
    return asyncio.get_running_loop().time()
