"""The OpenAPI 3.1 document, made from the table of routes, the shapes of requests and the types of answers.

It is served at /openapi.json and committed as docs/openapi.json; `make check` compares.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from trunkline import __version__
from trunkline.api import openapi_webhooks, template_changes, uploads, whatsapp
from trunkline.api.auth import Who
from trunkline.api.campaign_examples import EXAMPLES as CAMPAIGNS
from trunkline.api.campaign_form import FORM as CAMPAIGN_FORM
from trunkline.api.gate import Sheds
from trunkline.api.http import JSON
from trunkline.api.messages import MOST_IN_BATCH
from trunkline.api.problems import PROBLEM_JSON, WHATSAPP, ErrorDocument, WhatsappRefusal
from trunkline.api.route import Route, Takes
from trunkline.api.routes import ROUTES
from trunkline.errors import REASONS
from trunkline.shape import Object

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_SEND = {"$ref": _REF.format(name="SendRequest")}
_MANY = {"type": "array", "items": _SEND, "minItems": 1, "maxItems": MOST_IN_BATCH}
_MESSAGES: Schema = {
    "type": "object",
    "properties": {"messages": _MANY},
    "required": ["messages"],
    "additionalProperties": False,
}

BODIES: dict[str, Schema] = {
    "SendRequest": whatsapp.SCHEMA,
    "BatchRequest": {"title": "Batch", "anyOf": [_MESSAGES, _MANY]},
    "TemplateForm": template_changes.SCHEMA,
    "TemplateChange": template_changes.CHANGES,
    "CampaignForm": {"title": "Campaign", **CAMPAIGN_FORM.schema()},
}
"""Schemas of request bodies that more than one route, or more than the document, needs by name."""

_EXAMPLES: dict[str, dict[str, Any]] = {
    "SendRequest": whatsapp.EXAMPLES,
    "BatchRequest": {
        "two messages": {"messages": [whatsapp.EXAMPLES["text"], whatsapp.EXAMPLES["location"]]}
    },
    "TemplateForm": template_changes.EXAMPLES,
    "TemplateChange": template_changes.CHANGE_EXAMPLES,
    "CampaignForm": CAMPAIGNS,
}

_ABOUT = """Send messages, read back what became of them, register business numbers, manage API keys.

A message is accepted only when it is safe on disk. Every refusal names all problems at once, each with a JSON
pointer. Send your key as `Authorization: Bearer tl_…`, or bare."""

_KEY_REASONS = ("key_missing", "key_invalid", "invalid_request")
_JSON_REASONS = ("bad_json", "invalid_request", "too_large", "unsupported_media_type")
_ONCE_REASONS = ("request_in_flight", "idempotency_mismatch")
_OUR_REASONS = ("internal", "unavailable")

_ON_VIRTUAL_TIME = "Only with `--virtual-time`: on any other server this address does not exist (404)."

_PARAMS = {
    "id": "Ours; of a message the provider's too.",
    "number": "Digits of a business number.",
    "address": "A phone number or a user id.",
    "connector": "The kind of provider, as whatsapp_cloud.",
    "hook_key": "The secret part of the account's hook.",
    "token": "What the address of a file ends with, or its media id.",
}
_HEADERS = {
    "Idempotency-Key": "Names this request: a repetition gets the first answer, and nothing is sent twice.",
    "Last-Event-ID": "The last id that a former stream told: what followed it comes first.",
    "Trunkline-Account": "For the operator: id or name of the account meant; the first by default.",
}


def document() -> Schema:
    schemas = openapi_webhooks.schemas() | _answer_schemas() | BODIES
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(plain_path(route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trunkline",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(route) for route in ROUTES)],
        "paths": paths,
        "webhooks": openapi_webhooks.webhooks(),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key, tl_live_… or tl_test_…",
                },
                "operator": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The running server's token, from run.json of its data folder.",
                },
            },
        },
    }


def document_bytes() -> bytes:
    """As it is committed: one thing a line, so that a change shows as one."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=1) + b"\n"


def plain_path(path: str) -> str:
    """Without the router's note that a part may have slashes in it."""
    return path.replace(":path}", "}")


def _answer_schemas() -> dict[str, Schema]:
    types: list[Any] = [ErrorDocument, WhatsappRefusal]
    for answer in (answer for route in ROUTES for answer in route.answers.values()):
        types += [one for one in _several(answer) if isinstance(one, type)]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    return schemas


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": route.operation,
        "summary": route.summary,
        "tags": [_tag(route)],
        "parameters": list(_parameters(route)),
        "responses": {str(status): _answer(answer) for status, answer in route.answers.items()}
        | _refusals(route),
        "security": _security(route),
    }
    if route.on_virtual_time:
        operation["description"] = _ON_VIRTUAL_TIME
    if route.takes is Takes.UPLOAD:
        operation["requestBody"] = _upload_body(route)
    elif route.takes is Takes.BYTES:
        operation["requestBody"] = {"content": {"*/*": {}}, "required": True}
    elif route.body is not None:
        operation["requestBody"] = _body(route)
    return operation


def _tag(route: Route) -> str:
    parts = route.path.split("/")
    if parts[1] == "webhook":
        return "endpoints"
    return parts[2] if parts[1] == "v1" else "server" if "hooks" not in parts else "hooks"


def _parameters(route: Route) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)", route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PARAMS[name],
            "schema": {"type": "string"},
        }
    for name, shape in route.query.members.items() if route.query else ():
        schema = shape.schema()
        yield {"name": name, "in": "query", "description": schema.pop("description", ""), "schema": schema}
    if route.resumes:
        yield _header("Last-Event-ID", {"type": "string", "maxLength": 30})
    if route.once:
        yield _header("Idempotency-Key", {"type": "string", "pattern": "^[!-~]{1,255}$"})
    if route.who is not Who.ANYONE:
        yield _header("Trunkline-Account", {"type": "string"})


def _header(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "description": _HEADERS[name], "schema": schema}


def _security(route: Route) -> list[Schema]:
    if route.who is Who.ANYONE:
        return []
    return [{"operator": []}] if route.who is Who.OPERATOR else [{"key": []}, {"operator": []}]


def _body(route: Route) -> Schema:
    if isinstance(route.body, Object):
        content: Schema = {"schema": route.body.schema()}
    else:
        examples = {name: {"value": value} for name, value in _EXAMPLES[route.body].items()}
        content = {"schema": {"$ref": _REF.format(name=route.body)}, "examples": examples}
    return {"content": {JSON: content}, "required": True}


def _upload_body(route: Route) -> Schema:
    """A form with a file; beside it a link to one, or its bytes alone."""
    takes_link = route.body is uploads.LINK_FORM
    form = (uploads.FIELDS if takes_link else route.body).schema()
    form["properties"] = {"file": {"type": "string", "format": "binary"}, **form["properties"]}
    form["required"] = ["file"]
    other: Schema = {JSON: {"schema": route.body.schema()}} if takes_link else {"*/*": {}}
    return {"content": {"multipart/form-data": {"schema": form}, **other}, "required": True}


def _answer(answer: Any) -> Schema:
    if answer is None:
        return {"description": "Done; no body."}
    if isinstance(answer, str):
        return {"description": "As it is.", "content": {answer: {}}}
    refs: list[Schema] = [{"$ref": _REF.format(name=one.__name__)} for one in _several(answer)]
    lines = [(one.__doc__ or "").partition("\n")[0] for one in _several(answer)]
    schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
    return {"description": " ".join(lines), "content": {JSON: {"schema": schema}}}


def _several(answer: Any) -> tuple[Any, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _refusals(route: Route) -> dict[str, Schema]:
    """Every status that this route may refuse with, and its reasons."""
    words = list(route.refusals)
    if route.who is not Who.ANYONE:
        words += _KEY_REASONS
    if route.who in (Who.LIVE_KEY, Who.OPERATOR):
        words += ["scope_missing"]
    if route.takes in (Takes.JSON, Takes.LARGE_JSON, Takes.EMPTY):
        words += _JSON_REASONS
    words += (*_JSON_REASONS, "too_slow") if route.takes is Takes.UPLOAD else ()
    words += _ONCE_REASONS if route.once else ()
    words += ["not_found"] if route.on_virtual_time else ()
    words += ["too_many_requests"] if route.sheds in (Sheds.ACCEPTS, Sheds.BATCHES) else ()
    by_status: dict[int, list[str]] = {}
    for word in dict.fromkeys([*words, *_OUR_REASONS]):
        by_status.setdefault(REASONS[word].status, []).append(word)
    return {str(status): _refusal(route, by_status[status]) | _wait(status) for status in sorted(by_status)}


def _wait(status: int) -> Schema:
    if status not in (429, 503):
        return {}
    header = {
        "description": "Repeat it after so many seconds, where it is given.",
        "schema": {"type": "integer"},
    }
    return {"headers": {"Retry-After": header}}


def _refusal(route: Route, words: list[str]) -> Schema:
    on_whatsapp = route.path.startswith(WHATSAPP)
    kind: Any = WhatsappRefusal if on_whatsapp else ErrorDocument
    schema = {"$ref": _REF.format(name=kind.__name__)}
    return {
        "description": " ".join(f"`{word}`: {REASONS[word].title}" for word in words),
        "content": {JSON if on_whatsapp else PROBLEM_JSON: {"schema": schema}},
    }
