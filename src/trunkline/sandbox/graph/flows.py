"""Flows: nodes of their own, listed and made on the account, with their JSON as an asset."""

import html
from datetime import UTC, datetime
from typing import Any

import msgspec

from trunkline.sandbox.content.limits import web_address
from trunkline.sandbox.errors import GraphError, invalid, unknown_node
from trunkline.sandbox.flows.shape import version_of
from trunkline.sandbox.flows.store import Flow
from trunkline.sandbox.graph.call import Answer, Call, Part, choose_fields
from trunkline.sandbox.graph.paging import page_of
from trunkline.sandbox.params import Param
from trunkline.sandbox.runtime import Runtime

CATEGORIES = (
    "APPOINTMENT_BOOKING",
    "CONTACT_US",
    "CUSTOMER_SUPPORT",
    "LEAD_GENERATION",
    "OTHER",
    "SHOPPING",
    "SIGN_IN",
    "SIGN_UP",
    "SURVEY",
)
_DEFAULT = ("id", "name", "status", "categories", "validation_errors")
_LARGEST = 10 << 20
_TRUE = (True, "true", "1")


def part(runtime: Runtime) -> Part:
    nodes = _Flows(runtime)
    return Part(
        kinds={"flow": runtime.flows.shelf.__contains__},
        routes={
            ("account", "flows", "GET"): nodes.list_flows,
            ("account", "flows", "POST"): nodes.create,
            ("account", "migrate_flows", "POST"): nodes.migrate,
            ("flow", "", "GET"): nodes.get,
            ("flow", "", "POST"): nodes.update,
            ("flow", "", "DELETE"): nodes.delete,
            ("flow", "assets", "GET"): nodes.list_assets,
            ("flow", "assets", "POST"): nodes.upload,
            ("flow", "publish", "POST"): nodes.publish,
            ("flow", "deprecate", "POST"): nodes.deprecate,
            ("public", "flows/*", "GET"): nodes.download,
        },
        fields={("flow", "preview"): nodes.preview, ("flow", "metric"): nodes.metric},
    )


class _Flows:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._flows = runtime.flows
        self._url = runtime.identity.url

    async def list_flows(self, call: Call) -> dict[str, Any]:
        rows = [choose_fields(self._describe(flow), call, _DEFAULT) for flow in self._flows.shelf.values()]
        return page_of(rows, call, self._url)

    async def create(self, call: Call) -> dict[str, Any]:
        params = Param(call.params, "")
        name = self._read_name(params)
        source = self._read_source(params)
        given = params.has("categories") or source is None
        categories = _read_categories(params) if given else source.categories if source else []
        text = _read_json(call, "flow_json")
        flow = await self._flows.create(name, categories, _read_endpoint(params))
        if text is None and source is not None:
            text = source.json
        if text is not None:
            flow = await self._flows.set_json(flow, text)
        if params.members.get("publish") in _TRUE and text is not None and not flow.errors:
            flow = await self._flows.publish(flow)
        return {"id": flow.id, "success": True, "validation_errors": flow.errors}

    async def migrate(self, call: Call) -> dict[str, Any]:
        """From another account; there is none."""
        source = Param(call.params, "").text("source_waba_id")
        raise unknown_node(source, call.method)

    async def get(self, call: Call) -> dict[str, Any]:
        return choose_fields(self._describe(self._find(call)), call, _DEFAULT)

    async def update(self, call: Call) -> dict[str, Any]:
        params = Param(call.params, "")
        flow = self._find(call)
        self._flows.check_draft(flow)
        changed: dict[str, Any] = {}
        if params.has("name") and params.members["name"] != flow.name:
            changed["name"] = self._read_name(params)
        if params.has("categories"):
            changed["categories"] = _read_categories(params)
        if params.has("endpoint_uri"):
            changed["endpoint_uri"] = _read_endpoint(params)
        await self._flows.change(flow, **changed)
        return {"success": True}

    async def delete(self, call: Call) -> dict[str, Any]:
        await self._flows.delete(self._find(call))
        return {"success": True}

    async def list_assets(self, call: Call) -> dict[str, Any]:
        flow = self._find(call)
        if flow.json is None:
            return {"data": []}
        flow = await self._flows.preview(flow, anew=False)
        asset = {
            "name": "flow.json",
            "asset_type": "FLOW_JSON",
            "download_url": f"{self._url}/cdn/flows/{flow.id}.json?token={flow.preview_token}",
        }
        return page_of([asset], call, self._url, "name")

    async def upload(self, call: Call) -> dict[str, Any]:
        params = Param(call.params, "")
        flow = self._find(call)
        if params.text("name") != "flow.json":
            raise invalid("Param name must be flow.json.")
        params.word("asset_type", ("flow_json",))
        text = _read_json(call, "file")
        if text is None:
            raise invalid("The parameter file is required.")
        self._flows.check_draft(flow)
        flow = await self._flows.set_json(flow, text)
        return {"success": True, "validation_errors": flow.errors}

    async def publish(self, call: Call) -> dict[str, Any]:
        await self._flows.publish(self._find(call))
        return {"success": True}

    async def deprecate(self, call: Call) -> dict[str, Any]:
        await self._flows.deprecate(self._find(call))
        return {"success": True}

    async def preview(self, call: Call) -> dict[str, Any]:
        """A page for anybody who has its address, for 30 days; `invalidate(true)` makes a new one."""
        flow = await self._flows.preview(self._find(call), anew=call.params.get("invalidate") in _TRUE)
        ends = datetime.fromtimestamp(flow.preview_expires_at // 1000, UTC)
        return {
            "preview_url": f"{self._url}/cdn/flows/{flow.id}.html?token={flow.preview_token}",
            "expires_at": f"{ends:%Y-%m-%dT%H:%M:%S+0000}",
        }

    async def metric(self, call: Call) -> dict[str, Any]:
        self._find(call)
        title = "Metrics threshold is not reached"
        words = "Too few people used the flow in this time for its metrics to be shown."
        raise GraphError(139006, details=title, user_title=title, user_message=words)

    async def download(self, call: Call) -> Answer:
        """The JSON, or the page that shows it."""
        id_, _, ending = call.last.partition(".")
        flow = self._flows.shelf.get(id_)
        if (
            flow is None
            or ending not in {"json", "html"}
            or call.params.get("token") != flow.preview_token
            or flow.preview_expires_at <= self._runtime.clock.now()
        ):
            return Answer(body=b"", status=404, content_type="text/plain")
        text = flow.json or "{}"
        if ending == "json":
            return Answer(body=text.encode(), content_type="application/json")
        name = html.escape(flow.name)
        page = f'<!DOCTYPE html><html lang="en"><title>{name}</title><pre>{html.escape(text)}</pre>'
        return Answer(body=page.encode(), content_type="text/html; charset=UTF-8")

    def _find(self, call: Call) -> Flow:
        flow = self._flows.shelf.get(call.node)
        if flow is None:
            raise unknown_node(call.node, call.method)
        return flow

    def _describe(self, flow: Flow) -> dict[str, Any]:
        text = flow.json or ""
        return {
            "id": flow.id,
            "name": flow.name,
            "status": flow.state,
            "categories": flow.categories,
            "validation_errors": flow.errors,
            "json_version": version_of(text),
            "data_api_version": version_of(text, "data_api_version"),
            "endpoint_uri": flow.endpoint_uri,
            "data_channel_uri": flow.endpoint_uri,
            "health_status": self._health_of(flow),
            "updated_at": f"{datetime.fromtimestamp(flow.updated_at / 1000, UTC):%Y-%m-%dT%H:%M:%S+0000}",
            "whatsapp_business_account": {
                "id": self._runtime.identity.waba_id,
                "name": self._runtime.account.facts.name,
                "timezone_id": "1",
            },
            "application": {
                "id": self._runtime.identity.app_id,
                "name": "Sandbox app",
                "link": "https://www.facebook.com/games/",
            },
        }

    def _health_of(self, flow: Flow) -> dict[str, Any]:
        words = {"PUBLISHED": "AVAILABLE", "THROTTLED": "LIMITED"}
        own = words.get(flow.state, "BLOCKED")
        others = (
            ("WABA", self._runtime.identity.waba_id),
            ("APP", self._runtime.identity.app_id),
        )
        entities = [{"entity_type": "FLOW", "id": flow.id, "can_send_message": own}]
        entities += [
            {"entity_type": kind, "id": id_, "can_send_message": "AVAILABLE"} for kind, id_ in others
        ]
        return {"can_send_message": own, "entities": entities}

    def _read_name(self, params: Param) -> str:
        name = params.text("name", 200)
        if self._flows.by_name(name) is not None:
            raise GraphError(
                100,
                "(#100) Invalid parameter",
                user_title="Flow name is not unique",
                user_message="Another flow of this account has this name.",
            )
        return name

    def _read_source(self, params: Param) -> Flow | None:
        if not params.has("clone_flow_id"):
            return None
        id_ = str(params.members["clone_flow_id"])
        source = self._flows.shelf.get(id_)
        if source is None:
            raise GraphError(
                100,
                "(#100) Invalid parameter",
                user_title="Flow with specified ID does not exist",
                user_message=f"There is no flow {id_:.40}.",
            )
        return source


def _read_categories(params: Param) -> list[str]:
    """A list of at least one; odd clients send it as text."""
    given = params.need("categories")
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not given:
        raise invalid("Param categories must be a non-empty array.")
    for category in given:
        if category not in CATEGORIES:
            known = ", ".join(CATEGORIES)
            raise invalid(f'Param categories must be one of {{{known}}} - got "{category!s:.40}".')
    return list(given)


def _read_endpoint(params: Param) -> str | None:
    return web_address(params, "endpoint_uri") if params.has("endpoint_uri") else None


def _read_json(call: Call, name: str) -> str | None:
    """From a file or a field; a field that holds JSON may have been read as such already."""
    if (file := call.files.get(name)) is not None:
        if len(file.data) > _LARGEST:
            raise invalid(f"Param {name} must be at most 10 MB.")
        return file.data.decode("utf-8", "replace")
    given = call.params.get(name)
    if given is None:
        return None
    return given if isinstance(given, str) else msgspec.json.encode(given).decode()
