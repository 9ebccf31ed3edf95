"""A file from Meta: looked up, then fetched, with the token going nowhere else."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.channels.scripted_server import Connection, ScriptedServer
from trunkline.channels.contract import FileToSend, MediaError, MediaInfo, Number, Refused
from trunkline.channels.whatsapp_cloud import failures, media
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


def given(server: ScriptedServer, file: FileToSend) -> str:
    number = Number("num", "acc", "1555", "1", "2", "3", "the-token", "s", f"{server.url}/v26.0")

    async def run() -> str:
        transport = open_transport(timeout_seconds=1)
        try:
            return await WhatsAppCloud(transport).upload_media(number, file)
        finally:
            await transport.close()

    return asyncio.run(run())


def file_to_send(folder: Path, data: bytes = b"x" * 300_000, name: str = "a.png") -> FileToSend:
    path = folder / "0a1b2c"
    path.write_bytes(data)
    return FileToSend(path, len(data), "image/png", name)


def test_a_file_is_given_as_a_form_with_its_length_and_nothing_of_its_name_breaks_out(tmp_path: Path) -> None:
    with ScriptedServer(lambda at: at.read_request() and at.answer(200, b'{"id":"77"}')) as server:
        assert given(server, file_to_send(tmp_path, name='a"\r\nx: y.png')) == "77"
        [request] = server.requests
        assert (request.method, request.path) == ("POST", "/v26.0/1/media")
        assert request.headers["authorization"] == "Bearer the-token"
        assert int(request.headers["content-length"]) == len(request.body) > 300_000
        head, _, rest = request.body.partition(b"x" * 300_000)
        assert b'name="messaging_product"\r\n\r\nwhatsapp\r\n' in head
        assert b'name="type"\r\n\r\nimage/png\r\n' in head
        assert b'filename="a___x_ y.png"\r\nContent-Type: image/png\r\n\r\n' in head
        assert rest.startswith(b"\r\n--")


@pytest.mark.parametrize(
    ("status", "body", "is_final", "effect"),
    [
        (400, {"error": {"code": 100, "message": "(#100) Param file, the-token"}}, True, "fail"),
        (401, {"error": {"code": 190, "message": "expired"}}, False, "hold_number"),
        (400, {"error": {"code": 130429, "message": "slow"}}, False, "slow_number"),
        (503, {"error": {"code": 2, "message": "later"}}, False, None),
        (200, {"success": True}, False, None),
        (502, "<html>", False, None),
    ],
)  # fmt: skip
def test_a_file_that_is_not_taken_is_told_from_one_that_may_be_later(
    status: int, body: object, is_final: bool, effect: str | None, tmp_path: Path
) -> None:
    answer = json.dumps(body).encode()
    with ScriptedServer(lambda at: at.read_request() and at.answer(status, answer)) as server:
        with pytest.raises(MediaError) as caught:
            given(server, file_to_send(tmp_path, b"x"))
        said = caught.value.error
        assert (caught.value.is_final, said and said.effect) == (is_final, effect)
        assert "the-token" not in str(caught.value) and "the-token" not in str(said)


def test_metas_words_for_an_id_that_it_does_not_know_have_it_renewed() -> None:
    words = "(#100) Param image['id'] is not a valid whatsapp business account media attachment ID"
    body = json.dumps({"error": {"code": 100, "message": words}}).encode()
    refused = failures.from_answer(400, {}, body)
    assert isinstance(refused, Refused) and refused.error.effect == "renew_media"
    body = json.dumps({"error": {"code": 100, "message": "(#100) The parameter to is required."}}).encode()
    refused = failures.from_answer(400, {}, body)
    assert isinstance(refused, Refused) and refused.error.effect == "fail"
