"""`/_sandbox/tokens`: further tokens with an end and with fewer scopes, and taking them back."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.clock import to_rfc3339
from trunkline.sandbox.tokens import SCOPES, Token, Tokens

_LONGEST_SECONDS = 10 * 366 * 86_400


def token_routes(tokens: Tokens) -> list[Route]:
    async def show(request: Request) -> Response:
        return as_json({"data": [_describe(token) for token in tokens.list()]})

    async def issue(request: Request) -> Response:
        """The answer is the only place where the token can be read."""
        given = await read_object(request)
        seconds = given.get("expires_in_seconds")
        if seconds is not None and (type(seconds) is not int or not 0 <= seconds <= _LONGEST_SECONDS):
            raise HTTPException(400, "expires_in_seconds must be a whole number of seconds within ten years")
        scopes = given.get("scopes")
        scopes = SCOPES if scopes is None else scopes
        if not isinstance(scopes, list | tuple) or any(scope not in SCOPES for scope in scopes):
            raise HTTPException(400, f"scopes must be a list of: {', '.join(SCOPES)}")
        text, token = await tokens.issue(tuple(scopes), seconds)
        return as_json({"token": text, **_describe(token)}, 201)

    async def revoke(request: Request) -> Response:
        if not await tokens.revoke(request.path_params["id"]):
            raise HTTPException(404, "no issued token has that id")
        return Response(status_code=204)

    return [
        Route("/_sandbox/tokens", show),
        Route("/_sandbox/tokens", issue, methods=["POST"]),
        Route("/_sandbox/tokens/{id}", revoke, methods=["DELETE"]),
    ]


def _describe(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "scopes": list(token.scopes),
        "issued_at": to_rfc3339(token.issued_at),
        "expires_at": None if token.expires_at is None else to_rfc3339(token.expires_at),
        "revoked": token.revoked,
    }
