"""A store that speaks as much of S3 as is used: objects by path, in one piece or in parts, whole or a range.

It stands at a socket, in a thread of its own, and believes nobody: every request must carry the signature of
its key (AWS Signature Version 4), and the hash of its body must be the one that was signed.
"""

import asyncio
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, unquote

from aiohttp import web

BUCKET = "pictures"
KEY_ID = "test-key-id"
SECRET = "test-secret-of-the-store"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([\w-]+)/s3/aws4_request, ?"
    r"SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})"
)


class S3Server:
    """`objects` by their keys; `refuses` makes every answer that status, `asked` is what was asked for."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.asked: list[str] = []
        self.refuses = 0
        self.port = 0
        self._parts: dict[str, dict[int, bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def age(self, seconds: float) -> None:
        """As if everything had been put there so long ago."""
        for name, (body, at) in self.objects.items():
            self.objects[name] = (body, datetime.fromtimestamp(at.timestamp() - seconds, UTC))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.content.read()
        self.asked.append(f"{request.method} {request.path_qs}")
        if self.refuses:
            return _fault(self.refuses, "SlowDown")
        if not _is_signed(request, body):
            return _fault(403, "SignatureDoesNotMatch")
        bucket, _, key = unquote(request.raw_path.partition("?")[0]).removeprefix("/").partition("/")
        if bucket != BUCKET:
            return _fault(404, "NoSuchBucket")
        query = dict(parse_qsl(request.query_string, keep_blank_values=True))
        if "uploads" in query or "uploadId" in query:
            return self._in_parts(request.method, key, query, body)
        if request.method == "PUT":
            self.objects[key] = (body, datetime.now(UTC))
            return web.Response(headers={"ETag": _tag(body)})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        return self._give(request, key)

    def _give(self, request: web.Request, key: str) -> web.StreamResponse:
        if key not in self.objects:
            return _fault(404, "NoSuchKey")
        body, at = self.objects[key]
        headers = {"ETag": _tag(body), "Last-Modified": format_datetime(at, usegmt=True)}
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if span is None:
            return web.Response(body=body, headers=headers)
        start, last = int(span[1]), min(int(span[2]), len(body) - 1)
        headers["Content-Range"] = f"bytes {start}-{last}/{len(body)}"
        return web.Response(status=206, body=body[start : last + 1], headers=headers)

    def _in_parts(self, method: str, key: str, query: dict[str, str], body: bytes) -> web.StreamResponse:
        if "uploads" in query:
            self._parts["1"] = {}
            told = f"<Bucket>{BUCKET}</Bucket><Key>{key}</Key><UploadId>1</UploadId>"
            return _xml(f"<InitiateMultipartUploadResult>{told}</InitiateMultipartUploadResult>")
        parts = self._parts[query["uploadId"]]
        if method == "PUT":
            parts[int(query["partNumber"])] = body
            return web.Response(headers={"ETag": _tag(body)})
        if method == "DELETE":
            del self._parts[query["uploadId"]]
            return web.Response(status=204)
        whole = b"".join(parts[n] for n in sorted(parts))
        self.objects[key] = (whole, datetime.now(UTC))
        told = f"<Bucket>{BUCKET}</Bucket><Key>{key}</Key><ETag>{_tag(whole)}</ETag>"
        return _xml(f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>")


def _is_signed(request: web.Request, body: bytes) -> bool:
    match = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    said = request.headers.get("x-amz-content-sha256", "")
    if match is None or match[1] != KEY_ID or said != hashlib.sha256(body).hexdigest():
        return False
    _, day, region, names, signature = match.groups()
    query = sorted(parse_qsl(request.query_string, keep_blank_values=True))
    canonical = "\n".join((
        request.method,
        request.raw_path.partition("?")[0],
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
        *(f"{name}:{request.headers[name].strip()}" for name in names.split(";")),
        "",
        names,
        said,
    ))  # fmt: skip
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()))  # fmt: skip
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex() == signature


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


def _xml(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=f'<?xml version="1.0"?>{text}', content_type="application/xml")


def _fault(status: int, code: str) -> web.Response:
    return _xml(f"<Error><Code>{code}</Code><Message>no</Message></Error>", status)


async def _serve(server: S3Server, ready: threading.Event, stop: asyncio.Event) -> None:
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    ready.set()
    await stop.wait()
    await runner.cleanup()


@contextmanager
def s3_server() -> Iterator[S3Server]:
    server, ready, stop = S3Server(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(server, ready, stop),))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
