"""Conversations: who wrote to which number, whether they may be answered freely, and what was said.

To mark as read and to show that one is typing are messages like others: they go through accept and are seen
among the messages of type `read`.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api import forms, whatsapp
from trunkline.api.auth import Caller
from trunkline.api.consents import Person
from trunkline.api.context import Api
from trunkline.api.conversation_views import ConversationView, InboundView, show_conversation, show_inbound
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.paging import Paging, as_page
from trunkline.api.sending import Plan, carry_out
from trunkline.api.views import MessageView, show_message
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.shape import Findings, Object
from trunkline.store import Tx, contacts, conversation_pages, inbound, messages, numbers
from trunkline.store.conversation_pages import ConversationRow, Said
from trunkline.store.inbound import InboundRow

_DEFAULT_LIMIT = 50
_NEWEST = ids.last_id(ids.MESSAGE)
_AFTER = Cursor("`paging.next` of another page: what follows it.")


class Someone(Person):
    """Who is asked for by a contact's id, or by an address."""

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        if type(value) is str and ids.is_id(value, ids.CONTACT):
            return value
        return super().check(value, at, findings)


QUERY = Object(
    {},
    {
        "number": forms.PhoneNumber("Only those of this business number."),
        "contact": Someone("Only those with this person: a contact's id, a phone number or a user id."),
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Conversations on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": _AFTER,
    },
)
SAID_QUERY = Object(
    {},
    {
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Messages on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": _AFTER,
    },
)


class ConversationPage(msgspec.Struct):
    """Conversations, whoever wrote last first."""

    data: list[ConversationView]
    paging: Paging


class SaidPage(msgspec.Struct):
    """Messages of both sides, newest first."""

    data: list[MessageView | InboundView]
    paging: Paging


class Marked(msgspec.Struct):
    """The read mark is stored, and goes out like a message."""

    id: Annotated[str, Meta(examples=["msg_01kaq3w8n2e5v9x7c4h6t0y1zd"])]


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    start = given.get("after", _NEWEST)

    async def work(tx: Tx) -> tuple[list[ConversationRow], list[ConversationView]]:
        digits = await numbers.digits_by_id(tx, account_id)
        for number_id, contact_id in await _places(tx, account_id, given, digits):
            rows = await conversation_pages.page(tx, account_id, number_id, contact_id, start, limit + 1)
            return rows, await _views(api, tx, account_id, rows[:limit], digits)
        return [], []

    rows, views = await api.runtime.store.read(work)
    following = rows[limit - 1].last_inbound_id if len(rows) > limit else None
    return as_page(request, ConversationPage(views, _paging(api, account_id, following)))


async def _places(
    tx: Tx, account_id: str, given: dict[str, Any], digits: dict[str, str]
) -> list[tuple[str, str]]:
    """(number, contact) to narrow the list to, empty for all; nothing where there can be no such."""
    number_id, contact_id = "", ""
    if "number" in given:
        found = [id_ for id_, own in digits.items() if own == given["number"]]
        if not found:
            return []
        number_id = max(found)  # the latest, if it was registered again
    if "contact" in given:
        contact_id = await contact_of(tx, account_id, given["contact"]) or ""
        if not contact_id:
            return []
    return [(number_id, contact_id)]


async def contact_of(tx: Tx, account_id: str, wanted: str) -> str | None:
    if ids.is_id(wanted, ids.CONTACT):
        return wanted
    found = await contacts.by_address(tx, account_id, [wanted])
    return found[0].id if found else None


async def show(api: Api, request: Request, caller: Caller) -> Response:
    account_id, conversation_id = caller.account_id, request.params["id"]

    async def work(tx: Tx) -> ConversationView:
        row = await _find(tx, account_id, conversation_id)
        [view] = await _views(api, tx, account_id, [row], await numbers.digits_by_id(tx, account_id))
        return view

    return as_json(await api.runtime.store.read(work))


async def list_said(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(SAID_QUERY, request, Owner(api.cursor_key, account_id))
    limit, start = given.get("limit", _DEFAULT_LIMIT), given.get("after", _NEWEST)

    async def work(tx: Tx) -> tuple[list[Said], list[MessageView | InboundView]]:
        row = await _find(tx, account_id, request.params["id"])
        said = await conversation_pages.said(tx, account_id, row, start, limit + 1)
        return said, await show_said(tx, account_id, said[:limit])

    said, views = await api.runtime.store.read(work)
    following = said[limit - 1].id if len(said) > limit else None
    return as_page(request, SaidPage(views, _paging(api, account_id, following)))


async def mark_read(api: Api, request: Request, caller: Caller) -> Response:
    return await _mark(api, request, caller, {})


async def show_typing(api: Api, request: Request, caller: Caller) -> Response:
    """The provider shows it with a read mark, for some seconds or until something is sent."""
    return await _mark(api, request, caller, {"typing_indicator": {"type": "text"}})


async def _mark(api: Api, request: Request, caller: Caller, more: dict[str, Any]) -> Response:
    account_id = caller.account_id

    async def find(tx: Tx) -> tuple[InboundRow | None, str]:
        row = await _find(tx, account_id, request.params["id"])
        digits = await numbers.digits_by_id(tx, account_id)
        return await inbound.last_to_mark(tx, account_id, row.id), digits[row.number_id]

    async def plan() -> Plan:
        last, digits = await api.runtime.store.read(find)
        if last is None:
            raise Refusal("not_found", "There is no message in it that can be marked as read.")
        body = {"status": "read", "message_id": last.provider_id, "from": digits} | more
        message = (await whatsapp.prepare(api, caller, body)).message
        return Plan((message,), msgspec.json.encode(Marked(message.id)))

    return await carry_out(api, request, caller, request.params["id"], plan)


async def show_said(tx: Tx, account_id: str, said: Sequence[Said]) -> list[MessageView | InboundView]:
    digits = await numbers.digits_by_id(tx, account_id)
    answered = {row.context_id for row in said if isinstance(row, InboundRow) and row.context_id}
    ours = await messages.ids_by_provider_id(tx, [(account_id, each) for each in sorted(answered)])
    return [
        show_inbound(row, digits[row.number_id], ours)
        if isinstance(row, InboundRow)
        else show_message(row, digits[row.number_id])
        for row in said
    ]


async def _views(
    api: Api, tx: Tx, account_id: str, rows: Sequence[ConversationRow], digits: dict[str, str]
) -> list[ConversationView]:
    latest = await conversation_pages.latest(tx, account_id, rows)
    shown = dict(zip(latest, await show_said(tx, account_id, list(latest.values())), strict=True))
    now = api.runtime.clock.now()
    return [show_conversation(row, digits[row.number_id], shown.get(row.id), now) for row in rows]


async def _find(tx: Tx, account_id: str, conversation_id: str) -> ConversationRow:
    row = None
    if ids.is_id(conversation_id, ids.CONVERSATION):
        row = await conversation_pages.get(tx, account_id, conversation_id)
    if row is None:
        raise Refusal("not_found", "There is no conversation of that id in this account.")
    return row


def _paging(api: Api, account_id: str, following: str | None) -> Paging:
    cursor = make_cursor(api.cursor_key, account_id, following) if following is not None else None
    return Paging(next=cursor, previous=None)
