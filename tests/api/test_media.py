"""Files of messages: who is given them, how, and for how long."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Site
from tests.clients.files import PDF, PNG
from trunkline.channels.contract import MediaError, MediaInfo, Number
from trunkline.housekeeping import media as chore
from trunkline.media_probe import UNKNOWN_TYPE
from trunkline.store import media
from trunkline.store.media import PendingMedia

DAY_SECONDS = 86_400
PICTURE = "1111"
HTML = b"<html><script>alert(1)</script></html>"


class Meta:
    """What the provider has; a test may make it fail."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {PICTURE: PNG}
        self.asked: list[tuple[str, str]] = []
        self.fault: MediaError | None = None

    async def fetch_media(self, number: Number, media_id: str, write: Callable[[bytes], None]) -> MediaInfo:
        self.asked.append((number.digits, media_id))
        if self.fault is not None:
            raise self.fault
        write(self.files[media_id])
        return MediaInfo(sha256=hashlib.sha256(self.files[media_id]).hexdigest())


@pytest.fixture
def store_url() -> str:
    """SQLite: what the engines could do differently is tested where files are fetched."""
    return ""


@pytest.fixture
def meta(site: Site) -> Meta:
    meta = Meta()
    site.provider.fetch_media = meta.fetch_media  # type: ignore[method-assign]
    put_down(site, PICTURE)
    return meta


def put_down(site: Site, media_id: str, **changes: Any) -> None:
    """As the processor does with a message."""
    values: dict[str, Any] = {
        "account_id": site.alice.account_id, "id": media_id, "number_id": site.alice.number_id,
        "message_id": "msg_x", "kind": "image", "mime_type": "image/png", "file_name": None, "sha256": None,
        "created_at": site.clock.now(),
    }  # fmt: skip
    pending = PendingMedia(**(values | changes))
    site.run(site.store.write(lambda tx: media.insert_pending(tx, [pending])))


def look_up(site: Site, media_id: str = PICTURE, **how: Any) -> Any:
    return site.get(f"/v1/whatsapp/media?media_id={media_id}", **how)


def address(site: Site, media_id: str = PICTURE) -> str:
    """The path of the address that the look-up gives."""
    url = str(look_up(site, media_id).json["url"])
    assert url.startswith(f"http://127.0.0.1:{site.port}/v1/media/")
    return url.partition(str(site.port))[2]


def test_a_file_that_is_not_here_yet_is_fetched_at_once_and_only_once(site: Site, meta: Meta) -> None:
    for _ in range(2):
        found = look_up(site).json
        assert (found["id"], found["mime_type"], found["file_size"]) == (PICTURE, "image/png", str(len(PNG)))
    assert site.get(address(site), key=None).raw == PNG
    assert meta.asked == [("15550001001", PICTURE)]


def test_many_who_ask_at_once_fetch_it_once(site: Site, meta: Meta) -> None:
    async def ask() -> list[int]:
        path = f"/v1/whatsapp/media?media_id={PICTURE}"
        return [
            answer.status for answer in await asyncio.gather(*(site.asked("GET", path) for _ in range(8)))
        ]

    async def slowly(number: Number, media_id: str, write: Callable[[bytes], None]) -> MediaInfo:
        await asyncio.sleep(0.05)
        return await meta.fetch_media(number, media_id, write)

    site.provider.fetch_media = slowly  # type: ignore[method-assign]
    assert site.run(ask()) == [200] * 8
    assert len(meta.asked) == 1


def test_nobody_elses_file_is_found(site: Site, meta: Meta) -> None:
    assert look_up(site, key=site.bob.live_key).status == 404
    assert site.get(f"/v1/media/{PICTURE}", key=site.bob.live_key).status == 404
    assert look_up(site, "2222").status == 404
    assert look_up(site, "../../keys/master.key").status == 404
    assert site.get(f"/v1/whatsapp/media?media_id={PICTURE}&from=15550001002").status == 404
    assert site.get(f"/v1/whatsapp/media?media_id={PICTURE}&from=%2B1-555-000-1001").status == 200
    assert site.get("/v1/whatsapp/media").json["data"] == []  # that is a list of what was uploaded
    assert meta.asked == [("15550001001", PICTURE)]


def test_the_address_opens_with_any_key_or_none_for_five_minutes(site: Site, meta: Meta) -> None:
    path = address(site)
    for key in (None, "Bearer EAAtheirs", site.bob.live_key):
        assert site.get(path, key=key).raw == PNG
    site.advance(299)
    assert site.get(path, key=None).status == 200
    site.advance(2)
    assert (site.get(path, key=None).status, site.get(path).status) == (404, 404)


def test_an_address_that_was_altered_opens_nothing(site: Site, meta: Meta) -> None:
    token = address(site).removeprefix("/v1/media/")
    told, _, mac = token.partition(".")
    others = [
        f"{told}.",
        f".{mac}",
        f"{told[:-2]}.{mac}",
        f"{told}.{mac[:-2]}AA",
        f"{told}.{mac}.x",
        "a.b",
        "\u00fc.b",
    ]
    assert {site.get(f"/v1/media/{other}", key=None).status for other in others} == {404}


def test_a_media_id_opens_with_the_accounts_key_alone(site: Site, meta: Meta) -> None:
    assert site.get(f"/v1/media/{PICTURE}").raw == PNG
    assert site.get(f"/v1/media/{PICTURE}", key=None).status == 401
    assert site.get(f"/v1/media/{PICTURE}", key="tl_live_no").status == 401


def test_a_part_of_a_file_can_be_asked_for(site: Site, meta: Meta) -> None:
    path, size = address(site), len(PNG)
    for wanted, start, end in (
        ("bytes=0-3", 0, 4),
        ("bytes=4-", 4, size),
        ("bytes=-5", size - 5, size),
        ("bytes=2-99999", 2, size),
    ):
        answer = site.get(path, Range=wanted)
        assert (answer.status, answer.raw) == (206, PNG[start:end])
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.headers["content-length"] == str(end - start)
    for wanted in (f"bytes={size}-", "bytes=-0"):
        answer = site.get(path, Range=wanted)
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{size}")
    head = site.call("HEAD", path)
    assert (head.status, head.raw, head.headers["content-length"]) == (200, b"", str(size))
    for wanted in ("bytes=5-2", "bytes=0-1,3-4", "bytes=-", "lines=1-2"):
        answer = site.get(path, Range=wanted)
        assert (answer.status, answer.raw) == (200, PNG)


def test_what_a_stranger_sent_is_saved_and_never_shown(site: Site, meta: Meta) -> None:
    nasty = '../../a"b\r\nSet-Cookie: x=\u202egpj.exe\u00fc.html'
    meta.files = {"3": HTML, "4": PDF, "5": HTML}
    put_down(site, "3", kind="image")
    put_down(site, "4", kind="document", mime_type="application/pdf", file_name=nasty)
    put_down(site, "5", kind="document", mime_type="text/html; x\r\ny: z")
    answers = {media_id: site.get(address(site, media_id)) for media_id in meta.files}
    types = {media_id: answer.headers["content-type"] for media_id, answer in answers.items()}
    assert types == {"3": UNKNOWN_TYPE, "4": "application/pdf", "5": UNKNOWN_TYPE}
    for answer in answers.values():
        assert answer.headers["content-disposition"].startswith('attachment; filename="')
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "set-cookie" not in answer.headers
    name = answers["4"].headers["content-disposition"]
    assert "/" not in name.replace("UTF-8''", "") and "%E2%80%AE" not in name
    assert answers["3"].raw == HTML


def test_why_a_file_is_not_here_is_said(site: Site, meta: Meta) -> None:
    meta.fault = MediaError("HTTP 503 where the file should be")
    answer = look_up(site)
    assert (answer.status, answer.reason) == (409, "not_ready")
    assert "HTTP 503" in answer.json["error"]["message"] and answer.headers["Retry-After"]
    meta.fault = MediaError("no such id", is_final=True)
    assert look_up(site).status == 404
    row = site.run(site.store.read(lambda tx: media.get(tx, site.alice.account_id, PICTURE)))
    site.run(site.store.write(lambda tx: media.put_off(tx, row, None, "HTTP 404, it is gone")))
    answer = look_up(site)
    assert answer.status == 404 and "it is gone" in answer.json["error"]["message"]


def test_a_hash_that_is_not_the_promised_one_keeps_a_file_out(site: Site, meta: Meta) -> None:
    put_down(site, "9", sha256="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    meta.files["9"] = PNG
    answer = look_up(site, "9")
    assert answer.status == 409 and "another hash" in answer.json["error"]["message"]
    assert kept(site) == []


def kept(site: Site) -> list[str]:
    return [path.name for path in (Path(site.settings.data) / "media").rglob("*") if path.is_file()]


def test_the_bytes_go_with_the_last_message_that_has_them(site: Site, meta: Meta) -> None:
    path = address(site)
    site.advance(20 * DAY_SECONDS)
    put_down(site, "later")
    meta.files["later"] = PNG
    look_up(site, "later")
    assert len(kept(site)) == 1
    site.advance(11 * DAY_SECONDS)
    assert site.run(chore.step(site.runtime)) == 1
    assert (look_up(site).status, look_up(site, "later").status) == (404, 200)
    assert len(meta.asked) == 2  # they were not fetched again
    assert "retention" in look_up(site).json["error"]["message"]
    assert len(kept(site)) == 1
    site.advance(20 * DAY_SECONDS)
    assert site.run(chore.step(site.runtime)) == 1
    assert kept(site) == [] and look_up(site, "later").status == 404
    assert site.get(path).status == 404
    site.advance(400 * DAY_SECONDS)
    assert site.run(chore.step(site.runtime)) == 2  # the rows themselves
    assert site.run(chore.step(site.runtime)) == 0
