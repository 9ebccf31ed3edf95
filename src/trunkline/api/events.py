"""The log of events: a page of it, one event, and the log as it goes on (server-sent events).

A page goes along the log, oldest first unless asked for the newest. The cursors are ids of events: whoever
has seen one has seen all before it (`store/events.py`), and may go on from the last id that it knows.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller, Who
from trunkline.api.context import Api
from trunkline.api.event_stream import MEDIA_TYPE, Block, follow
from trunkline.api.http import Request, Response, Streamed, as_json, bad_query
from trunkline.api.paging import Paging, as_page
from trunkline.delivery.formats import EventView, as_provider, show_event
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model import ids
from trunkline.model.events import KINDS, TYPES, chosen, is_choice
from trunkline.shape import BROKEN, Choice, Findings, Object, Text
from trunkline.shape.findings import did_you_mean
from trunkline.store import Tx, events, numbers
from trunkline.store.events import BEGINNING, END, EventRow, Filters, Page

_DEFAULT_LIMIT, _MOST = 50, 1_000


class EventTypes(Text):
    """Types of events with commas between; `message.*` is all of a kind. Its normal form is a list."""

    def __init__(self, about: str) -> None:
        super().__init__(at_most=1_000, form="types such as message.read,contact.*", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        before = len(findings.problems)
        text = super().check(value, at, findings)
        if len(findings.problems) > before:
            return BROKEN
        words = [word.strip() for word in text.split(",")]
        for word in words:
            if not is_choice(word):
                detail = "There are no events of this type." + did_you_mean(word, [*TYPES, *KINDS])
                findings.refuse(at, "one_of", detail, found=word, expected=self.says)
        return words


class EventId(Text):
    """An event's id, which is a place in the log."""

    def __init__(self, about: str) -> None:
        super().__init__(at_most=30, form="an id such as evt_01h455vb4pex5vsknk084sn02q", about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        text = super().check(value, at, findings)
        if isinstance(text, str) and text and not ids.is_id(text, ids.EVENT):
            findings.refuse(at, "format", "This is not the id of an event.", found=value, expected=self.says)
        return text


NARROWING = {
    "types": EventTypes("Only events of these types, with commas between: `message.read,contact.*`."),
    "object_id": Text(
        pattern="[!-~]{1,128}", form="an id", about="Only what happened to this message, contact, number …"
    ),
    "number": forms.PhoneNumber("Only what happened at this business number."),
}
QUERY = Object(
    {},
    {
        **NARROWING,
        "since": forms.Moment("Only what happened at this time or later."),
        "until": forms.Moment("Only what happened before this time."),
        "order": Choice("oldest", "newest", about="Which come first; `oldest` by default."),
        "limit": forms.Count(
            at_least=1, at_most=_MOST, about=f"Events on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": EventId("An event's id, or `paging.next`: what follows it in this list."),
        "before": EventId("An event's id, or `paging.previous`: what comes before it in this list."),
    },
)

STREAM_QUERY = Object(
    {},
    {
        **NARROWING,
        "after": EventId("Begin behind this event; a `Last-Event-ID` goes before it."),
        "format": Choice(
            "events", "meta", about="What `data` is: the event, by default, or the provider's own webhook."
        ),
    },
)


class EventPaging(Paging, kw_only=True):
    """Where the neighbouring pages begin; null where there is none. `Link` has them as addresses."""

    next: Annotated[str | None, Meta(description="For `after`. The page before it may be short, or empty.")]
    previous: Annotated[str | None, Meta(description="For `before`.")]


class EventPage(msgspec.Struct):
    """Events, in the order that was asked for."""

    data: list[EventView]
    paging: EventPaging


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request)
    if "after" in given and "before" in given:
        raise bad_query("before", "exactly_one", "Give `after` or `before`, not both.", "one of the two")
    limit = given.get("limit", _DEFAULT_LIMIT)
    is_backward = (given.get("order") == "newest") != ("before" in given)
    start = given.get("after") or given.get("before") or (END if is_backward else BEGINNING)
    filters = _filters(given)

    async def work(tx: Tx) -> tuple[Page, dict[str, str]]:
        page = await events.page(tx, caller.account_id, filters, start, limit + 1, backward=is_backward)
        return page, await numbers.digits_by_id(tx, caller.account_id)

    found, digits = await api.runtime.store.read(work)
    rows, paging = _cut(found, limit, given)
    page = EventPage([show_event(row, digits.get(row.number_id or "")) for row in rows], paging)
    return as_page(request, page)


def _filters(given: dict[str, Any]) -> Filters:
    means = chosen(given.get("types", ()))
    return Filters(
        types=tuple(type_ for type_ in TYPES if means(type_)),
        object_id=given.get("object_id", ""),
        number=given.get("number", ""),
        since=given.get("since", 0),
        until=given.get("until", 2**53),
    )


def _cut(found: Page, limit: int, given: dict[str, Any]) -> tuple[list[EventRow], EventPaging]:
    """The page in the order of the list, and what lies on either side of it."""
    rows = found.rows[:limit]
    onward = (rows[-1].id if len(found.rows) > limit else found.reached) or None
    if "before" in given:
        rows.reverse()
        return rows, EventPaging(next=rows[-1].id if rows else None, previous=onward)
    return rows, EventPaging(next=onward, previous=rows[0].id if rows and "after" in given else None)


async def stream(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    """From now on, or from behind an event that the caller names. A HEAD is answered without a stream."""
    given = forms.read_query(STREAM_QUERY, request)
    start = _last_event_id(request) or given.get("after")
    block = _block(api, caller, given)
    if request.method == "HEAD":
        return Response(200, content_type=MEDIA_TYPE)
    tail, newest = await api.streams.enter(caller.account_id)

    async def is_welcome() -> bool:
        try:
            await api.gatekeeper.identify(request, Who.KEY)
        except Refusal:
            return False
        return True

    return Streamed(
        follow(api.streams, tail, start or newest, block, is_welcome),
        MEDIA_TYPE,
        lambda: api.streams.leave(caller.account_id),
    )


def _last_event_id(request: Request) -> str | None:
    text = request.headers.get("last-event-id", "")
    if text and not ids.is_id(text, ids.EVENT):
        detail = "This is not the id of an event."
        expected = "the id of an event, such as evt_01h455vb4pex5vsknk084sn02q"
        problem = Problem("Last-Event-ID:", "format", detail, shorten(text), expected)
        raise Refusal("invalid_request", problems=[problem])
    return text or None


def _block(api: Api, caller: Caller, given: dict[str, Any]) -> Block:
    """What a stream's caller sees of an event: what an endpoint with the same wishes would be sent."""
    directory, connectors = api.runtime.directory, api.runtime.connectors
    means = chosen(given.get("types", ["*"]))
    object_id, digits, is_meta = given.get("object_id"), given.get("number"), given.get("format") == "meta"

    def block(row: EventRow) -> bytes | None:
        number = directory.numbers.get(row.number_id or "")
        if not means(row.type) or (object_id and row.object_id != object_id):
            return None
        if digits and (number is None or number.digits != digits):
            return None
        if not is_meta:
            return msgspec.json.encode(show_event(row, number.digits if number else None))
        if not any(connector.tells(row.type) for connector in connectors.values()):
            return None
        return as_provider([row], directory.numbers, connectors)

    return block


async def show(api: Api, request: Request, caller: Caller) -> Response:
    event_id = request.params["id"]

    async def work(tx: Tx) -> tuple[EventRow | None, dict[str, str]]:
        if not ids.is_id(event_id, ids.EVENT):
            return None, {}
        return (
            await events.get(tx, caller.account_id, event_id),
            await numbers.digits_by_id(tx, caller.account_id),
        )

    row, digits = await api.runtime.store.read(work)
    if row is None:
        detail = f"There is no event {shorten(event_id)} in this account, or it is not kept any more."
        raise Refusal("not_found", detail)
    return as_json(show_event(row, digits.get(row.number_id or "")))
