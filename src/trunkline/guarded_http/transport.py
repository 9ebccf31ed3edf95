"""A request to a URL that a user gave, as `outgoing_http.Transport` takes it.

Its steps can not be parted: read the URL by `url_guard`; look its name up, once; want every address that
came back to be allowed; connect to one of those; look at the peer that the connection has. Host header, SNI
and the name in the certificate stay the URL's. Proxies are not known here. Redirects are followed only where
the caller says how often, for GET, and each is judged like the first.
"""

import asyncio
import os
import re
import ssl
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, urljoin

from trunkline import __version__, url_guard
from trunkline.errors import Problem
from trunkline.guarded_http.connection import BrokenError, Connection, TooLongError
from trunkline.guarded_http.dialing import Dial, Dialed, Names, Resolve, dial
from trunkline.guarded_http.fetching import Fetched, FetchError, Steps, why_not
from trunkline.guarded_http.pool import Pool
from trunkline.outgoing_http import AmbiguousError, Answer, NotSentError, TransportError
from trunkline.url_guard import Rules, Target

KEPT_OF_ANSWER = 4096
_DIAL_SECONDS = 5.0
_MOST_ADDRESSES = 4
_REDIRECTS = (301, 302, 303, 307, 308)
_SET_HERE = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})
_FOR_ONE_ORIGIN = frozenset({"authorization", "cookie"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class ForbiddenUrlError(NotSentError):
    """The rules do not let us connect there. The text tells nothing of what a name led to: that may be how
    somebody else's network looks from inside."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.detail for problem in problems))


class Limits(NamedTuple):
    """Of one request."""

    timeout_seconds: float = 15.0
    """From the look-up to the last byte of the answer."""
    longest_answer: int = KEPT_OF_ANSWER
    is_cut: bool = True
    """Whether a longer answer ends there; or else it is a fault."""
    most_hops: int = 0
    """How many redirects of a GET are followed."""


def open_guarded(
    rules: Callable[[], Rules],
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
) -> "GuardedTransport":
    """`rules` is asked at each request: what is allowed can change while we run."""
    return GuardedTransport(rules, limits, resolve=Names().resolve, dial=dial, tls=_trust())


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class GuardedTransport:
    """`outgoing_http.Transport` for the URLs of users. Belongs to one event loop.

    A request that meets a kept connection just as it closes goes out once more over a new one, when nothing
    of an answer had come: whoever gets it must know a repetition by its id, as webhooks do.
    """

    def __init__(
        self, rules: Callable[[], Rules], limits: Limits, *, resolve: Resolve, dial: Dial, tls: ssl.SSLContext
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._resolve = resolve
        self._dial = dial
        self._tls = tls
        self._pool = Pool()

    async def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        way = _Way()
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                return await self._follow(way, method, url, headers, body)
        except TimeoutError:
            fault = NotSentError(f"no answer within {self._limits.timeout_seconds:g} seconds")
        except NotSentError as error:
            fault = error
        if way.has_left:  # over a connection that broke, or before a redirect
            raise AmbiguousError(str(fault), way.status)
        raise fault

    async def fetch(self, url: str, write: Callable[[bytes], None], longest: int) -> Fetched:
        """A GET whose 200 is given to `write` in parts. `FetchError` for everything else; `OSError` where
        `write` has no room. What was written is worth nothing then."""
        way = _Way()
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                answer = await self._follow(way, "GET", url, {}, None, _Sink(write, longest))
        except TimeoutError:
            raise FetchError(
                way.steps, f"not there within {self._limits.timeout_seconds:g} seconds"
            ) from None
        except ForbiddenUrlError as error:
            raise FetchError(way.steps, str(error), is_final=True) from None
        except TransportError as error:
            raise FetchError(
                way.steps, str(error), is_final=isinstance(error.__cause__, TooLongError)
            ) from None
        if answer.status != 200:
            raise why_not(way.steps, answer)
        coding = answer.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity"):  # such a body is not the file
            detail = "200, but packed by a content-encoding, which was not asked for"
            raise FetchError(way.steps, detail, is_final=True)
        return Fetched(answer.headers.get("content-type"), str(way.steps))

    async def close(self) -> None:
        self._pool.close()

    async def _follow(  # noqa: PLR0913, PLR0917 - a request, and how it goes
        self,
        way: "_Way",
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        sink: "_Sink | None" = None,
    ) -> Answer:
        target = self._target(url)
        way.steps.begin(target)
        hops = self._limits.most_hops if method == "GET" else 0
        while True:
            answer = await self._send(way, target, _encode(method, target, headers, body), sink)
            location = answer.headers.get("location")
            if not hops or answer.status not in _REDIRECTS or not location:
                return answer
            hops, way.status = hops - 1, answer.status
            way.steps.answered(answer.status)
            target, former = self._target(_joined(target.url, location)), target
            way.steps.led_to(target)
            if target.authority != former.authority or target.scheme != former.scheme:
                headers = {name: headers[name] for name in headers if name.lower() not in _FOR_ONE_ORIGIN}

    def _target(self, url: str) -> Target:
        checked = url_guard.check(url, self._rules())
        if checked.target is None:
            raise ForbiddenUrlError(checked.problems)
        return checked.target

    async def _send(self, way: "_Way", target: Target, request: bytes, sink: "_Sink | None" = None) -> Answer:
        key = (target.scheme, target.host, target.port)
        kept = self._pool.take(key, lambda peer: url_guard.may_dial(peer, self._rules()))
        if kept is not None:
            try:
                return await self._exchange(way, kept, request, sink)
            except AmbiguousError as error:
                if not isinstance(error.__cause__, BrokenError) or error.__cause__.has_begun:
                    raise
        dialed = await self._connect(target)
        connection = await self._start(dialed, target)
        self._pool.know(connection, key, dialed.peer)
        return await self._exchange(way, connection, request, sink)

    async def _exchange(
        self, way: "_Way", connection: Connection, request: bytes, sink: "_Sink | None"
    ) -> Answer:
        way.has_left = True
        longest, is_cut = self._limits.longest_answer, self._limits.is_cut
        try:
            if sink is not None:
                return await connection.exchange(request, sink.longest, is_cut=False, write=sink.write)
            return await connection.exchange(request, longest, is_cut=is_cut)
        except BrokenError as error:
            raise AmbiguousError(str(error), error.status) from error
        finally:
            self._pool.keep(connection)

    async def _connect(self, target: Target) -> Dialed:
        """To the first of the allowed addresses that takes it."""
        addresses = await self._addresses(target)
        fault: Exception | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                async with asyncio.timeout(_DIAL_SECONDS):
                    dialed = await self._dial(address, target.port)
            except OSError as error:  # TimeoutError is one
                fault = error
                continue
            if ip_address(dialed.peer) == ip_address(address) and url_guard.may_dial(
                dialed.peer, self._rules()
            ):
                return dialed
            dialed.sock.close()
            raise _forbidden()
        why = "it takes too long" if isinstance(fault, TimeoutError) else _told(fault)
        raise NotSentError(f"no connection: {why}")

    async def _addresses(self, target: Target) -> list[str]:
        """All of them allowed, or none is used: names that lead to both kinds are how guards are passed."""
        if target.address is not None:
            return [target.address]
        try:
            addresses = await self._resolve(target.host)
        except OSError:
            addresses = []
        if not addresses:
            raise NotSentError("the host's name has no address (DNS)")
        if not all(url_guard.may_dial(address, self._rules()) for address in addresses):
            raise _forbidden()
        return addresses

    async def _start(self, dialed: Dialed, target: Target) -> Connection:
        is_tls = target.scheme == "https"
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection,
                sock=dialed.sock,
                ssl=self._tls if is_tls else None,
                server_hostname=target.host if is_tls else None,
            )
        except ssl.SSLError as error:
            dialed.sock.close()
            raise NotSentError(f"TLS: {getattr(error, 'verify_message', '') or error.reason}") from None
        except OSError as error:
            dialed.sock.close()
            raise NotSentError(f"TLS: {_told(error)}") from None
        except BaseException:
            dialed.sock.close()
            raise
        return connection


class _Sink(NamedTuple):
    """Where the body of a 200 goes."""

    write: Callable[[bytes], None]
    longest: int


class _Way:
    """How far a request has come."""

    def __init__(self) -> None:
        self.has_left = False
        self.status: int | None = None
        """Of the last redirect."""
        self.steps = Steps()


def _joined(url: str, location: str) -> str:
    """Without what follows a `#`, which is for browsers. Servers write other letters as they are."""
    location = quote(location.partition("#")[0].encode("latin-1"), safe=_ASCII)
    try:
        return urljoin(url, location)
    except ValueError:  # brackets that it can not read; nor can the guard
        return location


def _forbidden() -> ForbiddenUrlError:
    detail = "The host's name leads to an address that this server does not connect to."
    return ForbiddenUrlError((Problem("/url", "forbidden_address", detail),))


def _told(fault: Exception | None) -> str:
    """Without the address, that asyncio's own texts have in them."""
    number = getattr(fault, "errno", None)
    return os.strerror(number) if number and number > 0 else type(fault).__name__


def _encode(method: str, target: Target, headers: Mapping[str, str], body: bytes | None) -> bytes:
    lines = [f"{method} {target.path} HTTP/1.1", f"host: {target.authority}"]
    given = {"user-agent": f"trunkline/{__version__}", "accept": "*/*"}
    given |= {name.lower(): value for name, value in headers.items() if name.lower() not in _SET_HERE}
    for name, value in given.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise NotSentError("this is no request: a header has characters that it can not have")
        lines.append(f"{name}: {value}")
    lines.append("accept-encoding: identity")
    if body is not None or method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(body or b'')}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")
