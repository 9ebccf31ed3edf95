"""Files behind links of users: what is written, what is too much, and what is told of the way there."""

from collections.abc import Callable

import pytest

from tests.channels.scripted_server import Connection, Script, ScriptedServer, always
from tests.flow.test_guarded_http import HTTP, PUBLIC, Net, port_of, redirects, run_on_uvloop, says
from trunkline.guarded_http import Fetched, FetchError

LINK = "http://hooks.example.com/a.png?key=secret"
SHOWN = "http://hooks.example.com/a.png"


PACKED = "200, but packed by a content-encoding, which was not asked for"
HALF = says("HTTP/1.1 200 OK\ncontent-length: 9", b"half")


def fetch(
    script: Script,
    *,
    names: dict[str, list[list[str]]] | None = None,
    write: Callable[[bytes], None] | None = None,
    longest: int = 1000,
) -> tuple[Fetched, bytes]:
    parts: list[bytes] = []

    async def run() -> Fetched:
        net = Net(port_of(server))
        net.names |= names or {}
        transport = net.transport(HTTP, timeout_seconds=0.5, most_hops=3)
        try:
            return await transport.fetch(LINK, write or parts.append, longest)
        finally:
            await transport.close()

    with ScriptedServer(script) as server:
        return run_on_uvloop(run()), b"".join(parts)


def why_not(script: Script, **how: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(script, **how)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_file_goes_where_it_is_written_and_its_type_is_told() -> None:
    fetched, written = fetch(always(200, b"x" * 1000, content_type="image/png"))
    assert (fetched.content_type, fetched.steps, written) == ("image/png", SHOWN, b"x" * 1000)


def test_a_redirect_is_followed_without_what_follows_its_hash_and_with_its_letters() -> None:
    def script(connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            if request.path == "/%C3%A9%20b":
                connection.answer(200, b"x")
            else:
                connection.answer(302, location="/é b#page=1")

    assert fetch(script)[1] == b"x"


def test_one_byte_more_than_may_be_ends_it() -> None:
    fault = why_not(always(200, b"x" * 1001))
    assert (str(fault), fault.is_final) == (f"{SHOWN} → it is longer than 1000 bytes", True)


def test_each_host_on_the_way_is_told_with_its_answer() -> None:
    def script(connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            if request.headers["host"] == "hooks.example.com":
                connection.answer(302, location="http://cdn.example.com/b?token=secret")
            else:
                connection.answer(404, b"x" * 100_000)

    fault = why_not(script, names={"cdn.example.com": [[PUBLIC]]})
    assert (str(fault), fault.is_final) == (f"{SHOWN} → 302 cdn.example.com → 404", True)


@pytest.mark.parametrize(
    ("location", "names"),
    [("http://10.1.2.3/b", {}), ("http://in.example.com/b", {"in.example.com": [["10.1.2.3"]]})],
)
def test_an_address_that_is_forbidden_is_not_named(location: str, names: dict[str, list[list[str]]]) -> None:
    fault = why_not(redirects(location), names=names)
    assert fault.is_final and str(fault).startswith(f"{SHOWN} → 302") and "10.1.2.3" not in str(fault)


@pytest.mark.parametrize(
    ("script", "told", "is_final"),
    [
        (always(500), "500", False),
        (always(429), "429", False),
        (always(403), "403", True),
        (always(302), "302, which leads nowhere", True),
        (redirects("/b", "/c", "/d", "/e"), "302, one redirect too many", True),
        (always(200, b"x", content_encoding="gzip"), PACKED, True),
        (HALF, "the connection ended within the answer", False),
        (Connection.wait_for_hang_up, "not there within 0.5 seconds", False),
    ],
)  # fmt: skip
def test_what_may_pass_is_told_from_what_will_not(script: Script, told: str, is_final: bool) -> None:
    fault = why_not(script)
    assert str(fault).endswith(f" → {told}") and fault.is_final is is_final, str(fault)


def test_a_disk_without_room_is_not_the_links_fault() -> None:
    def full(part: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fetch(always(200, b"x"), write=full)
