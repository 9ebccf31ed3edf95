"""Templates made, changed and deleted at the provider.

All that is wrong with one is told before anything is asked of the provider; what the provider says no to is
told in its own words. What was done is read back, so that what is known is what the provider has; where that
can not be read, or nobody knows whether it was done, all templates are read anew at once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from trunkline import url_guard
from trunkline.api import forms
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.api.once import carry_out
from trunkline.api.templates import (
    TemplateView,
    ask_syncs,
    decoded,
    desk_of,
    of_row,
    row_of,
    show_template,
)
from trunkline.channels.contract import FileToSend, Number
from trunkline.channels.registry import is_real
from trunkline.channels.template_contract import (
    CheckedTemplate,
    ProviderTemplate,
    TemplateDraft,
    TemplateError,
    Templates,
)
from trunkline.channels.whatsapp_cloud.templates import alike, check
from trunkline.errors import Problem, Refusal, shorten
from trunkline.guarded_http import FetchError
from trunkline.media_probe import probe
from trunkline.model import ids
from trunkline.outbound import accept
from trunkline.shape import Choice, Object, Text
from trunkline.store import Tx, media, templates
from trunkline.store.templates import TemplateRow
from trunkline.templates import access, register
from trunkline.templates.register import Place, Source

T = TypeVar("T")

LONGEST_SAMPLE = 104_857_600
_OURS = {
    "from": forms.PhoneNumber("A business number whose account at the provider gets it; else the default's."),
    "waba_id": Text(at_most=64, about="The account at the provider, instead of a number of it."),
}
SCHEMA = check.TEMPLATE.schema()
SCHEMA = SCHEMA | {
    "title": "Template",
    "properties": {name: shape.schema() for name, shape in _OURS.items()} | SCHEMA["properties"],
}
EXAMPLES: dict[str, Any] = {
    "order update": {
        "name": "order_update",
        "language": "en_US",
        "category": "UTILITY",
        "components": [
            {
                "type": "BODY",
                "text": "Hello {{1}}, your order {{2}} is on its way to you.",
                "example": {"body_text": [["Ada", "1047"]]},
            }
        ],
    }
}
CHANGES: dict[str, Any] = {
    "title": "Template change",
    "type": "object",
    "properties": {
        name: shape.schema()
        for name, shape in check.TEMPLATE.members.items()
        if name in (*check.EDITABLE, "category")
    },
    "description": "Members to change; the whole template, as it was read, will do as well.",
}
CHANGE_EXAMPLES: dict[str, Any] = {
    "another text": {"components": EXAMPLES["order update"]["components"]},
}
DELETION = Object(
    {}, {"all_languages": Choice("true", "false", about="Whether the template goes in every language.")}
)


class LintedTemplate(msgspec.Struct, kw_only=True):
    """What a template would be told, had it been handed in."""

    problems: Annotated[list[Problem], Meta(description="Why it is not one.")]
    warnings: Annotated[
        list[Problem], Meta(description="Why it may be rejected, or put into another category.")
    ]


class SubmittedTemplate(TemplateView, kw_only=True):
    """A template as it is after the call, and what the linter has to say of it."""

    warnings: list[Problem]


async def lint(api: Api, request: Request, caller: Caller) -> Response:
    body = decoded(request)
    given = {name: value for name, value in body.items() if name not in _OURS} if type(body) is dict else body
    checked = _any_desk(api, caller).check(given)
    return as_json(LintedTemplate(problems=list(checked.problems), warnings=list(checked.warnings)))


async def create(api: Api, request: Request, caller: Caller) -> Response:
    body = decoded(request)
    waba_id, rest, problems = _addressed(api, caller, body)
    place = Place(caller.account_id, waba_id)
    desk = desk_of(api, caller.account_id, waba_id) if waba_id else _any_desk(api, caller)
    checked = desk.check(rest)
    problems += checked.problems
    if problems or checked.draft is None:
        raise Refusal("invalid_request", problems=problems)
    draft = checked.draft

    async def work() -> bytes:
        return await _create(api, caller, place, draft, checked)

    return await carry_out(api, request, caller, body, work)


async def _create(
    api: Api, caller: Caller, place: Place, draft: TemplateDraft, checked: CheckedTemplate
) -> bytes:
    ready = await _with_samples(api, caller, place, draft)
    asked_at = api.runtime.clock.now()
    made = await _ask(api, caller, place, lambda desk, number: desk.create(number, ready))
    as_made = ProviderTemplate(
        provider_id=made.provider_id,
        name=draft.name,
        language=draft.language,
        category=made.category,
        status=made.status,
        definition=ready.definition,
    )
    row = await _known_now(api, place, made.provider_id, asked_at, as_made)
    return _submitted(api, row, checked)


async def edit(api: Api, request: Request, caller: Caller) -> Response:
    """Only what differs is handed in: each new text of an approved template is reviewed, and counted."""
    row, body = await _living(api, request, caller), decoded(request)
    place, desk = Place(row.account_id, row.waba_id), desk_of(api, row.account_id, row.waba_id)
    known = of_row(row)
    checked = desk.check_edit(known, body)
    if checked.draft is None:
        raise Refusal("invalid_request", problems=list(checked.problems))
    changed = _what_differs(known, checked.draft, desk)
    if changed.definition or changed.category:
        ready = await _with_samples(api, caller, place, changed)
        asked_at = api.runtime.clock.now()
        await _ask(api, caller, place, lambda desk, number: desk.edit(number, known.provider_id, ready))
        row = await _known_now(api, place, known.provider_id, asked_at, None)
    return Response(200, _submitted(api, row, checked))


def _what_differs(known: ProviderTemplate, draft: TemplateDraft, desk: Templates) -> TemplateDraft:
    shown = alike.with_known(draft.definition, known.definition)
    definition = {
        name: value
        for name, value in draft.definition.items()
        if name not in known.definition or not desk.same({name: known.definition[name]}, {name: shown[name]})
    }
    category = "" if draft.category == known.category else draft.category
    return msgspec.structs.replace(draft, definition=definition, category=category)


async def delete(api: Api, request: Request, caller: Caller) -> Response:
    given = forms.read_query(DELETION, request)
    row = await _living(api, request, caller)
    place = Place(row.account_id, row.waba_id)
    provider_id = None if given.get("all_languages") == "true" else row.provider_id
    await _ask(api, caller, place, lambda desk, number: desk.delete(number, row.name, provider_id))
    source = Source(word="answer", at=api.runtime.clock.now())

    async def work(tx: Tx) -> None:
        for one in await templates.of_name(tx, row.account_id, row.waba_id, row.name):
            if provider_id is None or one.id == row.id:
                await register.apply_removal(tx, one, source)

    await api.runtime.store.write(work)
    return Response(204)


async def _living(api: Api, request: Request, caller: Caller) -> TemplateRow:
    row = await row_of(api, request, caller)
    if row.removed_at is not None or row.provider_id is None:
        raise Refusal("not_found", "The provider has this template no more.")
    return row


def _addressed(api: Api, caller: Caller, body: Any) -> tuple[str, Any, list[Problem]]:
    """(account at the provider, the template alone, what is wrong with the address)."""
    if type(body) is not dict:
        return "", body, []
    looked = forms.look_at(Object({}, _OURS), {name: value for name, value in body.items() if name in _OURS})
    rest = {name: value for name, value in body.items() if name not in _OURS}
    if looked.problems:
        return "", rest, list(looked.problems)
    try:
        waba_id = looked.given.get("waba_id") or _waba_of(api, caller, looked.given.get("from"))
    except Refusal as refusal:
        if not refusal.problems:
            raise
        return "", rest, list(refusal.problems)
    if waba_id not in access.wabas_of(api.runtime, caller.account_id):
        detail = "No number of this account belongs to it."
        return "", rest, [Problem("/waba_id", "unknown_account", detail, shorten(waba_id))]
    return waba_id, rest, []


def _waba_of(api: Api, caller: Caller, digits: str | None) -> str:
    wabas = access.wabas_of(api.runtime, caller.account_id)
    if digits is None and len(wabas) == 1:
        return wabas[0]
    number = accept.choose_number(api.runtime, caller.account_id, digits, is_live=caller.is_live)
    return number.waba_id


def _any_desk(api: Api, caller: Caller) -> Templates:
    """Of the account's own numbers, or of any kind there is: the rules are the same."""
    wabas = access.wabas_of(api.runtime, caller.account_id)
    if wabas:
        return desk_of(api, caller.account_id, wabas[0])
    found = [desk for connector in api.runtime.connectors.values() if (desk := connector.templates)]
    if not found:
        raise Refusal("not_found", "No provider here has templates.")
    return found[0]


async def _with_samples(api: Api, caller: Caller, place: Place, draft: TemplateDraft) -> TemplateDraft:
    """Each file that it names as a sample is handed in first."""
    desk = desk_of(api, place.account_id, place.waba_id)
    handles: dict[str, str] = {}
    for name in desk.samples_of(draft.definition):
        async with _sample(api, place.account_id, name) as file:
            handles[name] = await _hand_in(api, caller, place, file)
    return msgspec.structs.replace(draft, definition=desk.with_samples(draft.definition, handles))


async def _hand_in(api: Api, caller: Caller, place: Place, file: FileToSend) -> str:
    return await _ask(api, caller, place, lambda desk, number: desk.upload_sample(number, file))


@contextlib.asynccontextmanager
async def _sample(api: Api, account_id: str, name: str) -> AsyncIterator[FileToSend]:
    if not ids.is_id(name, ids.MEDIA):
        async with _behind(api, name) as file:
            yield file
        return
    row = await api.runtime.store.read(lambda tx: media.get(tx, account_id, name))
    if row is None or row.state != "stored" or row.sha256 is None:
        raise _no_sample(name, "There is no such file in this account.")
    try:
        async with api.runtime.shelf.local(account_id, row.sha256) as path:
            yield _file(path, row.size or 0, row.mime_type or "", row.file_name)
    except FileNotFoundError:
        raise _no_sample(name, "The bytes of this file are not here any more.") from None


@contextlib.asynccontextmanager
async def _behind(api: Api, link: str) -> AsyncIterator[FileToSend]:
    if url_guard.check(link, api.runtime.url_rules()).problems:
        raise _no_sample(link, "This is not an address where files may be fetched from.")
    with api.runtime.shelf.draft() as draft:
        try:
            await api.links.fetch(link, draft.write, LONGEST_SAMPLE)
        except FetchError as fault:
            raise _no_sample(link, f"The sample could not be fetched: {fault}.") from None
        draft.flush()
        found = await asyncio.to_thread(probe, draft.path)
        yield _file(draft.path, draft.size, found.mime_type, link.partition("?")[0].rpartition("/")[2])


def _file(path: Path, size: int, mime_type: str, name: str | None) -> FileToSend:
    return FileToSend(path, size, mime_type.partition(";")[0], name or "sample")


def _no_sample(name: str, detail: str) -> Refusal:
    problem = Problem("/components", "sample", detail, shorten(name))
    return Refusal("invalid_request", problems=[problem])


async def _known_now(
    api: Api,
    place: Place,
    provider_id: str,
    asked_at: int,
    otherwise: ProviderTemplate | None,
) -> TemplateRow:
    """The row after the call, as the provider shows it; where it does not, as it must be."""
    shown, read_at = None, api.runtime.clock.now()
    with contextlib.suppress(TemplateError):
        shown = await access.read(api.runtime, place.account_id, place.waba_id, provider_id)
    if shown is None:
        await _look_again(api, place)
    else:
        asked_at = read_at  # what was heard before the reading is in it
    told = shown or otherwise
    desk = desk_of(api, place.account_id, place.waba_id)
    source = Source(word="answer", at=api.runtime.clock.now())

    async def work(tx: Tx) -> TemplateRow | None:
        if told is not None:
            await register.apply_templates(tx, place, [told], source, desk.same, asked_at)
        return await templates.by_provider_id(tx, place.account_id, provider_id)

    row = await api.runtime.store.write(work)
    if row is None:
        raise Refusal("not_found", "The provider has this template no more.")
    return row


def _submitted(api: Api, row: TemplateRow, checked: CheckedTemplate) -> bytes:
    shown = msgspec.structs.asdict(show_template(api, row))
    return msgspec.json.encode(SubmittedTemplate(**shown, warnings=list(checked.warnings)))


async def _ask(
    api: Api, caller: Caller, place: Place, question: Callable[[Templates, Number], Awaitable[T]]
) -> T:
    """`Refusal` with the provider's words; where nobody knows what it did, it is looked at."""
    try:
        return await _reached(api, caller, place, question)
    except TemplateError as fault:
        if fault.error is None:
            await _look_again(api, place)
        raise _refusal(fault) from None


async def _reached(
    api: Api, caller: Caller, place: Place, question: Callable[[Templates, Number], Awaitable[T]]
) -> T:
    numbers = api.runtime.directory.of_account(place.account_id)
    if not caller.is_live and any(is_real(row.base_url) for row in numbers if row.waba_id == place.waba_id):
        raise Refusal("test_key", "A test key can not change templates of a real number; create a live key.")
    return await access.ask(api.runtime, place.account_id, place.waba_id, question)


async def _look_again(api: Api, place: Place) -> None:
    now = api.runtime.clock.now()
    await api.runtime.store.write(lambda tx: ask_syncs(tx, place.account_id, [place.waba_id], now))


def _refusal(fault: TemplateError) -> Refusal:
    error = fault.error
    if error is None:
        return Refusal("provider_away", f"{fault}. Its templates are read anew to see whether it was done.")
    words = error.detail or error.title
    problem = Problem("", "provider", f"{words} ({error.cause} {error.remedy})", str(error.code))
    if error.effect == "slow_number":
        wait = str(int(error.retry_after or 60))
        return Refusal("too_many_requests", words, problems=[problem], headers={"Retry-After": wait})
    told = words if error.title in words else f"{error.title}: {words}"
    return Refusal("provider_refused", told, problems=[problem])
