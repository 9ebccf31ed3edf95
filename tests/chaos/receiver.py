"""A customer's endpoint: it writes down every post before it answers, and answers as badly as it is told to.

In come posts of a gateway; out go answers, and lines of `receiver.jsonl`: which webhook-id, which body, when,
whether the signature holds, and what was answered. Loopback only.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import random
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TextIO

import msgspec
from aiohttp import web

from tests.chaos.history import read_lines

RECEIVED = "receiver.jsonl"
PATH = "/hook"


class Faults(msgspec.Struct, kw_only=True):
    """How often of a hundred posts each happens; 204 at once for the rest."""

    error: int = 0
    """500."""
    busy: int = 0
    """429, with a `Retry-After` of a second."""
    moved: int = 0
    """A redirect, which is not to be followed."""
    lost: int = 0
    """It is written down, and the connection ends without an answer."""
    slow: int = 0
    """The answer comes after `slow_seconds`."""
    slow_seconds: float = 0.3
    down: bool = False
    """Every post is answered 503."""
    gone: bool = False
    """Every post is answered 410."""


class Receiver:
    """See `open_receiver`. `taken` are the ids of what was answered with 2xx."""

    def __init__(self, folder: Path, secret: str = "") -> None:
        self.faults = Faults()
        self.secret = secret
        self.seen: dict[str, int] = {}
        """webhook-id → how often it came."""
        self.taken: set[str] = set()
        self._chance = random.Random(1)
        self._file: TextIO = (folder / RECEIVED).open("a", buffering=1)
        for line in read_lines(folder / RECEIVED):
            self._note(line["id"], line["answer"])

    async def hook(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        webhook_id = request.headers.get("webhook-id", "")
        answer = self._draw()
        line = {
            "at": int(time.time() * 1000),
            "id": webhook_id,
            "sha256": hashlib.sha256(body).hexdigest(),
            "body_id": _id_of(body),
            "is_signed": self._is_signed(request.headers, body),
            "answer": answer,
        }
        self._file.write(msgspec.json.encode(line).decode() + "\n")
        self._note(webhook_id, answer)
        return await self._answer(request, answer)

    async def elsewhere(self, request: web.Request) -> web.StreamResponse:
        """Where a redirect leads: a gateway that comes here follows redirects."""
        self._file.write('{"id":"followed a redirect","answer":"","is_signed":false}\n')
        return web.Response(status=204)

    def close(self) -> None:
        self._file.close()

    def _note(self, webhook_id: str, answer: str) -> None:
        self.seen[webhook_id] = self.seen.get(webhook_id, 0) + 1
        if answer in ("ok", "slow"):
            self.taken.add(webhook_id)

    def _draw(self) -> str:
        faults, lot = self.faults, self._chance.randrange(100)
        if faults.down or faults.gone:
            return "down" if faults.down else "gone"
        for name in ("error", "busy", "moved", "lost", "slow"):
            lot -= getattr(faults, name)
            if lot < 0:
                return name
        return "ok"

    async def _answer(self, request: web.Request, answer: str) -> web.StreamResponse:
        match answer:
            case "lost":
                if request.transport is not None:
                    request.transport.abort()
            case "slow":
                await asyncio.sleep(self.faults.slow_seconds)
            case "moved":
                return web.Response(status=307, headers={"Location": "/elsewhere"})
            case "busy":
                return web.Response(status=429, headers={"Retry-After": "1"})
        status = {"error": 500, "down": 503, "gone": 410}.get(answer, 204)
        return web.Response(status=status)

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Standard Webhooks, by its text and not by our code."""
        said = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.digest(key, said, "sha256")).decode()
        return expected in headers.get("webhook-signature", "").split(" ")


@contextlib.asynccontextmanager
async def open_receiver(folder: Path, port: int) -> AsyncIterator[Receiver]:
    """It listens, and goes on with the log that is there."""
    receiver = Receiver(folder)
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.add_routes([web.post(PATH, receiver.hook), web.post("/elsewhere", receiver.elsewhere)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield receiver
    finally:
        await runner.cleanup()
        receiver.close()


def _id_of(body: bytes) -> str | None:
    """The id that the body names, in the format `events`."""
    try:
        named = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return named.get("id") if isinstance(named, dict) else None
