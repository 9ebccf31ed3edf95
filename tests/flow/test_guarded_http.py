"""Requests to URLs of users: where connections go is looked at where they are dialed, and nowhere else.

Names lead where the test says, and every dial, whatever its address, ends at a server of the test. No private
or public address is contacted.
"""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.channels.scripted_server import Connection, Script, ScriptedServer, always
from tests.channels.test_tls_faults import Authority
from trunkline import url_guard
from trunkline.guarded_http import ForbiddenUrlError, GuardedTransport, Limits, dialing, open_guarded
from trunkline.guarded_http.dialing import Dialed, Names
from trunkline.outgoing_http import AmbiguousError, Answer, NotSentError
from trunkline.url_guard import Reach, Rules, reach

T = TypeVar("T")
UNIT = Path(__file__).parents[1] / "unit"
PUBLIC = "93.184.215.14"
OTHER_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
STRICT = Rules()
HTTP = Rules(may_be_http=True)
TRIAL = Rules(may_be_private=True, may_be_http=True, ports=None)
URL = "http://hooks.example.com/in"


def run_on_uvloop(work: Coroutine[Any, Any, T]) -> T:
    """The loop that the program runs on: TLS and sockets are its own there."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


# Made once: reading the machine's certificates takes long.
TLS = ssl.create_default_context()


class Net:
    """Names and dials of one test. A name's answers come one after the other; the last one stays."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.names: dict[str, list[list[str]]] = {"hooks.example.com": [[PUBLIC]]}
        self.asked: list[str] = []
        self.dialed: list[tuple[str, int]] = []
        self.peer: str | None = None
        self.refused: set[str] = set()

    async def resolve(self, host: str) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            raise socket.gaierror("not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def dial(self, address: str, port: int) -> Dialed:
        self.dialed.append((address, port))
        if address in self.refused:
            raise ConnectionRefusedError(111, "refused")
        sock = socket.socket()
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        return Dialed(sock, self.peer or address)

    def transport(
        self, rules: Rules | Callable[[], Rules] = HTTP, *, tls: ssl.SSLContext | None = None, **limits: Any
    ) -> GuardedTransport:
        asked = rules if callable(rules) else lambda: rules
        return GuardedTransport(
            asked,
            Limits(**limits),
            resolve=self.resolve,
            dial=self.dial,
            tls=tls or TLS,
        )

    def get(self, url: str = URL, rules: Rules = HTTP, **limits: Any) -> Answer:
        return self.requests([("GET", url)], rules, **limits)[0]

    def requests(
        self, wanted: list[tuple[str, str]], rules: Rules | Callable[[], Rules] = HTTP, **how: Any
    ) -> list[Answer]:
        """One after the other, through one transport."""

        async def run() -> list[Answer]:
            transport = self.transport(rules, **how)
            try:
                return [
                    await transport.request(method, url, HEADERS, b"{}" if method == "POST" else None)
                    for method, url in wanted
                ]
            finally:
                await transport.close()

        return run_on_uvloop(run())


HEADERS = {"Authorization": "Bearer t", "X-One": "1"}


def port_of(server: ScriptedServer) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.fixture
def net() -> Iterator[Net]:
    yield Net()


def says(head: str, body: bytes = b"") -> Script:
    """Always these very bytes, then the end of the connection."""

    def script(connection: Connection) -> None:
        if connection.read_request() is not None:
            connection.sock.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)

    return script


def test_a_request_arrives_with_its_host_and_an_answer_comes_back() -> None:
    with ScriptedServer(always(418, b"short", x_tea="yes")) as server:
        net = Net(port_of(server))
        [answer] = net.requests([("POST", URL + "?a=1")])
        assert (answer.status, answer.body, answer.headers["x-tea"]) == (418, b"short", "yes")
        [request] = server.requests
        assert (request.method, request.path, request.body) == ("POST", "/in?a=1", b"{}")
        assert request.headers["host"] == "hooks.example.com" and request.headers["x-one"] == "1"
        assert net.dialed == [(PUBLIC, 80)]


def forbidden_urls() -> list[str]:
    lines = (UNIT / "forbidden_urls.jsonl").read_text().splitlines()
    return [json.loads(line)[1] for line in lines]


def forbidden_addresses() -> list[str]:
    lines = (line.partition(" ") for line in (UNIT / "addresses.txt").read_text().splitlines())
    return [address for kind, _, address in lines if kind in ("never", "private")]


def test_of_the_whole_table_nothing_is_dialed() -> None:
    """519 URLs, and names that lead to 64 addresses, alone and behind a public one."""

    async def run() -> int:
        net, refused = Net(), 0
        transport = net.transport(STRICT)
        tries = [(url, [PUBLIC]) for url in forbidden_urls()]
        for address in forbidden_addresses():
            tries += [
                ("https://hooks.example.com/", [address]),
                ("https://hooks.example.com/", [PUBLIC, address]),
            ]
        for url, addresses in tries:
            net.names = {host: [addresses] for host in ("hooks.example.com", "example.com", "localhost")}
            with pytest.raises(ForbiddenUrlError):
                await transport.request("POST", url, {}, b"{}")
            refused += 1
        assert net.dialed == []
        return refused

    assert run_on_uvloop(run()) >= 460


def test_an_operator_who_allows_private_networks_still_dials_no_metadata(net: Net) -> None:
    for address in (line for line in forbidden_addresses() if reach(line) is Reach.NEVER):
        net.names["hooks.example.com"] = [[address]]
        with pytest.raises(ForbiddenUrlError):
            net.get(rules=TRIAL)
    assert net.dialed == []


def test_a_name_that_is_bound_anew_leads_nowhere() -> None:
    with ScriptedServer(says("HTTP/1.1 200 OK\nconnection: close")) as server:
        net = Net(port_of(server))
        net.names["hooks.example.com"] = [[PUBLIC], ["127.0.0.1"]]
        with pytest.raises(ForbiddenUrlError):
            net.requests([("POST", URL)] * 2)
        assert net.dialed == [(PUBLIC, 80)]
        assert len(net.asked) == 2  # once for each request: what was looked at is what was dialed


def test_what_a_name_led_to_is_not_told(net: Net) -> None:
    net.names["hooks.example.com"] = [["10.1.2.3"]]
    with pytest.raises(ForbiddenUrlError) as caught:
        net.get()
    assert "10.1.2.3" not in str(caught.value) and "example" not in str(caught.value)
    assert [problem.rule for problem in caught.value.problems] == ["forbidden_address"]


def test_a_peer_that_is_not_the_one_that_was_dialed_gets_no_byte() -> None:
    with ScriptedServer(always(200)) as server:
        for peer in ("127.0.0.1", "93.184.215.15"):
            net = Net(port_of(server))
            net.peer = peer
            with pytest.raises(ForbiddenUrlError):
                net.get()
        assert server.requests == []


def test_the_next_address_is_dialed_when_the_first_refuses() -> None:
    with ScriptedServer(always(200)) as server:
        net = Net(port_of(server))
        net.names["hooks.example.com"] = [[OTHER_PUBLIC, PUBLIC]]
        net.refused = {OTHER_PUBLIC}
        assert net.get().status == 200
        assert net.dialed == [(OTHER_PUBLIC, 80), (PUBLIC, 80)]


def trusting(authority: Authority) -> ssl.SSLContext:
    pem = authority.certificate.public_bytes(serialization.Encoding.PEM).decode()
    return ssl.create_default_context(cadata=pem)


def test_the_certificate_and_sni_are_those_of_the_name_not_of_the_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    names: list[str] = []
    tls = authority.server(x509.DNSName("hooks.example.com"))
    tls.sni_callback = lambda _, name, __: names.append(str(name))
    with ScriptedServer(always(200), tls) as server:
        net = Net(port_of(server))
        net.names["other.example.com"] = [[PUBLIC]]
        url = "https://hooks.example.com:8443/in"
        assert net.requests([("POST", url)] * 2, STRICT, tls=trusting(authority))[0].status == 200
        with pytest.raises(NotSentError, match="TLS"):
            net.requests([("POST", "https://other.example.com/")], STRICT, tls=trusting(authority))
        with pytest.raises(NotSentError, match="TLS"):  # nobody vouches for it
            net.requests([("POST", url)], STRICT)
        assert net.dialed == [(PUBLIC, 8443), (PUBLIC, 443), (PUBLIC, 8443)]
        assert names[:2] == ["hooks.example.com", "other.example.com"]
        assert [request.headers["host"] for request in server.requests] == ["hooks.example.com:8443"] * 2


def redirects(*locations: str) -> Script:
    """One after the other, then 200."""
    left = list(locations)

    def script(connection: Connection) -> None:
        while connection.read_request() is not None:
            location = left.pop(0) if left else None
            connection.answer(302 if location else 200, b"", **({"location": location} if location else {}))

    return script


def test_a_webhook_follows_no_redirect() -> None:
    with ScriptedServer(redirects("http://hooks.example.com/else")) as server:
        assert Net(port_of(server)).requests([("POST", URL)])[0].status == 302
        assert len(server.requests) == 1
    with ScriptedServer(redirects("http://hooks.example.com/else")) as server:
        assert Net(port_of(server)).requests([("POST", URL)], most_hops=3)[0].status == 302
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "//inside.example.com/",
        "http://[::1]/",
        "file:///etc",
    ],
)
def test_a_media_link_that_redirects_inside_is_refused(location: str) -> None:
    with ScriptedServer(redirects(location)) as server:
        net = Net(port_of(server))
        net.names["inside.example.com"] = [["10.0.0.1"]]
        with pytest.raises(AmbiguousError, match=r"does not connect|scheme") as caught:
            net.get(most_hops=3)
        assert caught.value.status == 302
        assert net.dialed == [(PUBLIC, 80)]


def test_a_media_link_may_redirect_three_times_and_takes_its_key_to_no_other_host() -> None:
    hops = ("/a", "http://cdn.example.com/b", "/c")
    with ScriptedServer(redirects(*hops)) as server:
        net = Net(port_of(server))
        net.names["cdn.example.com"] = [[OTHER_PUBLIC]]
        assert net.get(most_hops=3).status == 200
        assert [request.path for request in server.requests] == ["/in", "/a", "/b", "/c"]
        assert ["authorization" in request.headers for request in server.requests] == [
            True,
            True,
            False,
            False,
        ]
    with ScriptedServer(redirects("/a", "/b", "/c", "/d")) as server:
        assert Net(port_of(server)).get(most_hops=3).status == 302


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(always(200)) as proxy, ScriptedServer(always(204, b"")) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.lower(), proxy.url)

        async def run() -> int:
            transport = open_guarded(lambda: TRIAL)  # with the machine's own names and dials
            try:
                url = server.url.replace("127.0.0.1", "localhost")
                return (await transport.request("POST", url, {}, b"{}")).status
            finally:
                await transport.close()

        assert run_on_uvloop(run()) == 204
        assert (len(proxy.requests), len(server.requests)) == (0, 1)


def test_a_long_answer_is_cut_or_refused_as_the_caller_likes() -> None:
    def endless(connection: Connection) -> None:
        connection.read_request()
        connection.sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            connection.sock.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")

    with ScriptedServer(endless) as server:
        net = Net(port_of(server))
        assert net.get().body == b"x" * 4096
        with pytest.raises(AmbiguousError, match="longer than 5000 bytes") as caught:
            net.get(longest_answer=5000, is_cut=False)
        assert caught.value.status == 200


def _many(part: bytes, first: bytes = b"") -> Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.sock.sendall(first)
        while True:
            connection.sock.sendall(part)

    return script


@pytest.mark.parametrize(
    ("script", "says_why"),
    [
        (_many(b"x-a: b\r\n" * 100, b"HTTP/1.1 200 OK\r\n"), "longer than 65536"),
        (_many(b"HTTP/1.1 103 Early\r\n\r\n" * 100), "longer than 65536"),
        (says("SSH-2.0-OpenSSH_9"), "not HTTP"),
        (says("HTTP/1.1 101 Switching\nupgrade: x\nconnection: upgrade"), "another protocol"),
        (says("HTTP/1.1 200 OK\ncontent-length: 9", b"short"), "within the answer"),
        (says("HTTP/1.1 200 OK\ncontent-length: 1\ncontent-length: 2", b"ab"), "not HTTP"),
        (lambda connection: connection.read_request(), "unanswered"),
    ],
)
def test_what_is_no_answer_is_ambiguous_and_said(script: Any, says_why: str) -> None:
    with ScriptedServer(script) as server, pytest.raises(AmbiguousError, match=says_why):
        Net(port_of(server)).get()


@pytest.mark.parametrize(
    ("script", "body"),
    [
        (says("HTTP/1.1 200 OK", b"until the end"), b"until the end"),
        (says("HTTP/1.0 200 OK\nconnection: close", b"old"), b"old"),
        (says("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\ncontent-length: 2", b"ok"), b"ok"),
        (says("HTTP/1.1 200 OK\ntransfer-encoding: chunked", b"2\r\nok\r\n0\r\nx: y\r\n\r\n"), b"ok"),
        (says("HTTP/1.1 200 OK\ncontent-encoding: gzip\ncontent-length: 3", b"abc"), b"abc"),
        (says("HTTP/1.1 204 No Content"), b""),
    ],
)
def test_every_way_to_end_an_answer_is_understood(script: Script, body: bytes) -> None:
    with ScriptedServer(script) as server:
        assert Net(port_of(server)).get().body == body


def test_an_answer_that_drips_ends_with_the_deadline() -> None:
    def drips(connection: Connection) -> None:
        connection.read_request()
        connection.sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")
        while not connection.server.stopping.wait(0.02):
            connection.sock.sendall(b"x")

    with (
        ScriptedServer(drips) as server,
        pytest.raises(AmbiguousError, match=r"no answer within 0\.3 seconds"),
    ):
        Net(port_of(server)).get(timeout_seconds=0.3)


def test_a_name_that_takes_for_ever_is_not_sent(net: Net) -> None:
    async def run() -> None:
        transport = net.transport(timeout_seconds=0.05)
        transport._resolve = lambda host: asyncio.Event().wait()  # type: ignore[assignment,return-value]
        with pytest.raises(NotSentError, match="no answer within"):
            await transport.request("POST", URL, {}, b"{}")

    run_on_uvloop(run())


def test_a_hundred_names_that_nobody_answers_for_do_not_keep_another_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_over = threading.Event()

    def asked(host: str, *_: Any, **__: Any) -> list[Any]:
        if host.startswith("silent"):
            is_over.wait(10)
        return [(0, 0, 0, "", (PUBLIC, 0))]

    async def run() -> None:
        names = Names()
        silent = [asyncio.create_task(names.resolve(f"silent{n}.example")) for n in range(100)]
        await asyncio.sleep(0)
        try:
            assert await asyncio.wait_for(names.resolve("quick.example"), 30) == [PUBLIC]
        finally:
            is_over.set()
        await asyncio.gather(*silent)

    monkeypatch.setattr(dialing.socket, "getaddrinfo", asked)
    run_on_uvloop(run())


@pytest.mark.parametrize(
    ("name", "value"), [("x-a", "b\r\nx-evil: 1"), ("x a", "b"), ("x-a", "b\x00"), ("", "b")]
)
def test_a_header_that_would_break_the_request_is_not_sent(name: str, value: str, net: Net) -> None:
    async def run() -> None:
        with pytest.raises(NotSentError, match="header"):
            await net.transport().request("POST", URL, {name: value}, b"{}")

    run_on_uvloop(run())
    assert net.dialed == []


def test_a_connection_is_used_again_and_a_dead_one_is_replaced_once() -> None:
    connections: list[int] = []

    def two_each(connection: Connection) -> None:
        connections.append(0)
        for _ in range(2):
            if connection.read_request() is None:
                return
            connections[-1] += 1
            connection.answer(200)

    with ScriptedServer(two_each) as server:
        net = Net(port_of(server))
        answers = net.requests([("POST", URL)] * 5)
        assert [answer.status for answer in answers] == [200] * 5
        assert connections == [2, 2, 1] and len(net.dialed) == 3


def test_a_request_whose_transport_is_closed_is_ambiguous() -> None:
    has_arrived = threading.Event()

    def hangs(connection: Connection) -> None:
        connection.read_request()
        has_arrived.set()
        connection.wait_for_hang_up()

    async def run(net: Net) -> None:
        transport = net.transport()
        request = asyncio.create_task(transport.request("POST", URL, {}, b"{}"))
        assert await asyncio.to_thread(has_arrived.wait, 5)
        await transport.close()
        with pytest.raises(AmbiguousError, match="unanswered"):
            await request

    with ScriptedServer(hangs) as server:
        run_on_uvloop(run(Net(port_of(server))))


def test_a_kept_connection_is_judged_by_the_rules_of_the_day() -> None:
    with ScriptedServer(always(200)) as server:
        net = Net(port_of(server))
        net.names["hooks.example.com"] = [["10.0.0.1"]]
        with pytest.raises(ForbiddenUrlError):
            net.requests([("POST", URL)] * 2, lambda: HTTP if server.requests else TRIAL)
        assert len(server.requests) == 1


def test_the_guard_is_asked_about_every_address_that_is_dialed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seam of these tests tells the truth: a guard that lets all pass would be seen at it."""
    monkeypatch.setattr(url_guard, "may_dial", lambda address, rules: True)
    with ScriptedServer(always(200)) as server:
        net = Net(port_of(server))
        net.names["hooks.example.com"] = [["10.0.0.1"]]
        assert net.get().status == 200
        assert net.dialed == [("10.0.0.1", 80)]
