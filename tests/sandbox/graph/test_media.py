"""Media: uploads, look-ups, downloads, their ends, and the files of messages that are sent."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.graph.forms import (
    BOUNDARY,
    field,
    file,
    form,
    media_message,
    message_of,
    ogg,
    png,
    post_form,
    post_raw,
    upload,
    uploaded,
    webp,
)
from tests.sandbox.rig import Receiver, Rig, rig
from trunkline.sandbox.clock import VirtualClock

KIB = 1024
DAY = 86_400_000
PRODUCT = field("messaging_product", "whatsapp")


def test_an_uploaded_file_is_looked_up_and_downloaded_as_it_was(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            id_ = await uploaded(tools, png(), "image/png")
            found = await (await tools.call("GET", f"/v25.0/{id_}")).json()
            assert found == {
                "messaging_product": "whatsapp",
                "id": id_,
                "mime_type": "image/png",
                "sha256": hashlib.sha256(png()).hexdigest(),
                "file_size": str(len(png())),
                "url": found["url"],
            }
            assert found["url"].startswith(
                f"{tools.identity.url}/whatsapp_business/attachments/?mid={id_}&ext="
            )
            response = await tools.call("GET", path_of(tools, found["url"]))
            assert (response.status, bytes(await response.bytes())) == (200, png())
            assert response.get_header("content-type") == "image/png"

    asyncio.run(run())


def test_a_download_needs_the_token_and_an_unchanged_address(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            first, second = [await uploaded(tools, data, "image/png") for data in (png(), png() + b"x")]
            url = path_of(tools, (await (await tools.call("GET", f"/{first}")).json())["url"])
            assert (await tools.call("GET", url, token=None)).status == 401
            assert (await tools.call("GET", url, token="another")).status == 401
            assert (await tools.call("GET", url.replace(first, second))).status == 404
            later = url.replace("&ext=1", "&ext=2")
            assert later != url
            assert (await tools.call("GET", later)).status == 404
            for odd in (
                "?mid=1",
                "?mid=1&ext=x&hash=y",
                f"?mid={first}&ext=99999999999999999999&hash=%FF",
                "",
            ):
                assert (await tools.call("GET", f"/whatsapp_business/attachments/{odd}")).status == 404

    asyncio.run(run())


def test_an_address_lives_five_minutes_and_an_id_thirty_days(tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, subscribed=False, clock=clock) as tools:
            id_ = await uploaded(tools, png(), "image/png")
            url = path_of(tools, (await (await tools.call("GET", f"/{id_}")).json())["url"])
            clock.advance(290_000)
            assert (await tools.call("GET", url)).status == 200
            clock.advance(11_000)
            assert (await tools.call("GET", url)).status == 404
            clock.advance(30 * DAY - 400_000)
            assert (await tools.call("GET", f"/{id_}")).status == 200
            clock.advance(200_000)
            assert await tools.error_of(await tools.call("GET", f"/{id_}")) == (400, 100)
            other = await uploaded(tools, png() + b"x", "image/png")
            assert [path.name for path in (tmp_path / "media").iterdir()] == [
                hashlib.sha256(png() + b"x").hexdigest()
            ]
            assert (await tools.call("GET", f"/{other}")).status == 200

    asyncio.run(run())


def test_a_file_of_a_handset_comes_with_its_address_and_lives_seven_days(tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with rig(tmp_path, clock=clock) as tools:
            made = await post_raw(tools, "/_sandbox/media?filename=a.ogg", ogg(), "audio/ogg")
            id_ = (await made.json())["id"]
            await tools.act("send", type="audio", audio={"id": id_, "voice": True})
            await tools.receiver.wait_for(audio_of)
            (audio,) = audio_of(tools.receiver)
            assert audio["mime_type"] == "audio/ogg; codecs=opus"
            assert audio["sha256"] == base64.b64encode(hashlib.sha256(ogg()).digest()).decode()
            assert audio["id"] == id_
            response = await tools.call("GET", path_of(tools, audio["url"]))
            assert bytes(await response.bytes()) == ogg()
            clock.advance(7 * DAY - 1000)
            assert (await tools.call("GET", f"/{id_}")).status == 200
            clock.advance(1000)
            assert (await tools.call("GET", f"/{id_}")).status == 400

    asyncio.run(run())


def test_a_deleted_id_is_unknown_and_another_number_cannot_look_it_up(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            id_ = await uploaded(tools, png(), "image/png")
            own = f"?phone_number_id={tools.identity.phone_number_id}"
            assert (await tools.call("GET", f"/{id_}{own}")).status == 200
            assert (await tools.call("GET", f"/{id_}?phone_number_id=1")).status == 400
            assert (await tools.call("DELETE", f"/{id_}?phone_number_id=1")).status == 400
            url = path_of(tools, (await (await tools.call("GET", f"/{id_}")).json())["url"])
            assert await (await tools.call("DELETE", f"/{id_}{own}")).json() == {"success": True}
            answer = await (await tools.call("GET", f"/{id_}")).json()
            assert answer["error"]["error_subcode"] == 33
            assert (await tools.call("DELETE", f"/{id_}")).status == 400
            assert (await tools.call("GET", url)).status == 404

    asyncio.run(run())


def test_files_survive_a_restart_and_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            first, second = [await uploaded(tools, png(), "image/png") for _ in range(2)]
            assert first != second
        async with rig(tmp_path, subscribed=False) as tools:
            assert len(list((tmp_path / "media").iterdir())) == 1
            for id_ in (first, second):
                found = await (await tools.call("GET", f"/{id_}")).json()
                response = await tools.call("GET", path_of(tools, found["url"]))
                assert bytes(await response.bytes()) == png()

    asyncio.run(run())


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((file(png(), "image/png"), PRODUCT), id="file first, no type"),
        pytest.param((PRODUCT, field("type", "image/png"), file(png(), None)), id="type only as a field"),
        pytest.param(
            (PRODUCT, file(png(), None, disposition="filename*=UTF-8''bild%20%C3%A4.png")),
            id="only filename*",
        ),
        pytest.param((PRODUCT, file(png(), None, disposition="filename=plain.png")), id="unquoted name"),
        pytest.param((PRODUCT, file(png(), "image/png", name="media")), id="another field name"),
        pytest.param((PRODUCT, file(png(), "IMAGE/PNG; charset=binary")), id="type with a parameter"),
    ],
)
def test_an_odd_form_is_taken_all_the_same(tmp_path: Path, parts: tuple[bytes, ...]) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            response = await post_form(tools, f"/{tools.identity.phone_number_id}/media", *parts)
            assert response.status == 200, await response.text()
            id_ = (await response.json())["id"]
            found = await (await tools.call("GET", f"/{id_}")).json()
            assert found["mime_type"].lower().startswith("image/png")
            assert found["file_size"] == str(len(png()))

    asyncio.run(run())


def test_a_quoted_boundary_and_a_product_in_the_query_are_understood(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}/media?messaging_product=whatsapp"
            quoted = f'Multipart/Form-Data; charset=utf-8; boundary="{BOUNDARY}"'
            response = await post_form(tools, path, file(png(), "image/png"), content_type=quoted)
            assert response.status == 200, await response.text()

    asyncio.run(run())


def test_an_upload_that_meta_would_not_take_is_refused_in_its_words(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}/media"
            response = await post_form(tools, path, file(png(), "image/png"))
            assert await message_of(response) == "(#100) The parameter messaging_product is required."
            response = await upload(tools, b"a,b", "text/csv")
            message = await message_of(response)
            assert message.startswith(
                "(#100) Param file must be a file with one of the following types: audio/aac,"
            )
            assert message.endswith("video/mp4, video/3gpp. Received file of type 'text/csv'.")
            for body in ({"messaging_product": "whatsapp"}, {"messaging_product": "whatsapp", "file": "x"}):
                response = await tools.call("POST", path, body)
                assert "Param file must be a file" in await message_of(response)
            response = await post_form(tools, path, PRODUCT, field("file", "no file"))
            assert "Param file must be a file" in await message_of(response)
            assert (await upload(tools, b"", "image/png")).status == 400

    asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "mime_type", "most"),
    [
        (b"x" * (5 * KIB * KIB + 1), "image/jpeg", "5MB"),
        (b"x" * (16 * KIB * KIB + 1), "audio/mpeg", "16MB"),
        (webp(101 * KIB, animated=False), "image/webp", "100KB"),
        (webp(501 * KIB, animated=True), "image/webp", "500KB"),
    ],
    ids=["image", "audio", "static sticker", "animated sticker"],
)
def test_a_file_that_is_too_big_for_its_kind_is_refused(
    tmp_path: Path, data: bytes, mime_type: str, most: str
) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            response = await upload(tools, data, mime_type)
            assert response.status == 400
            assert await message_of(response) == (
                f"(#100) Media file size too big. Max file size we currently support: {most}"
            )

    asyncio.run(run())


def test_an_animated_sticker_may_be_larger_than_a_still_one_and_a_document_than_a_video(
    tmp_path: Path,
) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            await uploaded(tools, webp(499 * KIB, animated=True), "image/webp")
            await uploaded(tools, b"%PDF" + b"x" * (17 * KIB * KIB), "application/pdf")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
        (b"--nothing", f"multipart/form-data; boundary={BOUNDARY}"),
        (form(PRODUCT), "multipart/form-data"),
        (form(PRODUCT), "multipart/form-data; boundary="),
        (form(PRODUCT), f"multipart/form-data; boundary={'x' * 300}"),
        (form(PRODUCT)[:-20], f"multipart/form-data; boundary={BOUNDARY}"),
        (form(*[PRODUCT] * 500), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(b"\0\0: \0\r\n\r\nx"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(PRODUCT, b"X: y\r\n\r\nz"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(field("messaging_product", "\0\ud7ff")), f"multipart/form-data; boundary={BOUNDARY}"),
        (b"[" * 50_000, "application/json"),
        (b'{"messaging_product": null, "type": 7}', "application/json"),
        (b"\xff\xfe" * 100, "application/octet-stream"),
    ],
)
def test_a_broken_body_is_a_bad_request(tmp_path: Path, body: bytes, content_type: str) -> None:
    async def run() -> None:
        async with rig(tmp_path, subscribed=False) as tools:
            path = f"/{tools.identity.phone_number_id}/media"
            assert (await post_raw(tools, path, body, content_type)).status == 400

    asyncio.run(run())


def test_an_id_that_is_not_known_or_of_another_number_is_refused_when_sent(tmp_path: Path) -> None:
    async def run() -> None:
        async with strict_media(tmp_path) as tools:
            other = await (await tools.call("POST", "/_sandbox/numbers", {"name": "Other"})).json()
            theirs = await uploaded(tools, png(), "image/png", other["phone_number_id"])
            for id_ in ("123", theirs):
                response = await tools.send(**media_message("image", id=id_))
                assert response.status == 400
                assert await message_of(response) == (
                    "(#100) Param image['id'] is not a valid whatsapp business account media attachment ID"
                )
            header = {"type": "header", "parameters": [{"type": "image", "image": {"id": "123"}}]}
            template = {"name": "hello", "language": {"code": "en"}, "components": [header]}
            response = await tools.send(type="template", text=None, template=template)
            assert "template['components'][0]['parameters'][0]['image']['id']" in await message_of(response)
            assert await tools.count() == 0
            own = await uploaded(tools, png(), "image/png")
            wamid = await tools.sent(**media_message("image", id=own))
            await tools.receiver.wait_for(lambda receiver: "read" in receiver.words_of(wamid))

    asyncio.run(run())


def test_without_the_switch_any_id_and_any_link_goes_through(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as tools:
            for content in ({"id": "123"}, {"link": "http://127.0.0.1:1/a.png"}):
                wamid = await tools.sent(**media_message("image", **content))
                await tools.receiver.wait_for(
                    lambda receiver, wamid=wamid: "read" in receiver.words_of(wamid)
                )

    asyncio.run(run())


@pytest.mark.parametrize(
    ("kind", "name", "more", "details"),
    [
        (
            "image",
            "missing",
            {},
            "Downloading media from weblink failed with http code 404, status message Not",
        ),
        (
            "image",
            "text.txt",
            {},
            "Unsupported Image mime type text/plain. Please use one of image/jpeg, image/",
        ),
        ("sticker", "big.webp", {}, "Sticker file size too big. Max file size we currently support: 100KB."),
        ("audio", "stereo.ogg", {"voice": True}, "Unsupported Audio codec."),
    ],
)
def test_a_link_that_does_not_fit_fails_with_131053_after_the_answer(
    tmp_path: Path, kind: str, name: str, more: dict[str, Any], details: str
) -> None:
    async def run() -> None:
        async with strict_media(tmp_path) as tools, FileServer() as files:
            wamid = await tools.sent(**media_message(kind, link=files.url + name, **more))
            error = await failure_of(tools, wamid)
            assert error["code"] == 131053
            assert error["error_data"]["details"].startswith(details)
            assert tools.receiver.words_of(wamid) == ["failed"]

    asyncio.run(run())


def test_a_link_that_nobody_serves_fails_and_one_that_fits_is_fetched_once(tmp_path: Path) -> None:
    async def run() -> None:
        clock = VirtualClock()
        async with strict_media(tmp_path, clock=clock) as tools, FileServer() as files:
            wamid = await tools.sent(**media_message("image", link="http://127.0.0.1:1/a.png"))
            assert "could not be reached" in (await failure_of(tools, wamid))["error_data"]["details"]
            for _ in range(3):
                await read(tools, await tools.sent(**media_message("image", link=files.url + "a.png")))
            assert files.asked == 1
            await read(tools, await tools.sent(**media_message("image", link=files.url + "a.png?v=2")))
            assert files.asked == 2
            clock.advance(600_000)
            await read(tools, await tools.sent(**media_message("image", link=files.url + "a.png")))
            assert files.asked == 3
            await read(tools, await tools.sent(**media_message("document", link=files.url + "text.csv")))

    asyncio.run(run())


def test_a_fetch_does_not_hold_up_the_answer_and_a_restart_goes_on_with_it(tmp_path: Path) -> None:
    async def run() -> None:
        receiver = Receiver()
        await receiver.start()
        async with FileServer() as files:
            files.gate.clear()
            async with strict_media(tmp_path, receiver=receiver) as tools:
                wamid = await tools.sent(seconds=2, **media_message("image", link=files.url + "missing"))
                await asyncio.wait_for(files.seen.wait(), 30)
                assert receiver.words_of(wamid) == []
            files.gate.set()
            async with strict_media(tmp_path, receiver=receiver) as tools:
                assert (await failure_of(tools, wamid))["code"] == 131053
        await receiver.stop()

    asyncio.run(run())


def test_the_page_gets_the_file_of_an_id_and_the_address_of_a_link(tmp_path: Path) -> None:
    async def run() -> None:
        async with rig(tmp_path) as tools:
            id_ = await uploaded(tools, png(), "image/png")
            await tools.sent(**media_message("image", id=id_))
            await tools.sent(
                **media_message("document", link="https://example.com/a.pdf?b", filename="a.pdf")
            )
            await tools.sent(**media_message("image", id="123"))
            by_id, by_link, unknown = [message["media"] for message in await tools.chat()]
            assert by_id == {
                "url": f"/_sandbox/media/{id_}",
                "mime_type": "image/png",
                "size": len(png()),
                "filename": "a",
            }
            assert by_link == {
                "url": "https://example.com/a.pdf?b",
                "mime_type": "application/pdf",
                "filename": "a.pdf",
            }
            assert unknown is None
            await tools.call("DELETE", f"/{id_}")
            response = await tools.call("GET", f"/_sandbox/media/{id_}")
            assert bytes(await response.bytes()) == png()

    asyncio.run(run())


@asynccontextmanager
async def strict_media(folder: Path, **more: Any) -> AsyncIterator[Rig]:
    async with rig(folder, **more) as tools:
        response = await tools.call("PATCH", "/_sandbox/rules", {"media": True})
        assert response.status == 200, await response.text()
        yield tools


class FileServer:
    """Serves small files by name, once its gate is open."""

    def __init__(self) -> None:
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.seen = asyncio.Event()

    async def __aenter__(self) -> "FileServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gate.set()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        self.seen.set()
        await self.gate.wait()
        name = request.split(b" ")[1].decode().strip("/").partition("?")[0]
        status, kind, data = FILES.get(name, ("404 Not Found", "text/html", b""))
        lines = (
            f"HTTP/1.1 {status}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(data)}",
            "Connection: close",
        )
        writer.write("\r\n".join((*lines, "", "")).encode() + data)
        await writer.drain()
        writer.close()


FILES = {
    "a.png": ("200 OK", "image/png", png()),
    "text.txt": ("200 OK", "text/plain; charset=utf-8", b"Hello"),
    "text.csv": ("200 OK", "text/csv", b"a,b"),
    "big.webp": ("200 OK", "image/webp", webp(101 * KIB, animated=False)),
    "stereo.ogg": ("200 OK", "audio/ogg", ogg(channels=2)),
}


def path_of(tools: Rig, url: str) -> str:
    assert url.startswith(tools.identity.url)
    return url.removeprefix(tools.identity.url)


def audio_of(receiver: Receiver) -> list[dict[str, Any]]:
    values = [
        change["value"] for envelope in receiver.envelopes for change in envelope["entry"][0]["changes"]
    ]
    return [message["audio"] for value in values for message in value.get("messages", [])]


async def failure_of(tools: Rig, wamid: str) -> dict[str, Any]:
    await tools.receiver.wait_for(lambda receiver: "failed" in receiver.words_of(wamid))
    (status,) = [status for status in tools.receiver.statuses if status["id"] == wamid]
    return status["errors"][0]


async def read(tools: Rig, wamid: str) -> None:
    await tools.receiver.wait_for(lambda receiver: "read" in receiver.words_of(wamid))
