"""What the outward client promises about requests without an answer, at real sockets."""

import asyncio
import contextlib
import datetime
import gzip
import ipaddress
import json
import random
import ssl
import time
from collections import Counter
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.channels.scripted_server import Connection, ScriptedServer, always, deaf_url, refused_url
from trunkline.outgoing_http import (
    AmbiguousError,
    Answer,
    NotSentError,
    TransportError,
    open_transport,
    retry_after,
)


def post(url: str, *, timeout: float = 10.0, body: bytes = b'{"a": 1}') -> Answer:
    async def run() -> Answer:
        transport = open_transport(timeout_seconds=timeout)
        try:
            return await transport.request("POST", url + "/x", {"content-type": "application/json"}, body)
        finally:
            await transport.close()

    return asyncio.run(run())


def test_an_answer_comes_back_whole() -> None:
    with ScriptedServer(always(418, b"short and stout", x_tea="yes")) as server:
        answer = post(server.url)
        assert (answer.status, answer.body, answer.headers["x-tea"]) == (418, b"short and stout", "yes")
        (request,) = server.requests
        assert (request.method, request.path, request.body) == ("POST", "/x", b'{"a": 1}')


def test_an_empty_answer_is_an_answer() -> None:
    with ScriptedServer(always(200, b"")) as server:
        assert post(server.url).body == b""


def test_a_refused_connection_is_not_sent() -> None:
    with pytest.raises(NotSentError, match="refused"):
        post(refused_url())


def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    too_long_to_ask_any_server = "a" * 64 + ".invalid"
    with pytest.raises(NotSentError, match="dns"):
        post(f"http://{too_long_to_ask_any_server}")


def test_a_connection_that_is_never_made_is_not_sent() -> None:
    with deaf_url() as url, pytest.raises(NotSentError):
        post(url, timeout=0.4)


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1", "no url", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_not_sent(url: str) -> None:
    with pytest.raises(NotSentError):
        post(url)


def test_a_header_that_would_break_the_request_is_not_sent() -> None:
    async def run(url: str) -> None:
        transport = open_transport()
        try:
            with pytest.raises(NotSentError):
                await transport.request("POST", url, {"authorization": "Bearer a\r\nx-evil: 1"}, b"{}")
        finally:
            await transport.close()

    with ScriptedServer(always(200)) as server:
        asyncio.run(run(server.url))
        assert server.requests == []


def test_no_free_connection_in_time_is_not_sent() -> None:
    def never(connection: Connection) -> None:
        connection.read_request()
        connection.wait_for_hang_up()

    async def run(url: str) -> list[object]:
        transport = open_transport(timeout_seconds=1.5, max_connections=1)
        calls = [transport.request("POST", url, {}, b"{}") for _ in range(2)]
        try:
            return await asyncio.gather(*calls, return_exceptions=True)
        finally:
            await transport.close()

    with ScriptedServer(never) as server:
        kinds = Counter(type(result) for result in asyncio.run(run(server.url)))
        assert kinds == {NotSentError: 1, AmbiguousError: 1}
        assert len(server.requests) == 1


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate for this very address that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_sent(self_signed: ssl.SSLContext) -> None:
    with ScriptedServer(always(200), tls=self_signed) as server:
        with pytest.raises(NotSentError, match="certificate"):
            post(server.url)
        assert server.requests == []


def test_tls_to_a_server_without_it_is_not_sent() -> None:
    def plain(connection: Connection) -> None:
        connection.sock.recv(10)
        connection.sock.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

    with ScriptedServer(plain) as server, pytest.raises(NotSentError):
        post(server.url.replace("http:", "https:"), timeout=2)


def hang_up_at_once(connection: Connection) -> None:
    connection.sock.close()


def read_and_hang_up(connection: Connection) -> None:
    connection.read_request()


def read_and_reset(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def half_a_head(connection: Connection) -> None:
    connection.read_request()
    connection.sock.sendall(b"HTTP/1.1 200 OK\r\nconte")


def half_a_body(connection: Connection) -> None:
    connection.read_request()
    connection.sock.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"messages"')


def half_a_body_and_reset(connection: Connection) -> None:
    half_a_body(connection)
    connection.reset()


def not_http(connection: Connection) -> None:
    connection.read_request()
    connection.sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


@pytest.mark.parametrize(
    "script",
    [
        hang_up_at_once,
        read_and_hang_up,
        read_and_reset,
        half_a_head,
        half_a_body,
        half_a_body_and_reset,
        not_http,
    ],
)
def test_a_connection_that_breaks_once_it_stood_is_ambiguous_and_never_repeated(script) -> None:
    with ScriptedServer(script) as server:
        with pytest.raises(AmbiguousError) as failed:
            post(server.url)
        assert len(server.requests) == (0 if script is hang_up_at_once else 1)
        assert "127.0.0.1" not in str(failed.value)


def test_a_server_that_never_answers_is_ambiguous_at_the_deadline() -> None:
    def never(connection: Connection) -> None:
        connection.read_request()
        connection.wait_for_hang_up()

    with ScriptedServer(never) as server:
        started = time.monotonic()
        with pytest.raises(AmbiguousError, match="timed out"):
            post(server.url, timeout=1)
        assert 0.9 < time.monotonic() - started < 20
        assert len(server.requests) == 1


def test_whoever_cancels_a_request_is_heeded_even_as_the_answer_comes() -> None:
    chance = random.Random(1)
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(chance.uniform(0.0, 0.002))
            writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    async def run() -> tuple[int, int]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        transport, canceled, heeded = open_transport(), 0, 0
        for _ in range(400):
            asking = asyncio.create_task(transport.request("GET", url, {}, None))
            await asyncio.sleep(chance.uniform(0.0, 0.003))
            canceled += asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            heeded += asking.cancelled()
        await transport.close()
        server.close()
        await asyncio.gather(*filter(None, serving))
        return canceled, heeded

    canceled, heeded = asyncio.run(run())
    assert canceled == heeded > 0


def test_an_answer_that_drips_is_cut_at_the_deadline() -> None:
    def drip(connection: Connection) -> None:
        connection.read_request()
        connection.sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n")
        while not connection.server.stopping.wait(0.02):
            connection.sock.sendall(b"x")

    with ScriptedServer(drip) as server:
        started = time.monotonic()
        with pytest.raises(AmbiguousError):
            post(server.url, timeout=1)
        assert time.monotonic() - started < 20


def test_a_giant_answer_is_cut_at_the_limit() -> None:
    sent = 0

    def giant(connection: Connection) -> None:
        nonlocal sent
        connection.read_request()
        connection.sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        for _ in range(1000):
            connection.sock.sendall(b"x" * 1_000_000)
            sent += 1_000_000

    with ScriptedServer(giant) as server:
        with pytest.raises(AmbiguousError, match="longer than 1048576 bytes") as cut:
            post(server.url)
        assert cut.value.status == 200
    assert sent < 100_000_000


def test_an_answer_just_within_the_limit_comes_back() -> None:
    with ScriptedServer(always(200, b"x" * (1 << 20))) as server:
        assert len(post(server.url).body) == 1 << 20


def test_a_compressed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with ScriptedServer(always(200, bomb, content_encoding="gzip")) as server:
        assert post(server.url).body == bomb
        assert "accept-encoding" not in server.requests[0].headers


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with ScriptedServer(always(200)) as other:
        with ScriptedServer(always(307, b"", location=other.url)) as server:
            answer = post(server.url)
        assert (answer.status, answer.headers["location"]) == (307, other.url)
        assert other.requests == []


def test_cookies_are_not_kept() -> None:
    async def run(url: str) -> None:
        transport = open_transport()
        try:
            for _ in range(2):
                await transport.request("GET", url, {}, None)
        finally:
            await transport.close()

    with ScriptedServer(always(200, set_cookie="a=b")) as server:
        asyncio.run(run(server.url))
        assert ["cookie" in request.headers for request in server.requests] == [False, False]


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(always(200)) as server, ScriptedServer(always(502)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert post(server.url).status == 200
        assert proxy.requests == []


def test_a_connection_is_used_again() -> None:
    connections = []

    def script(connection: Connection) -> None:
        connections.append(connection)
        always(200)(connection)

    async def run(url: str) -> None:
        transport = open_transport()
        try:
            for _ in range(5):
                await transport.request("POST", url, {}, b"{}")
        finally:
            await transport.close()

    with ScriptedServer(script) as server:
        asyncio.run(run(server.url))
    assert len(connections) == 1


ROUNDS = 300


def test_a_kept_connection_that_the_server_closes_meanwhile_never_carries_a_request_twice() -> None:
    """The race of keep-alive: the server hangs up just as the next request is written."""

    def impatient(connection: Connection) -> None:
        request = connection.read_request()
        if request is None:
            return
        connection.answer(200, request.body)
        patience = int(json.loads(request.body)["n"]) % 7 / 10_000  # from at once to 0.6 ms
        connection.sock.settimeout(max(patience, 1e-6))
        second = connection.read_request()  # raises, and the connection closes, when it is not there in time
        if second is not None and json.loads(second.body)["n"] % 2:
            connection.sock.settimeout(None)
            connection.answer(200, second.body)

    async def run(url: str) -> dict[int, str]:
        transport = open_transport(timeout_seconds=5)
        outcomes = {}
        try:
            for n in range(ROUNDS):
                try:
                    answer = await transport.request("POST", url, {}, json.dumps({"n": n}).encode())
                    assert json.loads(answer.body) == {"n": n}
                    outcomes[n] = "answered"
                except TransportError as error:
                    outcomes[n] = type(error).__name__
                if n % 3:
                    await asyncio.sleep(n % 11 / 10_000)  # so that both sides of the race win at times
        finally:
            await transport.close()
        return outcomes

    with ScriptedServer(impatient) as server:
        outcomes = asyncio.run(run(server.url))
        seen = Counter(json.loads(request.body)["n"] for request in server.requests)
    assert max(seen.values()) == 1
    assert all(seen[n] == 1 for n, outcome in outcomes.items() if outcome == "answered")
    assert all(seen[n] == 0 for n, outcome in outcomes.items() if outcome == "NotSentError")
    assert "AmbiguousError" in outcomes.values()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "0"}, 1.0),
        ({"retry-after": "1000000000"}, 3600.0),
        ({"retry-after": "9" * 5000}, 3600.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "\u0661\u0662"}, None),
        (
            {"retry-after": "Sun, 22 Nov 2026 17:01:30 GMT", "date": "Sun, 22 Nov 2026 17:00:00 GMT"},
            90.0,
        ),
        (
            {"retry-after": "Sun, 22 Nov 2026 16:00:00 GMT", "date": "Sun, 22 Nov 2026 17:00:00 GMT"},
            1.0,
        ),
        (
            {"retry-after": "Mon, 22 Nov 2027 17:00:00 GMT", "date": "Sun, 22 Nov 2026 17:00:00 GMT"},
            3600.0,
        ),
        ({"retry-after": "Sun, 22 Nov 2026 17:01:30 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 17:01:30", "date": "Sun, 22 Nov 2026 17:00:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_within_bounds(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
