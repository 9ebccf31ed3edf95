"""Lists: made, named, filled by hand, shown, removed. Imports fill them too."""

import msgspec

from trunkline.api import forms
from trunkline.api.audience_views import (
    ListPage,
    ListView,
    MemberPage,
    MembersChanged,
    MemberView,
    show_list,
)
from trunkline.api.auth import Caller
from trunkline.api.contacts import show_many
from trunkline.api.context import Api
from trunkline.api.conversations import Someone
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.paging import Paging, as_page
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.shape import Array, Object, Text
from trunkline.store import Tx, contacts, lists
from trunkline.store.contacts import Contact
from trunkline.store.lists import ListRow, OnList

_DEFAULT_LIMIT = 50
_STEP = 2_000
"""Members of a removed list that go in one transaction."""

NAME = Text(at_most=100, about="Each list of an account has its own.")
_WHO = Array(
    Someone("A contact's id, a phone number or a user id."),
    at_most=1_000,
    about="Contacts by id, or by an address.",
)
FORM = Object({"name": NAME})
CHANGES = forms.Changes({"name": NAME})
MEMBERS_FORM = Object({}, {"add": _WHO, "remove": _WHO})


def page_query(kind: str) -> Object:
    return Object(
        {},
        {
            "limit": forms.Count(at_least=1, at_most=100, about=f"On a page; {_DEFAULT_LIMIT} by default."),
            "after": Cursor("`paging.next` of another page: what follows it.", kind=kind),
        },
    )


QUERY = page_query(ids.LIST)
MEMBERS_QUERY = page_query(ids.CONTACT)


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, account_id))
    limit, start = given.get("limit", _DEFAULT_LIMIT), given.get("after", ids.last_id(ids.LIST))

    async def work(tx: Tx) -> tuple[list[ListRow], list[ListView]]:
        rows = await lists.page(tx, account_id, start, limit + 1)
        return rows, [show_list(row, await lists.count(tx, account_id, row.id)) for row in rows[:limit]]

    rows, shown = await api.runtime.store.read(work)
    following = make_cursor(api.cursor_key, account_id, rows[limit - 1].id) if len(rows) > limit else None
    return as_page(request, ListPage(shown, Paging(next=following, previous=None)))


async def create(api: Api, request: Request, caller: Caller) -> Response:
    name, now = forms.read_body(FORM, request)["name"], api.runtime.clock.now()
    row = ListRow(caller.account_id, ids.new_id(ids.LIST), name, now, now)
    if not await api.runtime.store.write(lambda tx: lists.insert(tx, row)):
        raise name_taken("list")
    return as_json(show_list(row, 0), 201)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    async def work(tx: Tx) -> ListView:
        row = await find(tx, caller.account_id, request.params["id"])
        return show_list(row, await lists.count(tx, row.account_id, row.id))

    return as_json(await api.runtime.store.read(work))


async def alter(api: Api, request: Request, caller: Caller) -> Response:
    account_id, now = caller.account_id, api.runtime.clock.now()
    wanted = forms.read_body(CHANGES, request)

    async def work(tx: Tx) -> ListView:
        row = await find(tx, account_id, request.params["id"])
        other = await lists.by_name(tx, account_id, wanted["name"]) if "name" in wanted else None
        if other is not None and other.id != row.id:
            raise name_taken("list")
        if "name" in wanted:
            await lists.rename(tx, account_id, row.id, wanted["name"], now)
        row = await find(tx, account_id, row.id)
        return show_list(row, await lists.count(tx, account_id, row.id))

    return as_json(await api.runtime.store.write(work))


async def remove(api: Api, request: Request, caller: Caller) -> Response:
    """The list, and not the people on it. It goes last: what a crash leaves can be removed again."""
    store = api.runtime.store
    row = await store.read(lambda tx: find(tx, caller.account_id, request.params["id"]))

    async def clear(tx: Tx) -> int:
        return await lists.clear(tx, row.account_id, row.id, _STEP)

    while await store.write(clear):
        pass
    await store.write(lambda tx: lists.remove(tx, row.account_id, row.id))
    while await store.write(clear):  # whom an import put there meanwhile
        pass
    return Response(204)


async def list_members(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(MEMBERS_QUERY, request, Owner(api.cursor_key, account_id))
    limit, after = given.get("limit", _DEFAULT_LIMIT), given.get("after", "")

    async def work(tx: Tx) -> tuple[list[MemberView], str | None]:
        row = await find(tx, account_id, request.params["id"])
        found = await lists.members(tx, account_id, row.id, after, limit + 1)
        more = found[limit - 1].contact.id if len(found) > limit else None
        people = await show_many(tx, account_id, [one.contact for one in found[:limit]])
        return [
            MemberView(contact=shown, address=one.address, columns=msgspec.Raw(one.columns.encode()))
            for one, shown in zip(found, people, strict=False)
        ], more

    shown, more = await api.runtime.store.read(work)
    following = make_cursor(api.cursor_key, account_id, more) if more is not None else None
    return as_page(request, MemberPage(shown, Paging(next=following, previous=None)))


async def change_members(api: Api, request: Request, caller: Caller) -> Response:
    account_id, now = caller.account_id, api.runtime.clock.now()
    wanted = forms.read_body(MEMBERS_FORM, request)

    async def work(tx: Tx) -> MembersChanged:
        await contacts.take_turn(tx, account_id)  # nobody is merged or erased meanwhile
        row = await find(tx, account_id, request.params["id"])
        found = await _people(tx, account_id, [*wanted.get("add", ()), *wanted.get("remove", ())])
        added = {found[one].id: _place(one, found[one]) for one in wanted.get("add", ()) if one in found}
        known = await lists.who_is_on(tx, account_id, row.id, added)
        new = [place for contact_id, place in added.items() if contact_id not in known]
        await lists.add(tx, account_id, row.id, new, now)
        gone = {found[one].id for one in wanted.get("remove", ()) if one in found}
        removed = await lists.take_off(tx, account_id, row.id, gone)
        asked = [*wanted.get("add", ()), *wanted.get("remove", ())]
        unknown = [one for one in dict.fromkeys(asked) if one not in found]
        return MembersChanged(added=len(new), removed=removed, unknown=unknown)

    return as_json(await api.runtime.store.write(work))


async def _people(tx: Tx, account_id: str, asked: list[str]) -> dict[str, Contact]:
    """Id or address, as it was asked → whose it is."""
    by_id = [one for one in asked if ids.is_id(one, ids.CONTACT)]
    found = {one.id: one for one in await contacts.get_many(tx, account_id, by_id)}
    return found | await contacts.known(tx, account_id, [one for one in asked if one not in by_id])


def _place(asked: str, contact: Contact) -> OnList:
    address = (contact.phone or contact.user_id or "") if asked == contact.id else asked
    return OnList(contact.id, address)


async def find(tx: Tx, account_id: str, list_id: str) -> ListRow:
    row = await lists.get(tx, account_id, list_id) if ids.is_id(list_id, ids.LIST) else None
    if row is None:
        raise Refusal("not_found", "There is no list of that id in this account.")
    return row


def name_taken(kind: str) -> Refusal:
    detail = f"There is a {kind} of this name."
    return Refusal("already_exists", problems=[Problem("/name", "taken", detail)])
