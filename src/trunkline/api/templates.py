"""Templates as they are known here: lists, one with its history, and how one looks when it is filled in; and
reading them anew from the provider. Making and changing them is in `template_changes.py`.
"""

import asyncio
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline import json_gate
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.cursors import Cursor, Owner, make_cursor
from trunkline.api.http import Request, Response, as_json, bad_query
from trunkline.api.paging import Paging, as_page
from trunkline.api.previews import describe_files
from trunkline.api.views import MaybeTime, Time
from trunkline.channels.template_contract import ProviderTemplate, Templates
from trunkline.channels.whatsapp_cloud import content
from trunkline.clock import to_rfc3339
from trunkline.errors import Problem, Refusal
from trunkline.model import ids
from trunkline.shape import Anything, Object, Text
from trunkline.store import Tx, templates
from trunkline.store.templates import Change, Filters, SyncRow, TemplateRow
from trunkline.templates import access

_DEFAULT_LIMIT = 50
_POLL_SECONDS = 0.1
_NOBODY = "+15550000000"  # whom a message is for that is only looked at


def _word(about: str) -> Text:
    return Text(at_most=512, about=about)


QUERY = Object(
    {},
    {
        "name": _word("Only templates of this name."),
        "language": _word("Only in this language, such as en_US."),
        "status": _word("Only in this status of the provider's, such as APPROVED."),
        "category": _word("Only of this category of the provider's, such as MARKETING."),
        "waba_id": _word("Only those of this account at the provider."),
        "limit": forms.Count(
            at_least=1, at_most=100, about=f"Templates on a page; {_DEFAULT_LIMIT} by default."
        ),
        "after": Cursor("`paging.next` of another page: what follows it.", kind=ids.TEMPLATE),
        "before": Cursor("`paging.previous` of another page: what comes before it.", kind=ids.TEMPLATE),
    },
)
SYNC = Object(
    {},
    {
        "waba_id": _word("Only those of this account at the provider; all by default."),
        "wait_seconds": forms.Count(
            at_least=0, at_most=20, about="How long to wait until they are read; 0 by default."
        ),
    },
)
RENDER = Object(
    {},
    {
        "components": Anything("As in a message: what fills the gaps."),
        "template": Anything("The whole `template` of a message, instead."),
    },
)


class TemplateView(msgspec.Struct, kw_only=True):
    """A template in one language."""

    id: str
    waba_id: Annotated[str, Meta(description="The account at the provider that it belongs to.")]
    provider_id: Annotated[str | None, Meta(description="The provider's own id.")]
    name: str
    language: str
    category: Annotated[str, Meta(description="As the provider writes it, such as MARKETING.")]
    status: Annotated[str, Meta(description="As the provider writes it, such as APPROVED.")]
    is_sendable: Annotated[bool, Meta(description="Whether the provider sends templates of this status.")]
    quality: str | None
    rejected_reason: str | None
    correct_category: Annotated[
        str | None, Meta(description="The category that the provider has announced for it.")
    ]
    detail: Annotated[str | None, Meta(description="The provider's own words to its status.")]
    definition: Annotated[
        dict[str, Any], Meta(description="The provider's object: `components`, and what goes with them.")
    ]
    created_at: Annotated[Time, Meta(description="When it became known here.")]
    changed_at: Time
    removed_at: MaybeTime


class TemplateChangeView(msgspec.Struct, kw_only=True):
    """One step of a template's history."""

    n: int
    at: Time
    source: Annotated[str, Meta(description="How it was learned: caller, answer, webhook or sync.")]
    changes: Annotated[dict[str, Any], Meta(description="Member → its value before and after.")]


class TemplateLife(TemplateView, kw_only=True):
    """A template with what became of it, the newest first."""

    history: list[TemplateChangeView]


class TemplatePage(msgspec.Struct):
    """Templates, those that became known last first."""

    data: list[TemplateView]
    paging: Paging


class TemplateSyncView(msgspec.Struct, kw_only=True):
    """When the templates of an account at the provider were read, and will be."""

    waba_id: str
    synced_at: Annotated[MaybeTime, Meta(description="As they were then, all of them are known.")]
    due_at: Time
    is_due: Annotated[bool, Meta(description="Whether they are still to be read, or just being read.")]
    failures: Annotated[int, Meta(description="How often it failed since.")]
    detail: Annotated[str | None, Meta(description="Why it failed.")]


class TemplateSyncs(msgspec.Struct):
    """One for each account at the provider."""

    data: list[TemplateSyncView]


class RenderedTemplate(msgspec.Struct, kw_only=True):
    """How a message of it looks. Gaps that nothing fills show their samples."""

    text: Annotated[str, Meta(description="What it says, line by line, buttons in brackets.")]
    view: Annotated[dict[str, Any], Meta(description="What the message renderer draws.")]
    problems: Annotated[list[Problem], Meta(description="Why such a message would be refused.")]


async def list_page(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(QUERY, request, Owner(api.cursor_key, caller.account_id))
    account_id, limit = caller.account_id, given.get("limit", _DEFAULT_LIMIT)
    is_backward = "before" in given
    if is_backward and "after" in given:
        raise bad_query("before", "exactly_one", "Give `after` or `before`, not both.", "one of the two")
    start = given.get("after") or given.get("before") or ids.last_id(ids.TEMPLATE)
    filters = Filters(**{name: given.get(name, "") for name in Filters.__struct_fields__})
    turn = templates.page_backward if is_backward else templates.page
    rows = await api.runtime.store.read(lambda tx: turn(tx, account_id, filters, start, limit + 1))
    has_more = len(rows) > limit
    rows = (rows[1:] if is_backward else rows[:limit]) if has_more else rows
    newer = has_more if is_backward else "after" in given
    paging = _paging(api, account_id, rows, older=has_more or is_backward, newer=newer)
    return as_page(request, TemplatePage([show_template(api, row) for row in rows], paging))


def _paging(api: Api, account_id: str, rows: list[TemplateRow], *, older: bool, newer: bool) -> Paging:
    def cursor(row: TemplateRow) -> str:
        return make_cursor(api.cursor_key, account_id, row.id)

    return Paging(
        next=cursor(rows[-1]) if rows and older else None,
        previous=cursor(rows[0]) if rows and newer else None,
    )


async def show(api: Api, request: Request, caller: Caller) -> Response:
    """Removed ones too."""
    row = await row_of(api, request, caller)

    async def work(tx: Tx) -> list[Change]:
        return await templates.changes(tx, row.account_id, row.id)

    history = [_show_change(change) for change in await api.runtime.store.read(work)]
    return as_json(TemplateLife(**_members(api, row), history=history))


async def render(api: Api, request: Request, caller: Caller) -> Response:
    row = await row_of(api, request, caller)
    given = forms.read_body(RENDER, request)
    desk = desk_of(api, row.account_id, row.waba_id)
    as_known = of_row(row)
    filled, problems = _filled(api, row, given) if given else (None, [])
    if filled is not None:
        problems += _from(given, list(desk.match(as_known.definition, filled)))
    shown = desk.render(as_known, filled)
    await describe_files(api, request, row.account_id, shown.view)
    return as_json(RenderedTemplate(text=shown.text, view=shown.view, problems=problems))


def _filled(api: Api, row: TemplateRow, given: dict[str, Any]) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The content of a message with this in it, and what is wrong with it as such."""
    if len(given) > 1:
        detail = "Give `components` or `template`, not both."
        raise Refusal("invalid_request", problems=[Problem("", "exactly_one", detail)])
    named = {"name": row.name, "language": {"code": row.language}}
    template = given.get("template", named | {"components": given.get("components")})
    body = {"to": _NOBODY, "type": "template", "template": template}
    checked = content.check(body, now=api.runtime.clock.now(), http_links=api.http_links)
    return (checked.draft.content if checked.draft else None), _from(given, list(checked.problems))


def _from(given: dict[str, Any], problems: list[Problem]) -> list[Problem]:
    """With pointers of this request's own body."""
    if "template" in given:
        return problems
    return [
        msgspec.structs.replace(problem, pointer=problem.pointer.removeprefix("/template"))
        for problem in problems
    ]


async def sync(api: Api, request: Request, caller: Caller) -> Response:
    """Read them anew; all of them, or those of one account at the provider."""
    given = forms.read_query(SYNC, request)
    account_id, store = caller.account_id, api.runtime.store
    known = access.wabas_of(api.runtime, account_id)
    wabas = [waba_id for waba_id in known if given.get("waba_id", waba_id) == waba_id]
    if not wabas:
        raise Refusal("not_found", "No number of this account leads to such templates.")
    asked_at = api.runtime.clock.now()
    await store.write(lambda tx: ask_syncs(tx, account_id, wabas, asked_at))
    rows = await _until_read(api, account_id, wabas, asked_at, given.get("wait_seconds", 0))
    now = api.runtime.clock.now()
    return as_json(TemplateSyncs([_show_sync(row, now) for row in rows]))


async def read_soon(api: Api, account_id: str, waba_id: str) -> None:
    """Those of a number that is new, or has a new token."""
    now = api.runtime.clock.now()
    if access.templates_of(api.runtime, account_id, waba_id) is not None:
        await api.runtime.store.write(lambda tx: ask_syncs(tx, account_id, [waba_id], now))


async def ask_syncs(tx: Tx, account_id: str, wabas: list[str], now: int) -> None:
    for waba_id in wabas:
        await templates.ask_sync(tx, account_id, waba_id, now)
    await tx.tell(f"syncs {account_id}")


async def _until_read(
    api: Api, account_id: str, wabas: list[str], asked_at: int, seconds: float
) -> list[SyncRow]:
    """Or until it failed, or the time is over: real time, as somebody waits for the answer."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = await api.runtime.store.read(lambda tx: templates.syncs(tx, account_id))
        rows = [row for row in found if row.waba_id in wabas]
        is_over = asyncio.get_running_loop().time() >= deadline
        if is_over or all(row.tries or (row.synced_at or 0) >= asked_at for row in rows):
            return rows
        await asyncio.sleep(_POLL_SECONDS)


async def row_of(api: Api, request: Request, caller: Caller) -> TemplateRow:
    template_id, account_id = request.params["id"], caller.account_id
    row = None
    if ids.is_id(template_id, ids.TEMPLATE):
        row = await api.runtime.store.read(lambda tx: templates.get(tx, account_id, template_id))
    if row is None:
        raise Refusal("not_found", "There is no template of that id in this account.")
    return row


def desk_of(api: Api, account_id: str, waba_id: str) -> Templates:
    desk = access.templates_of(api.runtime, account_id, waba_id)
    if desk is None:
        raise Refusal("not_found", "No number of this account leads to this template any more.")
    return desk


def of_row(row: TemplateRow) -> ProviderTemplate:
    return ProviderTemplate(
        provider_id=row.provider_id or "",
        name=row.name,
        language=row.language,
        category=row.category,
        status=row.status,
        definition=msgspec.json.decode(row.definition, type=dict[str, Any]),
        quality=row.quality,
        rejected_reason=row.rejected_reason,
        correct_category=row.correct_category,
    )


def show_template(api: Api, row: TemplateRow) -> TemplateView:
    return TemplateView(**_members(api, row))


def _members(api: Api, row: TemplateRow) -> dict[str, Any]:
    desk = access.templates_of(api.runtime, row.account_id, row.waba_id)
    can_go = desk is not None and row.removed_at is None and desk.standing_of(row.status).is_sendable
    return {
        "id": row.id,
        "waba_id": row.waba_id,
        "provider_id": row.provider_id,
        "name": row.name,
        "language": row.language,
        "category": row.category,
        "status": row.status,
        "is_sendable": can_go,
        "quality": row.quality,
        "rejected_reason": row.rejected_reason,
        "correct_category": row.correct_category,
        "detail": row.detail,
        "definition": msgspec.json.decode(row.definition, type=dict[str, Any]),
        "created_at": to_rfc3339(row.created_at),
        "changed_at": to_rfc3339(row.changed_at),
        "removed_at": None if row.removed_at is None else to_rfc3339(row.removed_at),
    }


def _show_change(change: Change) -> TemplateChangeView:
    changes = msgspec.json.decode(change.change, type=dict[str, Any])
    return TemplateChangeView(n=change.n, at=to_rfc3339(change.at), source=change.source, changes=changes)


def _show_sync(row: SyncRow, now: int) -> TemplateSyncView:
    return TemplateSyncView(
        waba_id=row.waba_id,
        synced_at=None if row.synced_at is None else to_rfc3339(row.synced_at),
        due_at=to_rfc3339(row.due_at),
        is_due=row.due_at <= now,
        failures=row.tries,
        detail=row.detail,
    )


def decoded(request: Request) -> Any:
    return json_gate.decode(request.body, limit=len(request.body))
