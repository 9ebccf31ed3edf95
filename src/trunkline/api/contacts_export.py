"""Contacts as a table to take away: all, or those with a tag, on a list or in a segment."""

from typing import Any

import msgspec

from trunkline.api import forms, lists, segments
from trunkline.api.auth import Caller
from trunkline.api.contact_form import TAG
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, Streamed, bad_query
from trunkline.audiences.export import Which, as_csv
from trunkline.shape import Object, Text
from trunkline.store import Tx

TYPE = "text/csv; charset=utf-8"
_HEADERS = {"content-disposition": 'attachment; filename="contacts.csv"'}
_FILTERS = ("list", "segment", "tag")

QUERY = Object(
    {},
    {
        "list": Text(at_most=64, about="Only who is on this list, with what their rows said."),
        "segment": Text(at_most=64, about="Only for whom this segment holds now."),
        "tag": TAG,
    },
)


async def export(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    given = forms.read_query(QUERY, request)
    if len(given) > 1:
        raise bad_query(sorted(given)[1], "one_of", "Only one of list, segment and tag can be asked for.")
    which = await _which(api, caller.account_id, given)
    if request.method == "HEAD":
        return Response(200, content_type=TYPE, headers=_HEADERS)
    return Streamed(as_csv(api.runtime.store, which), TYPE, lambda: None, headers=_HEADERS)


async def _which(api: Api, account_id: str, given: dict[str, Any]) -> Which:
    now = api.runtime.clock.now()

    async def work(tx: Tx) -> Which:
        if "list" in given:
            row = await lists.find(tx, account_id, given["list"])
            return Which(account_id, now, row.id)
        if "segment" in given:
            segment = await segments.find(tx, account_id, given["segment"])
            return Which(account_id, now, rule=msgspec.json.decode(segment.rule))
        return Which(account_id, now, rule={"tag": given["tag"]} if "tag" in given else {"all": []})

    return await api.runtime.store.read(work)
