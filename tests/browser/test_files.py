"""Files of every kind on their whole way to the phone: uploaded and named by their ids, or named by links."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.business import Business, Json
from tests.media_samples import jpeg, m4a, mp3, mp4, ogg_opus, pdf, png, webp

PHONE = "15550009491"


class File(NamedTuple):
    kind: str
    name: str
    type: str
    data: bytes
    extra: Json = {}  # noqa: RUF012 - never changed
    words: str = ""
    """What the phone shows beside the file."""


FILES = (
    File("image", "lamp.png", "image/png", png(64, 40), {"caption": "A lamp"}, "A lamp"),
    File("image", "desk.jpg", "image/jpeg", jpeg(48, 32)),
    File("video", "film.mp4", "video/mp4", mp4(width=160, height=96), {"caption": "How"}, "How"),
    File("audio", "note.ogg", "audio/ogg", ogg_opus(), {"voice": True}),
    File("audio", "song.mp3", "audio/mpeg", mp3(40)),
    File("audio", "song.m4a", "audio/mp4", m4a()),
    File("document", "terms.pdf", "application/pdf", pdf(), {"filename": "Terms.pdf"}, "Terms.pdf"),
    File("sticker", "hello.webp", "image/webp", webp()),
    File("sticker", "wave.webp", "image/webp", webp(animated=True)),
)
# Width of a picture or film, or the length of a sound; rejects or hangs where it can not be decoded.
DECODED = """async (drawn) => {
    const found = drawn.querySelector("img, video, audio");
    if (found.tagName === "IMG") return (found.loading = "eager", await found.decode(), found.naturalWidth);
    const loaded = new Promise((done, fail) => {
        found.addEventListener("loadedmetadata", done);
        found.addEventListener("error", () => fail(found.error));
    });
    if (found.readyState === 0) {
        if (found.preload === "none") found.load();
        await loaded;
    }
    return found.videoWidth || found.duration;
}"""


@contextmanager
def file_server() -> Iterator[tuple[str, list[str]]]:
    """Where it is, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            [file] = [one for one in FILES if f"/{one.name}" == self.path]
            self.send_response(200)
            self.send_header("Content-Type", file.type)
            self.send_header("Content-Length", str(len(file.data)))
            self.end_headers()
            self.wfile.write(file.data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_files_by_id_and_by_link_are_shown_on_the_phone(chromium: Browser, server: Json) -> None:
    business = Business(server)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{server['sandbox_url']}/_sandbox/#/{PHONE}/{server['phone_number_id']}")
    with file_server() as (url, asked):
        for file in FILES:
            by_id = business.upload(file.data, file.name, file.type)
            assert (by_id["kind"], by_id["mime_type"]) == (file.kind, file.type)
            business.send(PHONE, file.kind, {"id": by_id["id"], **file.extra})
            business.send(PHONE, file.kind, {"link": f"{url}/{file.name}", **file.extra})
            business.send(PHONE, file.kind, {"link": f"{url}/{file.name}", **file.extra})
        messages = page.locator(".pg-rows wa-message")
        expect(messages).to_have_count(3 * len(FILES), timeout=20_000)
        for place, message in enumerate(messages.all()):
            is_shown(page, message, FILES[place // 3])
        assert sorted(asked) == sorted(f"/{file.name}" for file in FILES)  # once each, and not by the page
    context.close()


def is_shown(page: Page, message: Locator, file: File) -> None:
    expect(message).to_contain_text(file.words)
    if file.kind != "document":
        assert message.evaluate(DECODED) > 0, file.name
        return
    href = message.locator("a.wa-file").get_attribute("href")
    assert href is not None
    assert page.request.get(href).body() == file.data
