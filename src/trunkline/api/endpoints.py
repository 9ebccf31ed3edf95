"""Endpoints: where customers want their events. Adding, changing, secrets, pausing, trying one.

What became of their deliveries is in `deliveries.py`. A secret is shown once, when it is made. A test key
is for endpoints that no real number's events go to.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline import json_gate, url_guard
from trunkline.api import forms, once
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.views import MaybeTime, Time, show_time
from trunkline.channels.registry import is_real
from trunkline.clock import to_rfc3339
from trunkline.delivery import endpoints, formats
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model import ids
from trunkline.model.events import KINDS, TYPES, is_choice
from trunkline.shape import BROKEN, Array, Boolean, Choice, Findings, Integer, Object, Schema, Text
from trunkline.store import Tx, delivery_log, idempotency
from trunkline.store.delivery_log import Ahead, Standing
from trunkline.store.endpoints import EndpointRow
from trunkline.store.idempotency import Answered

FORMATS = ("events", "meta")
DEFAULT_OVERLAP_HOURS = 24


class EventChoice(Text):
    """A type of event, all of a kind, or all."""

    def __init__(self) -> None:
        super().__init__(at_most=64, form="a type such as message.delivered, or message.*, or *")

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is not str:
            return self.wrong_type(value, at, findings)
        if is_choice(value):
            return value
        detail = "There is no event of this type."
        findings.refuse(at, "unknown_event", detail, found=value, expected=self.says)
        return BROKEN

    def schema(self) -> Schema:
        return {"type": "string", "enum": ["*", *KINDS, *TYPES]}


_URL = Text(
    form="an address such as https://example.com/hook",
    about="Where events are posted to: https, unless the operator allows more.",
)
_CHOICES = {
    "format": Choice(*FORMATS, about="`events`: Standard Webhooks. `meta`: as the Cloud API posts them."),
    "description": Text(at_most=200, may_be_empty=True, about="For people."),
    "event_types": Array(EventChoice(), at_least=1, at_most=50, about="Which events; all by default."),
    "number_id": Text(
        at_most=64, form="the id of a number, num_…", about="Only what happens to this number; null: all."
    ),
    "is_ordered": Boolean("The next event of a conversation waits until the former was taken."),
    "batch_size": Integer(at_least=1, at_most=1000, about="Events in one post at most; 1 by default."),
    "max_in_flight": Integer(at_least=1, at_most=100, about="Posts at the same time at most; 20 by default."),
    "per_second": Integer(at_least=1, at_most=10_000, about="Posts a second at most; null: no limit."),
}
FORM = Object({"url": _URL}, _CHOICES)
CHANGES = forms.Changes({"url": _URL} | _CHOICES, nullable=("number_id", "per_second"))
ROTATION = Object(
    {},
    {
        "overlap_hours": Integer(
            at_least=0,
            at_most=168,
            about=f"How long the former secret signs too; {DEFAULT_OVERLAP_HOURS} by default.",
        )
    },
)


class EndpointView(msgspec.Struct, kw_only=True):
    """An endpoint, without its secret."""

    id: str
    url: str
    format: Annotated[str, Meta(description="events or meta.")]
    description: str
    event_types: list[str]
    number_id: Annotated[str | None, Meta(description="Only what happens to this number; null: all.")]
    state: Annotated[str, Meta(description="active, paused or disabled.")]
    state_reason: Annotated[
        str | None,
        Meta(description="Of `paused`: owner, or failing (it is probed, and heals); of `disabled`: gone."),
    ]
    is_ordered: bool
    batch_size: int
    max_in_flight: int
    per_second: int | None
    former_secret_until: Annotated[
        Time | None, Meta(description="Until then the secret before the last rotation signs too.")
    ]
    created_by: Annotated[str, Meta(description="api, or mapping.")]
    created_at: Time
    updated_at: Time


class NewEndpointView(EndpointView, kw_only=True):
    """An endpoint with its secret, which is shown this once."""

    secret: Annotated[str, Meta(description="whsec_…: signs every post. It cannot be shown again.")]


class AddedEndpointView(EndpointView, kw_only=True):
    """An endpoint that was added, with its secret in the first answer only."""

    secret: Annotated[
        str | None,
        Meta(
            description="whsec_…: signs every post. It cannot be shown again: null in an answer that is "
            "repeated for an `Idempotency-Key`."
        ),
    ]
    hint: Annotated[
        str | msgspec.UnsetType, Meta(description="Only beside a null `secret`: how to come to one.")
    ] = msgspec.UNSET


class EndpointStanding(EndpointView, kw_only=True):
    """An endpoint, and how it takes what it gets. Of each kind no more than 10,000 are counted."""

    position: Annotated[str | None, Meta(description="The last event that it is done with or tried once.")]
    waiting: Annotated[int, Meta(description="Deliveries that failed and are tried again.")]
    dead: Annotated[int, Meta(description="Deliveries given up; replay them.")]
    pending: Annotated[
        int, Meta(description="Events that it has yet to get: those that wait, and those after its position.")
    ]
    pending_is_at_least: Annotated[
        bool, Meta(description="There were too many to count: `pending` or more have yet to come.")
    ]
    failing_since: Annotated[MaybeTime, Meta(description="Null while it answers.")]
    probe_at: Annotated[MaybeTime, Meta(description="When it is tried again while it is paused.")]


class EndpointList(msgspec.Struct):
    """An account's endpoints, oldest first."""

    data: list[EndpointView]


async def list_all(api: Api, request: Request, caller: Caller) -> Response:
    rows = await endpoints.of_account(api.runtime, caller.account_id)
    return as_json(EndpointList([EndpointView(**members(api, row)) for row in rows]))


async def add(api: Api, request: Request, caller: Caller) -> Response:
    key, account_id = once.key_of(request), caller.account_id
    if key is None:
        row, secret = await endpoints.add(api.runtime, account_id, _new_row(api, request, caller))
        return as_json(AddedEndpointView(**members(api, row), secret=secret), 201)
    mark = once.fingerprint(request, json_gate.decode(request.body, limit=len(request.body)))
    with once.running(api, account_id, key, mark):
        first = await api.runtime.store.read(lambda tx: idempotency.recall(tx, account_id, key))
        made = first or await endpoints.add_once(
            api.runtime,
            account_id,
            _new_row(api, request, caller),
            lambda row: _without_secret(api, row, key, mark),
        )
    if isinstance(made, Answered):
        return once.again(made, mark)
    return as_json(AddedEndpointView(**members(api, made[0]), secret=made[1]), 201)


def _without_secret(api: Api, row: EndpointRow, key: str, mark: bytes) -> Answered:
    """What a repetition gets: nothing keeps the secret in clear."""
    hint = f"The secret was in the first answer; POST /v1/endpoints/{row.id}/rotate-secret makes another."
    body = msgspec.json.encode(AddedEndpointView(**members(api, row), secret=None, hint=hint))
    return Answered(row.account_id, key, mark, 201, body, row.created_at)


def _new_row(api: Api, request: Request, caller: Caller) -> dict[str, Any]:
    looked = forms.look(FORM, request)
    looked.problems.extend(_faults(api, caller, looked.given, looked.given.get("format", "events")))
    given = looked.settled()
    must_be_allowed(api, caller, given.get("number_id"))
    return _as_row(given)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    row = await endpoints.find(api.runtime, caller.account_id, id_of(request))

    async def work(tx: Tx) -> tuple[Standing | None, list[Ahead]]:
        standing = await delivery_log.standing(tx, row.account_id, row.id)
        position = standing.position if standing else ""
        return standing, await delivery_log.ahead(tx, row.account_id, position)

    standing, ahead = await api.runtime.store.read(work)
    backlog = _backlog(api, row, standing, ahead)
    return as_json(EndpointStanding(**members(api, row), **_standing(standing), **backlog))


async def change(api: Api, request: Request, caller: Caller) -> Response:
    """A member that is null is cleared, where null means something."""
    row = await mine(api, request, caller)
    looked = forms.look(CHANGES, request)
    given, format_ = looked.given, looked.given.get("format", row.format)
    if format_ != row.format and "event_types" not in looked.names:
        given["event_types"] = msgspec.json.decode(row.event_types)
    looked.problems.extend(_faults(api, caller, given, format_))
    given = looked.settled()
    must_be_allowed(api, caller, given.get("number_id", row.number_id))
    row = await endpoints.change(api.runtime, caller.account_id, row.id, _as_row(given))
    return as_json(EndpointView(**members(api, row)))


async def rotate_secret(api: Api, request: Request, caller: Caller) -> Response:
    row = await mine(api, request, caller)
    given = forms.read_body(ROTATION, request) if request.body else {}
    hours = given.get("overlap_hours", DEFAULT_OVERLAP_HOURS)
    row, secret = await endpoints.rotate(api.runtime, caller.account_id, row.id, hours)
    return as_json(NewEndpointView(**members(api, row), secret=secret))


async def pause(api: Api, request: Request, caller: Caller) -> Response:
    found = await mine(api, request, caller)
    row = await endpoints.pause(api.runtime, caller.account_id, found.id)
    return as_json(EndpointView(**members(api, row)))


async def enable(api: Api, request: Request, caller: Caller) -> Response:
    found = await mine(api, request, caller)
    row = await endpoints.enable(api.runtime, caller.account_id, found.id)
    return as_json(EndpointView(**members(api, row)))


async def test(api: Api, request: Request, caller: Caller) -> Response:
    found = await mine(api, request, caller)
    event = await endpoints.test(api.runtime, caller.account_id, found.id)
    return as_json(formats.show_event(event, None), 202)


async def remove(api: Api, request: Request, caller: Caller) -> Response:
    found = await mine(api, request, caller)
    await endpoints.remove(api.runtime, caller.account_id, found.id)
    return Response(204)


def id_of(request: Request) -> str:
    endpoint_id = request.params["id"]
    if not ids.is_id(endpoint_id, ids.ENDPOINT):
        raise Refusal("not_found", "There is no endpoint of that id in this account.")
    return endpoint_id


async def mine(api: Api, request: Request, caller: Caller) -> EndpointRow:
    """The endpoint that the request names, for whoever may do more than look at it."""
    row = await endpoints.find(api.runtime, caller.account_id, id_of(request))
    must_be_allowed(api, caller, row.number_id)
    return row


def must_be_allowed(api: Api, caller: Caller, number_id: str | None) -> None:
    """`number_id` is the endpoint's: None for what happens to any."""
    numbers = api.runtime.directory.of_account(caller.account_id)
    told = [row for row in numbers if number_id in (None, row.id)]
    if not caller.is_live and any(is_real(row.base_url) for row in told):
        detail = "A test key is for endpoints that no real number's events go to; use a live key."
        raise Refusal("scope_missing", detail)


def check_url(api: Api, url: str) -> list[Problem]:
    return list(url_guard.check(url, api.runtime.url_rules()).problems)


def _faults(api: Api, caller: Caller, given: dict[str, Any], format_: str) -> list[Problem]:
    """What the form does not know: the operator's rules for addresses, and the account's numbers."""
    problems = check_url(api, given["url"]) if "url" in given else []
    number_id = given.get("number_id")
    mine = [row.id for row in api.runtime.directory.of_account(caller.account_id)]
    if number_id is not None and number_id not in mine:
        detail = "There is no number of that id in this account."
        expected = "the id of a number of this account, num_…"
        problems.append(Problem("/number_id", "unknown_number", detail, shorten(number_id), expected))
    if format_ == "meta":
        problems += _untold(api, given.get("event_types", []))
    return problems


def _untold(api: Api, event_types: list[str]) -> list[Problem]:
    connectors = api.runtime.connectors.values()
    told = [type_ for type_ in TYPES if any(connector.tells(type_) for connector in connectors)]
    detail = "Format `meta` has no shape for this event; format `events` has."
    expected = f"format `events`, or of these: {', '.join(told)}"
    return [
        Problem(f"/event_types/{place}", "not_in_meta", detail, shorten(type_), expected)
        for place, type_ in enumerate(event_types)
        if type_ in TYPES and type_ not in told
    ]


def _as_row(given: dict[str, Any]) -> dict[str, Any]:
    row = dict(given)
    if "event_types" in row:
        row["event_types"] = msgspec.json.encode(row["event_types"]).decode()
    if "is_ordered" in row:
        row["is_ordered"] = int(row["is_ordered"])
    return row


def members(api: Api, row: EndpointRow) -> dict[str, Any]:
    """What every view of an endpoint shows."""
    overlaps = row.former_until is not None and row.former_until > api.runtime.clock.now()
    return {
        "id": row.id,
        "url": row.url,
        "format": row.format,
        "description": row.description,
        "event_types": msgspec.json.decode(row.event_types),
        "number_id": row.number_id,
        "state": row.state,
        "state_reason": row.state_reason,
        "is_ordered": bool(row.is_ordered),
        "batch_size": row.batch_size,
        "max_in_flight": row.max_in_flight,
        "per_second": row.per_second,
        "former_secret_until": show_time(row.former_until) if overlaps else None,
        "created_by": row.created_by,
        "created_at": to_rfc3339(row.created_at),
        "updated_at": to_rfc3339(row.updated_at),
    }


def _backlog(api: Api, row: EndpointRow, standing: Standing | None, ahead: Sequence[Ahead]) -> dict[str, Any]:
    """Of what follows in the log only what goes to this endpoint."""
    is_wanted = formats.wanted(row, api.runtime.connectors)
    passed, waiting = (standing.passed, standing.waiting) if standing else (0, 0)
    return {
        "pending": passed + sum(kind.count for kind in ahead if is_wanted(kind)),
        "pending_is_at_least": delivery_log.MOST_COUNTED in (waiting, sum(kind.count for kind in ahead)),
    }


def _standing(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {"position": None, "waiting": 0, "dead": 0, "failing_since": None, "probe_at": None}
    return {
        "position": standing.position or None,
        "waiting": standing.waiting,
        "dead": standing.dead,
        "failing_since": show_time(standing.failing_since),
        "probe_at": show_time(standing.probe_at),
    }
