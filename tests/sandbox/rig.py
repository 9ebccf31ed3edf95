"""A running sandbox, a client that speaks to it, and a receiver that plays the business."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.response import Response

from trunkline.sandbox import Identity, Sandbox, Settings
from trunkline.sandbox.clock import Clock

QUICK = (0.0, 0.02, 0.04)
PHONE = "15550001234"


class Receiver:
    """A real HTTP server: answers the handshake, checks every signature, keeps every status."""

    def __init__(self, verify_token: str = "verify-me") -> None:
        self.verify_token = verify_token
        self.secret = ""
        self.statuses: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self.envelopes: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.forged = 0
        self.posts = 0
        self.port = 0
        self.answer: Callable[[int], int] = lambda post: 200
        self.echo_challenge = True
        self._changed = asyncio.Condition()
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def start(self) -> None:
        """Listen; a second start takes the port of the first."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # for TCP_NODELAY
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(2048)  # so that who comes before the server runs waits, and is not turned away
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(self, ws="none", lifespan="off", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
            self._server = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        if scope["method"] == "GET":
            await self._answer_handshake(scope, send)
            return
        given = dict(scope["headers"]).get(b"x-hub-signature-256", b"").decode()
        expected = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        self.forged += given != expected
        self.posts += 1
        status = self.answer(self.posts)
        if status == 200:
            self._keep(body)
        await _reply(send, status, b"")
        async with self._changed:
            self._changed.notify_all()

    def _keep(self, body: bytes) -> None:
        self.bodies.append(body)
        envelope = json.loads(body)
        self.envelopes.append(envelope)
        for entry in envelope["entry"]:
            for change in entry["changes"]:
                self.changes.append(change)
                self.statuses += change["value"].get("statuses", [])
                self.messages += change["value"].get("messages", [])

    async def _answer_handshake(self, scope: dict[str, Any], send: Any) -> None:
        asked = dict(parse_qsl(scope["query_string"].decode()))
        right = asked.get("hub.mode") == "subscribe" and asked.get("hub.verify_token") == self.verify_token
        challenge = asked.get("hub.challenge", "") if self.echo_challenge else "something else"
        await _reply(send, 200 if right else 403, challenge.encode() if right else b"")

    async def wait_for(self, enough: Callable[["Receiver"], Any], seconds: float = 30) -> None:
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: bool(enough(self))), seconds)

    def facts_of(self, field: str) -> list[dict[str, Any]]:
        """The values of all changes of a field."""
        return [change["value"] for change in self.changes if change["field"] == field]

    def words_of(self, wamid: str) -> list[str]:
        return [status["status"] for status in self.statuses if status["id"] == wamid]


class Rig:
    """What a test holds in its hands."""

    def __init__(self, identity: Identity, client: Client, receiver: Receiver) -> None:
        self.identity = identity
        self.client = client
        self.receiver = receiver

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", seconds: float = 30
    ) -> Response:
        """`token`: empty for the right one, None for none."""
        return await asyncio.wait_for(
            request(self.client, self.identity, method, path, body, token=token), seconds
        )

    async def send(self, to: str = PHONE, seconds: float = 30, **members: Any) -> Response:
        path = f"/v25.0/{self.identity.phone_number_id}/messages"
        return await self.call("POST", path, text_to(to, **members), seconds=seconds)

    async def sent(self, to: str = PHONE, **members: Any) -> str:
        """Send, insist that it was taken, and answer the wamid."""
        response = await self.send(to, **members)
        answer = await response.json()
        assert response.status == 200, answer
        return str(answer["messages"][0]["id"])

    async def error_of(self, response: Response) -> tuple[int, int]:
        """HTTP status and Graph code."""
        return response.status, (await response.json())["error"]["code"]

    async def eventually(self, path: str, enough: Callable[[Any], Any], seconds: float = 30) -> Any:
        """Ask the sandbox until its answer is enough: what it does by itself has no signal to wait for."""
        async with asyncio.timeout(seconds):
            while not enough(  # noqa: ASYNC110
                answer := await (await self.call("GET", path)).json()
            ):
                await asyncio.sleep(0.01)
        return answer

    async def count(self) -> int:
        """How many sends were taken so far."""
        return (await (await self.call("GET", "/_sandbox/health")).json())["sends"]

    async def ledger(self, to: str | None = None) -> list[dict[str, Any]]:
        query = f"?to={to}" if to else ""
        return (await (await self.call("GET", f"/_sandbox/ledger{query}")).json())["data"]

    async def act(self, do: str, address: str = PHONE, **members: Any) -> dict[str, Any]:
        """A person does something with the phone."""
        response = await self.call("POST", f"/_sandbox/handsets/{address}/actions", {"do": do, **members})
        answer = await response.json()
        assert response.status == 200, answer
        return answer

    async def chat(self, address: str = PHONE) -> list[dict[str, Any]]:
        path = f"/_sandbox/chats/{address}/{self.identity.phone_number_id}"
        return (await (await self.call("GET", path)).json())["messages"]

    async def subscribe(self) -> None:
        self.receiver.secret = self.identity.app_secret
        response = await self.call("POST", f"/{self.identity.phone_number_id}", override(self.receiver))
        assert response.status == 200, await response.text()


async def request(
    client: Client, identity: Identity, method: str, path: str, body: Any = None, *, token: str | None = ""
) -> Response:
    building = client.request(method, identity.url + path)
    if token is not None:
        building = building.bearer_auth(token or identity.token)
    if body is not None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        building = building.body_bytes(raw).header("content-type", "application/json")
    return await building.build().send()


def text_to(to: str, **members: Any) -> dict[str, Any]:
    body = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "Hello"}, **members}
    return {key: value for key, value in body.items() if value is not None}


def override(receiver: Receiver) -> dict[str, Any]:
    callback = {"override_callback_uri": receiver.url, "verify_token": receiver.verify_token}
    return {"webhook_configuration": callback}


@contextlib.asynccontextmanager
async def rig(
    folder: Path,
    *,
    subscribed: bool = True,
    receiver: Receiver | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[Rig]:
    """A sandbox on `folder` with quick statuses."""
    settings = {"status_delay_seconds": QUICK, "retry_ladder_seconds": (0.02,), **settings}
    sandbox = Sandbox(folder, settings=Settings(**settings), clock=clock)
    own = receiver or Receiver()
    async with contextlib.AsyncExitStack() as ends:
        if not own.port:
            await own.start()
            ends.push_async_callback(own.stop)
        await sandbox.start()
        ends.push_async_callback(sandbox.stop)
        client = ClientBuilder().no_proxy().build()
        ends.push_async_callback(client.close)
        tools = Rig(sandbox.identity, client, own)
        own.secret = sandbox.identity.app_secret
        if subscribed:
            await tools.subscribe()
        yield tools


@contextlib.contextmanager
def sandbox_in_a_thread(folder: Path) -> Iterator[Identity]:
    """One sandbox for many tests, each with an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    sandbox = Sandbox(folder, settings=Settings())
    asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result(30)
    yield sandbox.identity
    asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextlib.asynccontextmanager
async def caller(identity: Identity) -> AsyncIterator[Rig]:
    """A client of a sandbox that runs already, without a receiver."""
    async with ClientBuilder().no_proxy().build() as client:
        yield Rig(identity, client, Receiver())


async def _reply(send: Any, status: int, body: bytes) -> None:
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]}
    )
    await send({"type": "http.response.body", "body": body})
