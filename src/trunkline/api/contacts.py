"""Contacts: who wrote to the account or was entered by it, what is known of them, and how that is changed."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.consents import Person
from trunkline.api.contact_form import CHANGES, FORM, TAG, given_of
from trunkline.api.context import Api
from trunkline.api.conversation_views import ContactView, show_contact
from trunkline.api.conversations import Someone, contact_of
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.paging import Paging, as_page
from trunkline.audiences import erasure, people
from trunkline.audiences.merge import merge
from trunkline.audiences.people_change import AddressTaken, change
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.shape import Anything, Array, Boolean, Findings, Object, Schema
from trunkline.store import Tx, contacts, tags
from trunkline.store.contacts import API, Contact

_DEFAULT_LIMIT = 50
MOST_AT_ONCE = 1_000

QUERY = Object(
    {},
    {
        "address": Person("Only whoever has or had this number or user id."),
        "tag": TAG,
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Contacts on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.CONTACT),
    },
)
MERGE_FORM = Object({"contact": Someone("Who is the same person: a contact's id, or an address.")})


class Row(Anything):
    """A contact of many, looked at one by one: a bad one does not stop the others."""

    def schema(self) -> Schema:
        return FORM.schema()


MANY_FORM = Object(
    {"contacts": Array(Row(), at_least=1, at_most=MOST_AT_ONCE, about="Each as POST /v1/contacts takes it.")},
    {"keep": Boolean("What is known stays as it is; only gaps are filled.")},
)


class ContactPage(msgspec.Struct):
    """Contacts, whoever was made last first."""

    data: list[ContactView]
    paging: Paging


class RefusedContact(msgspec.Struct, kw_only=True):
    """One that was not taken. The pointers say where it stood."""

    problems: list[Problem]


class EnteredContacts(msgspec.Struct, kw_only=True):
    """What became of many. What was wrong is named, all else is kept."""

    created: int
    updated: Annotated[int, Meta(description="Known before; what was new of them is written down.")]
    ids: Annotated[list[str | None], Meta(description="In the order of the contacts; null where refused.")]
    refused: list[RefusedContact]


class Erased(msgspec.Struct, kw_only=True):
    """Somebody was erased."""

    id: str
    is_complete: Annotated[
        bool,
        Meta(description="False where a message is on its way: what it says goes when that has ended."),
    ]


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, account_id))
    limit, start = given.get("limit", _DEFAULT_LIMIT), given.get("after", ids.last_id(ids.CONTACT))

    async def work(tx: Tx) -> tuple[list[Contact], list[ContactView]]:
        rows = await _found(tx, account_id, given, start, limit + 1)
        return rows, await show_many(tx, account_id, rows[:limit])

    rows, shown = await api.runtime.store.read(work)
    following = make_cursor(api.cursor_key, account_id, rows[limit - 1].id) if len(rows) > limit else None
    return as_page(request, ContactPage(shown, Paging(next=following, previous=None)))


async def _found(tx: Tx, account_id: str, given: dict[str, Any], start: str, count: int) -> list[Contact]:
    if "address" in given:
        rows = await contacts.by_address(tx, account_id, [given["address"]])
        tagged = await tags.of_contacts(tx, account_id, [row.id for row in rows])
        return [row for row in rows if "tag" not in given or given["tag"] in tagged[row.id]]
    if "tag" in given:
        return await contacts.page_of_tag(tx, account_id, given["tag"], start, count)
    return await contacts.page(tx, account_id, start, count)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id

    async def work(tx: Tx) -> ContactView:
        contact_id = await contact_of(tx, account_id, request.params["id"])
        contact = await contacts.get(tx, account_id, contact_id) if contact_id else None
        return await _shown(tx, account_id, contact)

    return as_json(await api.runtime.store.read(work))


async def enter(api: Api, request: Request, caller: Caller) -> Response:
    """201 when they are new; 200 when somebody had the address."""
    account_id, now = caller.account_id, api.runtime.clock.now()
    row = given_of(forms.read_body(FORM, request))

    async def work(tx: Tx) -> tuple[bool, ContactView]:
        [entered] = await people.upsert(tx, account_id, [row], now, source=API)
        return entered.is_new, await _shown(
            tx, account_id, await contacts.get(tx, account_id, entered.contact_id)
        )

    is_new, shown = await api.runtime.store.write(work)
    return as_json(shown, 201 if is_new else 200)


async def enter_many(api: Api, request: Request, caller: Caller) -> Response:
    account_id, now = caller.account_id, api.runtime.clock.now()
    body = forms.read_body(MANY_FORM, request)
    rows, refused = _sorted_out(body["contacts"])
    keep = body.get("keep", False)

    async def work(tx: Tx) -> list[people.Entered]:
        return await people.upsert(tx, account_id, list(rows.values()), now, source=API, keep=keep)

    entered = dict(zip(rows, await api.runtime.store.write(work), strict=True))
    created = sum(one.is_new for one in entered.values())
    return as_json(
        EnteredContacts(
            created=created,
            updated=len({one.contact_id for one in entered.values()}) - created,
            ids=[entered[n].contact_id if n in entered else None for n in range(len(body["contacts"]))],
            refused=refused,
        )
    )


def _sorted_out(given: Sequence[Any]) -> tuple[dict[int, people.Given], list[RefusedContact]]:
    """Those that are sound by their place, and what is wrong with the others."""
    sound: dict[int, people.Given] = {}
    refused: list[RefusedContact] = []
    for n, one in enumerate(given):
        findings = Findings()
        normal = FORM.check(one, f"/contacts/{n}", findings)
        if findings.problems:
            refused.append(RefusedContact(problems=findings.problems))
        else:
            sound[n] = given_of(normal)
    return sound, refused


async def alter(api: Api, request: Request, caller: Caller) -> Response:
    account_id, now = caller.account_id, api.runtime.clock.now()
    wanted = forms.read_body(CHANGES, request)

    async def work(tx: Tx) -> ContactView:
        contact_id = await contact_of(tx, account_id, request.params["id"]) or ""
        return await _shown(tx, account_id, await change(tx, account_id, contact_id, wanted, now))

    try:
        return as_json(await api.runtime.store.write(work))
    except AddressTaken as taken:
        detail = f"This is {taken.owner}'s. If they are the same person, merge them."
        problem = Problem(f"/{taken.member}", "taken", detail, found=taken.owner)
        raise Refusal("already_exists", problems=[problem]) from None


async def join(api: Api, request: Request, caller: Caller) -> Response:
    """The contact of the address stays; the other one goes into it."""
    account_id, now = caller.account_id, api.runtime.clock.now()
    other = forms.read_body(MERGE_FORM, request)["contact"]

    async def work(tx: Tx) -> ContactView:
        into = await contact_of(tx, account_id, request.params["id"]) or ""
        await _shown(tx, account_id, await contacts.get(tx, account_id, into))
        gone = await contact_of(tx, account_id, other) or ""
        merged = await merge(tx, account_id, gone, into, now) if gone != into else None
        if merged is None:
            detail = "This is the same contact." if gone == into else "There is no such contact."
            raise Refusal("invalid_request", problems=[Problem("/contact", "unknown_contact", detail)])
        return await _shown(tx, account_id, merged)

    return as_json(await api.runtime.store.write(work))


async def erase(api: Api, request: Request, caller: Caller) -> Response:
    account_id, runtime = caller.account_id, api.runtime

    async def work(tx: Tx) -> str:
        contact_id = await contact_of(tx, account_id, request.params["id"]) or ""
        if not await erasure.begin(tx, account_id, contact_id, runtime.clock):
            raise _nobody()
        return contact_id

    contact_id = await runtime.store.write(work)
    is_complete = await erasure.finish(runtime, account_id, contact_id)
    return as_json(Erased(id=contact_id, is_complete=is_complete))


async def show_many(tx: Tx, account_id: str, rows: Sequence[Contact]) -> list[ContactView]:
    every = [row.id for row in rows]
    addresses = await contacts.addresses_of(tx, account_id, every)
    tagged = await tags.of_contacts(tx, account_id, every)
    return [show_contact(row, addresses[row.id], tagged[row.id]) for row in rows]


async def _shown(tx: Tx, account_id: str, contact: Contact | None) -> ContactView:
    if contact is None:
        raise _nobody()
    [view] = await show_many(tx, account_id, [contact])
    return view


def _nobody() -> Refusal:
    return Refusal("not_found", "There is no such contact in this account.")
