"""From a refusal, or a fault of ours, to the answer that the caller gets. The only place that does so.

Routes under `/v1/whatsapp/` answer `{"error": …}`, whose `code` is the HTTP status, as callers written for
that page expect; all others answer a problem document (RFC 9457). Both carry the same stable `reason`, the
same `problems` and the `request_id`. Nothing of our inside is told: no trace, path or query.
"""

import random
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from trunkline.api.http import JSON, Response
from trunkline.errors import Problem, Refusal
from trunkline.runtime import log
from trunkline.store import StoreUnavailable

PROBLEM_JSON = "application/problem+json"
WHATSAPP = "/v1/whatsapp/"
ERRORS_PAGE = "/docs/errors"
RETRY_SECONDS = (1, 5)
"""Spread, so that those who were refused together do not come back together."""

_Reason = Annotated[str, Meta(description="A stable word for programs to branch on; `doc` explains it.")]
_Problems = Annotated[list[Problem], Meta(description="Everything that is wrong, not only the first.")]
_RequestId = Annotated[str, Meta(description="Names this request in our log; also in `X-Request-Id`.")]


class ErrorDocument(msgspec.Struct, kw_only=True):
    """A refusal, as a problem document of RFC 9457."""

    type: Annotated[str, Meta(description="Where the reason is explained.")]
    title: str
    status: int
    detail: str
    instance: Annotated[str, Meta(description="The path that was asked for.")]
    reason: _Reason
    problems: _Problems
    request_id: _RequestId


class WhatsappError(msgspec.Struct, kw_only=True):
    """What stands under `error`."""

    code: Annotated[int, Meta(description="The HTTP status.")]
    message: str
    type: Annotated[str, Meta(description="The family that the reason belongs to.")]
    reason: _Reason
    problems: _Problems
    request_id: _RequestId
    doc: Annotated[str, Meta(description="Where the reason is explained.")]


class WhatsappRefusal(msgspec.Struct):
    """A refusal on the WhatsApp routes."""

    error: WhatsappError


_FAMILIES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


def answer_to(fault: Exception, *, path: str, route: str, request_id: str) -> Response:
    """`route` is the path's pattern: what is logged holds nobody's ids or numbers."""
    if isinstance(fault, Refusal):
        return render(fault, path, request_id)
    if isinstance(fault, StoreUnavailable):
        log.warning("request %s to %s: the store took nothing: %s", request_id, route, fault)
        return render(Refusal("unavailable", headers={"Retry-After": _retry_after()}), path, request_id)
    log.error("request %s to %s failed inside us", request_id, route, exc_info=fault)
    return render(Refusal("internal"), path, request_id)


def _retry_after() -> str:
    return str(random.randint(*RETRY_SECONDS))  # noqa: S311 - it guards nothing


def render(refusal: Refusal, path: str, request_id: str) -> Response:
    reason = refusal.reason
    doc = f"{ERRORS_PAGE}#{reason.word}"
    if path.startswith(WHATSAPP):
        error = WhatsappError(
            code=reason.status,
            message=told(refusal),
            type=_family(reason.status),
            reason=reason.word,
            problems=refusal.problems,
            request_id=request_id,
            doc=doc,
        )
        return _response(refusal, WhatsappRefusal(error), JSON)
    document = ErrorDocument(
        type=doc,
        title=reason.title,
        status=reason.status,
        detail=told(refusal),
        instance=path,
        reason=reason.word,
        problems=refusal.problems,
        request_id=request_id,
    )
    return _response(refusal, document, PROBLEM_JSON)


def told(refusal: Refusal) -> str:
    """One sentence for callers that show only that: the first problem, where the reason alone says little."""
    if refusal.detail != refusal.reason.title or not refusal.problems:
        return refusal.detail
    first, *others = refusal.problems
    where = f"{first.pointer.removesuffix(':')}: " if first.pointer else ""  # a header's name has its own
    more = f" (and {len(others)} more)" if others else ""
    return f"{where}{first.detail}{more}"


def _family(status: int) -> str:
    return "api_error" if status >= 500 else _FAMILIES.get(status, "invalid_request_error")


def _response(refusal: Refusal, value: Any, content_type: str) -> Response:
    return Response(refusal.reason.status, msgspec.json.encode(value), content_type, refusal.headers)
