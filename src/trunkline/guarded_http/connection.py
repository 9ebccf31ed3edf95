"""HTTP/1.1 over one connection that stands: the bytes of a request out, an `Answer` or a `BrokenError` back.

One exchange at a time. The answer's parser is httptools (llhttp, the one of Node.js). What an answer may
take of memory is limited: its head to 64 KiB, its body to what the caller asks for.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from trunkline.outgoing_http import Answer

_LONGEST_HEAD = 65_536


class BrokenError(Exception):
    """The exchange did not end as HTTP does. `has_begun`: some of an answer came; `status`: so much of it."""

    def __init__(self, detail: str, *, has_begun: bool, status: int | None) -> None:
        self.has_begun = has_begun
        self.status = status
        super().__init__(detail)


class TooLongError(BrokenError):
    """There is more of it than is wanted."""


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reading: _Reading | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class is not a child of it
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._reading is None:  # nobody asked for it: what comes after would not be an answer to us
            self.close()
        else:
            self._reading.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self._reading is not None:
            self._reading.end(error)

    def close(self) -> None:
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    async def exchange(
        self, request: bytes, longest: int, *, is_cut: bool, write: Callable[[bytes], None] | None = None
    ) -> Answer:
        """`is_cut`: a body longer than `longest` ends there; or else it is a fault. With `write`, that of a
        200 goes there in parts and not into the answer; what it raises is raised here.

        The connection stays open only where it can be used again.
        """
        reading = self._reading = _Reading(longest, is_cut=is_cut, write=write)
        is_whole = False
        try:
            if self._transport is None or not self.is_open:
                raise reading.broken("the connection was closed")
            self._transport.write(request)
            answer = await reading.done
            is_whole = reading.may_go_on
            return answer
        finally:
            self._reading = None
            if not is_whole:
                self.close()


class _Reading:
    """One answer, as it comes. httptools calls what begins with `on_`."""

    def __init__(self, longest: int, *, is_cut: bool, write: Callable[[bytes], None] | None = None) -> None:
        self.done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.may_go_on = False
        """Whether the next answer can be told from the end of this one."""
        self._longest = longest
        self._is_cut = is_cut
        self._write = write
        self._parser = httptools.HttpResponseParser(self)
        self._received = 0
        self._body_bytes = 0
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("it switched to another protocol")
        except httptools.HttpParserError:
            self._fail("what came is not HTTP")
        # Beside the body: the head, news that an answer will come, sizes of chunks, what follows the last.
        if self._received - self._body_bytes > _LONGEST_HEAD + 8 * self._body_bytes:
            self._fail(f"the answer's head is longer than {_LONGEST_HEAD} bytes")

    def end(self, error: Exception | None) -> None:
        """The connection is over."""
        has_no_length = self._headers.keys().isdisjoint(("content-length", "transfer-encoding"))
        if error is None and self._status is not None and has_no_length:
            self._finish()
        self._fail("the connection ended within the answer" if self._received else "it ended unanswered")

    def broken(self, detail: str) -> BrokenError:
        return BrokenError(detail, has_begun=self._received > 0, status=self._status)

    def on_message_begin(self) -> None:
        self.may_go_on = False
        self._headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self._status = status  # what is below only says that the answer will come

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._write is not None:
            if self._status == 200:
                self._pass_on(self._write, body)
            else:
                self._finish()  # what it says beside its status is nothing that is looked for
            return
        room = self._longest - len(self._body)
        self._body += body[:room]
        if len(body) > room:
            if self._is_cut:
                self._finish()
            else:
                self._fail(f"the answer is longer than {self._longest} bytes")

    def on_message_complete(self) -> None:
        if self._status is not None and not self.done.done():
            self.may_go_on = bool(self._parser.should_keep_alive())
            self._finish()

    def _pass_on(self, write: Callable[[bytes], None], body: bytes) -> None:
        if self.done.done():
            return
        if self._body_bytes > self._longest:
            detail = f"it is longer than {self._longest} bytes"
            self.done.set_exception(TooLongError(detail, has_begun=True, status=self._status))
            return
        try:
            write(body)
        except OSError as error:
            self.done.set_exception(error)

    def _finish(self) -> None:
        if not self.done.done():
            assert self._status is not None
            self.done.set_result(Answer(self._status, self._headers, bytes(self._body)))

    def _fail(self, detail: str) -> None:
        if not self.done.done():
            self.done.set_exception(self.broken(detail))
