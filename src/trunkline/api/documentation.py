"""What explains the API: the OpenAPI document and pages to read, made here, without anybody else's code.

The pages work offline and under a policy that lets them load nothing but their own three files.
"""

from html import escape
from importlib import resources

import msgspec

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response, as_json
from trunkline.errors import REASONS

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


class Alive(msgspec.Struct):
    """The process answers."""

    status: str = "ok"


async def livez(api: Api, request: Request, caller: Caller) -> Response:
    return as_json(Alive())


async def openapi(api: Api, request: Request, caller: Caller) -> Response:
    return Response(200, api.openapi)


async def page(api: Api, request: Request, caller: Caller) -> Response:
    return _page(_file("index.html"))


async def errors_page(api: Api, request: Request, caller: Caller) -> Response:
    rows = "\n".join(
        f'<section id="{reason.word}"><h2><code>{reason.word}</code> '
        f'<span class="status">{reason.status}</span></h2><p>{escape(reason.title)}</p></section>'
        for reason in sorted(REASONS.values(), key=lambda reason: (reason.status, reason.word))
    )
    return _page(_file("errors.html").replace("<!-- reasons -->", rows))


async def styles(api: Api, request: Request, caller: Caller) -> Response:
    return Response(200, _file("docs.css").encode(), "text/css; charset=utf-8")


async def script(api: Api, request: Request, caller: Caller) -> Response:
    return Response(200, _file("docs.js").encode(), "text/javascript; charset=utf-8")


def _page(html: str) -> Response:
    return Response(200, html.encode(), "text/html; charset=utf-8", _HEADERS)


def _file(name: str) -> str:
    return resources.files("trunkline.api").joinpath("docs_page", name).read_text("utf-8")
