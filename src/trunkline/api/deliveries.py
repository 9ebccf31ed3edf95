"""What became of an endpoint's deliveries: which wait or died, every try, and what is to come once more."""

import math
from collections.abc import Awaitable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline import json_gate
from trunkline.api import forms, once
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.endpoints import id_of, mine
from trunkline.api.events import EventId
from trunkline.api.http import Request, Response, as_json
from trunkline.api.paging import NextPage, as_page
from trunkline.api.views import Time
from trunkline.clock import to_rfc3339
from trunkline.delivery import endpoints, replays
from trunkline.errors import Problem
from trunkline.model import ids
from trunkline.shape import Array, Boolean, Choice, Object
from trunkline.store import delivery_log
from trunkline.store.deliveries import PARKED
from trunkline.store.delivery_log import DeliveryRow, TryRow

_DEFAULT_LIMIT = 50
_PAGE = {
    "limit": forms.Count(at_least=1, at_most=100, about=f"Events on a page; {_DEFAULT_LIMIT} by default."),
    "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.EVENT),
}
DELIVERIES = Object(
    {}, {"state": Choice("waiting", "delivered", "dead", about="Only deliveries in this state."), **_PAGE}
)
TRIES = Object({}, {"event_id": EventId("Only tries to deliver this event."), **_PAGE})


REPLAY = Object(
    {},
    {
        "event_ids": Array(EventId("An event's id."), at_least=1, at_most=100, about="Just these."),
        "since": forms.Moment("What happened at this time or later."),
        "until": forms.Moment("What happened before this time; until now by default."),
        "failed_only": Boolean("Only what was given up, or still waits for its next try."),
    },
)


class DeliveryView(msgspec.Struct, kw_only=True):
    """An event that was not taken at the first try, or is delivered again."""

    event_id: str
    type: Annotated[str | None, Meta(description="Null where the event is not kept any more.")]
    state: Annotated[str, Meta(description="waiting, delivered, or dead: given up, until it is replayed.")]
    tries: int
    first_at: Time
    next_at: Annotated[
        Time | None, Meta(description="When it is tried again; null unless it waits for a time.")
    ]
    is_replay: Annotated[bool, Meta(description="Somebody asked for it once more.")]
    updated_at: Time


class DeliveryPage(msgspec.Struct):
    """Deliveries of an endpoint, newest events first. What it took at the first try is not among them."""

    data: list[DeliveryView]
    paging: NextPage


class DeliveryAttemptView(msgspec.Struct, kw_only=True):
    """One try to deliver one event."""

    event_id: str
    n: int
    post_id: Annotated[str, Meta(description="The same for all events that went in one post.")]
    at: Time
    took_ms: int
    outcome: Annotated[str, Meta(description="delivered or failed.")]
    http_status: Annotated[int | None, Meta(description="Null where no answer came.")]
    detail: Annotated[str | None, Meta(description="Why it failed.")]
    request: Annotated[str | None, Meta(description="What was posted, as far as it is kept.")]
    answer: Annotated[str | None, Meta(description="What came back, at most 4 KiB. Not to be trusted.")]


class DeliveryAttemptPage(msgspec.Struct):
    """Tries to deliver, newest events first, and of each event the last try first."""

    data: list[DeliveryAttemptView]
    paging: NextPage


async def list_deliveries(api: Api, request: Request, caller: Caller) -> Response:
    endpoint = await endpoints.find(api.runtime, caller.account_id, id_of(request))
    given = forms.read_query(DELIVERIES, request, Owner(api.cursor_key, caller.account_id))
    limit = given.get("limit", _DEFAULT_LIMIT)
    before = given.get("after")
    rows = await api.runtime.store.read(
        lambda tx: delivery_log.deliveries(
            tx, caller.account_id, endpoint.id, given.get("state"), before, limit + 1
        )
    )
    data = [_delivery(row) for row in rows[:limit]]
    following = rows[limit - 1].event_id if len(rows) > limit else None
    return as_page(request, DeliveryPage(data, _onward(api, caller, following)))


async def list_attempts(api: Api, request: Request, caller: Caller) -> Response:
    endpoint = await endpoints.find(api.runtime, caller.account_id, id_of(request))
    given = forms.read_query(TRIES, request, Owner(api.cursor_key, caller.account_id))
    if "event_id" in given:
        rows = await api.runtime.store.read(
            lambda tx: delivery_log.tries_of(tx, caller.account_id, endpoint.id, given["event_id"])
        )
        return as_json(DeliveryAttemptPage([_attempt(row) for row in rows], NextPage(next=None)))
    limit, before = given.get("limit", _DEFAULT_LIMIT), given.get("after")
    rows = await api.runtime.store.read(
        lambda tx: delivery_log.tries(tx, caller.account_id, endpoint.id, before, limit + 1)
    )
    shown = list(dict.fromkeys(row.event_id for row in rows))
    data = [_attempt(row) for row in rows if row.event_id in shown[:limit]]
    following = shown[limit - 1] if len(shown) > limit else None
    return as_page(request, DeliveryAttemptPage(data, _onward(api, caller, following)))


class Replayed(msgspec.Struct, kw_only=True):
    """What will come once more."""

    replayed: Annotated[int, Meta(description="Events. What the endpoint has yet to get comes anyway.")]


async def replay(api: Api, request: Request, caller: Caller) -> Response:
    """Under the `webhook-id` that they had; at once, as far as the endpoint takes them."""
    endpoint = await mine(api, request, caller)
    given = await _what_again(api, request, caller)
    is_list = "event_ids" in given

    async def work() -> bytes:
        again = replays.some(api.runtime, endpoint, given["event_ids"]) if is_list else _stretch()
        return msgspec.json.encode(Replayed(replayed=await again))

    def _stretch() -> Awaitable[int]:
        since, until = given.get("since", 0), given.get("until", api.runtime.clock.now() + 1)
        return replays.stretch(
            api.runtime, endpoint, since, until, failed_only=given.get("failed_only", False)
        )

    value = json_gate.decode(request.body, limit=len(request.body))
    return await once.carry_out(api, request, caller, value, work)


async def _what_again(api: Api, request: Request, caller: Caller) -> dict[str, Any]:
    looked = forms.look(REPLAY, request)
    given, problems = looked.given, looked.problems
    if given.get("since", 0) > given.get("until", math.inf):
        detail, expected = "This is before `since`.", "a time after `since`"
        problems.append(Problem("/until", "out_of_range", detail, expected=expected))
    # Of a member that is not known nobody can say what it was to choose.
    strange = any(problem.rule == "unknown_member" for problem in problems)
    if ("event_ids" in looked.names) == bool(looked.names - {"event_ids"}) and (looked.names or not strange):
        detail = "Say which: by `event_ids`, or by `since`, `until` and `failed_only`."
        expected = "`event_ids` alone, or at least one of `since`, `until` and `failed_only`"
        problems.append(Problem("", "exactly_one", detail, expected=expected))
    if problems:  # else the replay itself looks for them
        problems += await replays.unknown(api.runtime, caller.account_id, given.get("event_ids", []))
    return looked.settled()


def _onward(api: Api, caller: Caller, following: str | None) -> NextPage:
    """`following`: the event after which the next page begins."""
    return NextPage(next=make_cursor(api.cursor_key, caller.account_id, following) if following else None)


def _delivery(row: DeliveryRow) -> DeliveryView:
    return DeliveryView(
        event_id=row.event_id,
        type=row.type,
        state=row.state,
        tries=row.tries,
        first_at=to_rfc3339(row.first_at),
        next_at=to_rfc3339(row.next_at) if row.state == "waiting" and row.next_at < PARKED else None,
        is_replay=bool(row.is_replay),
        updated_at=to_rfc3339(row.updated_at),
    )


def _attempt(row: TryRow) -> DeliveryAttemptView:
    return DeliveryAttemptView(
        event_id=row.event_id,
        n=row.n,
        post_id=row.post_id,
        at=to_rfc3339(row.at),
        took_ms=row.took_ms,
        outcome=row.outcome,
        http_status=row.http_status,
        detail=row.detail,
        request=row.request,
        answer=row.answer,
    )
