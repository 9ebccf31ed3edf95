"""The emulator's front door: a bare ASGI function for sends, tables for the rest.

Answers are Meta's for all but `/_sandbox`. Nothing here is answered 5xx unless a recipient asks for it.
"""

import asyncio
import logging
from typing import Any

import apsw
import msgspec
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trunkline.sandbox.admin.page import PAGE_PATH, is_page_file, wants_page
from trunkline.sandbox.content.messages import (
    is_read_mark,
    read_marketing_message,
    read_message,
    unpack_content,
)
from trunkline.sandbox.errors import GraphError, invalid, unknown_node, unknown_path
from trunkline.sandbox.graph.call import Answer as GraphAnswer
from trunkline.sandbox.graph.call import Call
from trunkline.sandbox.graph.graph import Graph
from trunkline.sandbox.graph.permissions import check_may_send
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.sends.behaviours import Answer
from trunkline.sandbox.sends.sending import Reply, Sending
from trunkline.sandbox.tokens import Holder
from trunkline.sandbox.usage import Usage
from trunkline.sandbox.wire import (
    ABORT,
    PUBLIC,
    Exchange,
    Receive,
    Scope,
    Send,
    most_bytes,
    tells_conversation,
)

_log = logging.getLogger(__name__)

_SENDS = {"messages": read_message, "marketing_messages": read_marketing_message}
"""The edges of a number that send, and how their bodies are read."""
_OF_THE_APP = {"debug_token", "me", "oauth"}
_UNCOUNTED = {"cdn", "whatsapp_business"}
"""Where files are fetched from, which Meta has on hosts of their own."""
_METHODS = {"get", "post", "delete"}


class AbortableProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, with a way for the application to drop the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}


class Server:
    """The ASGI application."""

    def __init__(self, runtime: Runtime, sending: Sending, graph: Graph, admin: ASGIApp) -> None:
        self._settings = runtime.settings
        self._identity = runtime.identity
        self._numbers = runtime.numbers
        self._feed = runtime.feed
        self._tokens = runtime.tokens
        self._usage = Usage(runtime.clock, runtime.switches, runtime.numbers, runtime.identity.waba_id)
        self._sending = sending
        self._graph = graph
        self._admin = admin
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let go of callers that wait for an answer which will never come."""
        self._stopping.set()
        self._feed.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        try:
            if exchange.path.startswith("/_sandbox"):
                await self._answer_admin(exchange)
                return
            if exchange.path == "/" and wants_page(exchange.method, exchange.headers().get("accept", "")):
                await exchange.redirect(PAGE_PATH)
                return
            node, _, edge = exchange.path.strip("/").partition("/")
            if exchange.method == "OPTIONS":
                await self._answer_preflight(exchange)
            elif edge in _SENDS and exchange.method == "POST":
                await self._answer_send(exchange, node, edge)
            else:
                await self._answer_graph(exchange, node, edge)
        except GraphError as error:
            await exchange.refuse(error)
        except apsw.Error:
            # A full or broken disk is the one thing that the emulator cannot hide.
            _log.exception("the sandbox could not write to its folder")
            await exchange.refuse(GraphError(2))

    async def _answer_send(self, exchange: Exchange, node: str, edge: str) -> None:
        raw = await exchange.body()
        body = exchange.parse(raw)
        check_may_send(self._identify(exchange, body))
        number = self._numbers.get(node)
        if number is None:
            raise unknown_node(node, "POST")
        if edge == "messages" and is_read_mark(body):
            await self._sending.mark_read(number, body)
            await exchange.answer(200, b'{"success":true}')
            return
        # A token in the body is for the front door: the ledger keeps no secrets.
        is_changed = body.pop("access_token", None) is not None
        is_changed |= unpack_content(body)
        message = _SENDS[edge](body)
        if tells_conversation(exchange.version):
            message = msgspec.structs.replace(message, tells_conversation=True)
        kept = raw if raw[:1] == b"{" and not is_changed else msgspec.json.encode(body)
        await self._give(await self._sending.send(number, message, kept), exchange)

    async def _give(self, reply: Reply, exchange: Exchange) -> None:
        match reply.manner:
            case Answer.HANG:
                await self._hang(exchange)
            case Answer.CUT:
                await exchange.cut()
            case Answer.GARBAGE:
                page = b"<!DOCTYPE html><title>Error</title>Something went wrong."
                await exchange.answer(200, page, content_type=b"text/html")
            case Answer.SLOW:
                await asyncio.sleep(self._settings.slow_answer_seconds)
                await exchange.answer(200, reply.body)
            case _:
                await exchange.answer(200, reply.body)

    async def _answer_graph(self, exchange: Exchange, node: str, edge: str) -> None:
        raw = await exchange.body(most_bytes(node, edge))
        form, files = await exchange.parse_with_files(raw, is_file=node.startswith("upload:"))
        params = {**exchange.query(), **form}
        is_open = exchange.path.startswith((PUBLIC, "/oauth/"))
        holder = None if is_open else self._identify(exchange, params)
        self._count(exchange, node, holder)
        _check_root(node, params)
        call = Call(
            method=_method_of(exchange.method, params),
            node=node,
            edge=edge,
            params=params,
            files=files,
            raw=raw,
            headers=exchange.headers(),
            holder=holder,
        )
        result = await self._graph.answer(call)
        if isinstance(result, GraphAnswer):
            await exchange.answer(result.status, result.body, content_type=result.content_type.encode())
        else:
            await exchange.answer(200, msgspec.json.encode(result))

    async def _answer_preflight(self, exchange: Exchange) -> None:
        """A browser asks whether it may call; it may."""
        exchange.more_headers = [
            (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
            (b"access-control-allow-headers", b"authorization, content-type"),
        ]
        await exchange.answer(200, b"")

    def _identify(self, exchange: Exchange, params: dict[str, Any]) -> Holder:
        """Whose token it is: of the body, the query or else the header. Raises code 190."""
        given = params.get("access_token")
        token = given if isinstance(given, str) else exchange.token()
        holder = self._tokens.holder_of(token)
        proof = params.get("appsecret_proof")
        if proof is None and b"appsecret_proof=" in exchange.scope["query_string"]:
            proof = exchange.query().get("appsecret_proof")
        if proof is not None:
            self._tokens.check_proof(token or "", proof)
        return holder

    def _count(self, exchange: Exchange, node: str, holder: Holder | None) -> None:
        """Against the hourly limits, which the answer tells of whether the call is refused or not."""
        if node in _UNCOUNTED:
            return
        try:
            if holder is None or holder.is_app or node in _OF_THE_APP:
                self._usage.count_app()
            else:
                self._usage.count_account()
        finally:
            exchange.more_headers = self._usage.headers()

    async def _answer_admin(self, exchange: Exchange) -> None:
        if is_page_file(exchange.path):
            await self._admin(exchange.scope, exchange.receive, exchange.send)
            return
        if exchange.is_from_another_site():
            await exchange.answer(403, b'{"error":{"message":"this page is not of the sandbox"}}')
            return
        free = exchange.is_local() and not self._settings.admin_token_required
        if not free and exchange.token() != self._identity.token:
            await exchange.answer(401, b'{"error":{"message":"the token of the sandbox is required"}}')
            return
        await self._admin(exchange.scope, exchange.receive, exchange.send)

    async def _hang(self, exchange: Exchange) -> None:
        """Until the caller gives up, the sandbox stops, or nobody would believe it any more."""
        waits = {asyncio.ensure_future(exchange.gone()), asyncio.ensure_future(self._stopping.wait())}
        await asyncio.wait(waits, timeout=self._settings.hang_seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        await exchange.cut()


def _method_of(method: str, params: dict[str, Any]) -> str:
    """`?method=delete` stands for clients that cannot say DELETE; HEAD is GET without a body."""
    wanted = params.get("method")
    if method in {"GET", "POST"} and isinstance(wanted, str) and wanted.lower() in _METHODS:
        return wanted.upper()
    return "GET" if method == "HEAD" else method


def _check_root(node: str, params: dict[str, Any]) -> None:
    """What Graph took back in v26, and what it has and the sandbox has not: several calls in one."""
    if "date_format" in params:
        raise invalid("The parameter date_format is not supported.")
    if node:
        return
    if "ids" in params:
        raise invalid("The parameter ids is not supported.")
    if "batch" in params:
        message = "(#3) Application does not have the capability to make this API call."
        raise GraphError(3, message, status=400)
    raise unknown_path("/")
