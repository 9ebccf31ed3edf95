"""Files for messages, as their account sees them: a page of them, one of them, and away with one."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline import shelving
from trunkline.api import forms, media
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.conversions import ConversionView
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.file_views import FileView, show_file
from trunkline.api.http import Request, Response, as_json, bad_query
from trunkline.api.paging import Paging, as_page
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.shape import Object
from trunkline.store import media as store
from trunkline.store.media import MediaRow

_DEFAULT_LIMIT = 50
_OF_LISTS = ("limit", "after", "before")

QUERY = Object(
    {},
    {
        **media.QUERY.members,
        "limit": forms.Count(at_least=1, at_most=100, about=f"Files on a page; {_DEFAULT_LIMIT} by default."),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.MEDIA),
        "before": Cursor("`paging.previous` of another page: what comes before it.", kind=ids.MEDIA),
    },
)


class FilePage(msgspec.Struct):
    """Uploaded files, newest first."""

    data: list[FileView]
    paging: Paging
    converting: Annotated[
        list[ConversionView],
        Meta(description="Uploads that are being converted by the process that answers."),
    ]


async def find(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/whatsapp/media: with a `media_id` where its bytes are, else a page of uploaded files."""
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    if "media_id" not in given:
        return await _list_page(api, request, caller, given)
    for name in _OF_LISTS:
        if name in given:
            raise bad_query(name, "exactly_one", "With `media_id` there is no list.", "one of the two")
    return await media.look_up(api, request, caller, given["media_id"], given.get("from"))


async def _list_page(api: Api, request: Request, caller: Caller, given: dict[str, Any]) -> Response:
    if "from" in given:
        raise bad_query("from", "unknown_member", "Files that are uploaded belong to no number.")
    is_backward = "before" in given
    if is_backward and "after" in given:
        raise bad_query("before", "exactly_one", "Give `after` or `before`, not both.", "one of the two")
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    start = given.get("after") or given.get("before") or ids.last_id(ids.MEDIA)
    turn = store.page_backward if is_backward else store.page
    rows = await api.runtime.store.read(lambda tx: turn(tx, account_id, start, limit + 1))
    has_more = len(rows) > limit
    rows = (rows[1:] if is_backward else rows[:limit]) if has_more else rows
    newer = has_more if is_backward else "after" in given
    paging = _paging(api, account_id, rows, older=has_more or is_backward, newer=newer)
    return as_page(
        request, FilePage([show_file(row) for row in rows], paging, api.conversions.of_account(account_id))
    )


def _paging(api: Api, account_id: str, rows: list[MediaRow], *, older: bool, newer: bool) -> Paging:
    def cursor(row: MediaRow) -> str:
        return make_cursor(api.cursor_key, account_id, row.id)

    return Paging(
        next=cursor(rows[-1]) if rows and older else None,
        previous=cursor(rows[0]) if rows and newer else None,
    )


async def show(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/whatsapp/media/{id}"""
    return as_json(show_file(await _uploaded(api, request, caller)))


async def remove(api: Api, request: Request, caller: Caller) -> Response:
    """DELETE /v1/whatsapp/media/{id}"""
    row = await _uploaded(api, request, caller)
    assert row.sha256 is not None
    await shelving.remove(api.runtime, row.account_id, row.id, row.sha256, "removed by its owner")
    return Response(204)


async def _uploaded(api: Api, request: Request, caller: Caller) -> MediaRow:
    media_id, account_id = request.params["id"], caller.account_id
    row = None
    if ids.is_id(media_id, ids.MEDIA):
        row = await api.runtime.store.read(lambda tx: store.get(tx, account_id, media_id))
    if row is None or row.source != "uploaded":
        raise Refusal("not_found", "There is no uploaded file of that id in this account.")
    if row.state != "stored":
        raise Refusal("not_found", f"The file was {row.detail or 'removed'}.")
    return row
