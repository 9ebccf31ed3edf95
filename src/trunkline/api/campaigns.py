"""Campaigns: writing them down, changing them, and deciding on them: check, start, pause, resume, cancel."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from trunkline import json_gate
from trunkline.api import forms, once
from trunkline.api.auth import Caller
from trunkline.api.campaign_form import BUDGET, FORM, PACE
from trunkline.api.campaign_progress import row_of
from trunkline.api.campaign_views import (
    CampaignView,
    DraftedCampaign,
    members,
    show_campaign,
    show_life,
)
from trunkline.api.context import Api
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json, bad_query
from trunkline.api.paging import Paging, as_page
from trunkline.campaigns import actions, drafts
from trunkline.campaigns.forms import Formed, form
from trunkline.channels.registry import is_real
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.model.campaign import Budget, CampaignState
from trunkline.runtime import Runtime
from trunkline.shape import Choice, Object
from trunkline.store import campaigns
from trunkline.store.campaigns import CampaignRow

_DEFAULT_LIMIT = 50

QUERY = Object(
    {},
    {
        "state": Choice(*CampaignState, about="Only campaigns in this state."),
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Campaigns on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.CAMPAIGN),
        "before": Cursor("`paging.previous` of another page: what comes before it.", kind=ids.CAMPAIGN),
    },
)
SCHEDULE = Object(
    {}, {"start_at": forms.Moment("When it starts by itself; by default when its `schedule` says.")}
)
NEW_PACE = forms.Changes({"per_second": PACE}, nullable=["per_second"])
NEW_BUDGET = BUDGET


class CampaignPage(msgspec.Struct):
    """Campaigns, newest first."""

    data: list[CampaignView]
    paging: Paging


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    is_backward = "before" in given
    if is_backward and "after" in given:
        raise bad_query("before", "exactly_one", "Give `after` or `before`, not both.", "one of the two")
    start = given.get("after") or given.get("before") or ids.last_id(ids.CAMPAIGN)
    turn = campaigns.page_backward if is_backward else campaigns.page
    state = given.get("state", "")
    rows = await api.runtime.store.read(lambda tx: turn(tx, account_id, state, start, limit + 1))
    has_more = len(rows) > limit
    rows = (rows[1:] if is_backward else rows[:limit]) if has_more else rows
    newer = has_more if is_backward else "after" in given
    paging = _paging(api, account_id, rows, older=has_more or is_backward, newer=newer)
    numbers = api.runtime.directory.numbers
    return as_page(request, CampaignPage([show_campaign(row, numbers) for row in rows], paging))


def _paging(api: Api, account_id: str, rows: list[CampaignRow], *, older: bool, newer: bool) -> Paging:
    def cursor(row: CampaignRow) -> str:
        return make_cursor(api.cursor_key, account_id, row.id)

    return Paging(
        next=cursor(rows[-1]) if rows and older else None,
        previous=cursor(rows[0]) if rows and newer else None,
    )


async def create(api: Api, request: Request, caller: Caller) -> Response:
    """A draft. Nothing is sent before it was checked and started."""
    body = json_gate.decode(request.body, limit=len(request.body))

    async def work() -> bytes:
        formed = await _formed(api, caller, body)
        row = await drafts.create(api.runtime, caller.account_id, formed.definition)
        return msgspec.json.encode(_drafted(api, row, formed))

    return await once.carry_out(api, request, caller, body, work)


async def change(api: Api, request: Request, caller: Caller) -> Response:
    """Before it starts; it is then a draft again. What is given takes the place of what stood there."""
    row = await row_of(api, request, caller)
    body = json_gate.decode(request.body, limit=len(request.body))
    shown = msgspec.json.decode(
        msgspec.json.encode(show_campaign(row, api.runtime.directory.numbers).definition)
    )
    formed = await _formed(api, caller, {**shown, **body} if type(body) is dict else body)
    row = await drafts.change(api.runtime, row.account_id, row.id, row.version, formed.definition)
    return as_json(_drafted(api, row, formed))


async def _formed(api: Api, caller: Caller, body: Any) -> Formed:
    """`Refusal` with everything that is wrong, in its shape and in its meaning."""
    looked = forms.look_at(FORM, body)
    return await form(api.runtime, api.templates, caller, looked.given, looked.problems)


def _drafted(api: Api, row: CampaignRow, formed: Formed) -> DraftedCampaign:
    return DraftedCampaign(**members(row, api.runtime.directory.numbers), warnings=list(formed.warnings))


async def show(api: Api, request: Request, caller: Caller) -> Response:
    row = await row_of(api, request, caller)
    totals = await api.progress.totals(row)
    return as_json(show_life(row, api.runtime.directory.numbers, totals))


async def remove(api: Api, request: Request, caller: Caller) -> Response:
    row = await row_of(api, request, caller)
    await drafts.remove(api.runtime, row.account_id, row.id)
    return Response(204)


Action = Callable[[Runtime, str, str], Awaitable[CampaignRow]]


async def check(api: Api, request: Request, caller: Caller) -> Response:
    """The answer comes at once; the check goes on by itself."""
    return await _act(api, request, caller, actions.check)


async def start(api: Api, request: Request, caller: Caller) -> Response:
    return await _act(api, request, caller, actions.start, sends=True)


async def pause(api: Api, request: Request, caller: Caller) -> Response:
    """Exact: when the answer is there, no message of it leaves that has no intent."""
    return await _act(api, request, caller, actions.pause)


async def resume(api: Api, request: Request, caller: Caller) -> Response:
    return await _act(api, request, caller, actions.resume, sends=True)


async def cancel(api: Api, request: Request, caller: Caller) -> Response:
    return await _act(api, request, caller, actions.cancel)


async def schedule(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_body(SCHEDULE, request)

    async def act(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
        return await actions.schedule(runtime, account_id, campaign_id, given.get("start_at"))

    return await _act(api, request, caller, act, sends=True)


async def set_pace(api: Api, request: Request, caller: Caller) -> Response:
    """From now on, while it runs too. Null goes back to that of its definition."""
    given = forms.read_body(NEW_PACE, request)
    if "per_second" not in given:
        problem = Problem("/per_second", "required", "`per_second` is missing.", None, PACE.says)
        raise Refusal("invalid_request", problems=[problem])
    per_second = given["per_second"]

    async def act(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
        return await actions.set_pace(runtime, account_id, campaign_id, per_second)

    return await _act(api, request, caller, act)


async def set_budget(api: Api, request: Request, caller: Caller) -> Response:
    """From now on, while it runs too; what is spent already counts."""
    given = forms.read_body(NEW_BUDGET, request)
    budget = Budget(currency=given["currency"], micros=given["amount"])

    async def act(runtime: Runtime, account_id: str, campaign_id: str) -> CampaignRow:
        return await actions.set_budget(runtime, account_id, campaign_id, budget)

    return await _act(api, request, caller, act)


async def _act(api: Api, request: Request, caller: Caller, act: Action, *, sends: bool = False) -> Response:
    row = await row_of(api, request, caller)
    if sends and not caller.is_live:
        _refuse_real_numbers(api, row)
    row = await act(api.runtime, row.account_id, row.id)
    return as_json(show_campaign(row, api.runtime.directory.numbers))


def _refuse_real_numbers(api: Api, row: CampaignRow) -> None:
    for number_id in actions.definition_of(row).numbers:
        number = api.runtime.directory.numbers.get(number_id)
        if number is not None and is_real(number.base_url):
            detail = f"a test key can not send through {number.digits}, a real number"
            raise Refusal("test_key", detail)
