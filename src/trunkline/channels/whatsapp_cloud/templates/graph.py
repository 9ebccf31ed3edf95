"""Meta's calls for templates: read in pages, made, changed, deleted, and the upload of a sample file.

One call is one request, or one a step for an upload; nothing is tried again here. What Meta says no to
becomes a `TemplateError` with its words; so does an answer that proves nothing, without a refusal in it.
Members of a template of which nobody here has heard are passed over; the fields wanted are asked for by name.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from trunkline.channels.contract import FileToSend, Number, Refused
from trunkline.channels.template_contract import (
    ProviderTemplate,
    Submitted,
    TemplateDraft,
    TemplateError,
    TemplatePage,
)
from trunkline.channels.whatsapp_cloud import failures
from trunkline.channels.whatsapp_cloud.members import name as words
from trunkline.channels.whatsapp_cloud.members import obj, objects, text, word
from trunkline.channels.whatsapp_cloud.templates import alike
from trunkline.outgoing_http import Answer, FileTransport, TransportError

PAGE = 100
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_KEPT = (
    "components",
    "parameter_format",
    "sub_category",
    "message_send_ttl_seconds",
    "cta_url_link_tracking_opted_out",
    "is_primary_device_delivery_only",
    "display_format",
    "library_template_name",
)
"""What a definition has of a template, where Meta has it."""
_ASKED = ("id", "name", "language", "status", "category", "correct_category", "rejected_reason")
_FIELDS = ",".join((*_ASKED, "quality_score", *_KEPT))
_EDITABLE = ("components", "message_send_ttl_seconds")


class GraphTemplates:
    """The half of `template_contract.Templates` that asks Meta."""

    def __init__(self, transport: FileTransport) -> None:
        self._transport = transport

    async def page(self, number: Number, after: str | None) -> TemplatePage:
        query = {"fields": _FIELDS, "limit": str(PAGE)} | ({"after": after} if after else {})
        value = await self._call("GET", number, f"/{number.waba_id}/message_templates", query)
        if not isinstance(value.get("data"), list):
            raise TemplateError("Meta's answer has no list of templates")
        found = [template for one in objects(value["data"]) if (template := _template(one)) is not None]
        return TemplatePage(found, _next(value))

    async def read(self, number: Number, provider_id: str) -> ProviderTemplate | None:
        try:
            value = await self._call("GET", number, _node(provider_id), {"fields": _FIELDS})
        except _NoSuchObject:
            return None
        template = _template(value)
        if template is None:
            raise TemplateError("Meta's answer is not a template")
        return template

    async def create(self, number: Number, draft: TemplateDraft) -> Submitted:
        named = {"name": draft.name, "language": draft.language, "category": draft.category}
        body = named | draft.definition
        value = await self._call("POST", number, f"/{number.waba_id}/message_templates", body=body)
        provider_id = _id(value.get("id"))
        if provider_id is None:
            raise TemplateError("Meta took the template and gave no id for it")
        return Submitted(
            provider_id, word(value.get("status")) or "PENDING", word(value.get("category")) or draft.category
        )

    async def edit(self, number: Number, provider_id: str, draft: TemplateDraft) -> None:
        body = {name: draft.definition[name] for name in _EDITABLE if name in draft.definition}
        if draft.category:
            body["category"] = draft.category
        _must_succeed(await self._call("POST", number, _node(provider_id), body=body))

    async def delete(self, number: Number, name: str, provider_id: str | None) -> None:
        query = {"name": name} | ({"hsm_id": provider_id} if provider_id else {})
        try:
            value = await self._call("DELETE", number, f"/{number.waba_id}/message_templates", query)
        except _NoSuchTemplate:  # then it is as it should be
            return
        _must_succeed(value)

    async def upload_sample(self, number: Number, file: FileToSend) -> str:
        """By a session of the app: its length, type and name first, then its bytes."""
        about = {"file_length": str(file.size), "file_type": file.mime_type, "file_name": file.file_name}
        session = (await self._call("POST", number, f"/{number.app_id}/uploads", about)).get("id")
        if not isinstance(session, str) or not re.fullmatch(r"upload:[!-~]{1,4000}", session):
            raise TemplateError("Meta began no upload of the sample")
        data = await asyncio.to_thread(file.path.read_bytes)
        headers = {"authorization": f"OAuth {number.token}", "file_offset": "0"}
        answer = await self._request("POST", number, f"/{session}", headers, data)
        handle = _value(number, answer).get("h")
        if not isinstance(handle, str) or not handle:
            raise TemplateError("Meta gave no handle for the sample")
        return handle

    def same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        return alike.same(one, other)

    async def _call(
        self,
        method: str,
        number: Number,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {number.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        address = f"{path}?{urlencode(query)}" if query else path
        raw = None if body is None else msgspec.json.encode(body)
        return _value(number, await self._request(method, number, address, headers, raw))

    async def _request(
        self, method: str, number: Number, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        try:
            return await self._transport.request(method, number.base_url + path, headers, body)
        except TransportError as error:
            raise TemplateError(f"Meta could not be asked: {error}") from None


class _NoSuchObject(TemplateError):
    """Nothing has that id, or the token may not see it."""


class _NoSuchTemplate(TemplateError):
    """No template of the account has that name or id."""


_KINDS: Mapping[str, type[TemplateError]] = {"100/33": _NoSuchObject, "100/2593002": _NoSuchTemplate}


def _value(number: Number, answer: Answer) -> dict[str, Any]:
    value = failures.decoded(answer.body)
    if answer.status == 200 and isinstance(value, dict):
        return value
    outcome = failures.from_answer(answer.status, answer.headers, answer.body)
    if not isinstance(outcome, Refused):
        raise TemplateError(_without_token(number, outcome.detail))
    said = _without_token(number, outcome.error.detail or outcome.error.title)
    error = msgspec.structs.replace(outcome.error, detail=said)
    raise _KINDS.get(failures.code_of(value), TemplateError)(said, error)


def _must_succeed(value: dict[str, Any]) -> None:
    if value.get("success") is not True:
        raise TemplateError("Meta's answer does not say that it was done")


def _template(value: dict[str, Any]) -> ProviderTemplate | None:
    """None for what lacks what makes a template."""
    provider_id, name, language = _id(value.get("id")), text(value.get("name")), word(value.get("language"))
    status, category = word(value.get("status")), word(value.get("category"))
    is_readable = isinstance(value.get("components"), list | None)  # without any, nothing is held against it
    if not (provider_id and name and language and status and is_readable):
        return None
    return ProviderTemplate(
        provider_id=provider_id,
        name=name,
        language=language.replace("-", "_"),
        category=(category or "").upper(),
        status=status.upper(),
        definition={key: value[key] for key in _KEPT if value.get(key) is not None},
        quality=word(obj(value.get("quality_score")).get("score")),
        rejected_reason=_reason(value.get("rejected_reason")),
        correct_category=word(value.get("correct_category")),
    )


def _reason(value: Any) -> str | None:
    """Meta says `NONE` where there is none."""
    said = words(value)
    return None if said == "NONE" else said


def _next(value: dict[str, Any]) -> str | None:
    """The cursor alone: whoever follows `next` as an address would ask wherever it leads."""
    paging = obj(value.get("paging"))
    after = text(obj(paging.get("cursors")).get("after"), 4000)
    return after or None if paging.get("next") else None


def _id(value: Any) -> str | None:
    said = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return said if _ID.fullmatch(said) else None


def _node(provider_id: str) -> str:
    if not _ID.fullmatch(provider_id):
        raise _NoSuchObject("this is no id of Meta's")
    return f"/{provider_id}"


def _without_token(number: Number, said: str) -> str:
    return said.replace(number.token, "[token]") if number.token else said
