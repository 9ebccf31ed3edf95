"""Graph's other nodes: the business number, its account, and where their webhooks go.

One table maps (node, edge, method) to a function, so that a further edge is a line and a function.
`server.py` calls `Graph.answer` with a verified token; refusals are raised as `GraphError`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from trunkline.sandbox.errors import invalid, unknown_node, unknown_path
from trunkline.sandbox.params import Param
from trunkline.sandbox.reporter import Reporter
from trunkline.sandbox.runtime import Runtime


class Call(msgspec.Struct, frozen=True):
    """A request that is not a send."""

    method: str
    node: str
    edge: str
    """What follows the node, without slashes at its ends; empty for the node itself."""
    params: dict[str, Any]
    """From the query and the body; the body wins."""


class Graph:
    """Knows one business number, its account and its app."""

    def __init__(self, runtime: Runtime, reporter: Reporter) -> None:
        self._identity = identity = runtime.identity
        self._state = runtime.state
        self._poster = runtime.poster
        self._verified_name = runtime.settings.verified_name
        self._reporter = reporter
        self._kinds = {identity.phone_number_id: "number", identity.waba_id: "account"}
        self._routes: dict[tuple[str, str, str], Callable[[Call], Awaitable[dict[str, Any]]]] = {
            ("number", "", "GET"): self._get_number,
            ("number", "", "POST"): self._set_number,
            ("account", "", "GET"): self._get_account,
            ("account", "phone_numbers", "GET"): self._list_numbers,
            ("account", "subscribed_apps", "GET"): self._list_apps,
            ("account", "subscribed_apps", "POST"): self._subscribe,
            ("account", "subscribed_apps", "DELETE"): self._unsubscribe,
        }
        self._edges = {edge for _, edge, _ in self._routes}

    async def answer(self, call: Call) -> dict[str, Any]:
        kind = self._kinds.get(call.node)
        if kind is None:
            raise unknown_node(call.node, call.method)
        route = self._routes.get((kind, call.edge, call.method))
        if route is not None:
            return await route(call)
        if call.edge in self._edges or call.edge == "messages":
            raise unknown_node(call.node, call.method)
        raise unknown_path(f"/{call.edge}")

    async def _get_number(self, call: Call) -> dict[str, Any]:
        return _choose_fields(self._describe_number(), call)

    async def _set_number(self, call: Call) -> dict[str, Any]:
        configuration = Param(call.params, "").object("webhook_configuration")
        await self._override(call.node, configuration)
        return {"success": True}

    async def _get_account(self, call: Call) -> dict[str, Any]:
        account = {
            "id": call.node,
            "name": self._verified_name,
            "currency": "USD",
            "timezone_id": "1",
            "status": "ACTIVE",
            "business_verification_status": "verified",
            "account_review_status": "APPROVED",
        }
        return _choose_fields(account, call)

    async def _list_numbers(self, call: Call) -> dict[str, Any]:
        number = self._describe_number()
        cursors = {"before": "MAZDZD", "after": "MAZDZD"}
        return {"data": [_choose_fields(number, call)], "paging": {"cursors": cursors}}

    async def _list_apps(self, call: Call) -> dict[str, Any]:
        app: dict[str, Any] = {
            "whatsapp_business_api_data": {
                "id": self._identity.app_id,
                "name": "Sandbox app",
                "link": "https://www.facebook.com/games/",
            }
        }
        if (url := self._state.callback_of(call.node)) is not None:
            app["override_callback_uri"] = url
        return {"data": [app]}

    async def _subscribe(self, call: Call) -> dict[str, Any]:
        params = Param(call.params, "")
        if params.has("override_callback_uri"):
            await self._override(call.node, params)
        return {"success": True}

    async def _unsubscribe(self, call: Call) -> dict[str, Any]:
        await self._state.remove_callback(call.node)
        self._reporter.try_again()
        return {"success": True}

    async def _override(self, node: str, params: Param) -> None:
        """An empty address takes the override away; any other has to pass the handshake first."""
        url = params.text("override_callback_uri", empty=True)
        if url:
            await self._poster.verify(url, params.text("verify_token"))
            await self._state.set_callback(node, url)
        else:
            await self._state.remove_callback(node)
        self._reporter.try_again()

    def _describe_number(self) -> dict[str, Any]:
        identity = self._identity
        webhooks = {
            "phone_number": self._state.callback_of(identity.phone_number_id),
            "whatsapp_business_account": self._state.callback_of(identity.waba_id),
        }
        return {
            "id": identity.phone_number_id,
            "display_phone_number": _format_number(identity.display_phone_number),
            "verified_name": self._verified_name,
            "quality_rating": "GREEN",
            "code_verification_status": "VERIFIED",
            "name_status": "APPROVED",
            "status": "CONNECTED",
            "account_mode": "SANDBOX",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
            "webhook_configuration": {level: url for level, url in webhooks.items() if url is not None},
        }


def _choose_fields(node: dict[str, Any], call: Call) -> dict[str, Any]:
    """`?fields=a,b`; the id is always there."""
    asked = call.params.get("fields")
    if asked is None:
        return node
    if not isinstance(asked, str):
        raise invalid("Param fields must be a string.")
    names = [name.strip() for name in asked.split(",") if name.strip()]
    for name in names:
        if name not in node:
            raise invalid(f"Tried accessing nonexisting field ({name})")
    return {name: node[name] for name in dict.fromkeys([*names, "id"])}


def _format_number(digits: str) -> str:
    """`15550001234` → `+1 555-000-1234`, as Graph writes it outside webhooks."""
    return f"+{digits[0]} {digits[1:4]}-{digits[4:7]}-{digits[7:]}"
