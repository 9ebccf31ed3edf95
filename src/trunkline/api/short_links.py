"""GET /l/{token}: whoever opens a short link is led to where the sender said, and nowhere else."""

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response
from trunkline.short_links import follow

_TEXT = "text/plain; charset=utf-8"
_QUIET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


async def open_link(api: Api, request: Request, caller: Caller) -> Response:
    token = request.params["token"]
    api.link_gate.pass_(request.peer, token)
    is_person = follow.is_person(request.method, request.headers)
    target = await follow.follow(api.runtime, token, is_person=is_person)
    if target.url is not None:
        return Response(302, b"", _TEXT, {"Location": target.url, **_QUIET})
    if target.has_ended:
        return Response(410, b"This link has ended.\n", _TEXT, _QUIET)
    return Response(404, b"There is no such link.\n", _TEXT, _QUIET)
