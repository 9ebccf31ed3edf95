"""A file from Meta: looked up, then fetched, with the token going nowhere else."""

import asyncio
import json
from collections.abc import Callable

import pytest

from tests.channels.scripted_server import Connection, ScriptedServer
from trunkline.channels.contract import MediaError, MediaInfo, Number
from trunkline.channels.whatsapp_cloud import media
from trunkline.channels.whatsapp_cloud.connector import WhatsAppCloud
from trunkline.outgoing_http import open_transport


def fetched(server: ScriptedServer, media_id: str = "111") -> tuple[MediaInfo, bytes]:
    number = Number("num", "acc", "1555", "1", "2", "3", "the-token", "s", f"{server.url}/v26.0")

    async def run() -> tuple[MediaInfo, bytes]:
        transport, parts = open_transport(timeout_seconds=5), []
        try:
            info = await WhatsAppCloud(transport).fetch_media(number, media_id, parts.append)
            return info, b"".join(parts)
        finally:
            await transport.close()

    return asyncio.run(run())


def meta(
    look_up: Callable[[str], tuple[int, object]], status: int = 200, body: bytes = b"bytes"
) -> ScriptedServer:
    """`look_up` is given the server's own address."""

    def script(connection: Connection) -> None:
        while (request := connection.read_request()) is not None:
            if request.path.startswith("/v26.0/"):
                code, value = look_up(connection.server.url)
                connection.answer(code, json.dumps(value).encode())
            else:
                connection.answer(status, body, content_type="image/webp")

    return ScriptedServer(script)


def at(path: str) -> Callable[[str], tuple[int, object]]:
    return lambda url: (200, {"url": url + path, "mime_type": "image/png", "sha256": "ab", "file_size": "5"})


def test_the_file_is_fetched_from_where_the_look_up_says_with_the_token() -> None:
    with meta(at("/download?x=1")) as server:
        info, data = fetched(server)
        assert (info, data) == (MediaInfo("image/png", "ab"), b"bytes")
        assert [request.path for request in server.requests] == ["/v26.0/111", "/download?x=1"]
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer the-token"}


@pytest.mark.parametrize(
    "url",
    ["http://lookaside.fbsbx.com/x", "https://evil.example/x", "https://fbsbx.com.evil.example/", "file:///x",
     "https://evil.example\\@lookaside.fbsbx.com/", "https://evil.example\\.fbsbx.com/", "https://evil.example\t.fbsbx.com/",
     "", "https://notfbsbx.com/", "https://[::1", "http://127.0.0.1:1/x", "https://graph.facebook.com@evil.example/"],
)  # fmt: skip
def test_the_token_goes_to_no_other_host(url: str) -> None:
    assert not media._may_have_token(url, "https://graph.facebook.com/v26.0")


def test_an_address_elsewhere_is_not_asked_for_the_file() -> None:
    with meta(lambda _: (200, {"url": "https://evil.example/x"})) as server:
        with pytest.raises(MediaError, match="no address"):
            fetched(server)
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url", ["https://lookaside.fbsbx.com/whatsapp_business/x", "https://mmg.whatsapp.net/x"]
)
def test_metas_own_hosts_may_have_it(url: str) -> None:
    assert media._may_have_token(url, "https://graph.facebook.com/v26.0")


def test_a_media_id_that_is_a_path_is_not_asked_for() -> None:
    with meta(at("/x")) as server:
        for media_id in ("../1/messages", "1?fields=x", "", "1/2", "1#"):
            with pytest.raises(MediaError) as caught:
                fetched(server, media_id)
            assert caught.value.is_final
        assert server.requests == []


def unknown(_: str) -> tuple[int, object]:
    return 400, {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request."}}


@pytest.mark.parametrize(
    ("look_up", "status", "is_final"),
    [
        (unknown, 200, True),
        (lambda _: (401, {"error": {"code": 190}}), 200, False),
        (lambda _: (500, {}), 200, False),
        (lambda _: (200, []), 200, False),
        (at("/x"), 404, False),
        (at("/x"), 302, False),
    ],
)
def test_only_an_unknown_id_is_given_up_at_once(
    look_up: Callable[[str], tuple[int, object]], status: int, is_final: bool
) -> None:
    with meta(look_up, status) as server, pytest.raises(MediaError) as caught:
        fetched(server)
    assert caught.value.is_final == is_final


def test_a_file_beyond_metas_own_limit_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "LONGEST_MEDIA", 1000)
    with meta(at("/x"), body=b"x" * 2000) as server, pytest.raises(MediaError, match="longer than 1000"):
        fetched(server)
