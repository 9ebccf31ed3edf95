"""The ASGI application: finds the route of a request, lets its handler answer, sends the answer.

Called by the web server, once for each request. The hot routes are found by their path alone; all others
through Starlette's router. Either way the same `Endpoint` does the rest, with nothing wrapped around it.
Whatever a handler raises becomes an answer here.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router

from trunkline.api import forms, metrics
from trunkline.api.auth import Caller
from trunkline.api.context import Api, Hooks
from trunkline.api.http import (
    ONE_PIECE,
    ClientGone,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    Streamed,
    body_parts,
    headers_of,
    read_body,
    send_response,
    send_stream,
)
from trunkline.api.openapi import document
from trunkline.api.problems import answer_to
from trunkline.api.route import Route, Takes
from trunkline.api.routes import ROUTES
from trunkline.errors import Refusal
from trunkline.model import ids
from trunkline.outbound.dispatch import Dispatcher
from trunkline.runtime import Runtime
from trunkline.templates.book import TemplateBook
from trunkline.virtual_time import VirtualTime

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_JSON_TYPE = re.compile(r"(?:application/(?:[\w.+-]+\+)?json|text/json)\s*(?:;.*)?", re.IGNORECASE | re.ASCII)
_CHARSET = re.compile(r";\s*charset=\"?([^\s\";]+)", re.IGNORECASE)
_UTF8 = ("utf-8", "utf8", "us-ascii")
_HOOKS = "/hooks/"
_LINKS = "/l/"
_JSON = (Takes.JSON, Takes.LARGE_JSON)
ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})


def build_app(  # noqa: PLR0913 - the wiring
    runtime: Runtime,
    dispatcher: Dispatcher,
    hooks: Hooks,
    operator_token: str,
    *,
    http_links: bool,
    time: VirtualTime | None = None,
    book: TemplateBook | None = None,
) -> "App":
    """`operator_token` opens everything; `http_links` allows media links by http to this machine.

    `book` is the process's own, which hears of changes; one of its own for an app that nobody sends through.
    """
    book = book or TemplateBook(runtime)
    api = Api(runtime, dispatcher, hooks, operator_token, http_links=http_links, time=time, templates=book)
    metrics.prepare(api)
    api.openapi = msgspec.json.encode(document())
    return App(api)


class App:
    """See the module."""

    def __init__(self, api: Api) -> None:
        self.api = api
        roles = api.runtime.settings.roles()
        by_path: dict[str, list[Route]] = {}
        for route in ROUTES:
            if (route.on_virtual_time and api.time is None) or not _is_served(route, roles):
                continue
            by_path.setdefault(route.path, []).append(route)
        endpoints = {path: Endpoint(api, path, routes) for path, routes in by_path.items()}
        self._hot = {
            path: endpoints[path] for path, routes in by_path.items() if any(route.hot for route in routes)
        }
        hooks = [endpoint for path, endpoint in self._hot.items() if path.startswith(_HOOKS)]
        self._hook = hooks[0] if hooks else None
        self._router = Router(
            [StarletteRoute(path, endpoint) for path, endpoint in endpoints.items()],
            redirect_slashes=False,
            default=Endpoint(api, "", ()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            endpoint = self._hot.get(path)
            if endpoint is None and self._hook is not None and path.startswith(_HOOKS):
                parts = path.split("/")
                if len(parts) == 4:
                    endpoint, scope["path_params"] = self._hook, {"connector": parts[2], "hook_key": parts[3]}
            if endpoint is not None:
                await endpoint(scope, receive, send)
                return
        await self._router(scope, receive, send)


def _is_served(route: Route, roles: Sequence[str]) -> bool:
    """Of a process that runs only a part of the program, everybody may still know how it is."""
    if route.path in ALWAYS:
        return True
    if route.path.startswith(_LINKS):  # both are where a proxy may lead strangers
        return "hooks" in roles or "api" in roles
    return ("hooks" if route.path.startswith(_HOOKS) else "api") in roles


class Endpoint:
    """One address: its routes by method. Without any it is the answer to addresses that do not exist."""

    def __init__(self, api: Api, path: str, routes: Sequence[Route]) -> None:
        self._api = api
        self._path = path
        self._routes = {route.method: route for route in routes}
        if "GET" in self._routes:
            self._routes["HEAD"] = self._routes["GET"]  # the web server leaves the body out
        limits = api.runtime.settings.limits
        self._limits = {
            Takes.NOTHING: limits.body_bytes,
            Takes.EMPTY: limits.body_bytes,
            Takes.JSON: limits.body_bytes,
            Takes.LARGE_JSON: limits.batch_body_bytes,
            Takes.BYTES: limits.batch_body_bytes,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        headers = headers_of(scope)
        given = headers.get("x-request-id")
        request_id = given if given is not None and _SANE_ID.fullmatch(given) else ids.new_id(ids.REQUEST)
        try:
            response: Response | Streamed = await self._answer(scope, receive, headers)
        except ClientGone:
            return
        except Exception as fault:
            response = answer_to(fault, path=scope["path"], route=self._path, request_id=request_id)
        if isinstance(response, Streamed):
            await send_stream(receive, send, response, request_id)
        else:
            await send_response(send, response, request_id)

    async def _answer(self, scope: Scope, receive: Receive, headers: dict[str, str]) -> Response | Streamed:
        route = self._routes.get(scope["method"])
        if route is None:
            raise self._no_route()
        if "\0" in scope["path"]:  # PostgreSQL has it in no text, so nothing is called so
            raise Refusal("not_found", "Nothing has a name with a NUL character in it.")
        client = scope.get("client")
        request = Request(
            scope["method"],
            scope["path"],
            scope.get("path_params", {}),
            scope["query_string"].decode("latin-1"),
            headers,
            b"",
            client[0] if client else "",
        )
        gate = self._api.gate
        if route.sheds:
            gate.check(route.sheds)
        caller = await self._api.gatekeeper.identify(request, route.who)
        if not route.accepts:
            return await self._serve(route, request, caller, receive)
        gate.enter(caller.account_id)
        try:
            return await self._serve(route, request, caller, receive)
        finally:
            gate.leave(caller.account_id)

    async def _serve(
        self, route: Route, request: Request, caller: Caller, receive: Receive
    ) -> Response | Streamed:
        if route.takes is Takes.NOTHING:
            return await route.handler(self._api, request, caller)
        if route.takes is Takes.UPLOAD:
            return await self._take_upload(route, request, caller, receive)
        if route.takes in _JSON and request.headers.get("content-length") != "0":
            _expect_json(request.headers)
        gate = self._api.gate
        room = gate.posts if route.takes is Takes.BYTES else gate.bodies
        try:
            request.body = await read_body(receive, request.headers, self._limits[route.takes], room)
        except BaseException:
            if route.takes is Takes.BYTES:
                self._api.hooks.missed(request.params["hook_key"])
            raise
        try:
            if route.takes is Takes.EMPTY:
                _expect_nothing(request)
            return await route.handler(self._api, request, caller)
        finally:
            if len(request.body) > ONE_PIECE:
                room.give_back(len(request.body))

    async def _take_upload(
        self, route: Route, request: Request, caller: Caller, receive: Receive
    ) -> Response | Streamed:
        """Nothing of the body is read here, and not more of it at a time than comes at once."""
        _expect_plain(request.headers)
        limit = self._api.runtime.settings.media.upload_bytes
        with self._api.gate.uploads.place(caller.account_id):
            request.parts = body_parts(receive, request.headers, limit)
            return await route.handler(self._api, request, caller)

    def _no_route(self) -> Refusal:
        if not self._routes:
            return Refusal("not_found", "There is no such address; /docs lists those that exist.")
        allowed = ", ".join(sorted(self._routes))
        return Refusal("method_not_allowed", f"This address takes {allowed}.", headers={"Allow": allowed})


def _expect_nothing(request: Request) -> None:
    """Or an object without members, which some clients send whenever they post."""
    if request.body:
        _expect_json(request.headers)
        forms.read_body(forms.NOTHING, request)


def _expect_json(headers: Mapping[str, str]) -> None:
    """JSON, or nothing said. `curl -d` alone says that it sends a form."""
    said = headers.get("content-type", "")
    if said and said != "application/json":
        charset = _CHARSET.search(said)
        if not _JSON_TYPE.fullmatch(said) or (charset and charset[1].lower() not in _UTF8):
            detail = "The body must be JSON in UTF-8, sent with the header Content-Type: application/json."
            raise Refusal("unsupported_media_type", detail)
    _expect_plain(headers)


def _expect_plain(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity") != "identity":
        raise Refusal("unsupported_media_type", "A compressed body is not taken; send it as it is.")
