"""Calls about tokens: `/me`, `/debug_token`, `/oauth/access_token`."""

import hmac
from typing import Any

import msgspec

from trunkline.sandbox.account import system_user_id_of
from trunkline.sandbox.errors import GraphError, invalid
from trunkline.sandbox.graph.apps import APP_NAME
from trunkline.sandbox.graph.call import Call, Part, choose_fields
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.shelf import Shelf
from trunkline.sandbox.tokens import MANAGEMENT, MESSAGING, Holder, Token


class UsedCode(msgspec.Struct, frozen=True):
    """A code of embedded signup that was exchanged for a token."""

    code: str


def part(runtime: Runtime) -> Part:
    nodes = _AboutTokens(runtime)
    return Part(
        kinds={name: name.__eq__ for name in ("me", "debug_token", "oauth")},
        routes={
            ("me", "", "GET"): nodes.me,
            ("debug_token", "", "GET"): nodes.debug,
            ("oauth", "access_token", "GET"): nodes.exchange,
            ("oauth", "access_token", "POST"): nodes.exchange,
        },
    )


class _AboutTokens:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._identity = runtime.identity
        self._used = Shelf(runtime.database, "used_code", UsedCode)

    async def me(self, call: Call) -> dict[str, Any]:
        if call.holder is None or call.holder.is_app:
            message = "An active access token must be used to query information about the current user."
            raise GraphError(2500, message, status=400)
        user = {"id": system_user_id_of(self._identity), "name": "Sandbox system user"}
        return choose_fields(user, call, ("name",))

    async def debug(self, call: Call) -> dict[str, Any]:
        given = call.params.get("input_token")
        if not isinstance(given, str) or not given:
            raise invalid("The parameter input_token is required.")
        token = self._runtime.tokens.find(given)
        if token is None:
            error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
            return {"data": {"error": error, "is_valid": False, "scopes": []}}
        data: dict[str, Any] = {"app_id": self._identity.app_id, "application": APP_NAME}
        if isinstance(token, Holder) and token.is_app:
            return {"data": {**data, "type": "APP", "is_valid": True, "scopes": []}}
        return {"data": data | self._describe(token)}

    async def exchange(self, call: Call) -> dict[str, Any]:
        """The app's own token for its id and secret; a system user's for a code, which works once."""
        params = call.params
        if params.get("client_id") is None:
            raise GraphError(101, "Missing client_id parameter.", status=400)
        if str(params["client_id"]) != self._identity.app_id:
            message = "Error validating application. Cannot get application info due to a system error."
            raise GraphError(101, message, status=400)
        secret = str(params.get("client_secret") or "").encode("utf-8", "replace")
        if not hmac.compare_digest(secret, self._identity.app_secret.encode()):
            raise GraphError(1, "Error validating client secret.", status=400)
        if params.get("grant_type") == "client_credentials":
            text = f"{self._identity.app_id}|{self._identity.app_secret}"
            return {"access_token": text, "token_type": "bearer"}
        return await self._exchange_code(Param(params, ""))

    async def _exchange_code(self, params: Param) -> dict[str, Any]:
        if not params.has("code"):
            raise GraphError(1, "Missing authorization code", status=400)
        code = params.text("code", 2048)
        if code in self._used:
            raise GraphError(100, "This authorization code has been used.", subcode=36009)
        await self._used.put(code, UsedCode(code))
        text, _ = await self._runtime.tokens.issue((MESSAGING, MANAGEMENT))
        return {"access_token": text, "token_type": "bearer"}

    def _describe(self, token: Token | Holder) -> dict[str, Any]:
        """A system user's: without an end it says 0."""
        now = self._runtime.clock.now()
        expired = token.expires_at is not None and token.expires_at <= now
        revoked = isinstance(token, Token) and token.revoked
        targets = {"target_ids": [self._identity.waba_id]}
        described: dict[str, Any] = {
            "type": "SYSTEM_USER",
            "data_access_expires_at": 0,
            "expires_at": (token.expires_at or 0) // 1000,
            "is_valid": not (expired or revoked),
            "issued_at": token.issued_at // 1000,
            "scopes": list(token.scopes),
            "granular_scopes": [{"scope": scope, **targets} for scope in token.scopes],
            "user_id": system_user_id_of(self._identity),
        }
        if expired or revoked:
            subcode = 467 if revoked else 463
            described["error"] = {"code": 190, "message": "Error validating access token", "subcode": subcode}
        return described
