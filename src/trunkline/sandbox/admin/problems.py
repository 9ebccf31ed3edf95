"""What the routes of `/_sandbox` have in common: JSON in and out, problems as `{"error": {"message"}}`."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from trunkline.sandbox.errors import GraphError
from trunkline.sandbox.handsets.phone import read_address

Endpoint = Callable[[Request], Awaitable[Response]]


def as_json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def read_object(request: Request) -> dict[str, Any]:
    """The body, which has to be a JSON object; an empty one counts as `{}`."""
    try:
        value = msgspec.json.decode(await request.body() or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return value


def address_of(request: Request) -> str:
    """The handset of the path: digits, however they were written."""
    return read_address(request.path_params["address"])


def whole_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise HTTPException(400, f"{name} must be a whole number")
    return int(text)


async def render_problem(request: Request, problem: Exception) -> Response:
    if isinstance(problem, HTTPException):
        return as_json({"error": {"message": problem.detail}}, problem.status_code)
    assert isinstance(problem, GraphError)
    return as_json({"error": {"message": problem.in_words, "code": problem.code}}, 400)
