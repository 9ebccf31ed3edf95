"""Files for messages through the front door: what is taken, what is refused, and that nothing stays of it."""

import asyncio
import hashlib
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests import media_samples as samples
from tests.api.conftest import Answer, Site
from tests.media_files.test_shelf import bucket
from tests.s3_server import S3Server, s3_server
from trunkline.api import gate, http
from trunkline.config.table import Media, Network
from trunkline.housekeeping import media as chore
from trunkline.media_files import ShelfError
from trunkline.model import ids
from trunkline.store import media
from trunkline.store.media import StoredMedia

PATH = "/v1/whatsapp/media"
PNG, PDF = samples.png(extra=b"a picture"), samples.pdf()
LIMIT = 200_000
Part = tuple[str, bytes]


@pytest.fixture
def store_url() -> str:
    """SQLite: what the engines could do differently is tested with the shelving."""
    return ""


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"media": Media(upload_bytes=LIMIT), "network": Network("always", "always", "any")}


def file(content: bytes, name: str = "a.png", field: str = "file") -> Part:
    return f'name="{field}"; filename="{name}"', content


def field(name: str, value: str | bytes) -> Part:
    return f'name="{name}"', value if isinstance(value, bytes) else value.encode()


def form(*parts: Part) -> bytes:
    body = b"".join(
        b"--edge\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return body + b"--edge--\r\n"


def upload(site: Site, *parts: Part, **how: Any) -> Answer:
    return post(site, form(*parts), **how)


def post(site: Site, body: bytes, **how: Any) -> Answer:
    how.setdefault("Content_Type", "multipart/form-data; boundary=edge")
    return site.post(PATH, body, **how)


def uploaded(site: Site, content: bytes = PNG, **how: Any) -> str:
    answer = upload(site, file(content), **how)
    assert answer.status == 200, answer.raw
    return str(answer.json["id"])


def tree(site: Site) -> dict[str, int]:
    """Every file of the data folder but the database's own, with its size."""
    data = Path(site.settings.data)
    paths = [path for path in data.rglob("*") if path.is_file() and "trunkline.db" not in path.name]
    return {str(path.relative_to(data)): path.stat().st_size for path in paths}


def bytes_kept(site: Site) -> list[str]:
    return [Path(name).name for name in tree(site) if name.startswith("media/")]


# -- taken


def check_the_whole_way(site: Site) -> None:
    answer = upload(site, file(PNG, "offer.png"), field("kind", "image"))
    sha256 = hashlib.sha256(PNG).hexdigest()
    told = answer.json
    expected = {"kind": "image", "mime_type": "image/png", "file_name": "offer.png", "size": len(PNG)}
    assert answer.status == 200 and told["id"].startswith("med_")
    assert {name: told[name] for name in expected} == expected
    assert (told["sha256"], told["width"], told["height"]) == (sha256, 4, 4)
    [listed] = site.get(PATH).json["data"]
    assert listed == site.get(f"{PATH}/{told['id']}").json
    found = site.get(f"{PATH}?media_id={told['id']}").json
    assert (found["sha256"], found["file_size"], found["mime_type"]) == (sha256, str(len(PNG)), "image/png")
    by_address = found["url"].partition(str(site.port))[2]
    assert site.get(by_address, key=None).raw == site.get(f"/v1/media/{told['id']}").raw == PNG
    part = site.get(by_address, key=None, Range="bytes=3-9")
    assert (part.status, part.raw) == (206, PNG[3:10])
    head = site.call("HEAD", by_address)
    assert (head.status, head.headers["content-length"]) == (200, str(len(PNG)))
    assert site.call("DELETE", f"{PATH}/{told['id']}").status == 204
    assert {site.get(path).status for path in (f"{PATH}/{told['id']}", by_address)} == {404}
    assert site.get(PATH).json["data"] == []


def test_a_file_is_taken_found_given_back_and_removed(site: Site) -> None:
    check_the_whole_way(site)


@pytest.fixture
def server() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


class TestInABucket:
    @pytest.fixture
    def settings(self, server: S3Server) -> dict[str, Any]:
        return {"media": bucket(server)}

    def test_a_file_is_taken_found_given_back_and_removed(self, site: Site, server: S3Server) -> None:
        check_the_whole_way(site)
        server.age(700)
        site.advance(700)
        site.run(chore.step(site.runtime))
        assert server.objects == {} and bytes_kept(site) == []

    def test_nothing_is_taken_or_given_while_the_bucket_does_not_answer(
        self, site: Site, server: S3Server
    ) -> None:
        media_id = uploaded(site)
        server.refuses = 403
        for path in (f"{PATH}?media_id={media_id}", f"/v1/media/{media_id}"):
            assert site.get(path).reason == "unavailable"
        assert site.call("DELETE", f"{PATH}/{media_id}").status == 204
        server.objects.clear()
        answer = upload(site, file(PNG))
        assert (answer.status, answer.reason) == (503, "unavailable")
        assert server.objects == {} and bytes_kept(site) == []
        assert site.get(PATH).json["data"] == []


def test_the_same_content_is_kept_once_and_until_the_last_that_has_it_goes(site: Site) -> None:
    mine = [uploaded(site) for _ in range(3)]
    theirs = uploaded(site, key=site.bob.live_key)
    assert len(set(mine)) == 3 and len(bytes_kept(site)) == 2
    site.advance(700)
    for media_id in mine:
        assert len(bytes_kept(site)) == 2
        assert site.get(f"/v1/media/{media_id}").raw == PNG
        assert site.call("DELETE", f"{PATH}/{media_id}").status == 204
    assert len(bytes_kept(site)) == 1
    assert site.get(f"/v1/media/{theirs}", key=site.bob.live_key).raw == PNG


def test_bytes_of_a_file_that_is_removed_at_once_go_when_nobody_can_be_about_to_use_them(site: Site) -> None:
    site.call("DELETE", f"{PATH}/{uploaded(site)}")
    assert len(bytes_kept(site)) == 1  # another upload of the same may be under way
    site.advance(500)
    site.run(chore.step(site.runtime))
    assert len(bytes_kept(site)) == 1
    site.advance(800)
    site.run(chore.step(site.runtime))
    assert bytes_kept(site) == []


def test_what_is_uploaded_stays_however_old_it_gets(site: Site) -> None:
    media_id = uploaded(site)
    site.advance(800 * 86_400)
    site.run(chore.step(site.runtime))
    assert site.get(f"/v1/media/{media_id}").raw == PNG


BY_BYTES = [
    (samples.jpeg(), "image", "image/jpeg"),
    (samples.webp(), "sticker", "image/webp"),
    (samples.mp4(), "video", "video/mp4"),
    (samples.ogg_opus(), "audio", "audio/ogg"),
    (PDF, "document", "application/pdf"),
    (samples.text(), "document", "text/plain"),
]


def test_the_bytes_say_what_a_file_is_and_not_its_name(site: Site) -> None:
    for content, kind, mime_type in BY_BYTES:
        told = upload(site, file(content, "holiday.gif")).json
        assert (told.get("kind"), told.get("mime_type")) == (kind, mime_type), told


def test_a_form_of_metas_own_clients_is_taken(site: Site) -> None:
    parts = (field("messaging_product", "whatsapp"), field("type", "image/png"), file(PNG))
    assert upload(site, *parts).status == 200


def test_a_name_in_every_script_comes_back(site: Site) -> None:
    for name in ("Rechnung für Ёлка ☂.pdf", "\u200f\u05d7\u05e9\u05d1.pdf"):
        assert upload(site, file(PDF, name)).json["file_name"] == name
    other = b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''%e2%82%ac%20rates.pdf"
    body = other + b"\r\nContent-Type: application/pdf\r\n\r\n" + PDF + b"\r\n--edge--\r\n"
    assert post(site, body).json["file_name"] == "\u20ac rates.pdf"
    assert upload(site, file(PDF, "a.pdf"), field("filename", "b.pdf")).json["file_name"] == "b.pdf"


def test_files_are_listed_newest_first_page_by_page_and_to_their_account_alone(site: Site) -> None:
    mine = [uploaded(site) for _ in range(5)]
    uploaded(site, key=site.bob.live_key)
    first = site.get(f"{PATH}?limit=2").json
    second = site.get(f"{PATH}?limit=2&after={first['paging']['next']}").json
    third = site.get(f"{PATH}?limit=2&after={second['paging']['next']}").json
    told = [row["id"] for page in (first, second, third) for row in page["data"]]
    assert told == mine[::-1] and third["paging"]["next"] is None
    assert site.get(f"{PATH}?limit=2&before={second['paging']['previous']}").json["data"] == first["data"]


def test_nobody_else_sees_or_removes_it(site: Site) -> None:
    media_id, bob = uploaded(site), site.bob.live_key
    assert site.get(f"{PATH}/{media_id}", key=bob).status == 404
    assert site.get(f"{PATH}?media_id={media_id}", key=bob).status == 404
    assert site.get(f"/v1/media/{media_id}", key=bob).status == 404
    assert site.call("DELETE", f"{PATH}/{media_id}", key=bob).status == 404
    assert site.get(f"/v1/media/{media_id}").raw == PNG


def test_what_was_found_behind_links_of_messages_is_no_uploaded_file(site: Site) -> None:
    found = StoredMedia(
        account_id=site.alice.account_id, id=ids.new_id(ids.MEDIA), kind="image", mime_type="image/png",
        sha256="0" * 64, size=1, created_at=site.clock.now(), source="link", link="https://files.example/a.png",
    )  # fmt: skip
    site.run(site.store.write(lambda tx: media.insert_stored(tx, found)))
    assert site.get(PATH).json["data"] == []
    assert site.get(f"{PATH}/{found.id}").status == site.call("DELETE", f"{PATH}/{found.id}").status == 404


def test_a_repeated_upload_gets_the_first_answer(site: Site) -> None:
    first = upload(site, file(PNG), Idempotency_Key="one")
    again = upload(site, file(PNG), Idempotency_Key="one")
    assert again.raw == first.raw and again.headers["Idempotency-Replayed"] == "true"
    assert upload(site, file(PDF), Idempotency_Key="one").reason == "idempotency_mismatch"
    assert len(site.get(PATH).json["data"]) == 1 and len(bytes_kept(site)) == 1


def test_a_repeated_upload_from_a_link_is_not_fetched_again(site: Site) -> None:
    async def once() -> Any:
        first = web.Response(body=PNG)
        answers = iter([first])

        async def answer(_: web.BaseRequest) -> web.StreamResponse:
            return next(answers, web.Response(status=410))

        async with files_at(answer) as url:
            body = {"link": f"{url}/a.png"}
            told = [await site.asked("POST", PATH, body, Idempotency_Key="one") for _ in range(2)]
            other = await site.asked("POST", PATH, body | {"filename": "b.png"}, Idempotency_Key="one")
        return told, other

    (first, again), other = site.run(once())
    assert (first.status, again.raw) == (200, first.raw)
    assert other.reason == "idempotency_mismatch"


# -- refused

_NAMES = [
    "../../evil.png",
    "..\\\\..\\\\evil.png",
    "/etc/cron.d/evil",
    "C:/evil.png",
    "..",
    "a\x07b",
    "a\u202egnp.exe",
]


def test_a_name_that_could_lead_elsewhere_is_refused(site: Site) -> None:
    before = tree(site)
    for name in _NAMES:
        assert upload(site, file(PNG, name)).problems == [("/file", "file_name")], name
        said = upload(site, file(PNG), field("filename", name.replace("\\\\", "\\")))
        assert said.problems == [("/filename", "file_name")], name
    assert tree(site) == before


def _headers(*headers: bytes) -> bytes:
    return b"--edge\r\n" + b"\r\n".join(headers) + b"\r\n\r\n\r\n--edge--\r\n"


PHOTO = file(PNG, field="photo")
KIND = field("kind", "image")
UNKNOWN = ("/photo", "unknown_member")
REFUSED: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "no bytes": (form(file(b"")), [("/file", "empty")]),
    "no file": (form(KIND), [("/file", "required")]),
    "two files": (form(file(PNG), file(PDF)), [("/file", "duplicate")]),
    "a file of another field": (form(PHOTO), [UNKNOWN, ("/file", "required")]),
    "a field twice": (form(file(PNG), KIND, KIND), [("/kind", "duplicate")]),
    "a field that does not exist": (form(file(PNG), field("../x", "1")), [("/../x", "unknown_member")]),
    "no text": (form(file(PNG), field("kind", b"\xff\xfe")), [("/kind", "encoding")]),
    "an unknown kind": (form(file(PNG), field("kind", "gif")), [("/kind", "one_of")]),
    "another's number": (form(file(PNG), field("from", "15550009999")), [("/from", "unknown_number")]),
    "another type": (form(file(PNG), field("type", "image/jpeg")), [("/type", "media_type")]),
    "a field without an end": (form(file(PNG), field("kind", b"x" * 5000)), [("/kind", "too_long")]),
    "9 parts": (form(file(PNG), *[KIND] * 8), [*[("/kind", "duplicate")] * 6, ("", "too_many")]),
    "10,000 parts": (form(*[PHOTO] * 10_000)[:LIMIT], [*[UNKNOWN] * 8, ("", "too_many")]),
    "a header without an end": (_headers(b"X: " + b"x" * 9000), [("", "multipart")]),
    "large headers": (_headers(*[b"X: " + b"x" * 3000] * 4), [("", "too_long")]),
    "many headers": (_headers(*[b"X: y"] * 50), [("", "multipart")]),
    "no end": (form(file(PNG))[:-9], [("", "multipart")]),
    "half a file": (form(file(PNG))[:120], [("", "multipart")]),
    "no form at all": (b"GET / HTTP/1.1\r\n\r\n", [("", "multipart")]),
    "nothing": (b"", [("", "multipart")]),
    "only an end": (b"--edge--\r\n", [("/file", "required")]),
}


def test_a_form_that_is_wrong_is_refused_and_leaves_nothing(site: Site) -> None:
    before = tree(site)
    for case, (body, problems) in REFUSED.items():
        answer = post(site, body)
        assert (answer.status, answer.reason) == (400, "invalid_request"), case
        assert answer.problems == problems, case
        assert tree(site) == before, case
    assert site.get(PATH).json["data"] == []


POLYGLOTS = {
    "a picture that is a document": (PNG + PDF, "image"),
    "a picture with a page in it": (samples.jpeg() + b"<html><script>alert(1)</script></html>", "image"),
    "a picture that is an archive": (PNG + samples.zip_file({"evil.exe": b"MZ"}), "image"),
    "half a picture": (PNG[:-20], "image"),
    "a page under the name of a picture": (b"<html><script>alert(1)</script></html>", "image"),
    "a program": (b"MZ" + bytes(200), "image"),
    "half a document": (PDF[:-20], "document"),
}


def test_a_file_that_is_not_only_what_it_seems_is_refused(site: Site) -> None:
    before = tree(site)
    for case, (content, kind) in POLYGLOTS.items():
        answer = upload(site, file(content), field("kind", kind))
        assert (answer.status, answer.reason) == (400, "invalid_request"), case
        assert {pointer for pointer, _ in answer.problems} == {"/file"}, case
        assert tree(site) == before, case


def test_everything_that_is_wrong_is_told_at_once(site: Site) -> None:
    parts = (
        file(PNG[:-20], "../a"), field("kind", "gif"), field("shade", "red"), field("from", "no"),
        field("type", "audio/ogg"),
    )  # fmt: skip
    pointers = {pointer for pointer, _ in upload(site, *parts).problems}
    assert pointers == {"/file", "/kind", "/shade", "/from", "/type"}


def test_a_body_of_another_type_is_refused(site: Site) -> None:
    before = tree(site)
    for content_type in ("image/png", "application/x-www-form-urlencoded", "multipart/mixed; boundary=edge"):
        assert post(site, form(file(PNG)), Content_Type=content_type).status == 415
    for content_type in ("multipart/form-data; x=y", f"multipart/form-data; boundary={'x' * 71}"):
        assert post(site, form(file(PNG)), Content_Type=content_type).problems == [("", "boundary")]
    assert upload(site, file(PNG), Content_Encoding="gzip").status == 415
    assert tree(site) == before


def test_a_disk_that_takes_nothing_is_said_and_nothing_is_promised(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise ShelfError("it is full")

    monkeypatch.setattr(site.runtime.shelf, "keep", full)
    answer = upload(site, file(PNG), Idempotency_Key="one")
    assert (answer.status, answer.reason) == (503, "unavailable") and answer.headers["Retry-After"]
    assert bytes_kept(site) == [] and site.get(PATH).json["data"] == []
    monkeypatch.undo()
    assert upload(site, file(PNG), Idempotency_Key="one").status == 200


def test_a_disk_that_is_full_is_said_wherever_it_shows(site: Site) -> None:
    uploaded(site)
    before, bounds = tree(site), resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (200, 5_000, 100_000):  # as it is closed, as it is written, and amid it
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, bounds[1]))
        try:
            answer = upload(site, file(PNG[:8] + bytes(size)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, bounds)
        assert answer.reason == "unavailable", size
    drafts = Path(site.settings.data) / "media" / "drafts"
    drafts.rmdir()
    drafts.touch()
    assert upload(site, file(PNG)).reason == "unavailable"
    drafts.unlink()
    assert tree(site) == before


# -- how it comes


@asynccontextmanager
async def line(site: Site, *headers: str, key: str = "") -> AsyncIterator[tuple[Any, Any]]:
    """A connection on which the head of an upload was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    lines = [
        f"POST {PATH} HTTP/1.1", "Host: x", f"Authorization: {key or site.alice.live_key}",
        "Content-Type: multipart/form-data; boundary=edge", *headers, "", "",
    ]  # fmt: skip
    writer.write("\r\n".join(lines).encode())
    try:
        yield reader, writer
    finally:
        writer.close()


async def status_of(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(10):
        return int((await reader.readuntil(b"\r\n\r\n")).split()[1])


def test_the_body_is_asked_for_only_when_the_caller_is_known_and_it_is_not_too_large(site: Site) -> None:
    async def first(length: int, key: str = "") -> int:
        async with line(site, "Expect: 100-continue", f"Content-Length: {length}", key=key) as (reader, _):
            return await status_of(reader)

    assert site.run(first(1000)) == 100
    assert site.run(first(1000, "tl_live_no")) == 401
    assert site.run(first(LIMIT + 1)) == 413


def test_a_body_of_unknown_length_is_cut_off_where_it_gets_too_large(site: Site) -> None:
    before = tree(site)

    async def flood() -> int:
        async with line(site, "Transfer-Encoding: chunked") as (reader, writer):
            for piece in (form(file(b""))[:-11], *[bytes(50_000)] * 6):
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            return await status_of(reader)

    assert site.run(flood()) == 413
    assert tree(site) == before


async def begin(site: Site, reader: Any, writer: Any) -> None:
    """Half of a file is here when this returns."""
    writer.write(form(file(bytes(60_000)))[:40_000])
    async with asyncio.timeout(10):
        while not site.api.gate.uploads._held:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def until_over(site: Site) -> None:
    async with asyncio.timeout(10):
        while site.api.gate.uploads._held:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_a_client_that_goes_away_leaves_nothing(site: Site) -> None:
    before = tree(site)

    async def vanish() -> None:
        async with line(site, "Content-Length: 60200") as (reader, writer):
            await begin(site, reader, writer)
        await until_over(site)

    site.run(vanish())
    assert tree(site) == before


def test_a_client_that_stops_sending_is_told_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(site)
    monkeypatch.setattr(http, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(http, "SLOWEST", 1_000_000_000)

    async def stop() -> int:
        async with line(site, "Content-Length: 60200") as (reader, writer):
            await begin(site, reader, writer)
            return await status_of(reader)

    assert site.run(stop()) == 408
    assert tree(site) == before


def test_an_account_has_a_few_uploads_at_a_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "UPLOADS_OF_ACCOUNT", 1)

    async def both() -> tuple[Answer, Answer]:
        async with line(site, "Content-Length: 60200") as (reader, writer):
            await begin(site, reader, writer)
            sent = {"Content_Type": "multipart/form-data; boundary=edge"}
            mine = await site.asked("POST", PATH, form(file(PNG)), **sent)
            theirs = await site.asked("POST", PATH, form(file(PNG)), key=site.bob.live_key, **sent)
        await until_over(site)
        return mine, theirs

    mine, theirs = site.run(both())
    assert (mine.status, theirs.status) == (429, 200) and mine.headers["Retry-After"]
    assert upload(site, file(PNG)).status == 200


# -- from behind a link


@asynccontextmanager
async def files_at(answer: Any) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def from_link(site: Site, response: Any, path: str = "/offer.png?secret=x", **more: Any) -> Answer:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return response() if callable(response) else web.Response(body=response)

    async def ask() -> Answer:
        async with files_at(answer) as url:
            return await site.asked("POST", PATH, {"link": url + path, **more})

    return site.run(ask())


def test_a_file_behind_a_link_is_taken(site: Site) -> None:
    told = from_link(site, PNG)
    assert told.status == 200, told.raw
    assert (told.json["file_name"], told.json["mime_type"]) == ("offer.png", "image/png")
    assert site.get(f"/v1/media/{told.json['id']}").raw == PNG


@pytest.mark.parametrize(
    ("response", "rule", "says"),
    [
        (lambda: web.Response(status=403), "not_fetched", "403"),
        (lambda: web.Response(status=302, headers={"Location": "http://10.0.0.1:99999/"}), "not_fetched", ""),
        (bytes(LIMIT + 1), "not_fetched", f"{LIMIT}"),
        (b"", "empty", ""),
        (PNG[:-20], "", ""),
    ],
    ids=["refused there", "a bad redirect", "too large", "no bytes", "half a picture"],
)
def test_a_link_that_leads_to_nothing_useful_is_refused(
    site: Site, response: Any, rule: str, says: str
) -> None:
    before = tree(site)
    answer = from_link(site, response, kind="image")
    assert (answer.status, answer.problems[0][0]) == (400, "/link")
    assert answer.problems[0][1] == rule or not rule
    assert says in answer.raw.decode() and "secret=x" not in answer.raw.decode()
    assert tree(site) == before


class TestWithTheRulesOfEveryDay:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {}

    def test_a_link_into_the_machine_is_not_followed(self, site: Site) -> None:
        answer = from_link(site, PNG)
        assert answer.status == 400 and ("/link", "forbidden_address") in answer.problems


def test_json_is_looked_at_like_all_other_bodies(site: Site) -> None:
    assert site.post(PATH, {"link": "x", "kind": "gif", "more": 1}).status == 400
    assert site.post(PATH, b"{").reason == "bad_json"
    assert site.post(PATH, b'{"link": "' + b"x" * 70_000 + b'"}').status == 413
    assert {pointer for pointer, _ in site.post(PATH, {"kind": "gif", "more": 1}).problems} == {
        "/link", "/kind", "/more",
    }  # fmt: skip
