"""What only WhatsApp has: its send route, its rules, its dry run.

`prepare` turns a decoded body into a message that can be stored. All that is wrong with it comes back at
once: the content by the connector's rules, the sender by the account's numbers, the message it refers to, and
its template by what is known of the account's own.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from trunkline import json_gate, phones
from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response
from trunkline.api.sending import Plan, carry_out
from trunkline.channels.contract import Outgoing
from trunkline.channels.whatsapp_cloud import content
from trunkline.errors import Problem, Refusal
from trunkline.model.message import Draft
from trunkline.model.opt_out import stops
from trunkline.model.window import closed_since, needs_window
from trunkline.outbound import accept, template_check
from trunkline.outbound.context import check_context, provider_id_of
from trunkline.outbound.named_files import check_files
from trunkline.store import suppressions, windows
from trunkline.store.messages import NewMessage
from trunkline.store.numbers import NumberRow

SCHEMA = content.SCHEMA
EXAMPLES = content.EXAMPLES

_NO_TOKEN = "(set when it is sent)"  # noqa: S105 - what stands in a dry run where our evidence would


Warnings = Annotated[
    list[Problem], Meta(description="Only when a template goes in another language than the first one.")
]


class Accepted(msgspec.Struct, omit_defaults=True):
    """The message is stored. The id is the same that its webhooks carry."""

    id: Annotated[str, Meta(examples=["msg_01kaq3w8n2e5v9x7c4h6t0y1zd"])]
    warnings: Warnings = []


class Prepared(NamedTuple):
    """What can be stored, and what its sender is to be told."""

    message: NewMessage
    warnings: Sequence[Problem] = ()


class Judgement(NamedTuple):
    """`draft` and `number` are what would be sent; the draft is None when its content has problems."""

    draft: Draft | None
    number: NumberRow | None
    refusal: Refusal | None
    warnings: tuple[Problem, ...]


async def send(api: Api, request: Request, caller: Caller) -> Response:
    """POST /v1/whatsapp/messages"""
    body = json_gate.decode(request.body, limit=len(request.body))

    async def plan() -> Plan:
        message, warnings = await prepare(api, caller, body)
        if warnings:
            return Plan((message,), msgspec.json.encode(Accepted(message.id, list(warnings))))
        return Plan((message,), b'{"id":"%b"}' % message.id.encode())

    return await carry_out(api, request, caller, body, plan)


async def prepare(api: Api, caller: Caller, body: Any) -> Prepared:
    """The message with its new id, not stored yet; or `Refusal` with everything that is wrong."""
    runtime, account_id = api.runtime, caller.account_id
    draft = content.check(body, now=runtime.clock.now(), http_links=api.http_links).draft
    if draft is not None and draft.context_id is None:  # most are such
        number = accept.choose_number(runtime, account_id, draft.sender, is_live=caller.is_live)
        if draft.type != "template" and draft.fallback is None:
            message = accept.new_message(runtime, account_id, number, draft)
            if message.has_media:
                _refuse(await check_files(runtime, number, draft))
            return Prepared(message)
        fitted = await _fit(api, number, draft)
        _refuse(fitted.problems)
        message = accept.new_message(runtime, account_id, number, fitted.draft)
        return Prepared(message, template_check.told(fitted.warnings))
    judged = await judge(api, caller, body)
    if judged.refusal is not None:
        raise judged.refusal
    assert judged.draft is not None and judged.number is not None  # or there is a refusal
    message = accept.new_message(runtime, account_id, judged.number, judged.draft)
    return Prepared(message, template_check.told(judged.warnings))


async def judge(api: Api, caller: Caller, body: Any) -> Judgement:
    checked = content.check(body, now=api.runtime.clock.now(), http_links=api.http_links)
    draft = checked.draft or _outline(body, checked.problems)
    number, refusals = None, []
    if draft is not None:
        try:
            number = accept.choose_number(
                api.runtime, caller.account_id, draft.sender, is_live=caller.is_live
            )
        except Refusal as unfit_sender:
            refusals.append(unfit_sender)
        try:
            await check_context(api.runtime, caller.account_id, draft)
        except Refusal as unknown_message:
            refusals.append(unknown_message)
    if checked.draft is None or number is None:
        return Judgement(checked.draft, number, _merged(checked.problems, refusals), checked.warnings)
    fitted = await _fit(api, number, checked.draft)
    refusal = _merged(fitted.problems, refusals)
    return Judgement(fitted.draft, number, refusal, (*checked.warnings, *fitted.warnings))


async def _fit(api: Api, number: NumberRow, draft: Draft) -> template_check.Fitted:
    """Held against what is known of its templates, and of its files."""
    fitted = await template_check.fit(api.runtime, api.templates, number, draft)
    unknown = await check_files(api.runtime, number, draft)
    return fitted._replace(problems=(*fitted.problems, *unknown)) if unknown else fitted


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Refusal("invalid_request", problems=list(problems))


async def dry_run(api: Api, judged: Judgement) -> dict[str, Any] | None:
    """The body that the provider would get; None when there is no such thing."""
    draft, number = judged.draft, judged.number
    if draft is None or number is None or judged.refusal is not None:
        return None
    context_id = draft.context_id
    if context_id is not None:
        context_id = await provider_id_of(api.runtime, number.account_id, context_id) or context_id
    outgoing = Outgoing(
        recipient=draft.recipient,
        recipient_kind=draft.recipient_kind,
        type=draft.type,
        content=draft.content,
        context_id=context_id,
        token=_NO_TOKEN,
    )
    return api.runtime.connectors[number.connector].preview(outgoing)


async def opt_out_warnings(api: Api, judged: Judgement) -> list[Problem]:
    """Whether the recipient does not want such messages."""
    draft, number = judged.draft, judged.number
    if draft is None or number is None:
        return []
    key = (number.account_id, [draft.recipient])
    standing = await api.runtime.store.read(lambda tx: suppressions.of_addresses(tx, *key))
    if not any(stops(row.scope, draft.purpose, draft.priority) for row in standing):
        return []
    return [Problem("/to", "opted_out", "The recipient has opted out. Sent now, it would be refused.")]


async def window_warnings(api: Api, judged: Judgement) -> list[Problem]:
    """Whether the 24-hour window is closed at the moment, and what that would mean."""
    draft, number, now = judged.draft, judged.number, api.runtime.clock.now()
    if draft is None or number is None or not needs_window(draft.type):
        return []
    key = (number.account_id, number.id, draft.recipient)
    window = await api.runtime.store.read(lambda tx: windows.of_address(tx, *key))
    is_unknown = number.window_policy == "advise" and window.closes_at is None
    if window.is_open(now) or (is_unknown and draft.fallback is None):
        return []
    would = "the fallback would go" if draft.fallback is not None else _WOULD[number.window_policy]
    why = closed_since(window.closes_at, now)
    return [Problem("", "window_closed", f"The 24-hour window is closed: {why}. Sent now, {would}.")]


_WOULD = {
    "enforce": "it would be refused",
    "hold": "it would be held until the person writes",
    "advise": "it would be sent all the same",
}


def _merged(problems: tuple[Problem, ...], refusals: list[Refusal]) -> Refusal | None:
    found = [*problems, *(problem for refusal in refusals for problem in refusal.problems)]
    if not problems and len(refusals) == 1:
        return refusals[0]
    return Refusal("invalid_request", problems=found) if found else None


def _outline(body: Any, problems: tuple[Problem, ...]) -> Draft | None:
    """Of a body with problems what can still be judged: its sender, and the message it refers to."""
    if type(body) is not dict:
        return None
    wrong = {problem.pointer for problem in problems}
    sender = body.get("from")
    if "/from" in wrong or not (sender is None or type(sender) is str):
        return None
    try:
        digits = phones.normalise(sender)[0] if sender is not None else None
    except phones.PhoneError:  # not among the problems, when there are too many to list
        return None
    kind, context_id = _reference(body)
    return Draft(
        type=kind, recipient="", recipient_kind="none", sender=digits, content={}, context_id=context_id
    )


def _reference(body: dict[str, Any]) -> tuple[str, str | None]:
    """The kind of a message, and the id in it when it is text."""
    kind = "read" if "status" in body and "type" not in body else str(body.get("type"))
    holder = body if kind == "read" else body.get("reaction" if kind == "reaction" else "context")
    context_id = holder.get("message_id") if type(holder) is dict else None
    return kind, context_id if type(context_id) is str else None
