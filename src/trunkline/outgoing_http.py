"""The one place that opens sockets outward: a request out, an `Answer` or a reason back.

Called by connectors. One call is one request: no redirects, no proxies, no cookies, no decompression, and no
retries of ours. What a caller must know about a request without an answer is whether it can have arrived:
`NotSentError` is raised only on proof that no byte of it left, `AmbiguousError` for everything else.

The proof is read from the library's cause chain, not from its exception classes. pyreqwest (0.15) raises
`ConnectError` also for a connection that breaks after the request was written, and `ConnectTimeoutError` for
any deadline, both by matching texts. hyper-util, two layers below, marks what went wrong before a connection
stood as `client error (Connect)`; should a release change that text, failures become ambiguous, not the
reverse. Retries inside the library: reqwest repeats only what HTTP/2 and HTTP/3 allow (both are off here),
and hyper-util takes a second connection only when the pooled one closed before the request was handed to
it, when nothing of it was written. Tests count the requests at a real socket.

Nor does the library always heed a cancellation: one that comes as the answer does is lost, and a task that
was told to stop would go on. `_heeding` sees to that.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import BuilderError, DetailedPyreqwestError, PoolTimeoutError
from pyreqwest.multipart import FormBuilder, PartBuilder
from pyreqwest.request import StreamRequest
from pyreqwest.response import Response

from trunkline import __version__

LONGEST_ANSWER = 1 << 20
LONGEST_RETRY_AFTER = 3600.0
DOWNLOAD_SECONDS = 120.0
UPLOAD_SECONDS = 120.0
_BEFORE_A_CONNECTION = "client error (Connect)"
_T = TypeVar("_T")


class Answer(msgspec.Struct, frozen=True):
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    """Asked in lower case; the first value where a name stands twice."""
    body: bytes


class FilePart(msgspec.Struct, frozen=True):
    """A file on our disk, as a part of a form."""

    name: str
    """Of the part."""
    path: Path
    mime_type: str
    file_name: str
    """Without quotes and control characters: the library does not take them out."""


class TransportError(Exception):
    """No usable answer. The text says why, without the address, which may hold a secret."""


class NotSentError(TransportError):
    """Proven: not one byte of the request left."""


class AmbiguousError(TransportError):
    """The request may have arrived. `status` is the answer's, where only its body was not usable."""

    def __init__(self, detail: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(detail)


class Transport(Protocol):
    """What connectors know of HTTP."""

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """One request. Raises `TransportError` of one of the two kinds, and nothing else."""


class FileTransport(Transport, Protocol):
    """One that also moves what is too large to be held."""

    async def upload(
        self, url: str, headers: Mapping[str, str], fields: Mapping[str, str], file: FilePart
    ) -> Answer:
        """A POST of a form whose last part is a file, read from the disk as it goes; in a minute or two.
        `OSError` where the file can not be read."""

    async def download(
        self, url: str, headers: Mapping[str, str], write: Callable[[bytes], None], longest: int
    ) -> Answer:
        """A GET whose 200 is given to `write` in parts, in a minute or two; of others the body is kept."""


class HttpTransport:
    """`Transport` over one connection pool. A cancelled call is ambiguous to whoever cancelled it."""

    def __init__(self, client: Client, longest_answer: int = LONGEST_ANSWER) -> None:
        self._client = client
        self._longest_answer = longest_answer

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        try:
            request = self._client.request(method, url).headers(headers)
            prepared = (request.body_bytes(body) if body else request).build_streamed()
        except (ValueError, DetailedPyreqwestError) as error:
            raise NotSentError(f"this is no request: {_told(error)}") from None
        return await self._exchanged(prepared)

    async def upload(
        self, url: str, headers: Mapping[str, str], fields: Mapping[str, str], file: FilePart
    ) -> Answer:
        part = await PartBuilder.from_file(file.path)
        try:
            form = FormBuilder()
            for name, value in fields.items():
                form = form.text(name, value)
            form = form.part(file.name, part.mime(file.mime_type).file_name(file.file_name))
            request = self._client.post(url).headers(headers).timeout(timedelta(seconds=UPLOAD_SECONDS))
            prepared = request.multipart(form).build_streamed()
        except (ValueError, DetailedPyreqwestError) as error:
            raise NotSentError(f"this is no request: {_told(error)}") from None
        return await self._exchanged(prepared)

    async def download(
        self,
        url: str,
        headers: Mapping[str, str],
        write: Callable[[bytes], None],
        longest: int,
        seconds: float = DOWNLOAD_SECONDS,
    ) -> Answer:
        try:
            request = self._client.get(url).headers(headers).timeout(timedelta(seconds=seconds))
            prepared = request.build_streamed()
        except (ValueError, DetailedPyreqwestError) as error:
            raise NotSentError(f"this is no request: {_told(error)}") from None
        try:
            return await _heeding(_download(prepared, write, longest))
        except (TransportError, OSError):  # OSError: `write` has no room
            raise
        except Exception as error:
            raise _sorted(error) from None

    async def post_parts(
        self, url: str, headers: Mapping[str, str], parts: AsyncIterator[bytes], seconds: float
    ) -> Answer:
        """A POST whose body is made as it goes."""
        try:
            request = self._client.post(url).headers(headers).timeout(timedelta(seconds=seconds))
            prepared = request.body_stream(parts).build_streamed()
        except (ValueError, DetailedPyreqwestError) as error:
            raise NotSentError(f"this is no request: {_told(error)}") from None
        return await self._exchanged(prepared)

    async def close(self) -> None:
        await self._client.close()

    async def _exchanged(self, prepared: StreamRequest) -> Answer:
        try:
            return await _heeding(_exchange(prepared, self._longest_answer))
        except TransportError:
            raise
        except Exception as error:
            raise _sorted(error) from None


def open_transport(
    timeout_seconds: float = 10.0,
    connect_seconds: float = 5.0,
    max_connections: int = 1000,
    longest_answer: int = LONGEST_ANSWER,
) -> HttpTransport:
    """`timeout_seconds` is for all of a request, from the connection to the last byte of the answer."""
    # The total deadline must be the last to strike: it alone does not tell whether a connection stood.
    connect = min(connect_seconds, timeout_seconds / 2)
    wait = timeout_seconds / 4
    client = (
        ClientBuilder()
        .user_agent(f"trunkline/{__version__}")
        .http1_only()
        .no_proxy()
        .follow_redirects(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .tcp_nodelay(True)
        .min_tls_version("TLSv1.2")
        .timeout(timedelta(seconds=timeout_seconds))
        .connect_timeout(timedelta(seconds=connect))
        .max_connections(max_connections)
        .pool_timeout(timedelta(seconds=wait))
        .pool_idle_timeout(timedelta(seconds=20))
        .build()
    )
    return HttpTransport(client, longest_answer)


class Live(msgspec.Struct, frozen=True):
    """An answer that is still coming. A break in `chunks` is a `TransportError`, its end is the answer's."""

    status: int
    chunks: AsyncIterator[bytes]


@contextlib.asynccontextmanager
async def open_live(url: str, headers: Mapping[str, str], silence_seconds: float) -> AsyncIterator[Live]:
    """GET of an answer without an end, which may be silent for so long; no deadline for the whole."""
    silence = timedelta(seconds=silence_seconds)
    builder = ClientBuilder().user_agent(f"trunkline/{__version__}").http1_only().no_proxy()
    builder = builder.follow_redirects(False).connect_timeout(silence).read_timeout(silence)
    try:
        async with builder.min_tls_version("TLSv1.2").build() as client, contextlib.AsyncExitStack() as stack:
            # Without that limit the answer's first 64 KiB would be waited for.
            request = client.get(url).headers(headers).streamed_read_buffer_limit(0)
            response = await _heeding(stack.enter_async_context(request.build_streamed()))
            yield Live(response.status, _chunks(response))
    except (ValueError, DetailedPyreqwestError) as error:
        raise _sorted(error) from None


async def _chunks(response: Response) -> AsyncIterator[bytes]:
    try:
        while (chunk := await _heeding(response.body_reader.read_chunk())) is not None:
            yield chunk.to_bytes()
    except DetailedPyreqwestError as error:
        raise AmbiguousError(_told(error), response.status) from None


async def _heeding(work: Awaitable[_T]) -> _T:
    """Ends as canceled when that was asked for meanwhile."""
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    try:
        return await work
    finally:
        if task.cancelling() > before:
            raise asyncio.CancelledError


async def _exchange(request: StreamRequest, longest: int) -> Answer:
    async with request as response:
        try:
            body = await response.body_reader.read(longest + 1)
        except DetailedPyreqwestError as error:
            raise AmbiguousError(_told(error), response.status) from None
        if body is not None and len(body) > longest:
            raise AmbiguousError(f"the answer is longer than {longest} bytes", response.status)
        return Answer(response.status, response.headers, b"" if body is None else body.to_bytes())


async def _download(request: StreamRequest, write: Callable[[bytes], None], longest: int) -> Answer:
    async with request as response:
        body, size = b"", 0
        try:
            while (chunk := await _heeding(response.body_reader.read_chunk())) is not None:
                size += len(chunk)
                if size > longest:
                    raise AmbiguousError(f"the file is longer than {longest} bytes", response.status)
                if response.status == 200:
                    write(chunk.to_bytes())
                elif len(body) < LONGEST_ANSWER:
                    body += chunk.to_bytes()
        except DetailedPyreqwestError as error:
            raise AmbiguousError(_told(error), response.status) from None
        return Answer(response.status, response.headers, body)


def _sorted(error: Exception) -> TransportError:
    if isinstance(error, PoolTimeoutError):
        return NotSentError("every connection was in use for too long")
    if isinstance(error, BuilderError) or _BEFORE_A_CONNECTION in _causes(error)[1:2]:
        return NotSentError(_told(error))
    return AmbiguousError(_told(error))


def _causes(error: Exception) -> list[str]:
    """From the outermost to the innermost; the outermost names the URL."""
    if not isinstance(error, DetailedPyreqwestError):
        return []
    return [cause["message"] for cause in error.details["causes"] or []]


def _told(error: Exception) -> str:
    causes = [cause for cause in _causes(error)[1:] if not cause.startswith("client error")]
    if causes:
        return ": ".join(causes)
    return error.message if isinstance(error, DetailedPyreqwestError) else str(error)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as `Retry-After` says (RFC 9110 §10.2.3), between one second and one hour.

    A date counts from the answer's own `Date`, so that a wrong clock on either side does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:20])
    else:
        try:
            then, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
            seconds = (then - now).total_seconds()
        except (TypeError, ValueError):  # no date, or one of the two without a zone
            return None
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)
