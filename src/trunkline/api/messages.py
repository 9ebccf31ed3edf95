"""Messages whatever their channel: many at once, the dry run, reading back, withdrawing.

Both forms of id are taken everywhere: ours (`msg_…`) and the provider's (`wamid.…`), within the account.
"""

import asyncio
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline import json_gate
from trunkline.api import file_check, forms, whatsapp
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.conversation_views import InboundView, show_inbound
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json, bad_query
from trunkline.api.paging import Paging, as_page
from trunkline.api.problems import told
from trunkline.api.sending import Plan, carry_out
from trunkline.api.timeline import tell
from trunkline.api.views import MessageLife, MessageView, show_attempt, show_life, show_message
from trunkline.errors import Problem, Refusal, shorten
from trunkline.model import ids
from trunkline.model.evidence import attempt_id
from trunkline.model.message import State
from trunkline.shape import Choice, Object, Text
from trunkline.store import Tx, attempts, inbound, messages, numbers, status_facts
from trunkline.store.messages import Filters, MessageRow, NewMessage

MOST_IN_BATCH = 1_000
_BREATH = 50
"""Messages of a batch after which others get their turn."""

_PROVIDER_ID = re.compile("[!-~]{1,512}")
_DEFAULT_LIMIT = 50

QUERY = Object(
    {},
    {
        "state": Choice(*State, about="Only messages in this state."),
        "type": Text(pattern="[a-z_]{1,32}", form="a type such as text", about="Only messages of this type."),
        "from": forms.PhoneNumber("Only messages from this business number."),
        "to": forms.Address("Only messages to this number or user id."),
        "campaign_id": Text(
            pattern="cmp_[0-9a-z]{1,60}", form="the id of a campaign", about="Only messages of this campaign."
        ),
        "created_from": forms.Moment("Only messages made at this time or later."),
        "created_to": forms.Moment("Only messages made before this time."),
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Messages on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it."),
        "before": Cursor("`paging.previous` of another page: what comes before it."),
    },
)


class ItemError(msgspec.Struct, kw_only=True):
    """Why one message of a batch was not accepted. Pointers start at that message."""

    reason: str
    message: str
    problems: list[Problem]


class ItemResult(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Of one message: its id, or why there is none."""

    id: str | None = None
    warnings: whatsapp.Warnings = []
    error: ItemError | None = None


class BatchResult(msgspec.Struct):
    """One result for each message, in their order."""

    results: list[ItemResult]


class Verdict(msgspec.Struct, kw_only=True):
    """What would become of a message. Nothing is stored."""

    valid: bool
    problems: list[Problem]
    warnings: Annotated[list[Problem], Meta(description="Doubts that are no reason to refuse.")]
    would_send: Annotated[
        dict[str, Any] | None, Meta(description="The body that the provider would get; null when not valid.")
    ]
    from_: Annotated[str | None, Meta(description="Digits of the number it would leave from.")] = (
        msgspec.field(name="from")
    )


class MessagePage(msgspec.Struct):
    """Messages, newest first."""

    data: list[MessageView]
    paging: Paging


async def send_batch(api: Api, request: Request, caller: Caller) -> Response:
    body = json_gate.decode(request.body, limit=len(request.body))
    bodies = _bodies_of(body)

    async def plan() -> Plan:
        good: list[NewMessage] = []
        results: list[ItemResult] = []
        for index, one in enumerate(bodies):
            if index % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
            try:
                message, warnings = await whatsapp.prepare(api, caller, one)
                good.append(message)
                results.append(ItemResult(id=message.id, warnings=list(warnings)))
            except Refusal as refusal:
                error = ItemError(
                    reason=refusal.reason.word, message=told(refusal), problems=refusal.problems
                )
                results.append(ItemResult(error=error))
        return Plan(good, msgspec.json.encode(BatchResult(results)))

    return await carry_out(api, request, caller, body, plan)


def _bodies_of(body: Any) -> list[Any]:
    """`{"messages": […]}` or the array alone."""
    expected = f'{{"messages": […]}} with 1 to {MOST_IN_BATCH} messages, or only the array'
    bodies, at = body, ""
    if type(body) is dict:
        problems = [
            Problem(f"/{name[:64]}", "unknown_member", "A batch has no member of this name.", None, expected)
            for name in body
            if name != "messages"
        ][:10]
        if problems:
            raise Refusal("invalid_request", problems=problems)
        bodies, at = body.get("messages"), "/messages"
    if type(bodies) is not list:
        problem = Problem(at, "type", "This must be an array of messages.", shorten(bodies), expected)
        raise Refusal("invalid_request", problems=[problem])
    if not 1 <= len(bodies) <= MOST_IN_BATCH:
        detail = f"The batch has {len(bodies)} messages; 1 to {MOST_IN_BATCH} are allowed."
        problem = Problem(at, "too_many" if bodies else "too_few", detail, None, expected)
        raise Refusal("invalid_request", problems=[problem])
    return bodies


async def validate(api: Api, request: Request, caller: Caller) -> Response:
    asked = forms.read_query(file_check.QUERY, request)
    body = json_gate.decode(request.body, limit=len(request.body))
    judged = await whatsapp.judge(api, caller, body)
    refusal = judged.refusal
    problems = refusal.problems if refusal is not None else []
    if refusal is not None and not problems:  # refused for what no member of the body can mend
        problems = [Problem("", refusal.reason.word, refusal.detail)]
    if asked.get("files") == "check":
        problems = [*problems, *await file_check.problems_of(api, judged, body)]
    verdict = Verdict(
        valid=not problems,
        problems=problems,
        warnings=[
            *judged.warnings,
            *await whatsapp.opt_out_warnings(api, judged),
            *await whatsapp.window_warnings(api, judged),
        ],
        would_send=await whatsapp.dry_run(api, judged),
        from_=judged.number.digits if judged.number is not None else None,
    )
    return as_json(verdict)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    """One that was sent, or else one that came in."""
    try:
        return as_json(await life_of(api, caller, request.params["id"]))
    except Refusal:
        received = await _received(api, caller, request.params["id"])
        if received is None:
            raise
        return as_json(received)


async def _received(api: Api, caller: Caller, message_id: str) -> InboundView | None:
    account_id = caller.account_id

    async def work(tx: Tx) -> InboundView | None:
        row = await inbound.find(tx, account_id, message_id) if _may_be_id(message_id) else None
        if row is None:
            return None
        digits = (await numbers.digits_by_id(tx, account_id))[row.number_id]
        answers = [(account_id, row.context_id)] if row.context_id else []
        return show_inbound(row, digits, await messages.ids_by_provider_id(tx, answers))

    return await api.runtime.store.read(work)


async def cancel(api: Api, request: Request, caller: Caller) -> Response:
    """Exact: what is canceled has no intent, so nothing of it was sent."""
    account_id, now = caller.account_id, api.runtime.clock.now()
    row = await api.runtime.store.read(lambda tx: find(tx, account_id, request.params["id"]))
    if not await api.runtime.store.write(lambda tx: messages.cancel(tx, account_id, row.id, now)):
        row = await api.runtime.store.read(lambda tx: find(tx, account_id, row.id))
        detail = f"The message is {row.state}; it can be withdrawn only before it is sent."
        problem = Problem("", "state", detail, shorten(row.state), "scheduled, queued or held")
        raise Refusal("wrong_state", detail, problems=[problem])
    return as_json(await life_of(api, caller, row.id))


async def life_of(api: Api, caller: Caller, message_id: str) -> MessageLife:
    account_id = caller.account_id

    async def work(tx: Tx) -> MessageLife:
        row = await find(tx, account_id, message_id)
        tries = await attempts.of_message(tx, account_id, row.id)
        facts = await status_facts.of_message(tx, account_id, row.id)
        digits = (await numbers.digits_by_id(tx, account_id))[row.number_id]
        shown = [show_attempt(attempt, attempt_id(row.id, attempt.n)) for attempt in tries]
        return show_life(row, digits, shown, tell(row, tries, facts))

    return await api.runtime.store.read(work)


async def find(tx: Tx, account_id: str, message_id: str) -> MessageRow:
    row = None
    if ids.is_id(message_id, ids.MESSAGE):
        row = await messages.get(tx, account_id, message_id)
    elif _may_be_id(message_id):
        row = await messages.get_by_provider_id(tx, account_id, message_id)
    if row is None:
        raise Refusal("not_found", "There is no message of that id in this account.")
    return row


def _may_be_id(text: str) -> bool:
    return _PROVIDER_ID.fullmatch(text) is not None


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    """Newest first, along the ids. Read marks are left out unless asked for by their type."""
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    is_backward = "before" in given
    if is_backward and "after" in given:
        raise bad_query("before", "exactly_one", "Give `after` or `before`, not both.", "one of the two")
    start = given.get("after") or given.get("before") or ids.last_id(ids.MESSAGE)
    filters = Filters(
        state=given.get("state", ""),
        type=given.get("type", ""),
        sender=given.get("from", ""),
        recipient=given.get("to", ""),
        created_from=given.get("created_from", 0),
        created_to=given.get("created_to", 2**53),
        campaign_id=given.get("campaign_id", ""),
    )

    async def work(tx: Tx) -> tuple[list[MessageRow], dict[str, str]]:
        turn = messages.page_backward if is_backward else messages.page
        rows = await turn(tx, account_id, filters, start, limit + 1)
        return rows, await numbers.digits_by_id(tx, account_id)

    rows, digits = await api.runtime.store.read(work)
    has_more = len(rows) > limit
    rows = (rows[1:] if is_backward else rows[:limit]) if has_more else rows
    newer = has_more if is_backward else "after" in given
    paging = _paging(api, account_id, rows, older=has_more or is_backward, newer=newer)
    page = MessagePage([show_message(row, digits[row.number_id]) for row in rows], paging)
    return as_page(request, page)


def _paging(api: Api, account_id: str, rows: list[MessageRow], *, older: bool, newer: bool) -> Paging:
    def cursor(row: MessageRow) -> str:
        return make_cursor(api.cursor_key, account_id, row.id)

    return Paging(
        next=cursor(rows[-1]) if rows and older else None,
        previous=cursor(rows[0]) if rows and newer else None,
    )
