"""Contacts: who wrote to the account, and by which addresses they are known."""

import msgspec

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.consents import Person
from trunkline.api.context import Api
from trunkline.api.conversation_views import ContactView, show_contact
from trunkline.api.conversations import contact_of
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.paging import Paging, as_page
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.shape import Object
from trunkline.store import Tx, contacts
from trunkline.store.contacts import Contact

_DEFAULT_LIMIT = 50

QUERY = Object(
    {},
    {
        "address": Person("Only whoever has or had this number or user id."),
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Contacts on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.CONTACT),
    },
)


class ContactPage(msgspec.Struct):
    """Contacts, whoever wrote for the first time last first."""

    data: list[ContactView]
    paging: Paging


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, account_id))
    limit, start = given.get("limit", _DEFAULT_LIMIT), given.get("after", ids.last_id(ids.CONTACT))

    async def work(tx: Tx) -> tuple[list[Contact], dict[str, list[str]]]:
        if "address" in given:
            rows = await contacts.by_address(tx, account_id, [given["address"]])
        else:
            rows = await contacts.page(tx, account_id, start, limit + 1)
        return rows, await contacts.addresses_of(tx, account_id, [row.id for row in rows])

    rows, addresses = await api.runtime.store.read(work)
    shown = [show_contact(row, addresses[row.id]) for row in rows[:limit]]
    following = make_cursor(api.cursor_key, account_id, rows[limit - 1].id) if len(rows) > limit else None
    return as_page(request, ContactPage(shown, Paging(next=following, previous=None)))


async def show(api: Api, request: Request, caller: Caller) -> Response:
    account_id, wanted = caller.account_id, request.params["id"]

    async def work(tx: Tx) -> ContactView:
        contact_id = await contact_of(tx, account_id, wanted)
        contact = await contacts.get(tx, account_id, contact_id) if contact_id else None
        if contact is None:
            raise Refusal("not_found", "There is no such contact in this account.")
        addresses = await contacts.addresses_of(tx, account_id, [contact.id])
        return show_contact(contact, addresses[contact.id])

    return as_json(await api.runtime.store.read(work))
