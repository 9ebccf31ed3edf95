"""Segments: rules that are kept, tried before they are used, and asked anew each time."""

from typing import Any

import msgspec

from trunkline.api import forms
from trunkline.api.audience_views import (
    SegmentCount,
    SegmentMembers,
    SegmentPage,
    SegmentView,
    show_segment,
)
from trunkline.api.auth import Caller
from trunkline.api.contacts import show_many
from trunkline.api.context import Api
from trunkline.api.conversation_views import ContactView
from trunkline.api.cursors import Owner, make_cursor
from trunkline.api.http import Request, Response, as_json
from trunkline.api.lists import name_taken, page_query
from trunkline.api.paging import Paging, as_page
from trunkline.audiences import segments as people_of
from trunkline.audiences.rule_form import RuleForm
from trunkline.audiences.segments import Part
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.shape import Object, Text
from trunkline.store import Tx, segments
from trunkline.store.segments import SegmentRow

_DEFAULT_LIMIT = 50
_COUNT_SECONDS = 20.0
"""How long a count may take."""
_COUNTED_AT_ONCE = 1_000
_EXAMPLES = 10

_NAME = Text(at_most=100, about="Each segment of an account has its own.")
_RULE = RuleForm("For whom it holds: `all`, `any` or `not` of rules, or one thing that is asked of a person.")
FORM = Object({"name": _NAME, "rule": _RULE})
CHANGES = forms.Changes({"name": _NAME, "rule": _RULE})
COUNT_FORM = Object({"rule": _RULE})
QUERY = page_query(ids.SEGMENT)
MEMBERS_QUERY = page_query(ids.CONTACT)


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, account_id))
    limit, start = given.get("limit", _DEFAULT_LIMIT), given.get("after", ids.last_id(ids.SEGMENT))
    rows = await api.runtime.store.read(lambda tx: segments.page(tx, account_id, start, limit + 1))
    following = make_cursor(api.cursor_key, account_id, rows[limit - 1].id) if len(rows) > limit else None
    shown = [show_segment(row) for row in rows[:limit]]
    return as_page(request, SegmentPage(shown, Paging(next=following, previous=None)))


async def create(api: Api, request: Request, caller: Caller) -> Response:
    body, now = forms.read_body(FORM, request), api.runtime.clock.now()
    rule = msgspec.json.encode(body["rule"]).decode()
    row = SegmentRow(caller.account_id, ids.new_id(ids.SEGMENT), body["name"], rule, now, now)
    if not await api.runtime.store.write(lambda tx: segments.insert(tx, row)):
        raise name_taken("segment")
    return as_json(show_segment(row), 201)


async def show(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(
        show_segment(
            await api.runtime.store.read(lambda tx: find(tx, caller.account_id, request.params["id"]))
        )
    )


async def alter(api: Api, request: Request, caller: Caller) -> Response:
    account_id, now = caller.account_id, api.runtime.clock.now()
    wanted = forms.read_body(CHANGES, request)
    if "rule" in wanted:
        wanted["rule"] = msgspec.json.encode(wanted["rule"]).decode()

    async def work(tx: Tx) -> SegmentView:
        row = await find(tx, account_id, request.params["id"])
        other = await segments.by_name(tx, account_id, wanted.get("name", ""))
        if other is not None and other.id != row.id:
            raise name_taken("segment")
        row = msgspec.structs.replace(row, **wanted, updated_at=now)
        await segments.put(tx, row)
        return show_segment(row)

    return as_json(await api.runtime.store.write(work))


async def remove(api: Api, request: Request, caller: Caller) -> Response:
    async def work(tx: Tx) -> None:
        row = await find(tx, caller.account_id, request.params["id"])
        await segments.remove(tx, row.account_id, row.id)

    await api.runtime.store.write(work)
    return Response(204)


async def count(api: Api, request: Request, caller: Caller) -> Response:
    return await _counted(api, caller, forms.read_body(COUNT_FORM, request)["rule"])


async def count_of(api: Api, request: Request, caller: Caller) -> Response:
    row = await api.runtime.store.read(lambda tx: find(tx, caller.account_id, request.params["id"]))
    return await _counted(api, caller, msgspec.json.decode(row.rule))


async def _counted(api: Api, caller: Caller, rule: dict[str, Any]) -> Response:
    clock, store, account_id = api.runtime.clock, api.runtime.store, caller.account_id
    ends_at = clock.monotonic() + _COUNT_SECONDS
    part = Part(account_id, "", _COUNTED_AT_ONCE, clock.now())
    counted = await people_of.count_all(store, part, rule, lambda: clock.monotonic() < ends_at, _EXAMPLES)
    shown = await store.read(lambda tx: show_many(tx, account_id, counted.first))
    return as_json(
        SegmentCount(
            count=counted.count,
            is_complete=counted.is_complete,
            looked_at=counted.looked_at,
            examples=shown,
        )
    )


async def list_members(api: Api, request: Request, caller: Caller) -> Response:
    account_id = caller.account_id
    given = forms.read_query(MEMBERS_QUERY, request, Owner(api.cursor_key, account_id))
    part = Part(
        account_id, given.get("after", ""), given.get("limit", _DEFAULT_LIMIT), api.runtime.clock.now()
    )

    async def work(tx: Tx) -> tuple[list[ContactView], str | None]:
        row = await find(tx, account_id, request.params["id"])
        found, last, _ = await people_of.page(tx, part, msgspec.json.decode(row.rule))
        return await show_many(tx, account_id, found), last

    shown, last = await api.runtime.store.read(work)
    following = make_cursor(api.cursor_key, account_id, last) if last is not None else None
    return as_page(request, SegmentMembers(shown, Paging(next=following, previous=None)))


async def find(tx: Tx, account_id: str, segment_id: str) -> SegmentRow:
    row = await segments.get(tx, account_id, segment_id) if ids.is_id(segment_id, ids.SEGMENT) else None
    if row is None:
        raise Refusal("not_found", "There is no segment of that id in this account.")
    return row
