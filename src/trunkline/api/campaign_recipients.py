"""A campaign's recipients, one by one: their verdicts, and what became of their messages."""

import msgspec

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.campaign_progress import row_of
from trunkline.api.campaign_views import RecipientView, show_recipient
from trunkline.api.context import Api
from trunkline.api.cursors import Owner, PlaceCursor, make_place
from trunkline.api.http import Request, Response
from trunkline.api.paging import NextPage, as_page
from trunkline.model.campaign import CampaignState, Reason, RecipientState
from trunkline.shape import Choice, Object
from trunkline.store import recipients
from trunkline.store.recipients import RecipientRow

_DEFAULT_LIMIT = 50


class _Place(PlaceCursor):
    """The number of a recipient: other lists have places that are none."""

    def _read(self, cursor: str, owner: Owner) -> str | None:
        place = super()._read(cursor, owner)
        return place if place is not None and place.isdecimal() else None


QUERY = Object(
    {},
    {
        "state": Choice(*RecipientState, about="Only recipients in this state."),
        "reason": Choice(*Reason, about="Only those who get nothing for this reason."),
        "to": forms.Address("Only this phone number or user id."),
        "limit": forms.Count(
            at_least=1, at_most=1000, about=f"Recipients on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": _Place("`paging.next` of another page: what follows it."),
    },
)


class RecipientPage(msgspec.Struct):
    """Recipients, in their order."""

    data: list[RecipientView]
    paging: NextPage


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    row = await row_of(api, request, caller)
    limit, after = given.get("limit", _DEFAULT_LIMIT), int(given.get("after", "0"))
    state, reason = given.get("state", ""), given.get("reason", "")
    key, rows = (row.account_id, row.id), list[RecipientRow]()
    if row.state is not CampaignState.DRAFT:  # what an earlier check left means nothing any more
        rows = await api.runtime.store.read(
            lambda tx: recipients.page(tx, *key, state, reason, after, limit + 1, given.get("to", ""))
        )
    more = len(rows) > limit
    cursor = make_place(api.cursor_key, caller.account_id, str(rows[limit - 1].n)) if more else None
    numbers = api.runtime.directory.numbers
    page = RecipientPage([show_recipient(one, numbers) for one in rows[:limit]], NextPage(next=cursor))
    return as_page(request, page)
