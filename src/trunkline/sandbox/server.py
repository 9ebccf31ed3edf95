"""The emulator's front door: a bare ASGI function for sends, tables for the rest.

Answers are Meta's for all but `/_sandbox`. Nothing here is answered 5xx unless a recipient asks for it.
"""

import asyncio
import logging

import apsw
import msgspec
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trunkline.sandbox.behaviours import Answer
from trunkline.sandbox.errors import GraphError, unknown_node, unknown_path
from trunkline.sandbox.graph import Call, Graph
from trunkline.sandbox.messages import is_read_mark, read_message
from trunkline.sandbox.runtime import Runtime
from trunkline.sandbox.sending import Reply, Sending
from trunkline.sandbox.wire import ABORT, Exchange, Receive, Scope, Send

_log = logging.getLogger(__name__)


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
        self._sending = sending
        self._graph = graph
        self._admin = admin
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let go of callers that wait for an answer which will never come."""
        self._stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        try:
            if exchange.path.startswith("/_sandbox"):
                await self._answer_admin(exchange)
                return
            exchange.check_token(self._identity.token)
            node, _, edge = exchange.path.strip("/").partition("/")
            if edge == "messages" and exchange.method == "POST":
                await self._answer_send(exchange, node)
            else:
                await self._answer_graph(exchange, node, edge)
        except GraphError as error:
            await exchange.refuse(error)
        except apsw.Error:
            # A full or broken disk is the one thing that the emulator cannot hide.
            _log.exception("the sandbox could not write to its folder")
            await exchange.refuse(GraphError(2))

    async def _answer_send(self, exchange: Exchange, node: str) -> None:
        raw = await exchange.body()
        if node != self._identity.phone_number_id:
            raise unknown_node(node, "POST")
        body = exchange.parse(raw)
        if is_read_mark(body):
            await exchange.answer(200, b'{"success":true}')
            return
        message = read_message(body)
        kept = raw if raw[:1] == b"{" else msgspec.json.encode(body)
        await self._give(await self._sending.send(message, kept), exchange)

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
        raw = await exchange.body()
        if not node:
            raise unknown_path("/")
        params = {**exchange.query(), **exchange.parse(raw)}
        result = await self._graph.answer(Call(exchange.method, node, edge, params))
        await exchange.answer(200, msgspec.json.encode(result), usage_of=self._identity.waba_id)

    async def _answer_admin(self, exchange: Exchange) -> None:
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
