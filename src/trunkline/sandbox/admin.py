"""`/_sandbox`: what a test or a person asks of the emulator itself. None of it exists at Meta."""

from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.behaviours import BY_NAME, TABLE
from trunkline.sandbox.messages import normal_digits
from trunkline.sandbox.reporter import Reporter
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.state import ANY_HANDSET, Handset

_handset = msgspec.json.Decoder(Handset)


def build_admin(runtime: Runtime, reporter: Reporter) -> Starlette:
    """The routes below `/_sandbox`, without the question who may call them."""
    admin = _Admin(runtime, reporter)
    routes = [
        Route("/_sandbox/health", admin.health),
        Route("/_sandbox/ledger", admin.list_ledger),
        Route("/_sandbox/messages/{wamid:path}", admin.get_message),
        Route("/_sandbox/behaviours", admin.list_behaviours),
        Route("/_sandbox/handsets", admin.list_handsets),
        Route("/_sandbox/handsets/{address}", admin.get_handset),
        Route("/_sandbox/handsets/{address}", admin.set_handset, methods=["POST"]),
        Route("/_sandbox/handsets/{address}", admin.remove_handset, methods=["DELETE"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _render_problem})


class _Admin:
    def __init__(self, runtime: Runtime, reporter: Reporter) -> None:
        self._state = runtime.state
        self._ledger = runtime.ledger
        self._reporter = reporter

    async def health(self, request: Request) -> Response:
        sends, pending = await self._ledger.count()
        down = self._reporter.callbacks_down
        return _json({"status": "ok", "sends": sends, "pending": pending, "callbacks_down": down})

    async def list_ledger(self, request: Request) -> Response:
        limit = _whole_number(request, "limit", 1000)
        if not limit:
            raise HTTPException(400, "limit must be at least 1")
        after = await self._ledger.place_of(request.query_params.get("after", ""))
        if after is None:
            raise HTTPException(400, "after must be the wamid of a row, or the next_after of a page")
        to = request.query_params.get("to")
        recipient = normal_digits(to) if to is not None else None
        page, next_after = await self._ledger.list(after=after, limit=limit, recipient=recipient)
        return _json(
            {"data": page, "paging": {"next_after": None if next_after is None else str(next_after)}}
        )

    async def get_message(self, request: Request) -> Response:
        message = await self._ledger.find(request.path_params["wamid"])
        if message is None:
            raise HTTPException(404, "no message of that id was taken")
        return _json(message)

    async def list_behaviours(self, request: Request) -> Response:
        return _json({"data": [{"name": row.name, "suffix": row.suffix, "says": row.says} for row in TABLE]})

    async def list_handsets(self, request: Request) -> Response:
        return _json({"data": [_describe(*item) for item in sorted(self._state.handsets.items())]})

    async def get_handset(self, request: Request) -> Response:
        address = _address(request)
        return _json(_describe(address, self._state.handsets.get(address, ANY_HANDSET)))

    async def set_handset(self, request: Request) -> Response:
        """The rule as a whole: a member that is left out goes back to the mode of the sandbox."""
        try:
            handset = _handset.decode(await request.body() or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        if handset.behaviour is not None and handset.behaviour not in BY_NAME:
            raise HTTPException(400, f"behaviour must be one of: {', '.join(BY_NAME)}")
        address = _address(request)
        await self._state.set_handset(address, handset)
        return _json(_describe(address, handset))

    async def remove_handset(self, request: Request) -> Response:
        await self._state.remove_handset(_address(request))
        return Response(status_code=204)


def _address(request: Request) -> str:
    address = normal_digits(request.path_params["address"])
    return address if address.isdecimal() else str(request.path_params["address"])


def _describe(address: str, handset: Handset) -> dict[str, Any]:
    return {
        "address": address,
        "reachable": handset.reachable,
        "window_open": handset.window_open,
        "behaviour": handset.behaviour,
    }


def _whole_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise HTTPException(400, f"{name} must be a whole number")
    return int(text)


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


async def _render_problem(request: Request, problem: Exception) -> Response:
    status, detail = (
        (problem.status_code, problem.detail) if isinstance(problem, HTTPException) else (500, "internal")
    )
    return Response(
        msgspec.json.encode({"error": {"message": detail}}), status, media_type="application/json"
    )
