"""`/_sandbox/`: the handset page and the message renderer, as files that the browser gets as they are.

There is no build step. A browser asks again for each file and is told that nothing changed, so an edited file
is there after a reload; the policy lets the page run and load nothing but these.
"""

import gzip
import hashlib
import re
from functools import lru_cache
from importlib.abc import Traversable
from importlib.resources import files

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline import ui

PAGE_PATH = "/_sandbox/"

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob: http: https:",
        "media-src 'self' data: blob: http: https:",
        "require-trusted-types-for 'script'",
        "trusted-types trunkline trunkline-worker",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "vary": "accept-encoding",
}
_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_NAME = re.compile(r"[a-z][a-z0-9-]*\.(css|js|svg)")


def page_routes() -> list[Route]:
    return [
        Route("/_sandbox", _redirect),
        Route(PAGE_PATH, _index),
        Route("/_sandbox/page/{name}", _page_file),
        Route("/_sandbox/ui/{name}", _ui_file),
    ]


def is_page_file(path: str) -> bool:
    """Whether a path leads to one of these files, which hold nothing that a token has to guard."""
    return path in ("/_sandbox", PAGE_PATH) or path.startswith(("/_sandbox/page/", "/_sandbox/ui/"))


def wants_page(method: str, accept: str) -> bool:
    """Whether a request for `/` comes from a person's browser; every other one is for Graph."""
    return method in ("GET", "HEAD") and "text/html" in accept


async def _redirect(request: Request) -> Response:
    return RedirectResponse(PAGE_PATH, 302)


async def _index(request: Request) -> Response:
    return _answer(request, files("trunkline.sandbox").joinpath("page", "index.html"))


async def _page_file(request: Request) -> Response:
    return _answer(request, files("trunkline.sandbox").joinpath("page", _name_of(request)))


async def _ui_file(request: Request) -> Response:
    return _answer(request, ui.files().joinpath(_name_of(request)))


def _name_of(request: Request) -> str:
    name: str = request.path_params["name"]
    if _NAME.fullmatch(name) is None:
        raise HTTPException(404, "there is no such file")
    return name


def _answer(request: Request, file: Traversable) -> Response:
    if not file.is_file():
        raise HTTPException(404, "there is no such file")
    content = file.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {**_HEADERS, "etag": tag, "content-type": _TYPES[file.name.rpartition(".")[2]]}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_squeezed(content), headers={**headers, "content-encoding": "gzip"})
    return Response(content, headers=headers)


@lru_cache(maxsize=128)
def _squeezed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
