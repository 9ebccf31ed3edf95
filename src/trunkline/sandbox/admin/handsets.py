"""Routes about people and their phones: who is there, what they do, their chats."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import address_of, as_json, read_object, whole_number
from trunkline.sandbox.handsets.handsets import Handsets
from trunkline.sandbox.sends.behaviours import BY_NAME
from trunkline.sandbox.state import Handset

_MOST = 2000
"""Rows of one answer."""

_handset = msgspec.json.Decoder(Handset)


def handset_routes(handsets: Handsets) -> list[Route]:
    admin = _Handsets(handsets)
    return [
        Route("/_sandbox/handsets", admin.list),
        Route("/_sandbox/handsets/{address}", admin.get),
        Route("/_sandbox/handsets/{address}", admin.set_rule, methods=["POST"]),
        Route("/_sandbox/handsets/{address}", admin.forget, methods=["DELETE"]),
        Route("/_sandbox/handsets/{address}/actions", admin.perform, methods=["POST"]),
        Route("/_sandbox/chats/{address}/{number}", admin.get_chat),
    ]


class _Handsets:
    def __init__(self, handsets: Handsets) -> None:
        self._handsets = handsets
        self._runtime = handsets.runtime

    async def list(self, request: Request) -> Response:
        return as_json({"data": await self._handsets.list(min(_limit(request), 500))})

    async def get(self, request: Request) -> Response:
        return as_json(await self._handsets.describe(address_of(request)))

    async def set_rule(self, request: Request) -> Response:
        """The rule as a whole: a member that is left out goes back to the mode of the sandbox."""
        try:
            rule = _handset.decode(await request.body() or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        if rule.behaviour is not None and rule.behaviour not in BY_NAME:
            raise HTTPException(400, f"behaviour must be one of: {', '.join(BY_NAME)}")
        address = address_of(request)
        await self._runtime.state.set_handset(address, rule)
        self._handsets.phone.tell_handset(address)
        return as_json(await self._handsets.describe(address))

    async def forget(self, request: Request) -> Response:
        await self._handsets.forget(address_of(request))
        return Response(status_code=204)

    async def perform(self, request: Request) -> Response:
        return as_json(await self._handsets.perform(address_of(request), await read_object(request)))

    async def get_chat(self, request: Request) -> Response:
        """`{"handset", "business", "messages"}`, the oldest message first."""
        address, id_ = address_of(request), request.path_params["number"]
        number = self._runtime.numbers.get(id_)
        if number is None:
            raise HTTPException(404, "there is no business number of that id")
        views = await self._handsets.chats.list(address, id_, _limit(request))
        business = {
            "phone_number_id": id_,
            "display_phone_number": f"+{number.digits}",
            "name": number.verified_name,
        }
        handset = await self._handsets.describe(address)
        return as_json({"handset": handset, "business": business, "messages": views})


def _limit(request: Request) -> int:
    return min(max(1, whole_number(request, "limit", 200)), _MOST)
