"""Imports of tables of people: uploaded, looked at, read in a dry run, adjusted, started, canceled."""

import re
from typing import Any

import msgspec

from trunkline import json_gate
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.import_form import OPTIONS, merged, misfits
from trunkline.api.import_views import ImportPage, show, show_briefly
from trunkline.api.multipart import read_form
from trunkline.api.once import carry_out
from trunkline.api.paging import Paging, as_page
from trunkline.api.uploads import JSON_TYPE, FileName, no_room, small_body
from trunkline.audiences.imports import keeping, reader
from trunkline.audiences.imports.options import Found, Options
from trunkline.errors import Problem, Refusal
from trunkline.media_files import Draft
from trunkline.model import ids
from trunkline.shape import Anything, Object
from trunkline.store import imports, lists
from trunkline.store.imports import ImportRow
from trunkline.table_files import TableError

_DEFAULT_LIMIT = 50
_MULTIPART = re.compile(r"multipart/form-data\s*;.*", re.IGNORECASE | re.DOTALL)
_NAME = FileName("What the file is called for people.")
_UNNAMED = "people"

FIELDS = Object(
    {},
    {
        "options": Anything("JSON: how it is read and what becomes of its people, as for PATCH."),
        "filename": _NAME,
    },
)
"""Of the form, beside `file`."""

UPLOAD_QUERY = Object({}, {"name": FileName("What the file is called, where its bytes are the body.")})
QUERY = Object(
    {},
    {
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Imports on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.IMPORT),
    },
)


async def create(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/imports: a form with the field `file`, or the bytes themselves."""
    said = request.headers.get("content-type", "")
    name = forms.read_query(UPLOAD_QUERY, request).get("name")
    if JSON_TYPE.fullmatch(said):
        await _refuse_json(request)
    try:
        with api.runtime.shelf.draft() as draft:  # a full disk may refuse its beginning, and its end
            if _MULTIPART.fullmatch(said):
                name, given = await _from_form(request, said, draft, name)
            else:
                given = await _from_bytes(request, draft)
            told = {"sha256": draft.sha256, "name": name, "options": given}

            async def work() -> bytes:
                return await _take(api, caller, draft, name or _UNNAMED, given)

            return await carry_out(api, request, caller, told, work)
    except OSError as fault:
        raise no_room(fault) from None


async def _from_form(
    request: Request, said: str, draft: Draft, name: str | None
) -> tuple[str | None, dict[str, Any]]:
    assert request.parts is not None
    form = await read_form(request.parts, said, tuple(FIELDS.members), draft)
    problems = list(form.problems)
    if not form.has_file:
        problems.append(Problem("/file", "required", "The form has no field `file` with the bytes."))
    text = form.fields.get("options") or "{}"
    try:
        looked = forms.look_at(OPTIONS, json_gate.decode(text.encode(), limit=len(text.encode())))
    except Refusal as refusal:
        problems += [_below(problem, "/options") for problem in refusal.problems]
        raise Refusal("invalid_request", problems=problems) from None
    problems += [_below(problem, "/options") for problem in looked.problems]
    if problems:
        raise Refusal("invalid_request", problems=problems)
    return name or form.fields.get("filename") or form.file_name, looked.given


async def _refuse_json(request: Request) -> None:
    """What is wrong with it is told as for a form."""
    request.body = await small_body(request)
    missing = Problem("/file", "required", "Send a form with the field `file`, or the file's bytes alone.")
    raise Refusal("invalid_request", problems=[*forms.look(FIELDS, request).problems, missing])


async def _from_bytes(request: Request, draft: Draft) -> dict[str, Any]:
    assert request.parts is not None
    async for part in request.parts:
        draft.write(part)
    return {}


async def _take(api: Api, caller: Caller, draft: Draft, name: str, given: dict[str, Any]) -> bytes:
    if not draft.size:
        problem = Problem("/file", "empty", "The file has no bytes.")
        raise Refusal("invalid_request", problems=[problem])
    draft.flush()
    options = merged(Options(), given)
    try:
        found = await reader.look(draft.path, options)
    except TableError as error:
        problem = Problem("/file", error.reason, error.detail)
        raise Refusal("invalid_request", problems=[problem]) from None
    await _expect_fit(api, caller, options, found, "/options")
    row = await keeping.create(api.runtime, caller.account_id, draft, name[:240], options, found)
    api.runtime.tally.count("imports_created_total")
    return msgspec.json.encode(show(row))


async def change(api: Api, request: Request, caller: Caller) -> Response:
    """PATCH /v1/imports/{id}"""
    row = await row_of(api, request, caller)
    options = merged(msgspec.json.decode(row.options, type=Options), forms.read_body(OPTIONS, request))

    async def check(options: Options, found: Found) -> None:
        await _expect_fit(api, caller, options, found)

    try:
        return as_json(show(await keeping.change(api.runtime, row, options, check)))
    except TableError as error:
        pointer = "/sheet" if error.reason == "no_such_sheet" else ""
        raise Refusal("invalid_request", problems=[Problem(pointer, error.reason, error.detail)]) from None


async def start(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/imports/{id}/start"""
    row = await row_of(api, request, caller)
    return as_json(show(await keeping.start(api.runtime, row)))


async def cancel(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/imports/{id}/cancel"""
    row = await row_of(api, request, caller)
    return as_json(show(await keeping.cancel(api.runtime, row)))


async def show_one(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/imports/{id}"""
    return as_json(show(await row_of(api, request, caller)))


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    """GET /v1/imports"""
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    start_at = given.get("after", ids.last_id(ids.IMPORT))
    rows = await api.runtime.store.read(lambda tx: imports.page(tx, account_id, start_at, limit + 1))
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = make_cursor(api.cursor_key, account_id, rows[-1].id) if more else None
    return as_page(
        request, ImportPage([show_briefly(row) for row in rows], Paging(next=cursor, previous=None))
    )


async def row_of(api: Api, request: Request, caller: Caller) -> ImportRow:
    return await find(api, caller.account_id, request.params["id"])


async def find(api: Api, account_id: str, import_id: str) -> ImportRow:
    row = None
    if ids.is_id(import_id, ids.IMPORT):
        row = await api.runtime.store.read(lambda tx: imports.get(tx, account_id, import_id))
    if row is None:
        raise Refusal("not_found", "There is no import of that id in this account.")
    return row


async def _expect_fit(api: Api, caller: Caller, options: Options, found: Found, below: str = "") -> None:
    problems = misfits(options, found)
    list_id = options.list_id
    if list_id is not None:
        known = await api.runtime.store.read(lambda tx: lists.get(tx, caller.account_id, list_id))
        if known is None:
            problems.append(Problem("/list/id", "unknown_list", "There is no such list in this account."))
    if problems:
        raise Refusal("invalid_request", problems=[_below(problem, below) for problem in problems])


def _below(problem: Problem, pointer: str) -> Problem:
    return msgspec.structs.replace(problem, pointer=pointer + problem.pointer)
