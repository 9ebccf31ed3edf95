"""Bad rows of an import: a page of them, or all of them as a table that a spreadsheet opens without harm."""

import io
from collections.abc import AsyncGenerator

from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.cursors import Owner, PlaceCursor, make_place
from trunkline.api.http import Request, Response, Streamed
from trunkline.api.import_views import FaultPage, show_fault
from trunkline.api.imports import row_of
from trunkline.api.paging import NextPage, as_page
from trunkline.shape import Choice, Object, Text
from trunkline.store import imports
from trunkline.store.imports import Fault, ImportRow
from trunkline.table_files import TableWriter

_DEFAULT_LIMIT = 100
_AT_ONCE = 1_000
_COLUMNS = ("row", "line", "column", "reason", "detail", "found")

QUERY = Object(
    {},
    {
        "reason": Text(pattern="[a-z0-9_]{1,64}", form="a reason", about="Only rows that are bad for this."),
        "format": Choice("json", "csv", about="`csv` is all of them, as a file."),
        "limit": forms.Count(
            at_least=1, at_most=1_000, about=f"Rows on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": PlaceCursor("`paging.next` of another page: what follows it.", at_most=100),
    },
)


async def list_page(api: Api, request: Request, caller: Caller) -> Response | Streamed:
    """GET /v1/imports/{id}/faults"""
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    row = await row_of(api, request, caller)
    reason = given.get("reason", "")
    if given.get("format") == "csv":
        name = f'attachment; filename="{row.id}-faults.csv"'
        headers = {"content-disposition": name}
        if request.method == "HEAD":
            return Response(200, content_type="text/csv; charset=utf-8", headers=headers)
        parts = _as_csv(api, row, reason)
        return Streamed(parts, "text/csv; charset=utf-8", lambda: None, headers=headers)
    limit, after = given.get("limit", _DEFAULT_LIMIT), _place(given.get("after"))
    found = await _read(api, row, reason, after, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    cursor = make_place(api.cursor_key, row.account_id, str(found[-1].n)) if more else None
    return as_page(request, FaultPage([show_fault(one) for one in found], NextPage(next=cursor)))


async def _as_csv(api: Api, row: ImportRow, reason: str) -> AsyncGenerator[bytes, None]:
    after, columns = 0, _COLUMNS
    text = io.StringIO(newline="")
    text.write("\ufeff")  # without it spreadsheets take UTF-8 for something else
    table = TableWriter(text, columns)
    while True:
        found = await _read(api, row, reason, after, _AT_ONCE)
        for one in found:
            table.write((one.n, one.line, one.column, one.reason, one.detail, one.found))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
        if len(found) < _AT_ONCE:
            return
        after = found[-1].n


async def _read(api: Api, row: ImportRow, reason: str, after: int, count: int) -> list[Fault]:
    return await api.runtime.store.read(
        lambda tx: imports.faults(tx, row.account_id, row.id, reason, after, count)
    )


def _place(cursor: str | None) -> int:
    return int(cursor) if cursor is not None and cursor.isdecimal() and len(cursor) < 19 else 0
