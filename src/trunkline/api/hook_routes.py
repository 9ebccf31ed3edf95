"""The two routes at which providers reach us, as the table of routes needs them; `hooks.py` does the work."""

from trunkline.api.auth import Caller
from trunkline.api.context import Api
from trunkline.api.http import Request, Response

_TEXT = "text/plain; charset=utf-8"


async def check(api: Api, request: Request, caller: Caller) -> Response:
    where = request.params
    status, body = api.hooks.check(where["connector"], where["hook_key"], request.query_values())
    return Response(status, body, _TEXT)


async def receive(api: Api, request: Request, caller: Caller) -> Response:
    where = request.params
    status, body = await api.hooks.post(where["connector"], where["hook_key"], request.headers, request.body)
    return Response(status, body, _TEXT)
