"""Uploads that ask to be converted. A script plays ffmpeg; what it gives is a real file made by the tests."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests import media_samples as samples
from tests.api.conftest import Site
from tests.api.test_uploads import bytes_kept, field, file, form, tree, upload
from trunkline.config.table import Media

PATH = "/v1/whatsapp/media"
MOV = samples.mov()
SCRIPT = """#!/bin/sh
for target; do :; done
cd "$(dirname "$0")"
printf '%s\\n' "$@" > told
echo x >> runs
if [ -e hold ]; then
  echo "  Duration: 00:00:10.00, start: 0.0" >&2
  until [ -e go ]; do printf 'out_time_us=4200000\\n'; sleep 0.01; done
fi
[ -e result ] || { echo "no frame was found" >&2; exit 1; }
exec cat result > "${target#file:}"
"""


@pytest.fixture
def store_url() -> str:
    return ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the script, and of what it makes and leaves."""
    folder = tmp_path / "converter"
    folder.mkdir()
    (folder / "ffmpeg").write_text(SCRIPT)
    (folder / "ffmpeg").chmod(0o700)
    return folder


@pytest.fixture
def settings(folder: Path) -> dict[str, Any]:
    return {"media": Media(conversion=str(folder / "ffmpeg"))}


def test_what_would_be_refused_is_converted_where_that_is_asked_for(site: Site, folder: Path) -> None:
    (folder / "result").write_bytes(samples.mp4())
    assert upload(site, file(MOV, "clip.mov")).problems == [("/file", "file_type")]
    told = upload(site, file(MOV, "clip.mov"), field("convert", "true")).json
    wanted = {"kind": "video", "mime_type": "video/mp4", "file_name": "clip.mp4", "size": len(samples.mp4())}
    assert wanted.items() <= told.items()
    assert site.get(f"/v1/media/{told['id']}").raw == samples.mp4()
    assert "-movflags" in (folder / "told").read_text().splitlines()
    assert bytes_kept(site) == [told["sha256"]]


def test_what_is_right_is_left_alone(site: Site, folder: Path) -> None:
    told = upload(site, file(samples.mp4(), "clip.mp4"), field("convert", "true")).json
    assert (told["size"], told["file_name"]) == (len(samples.mp4()), "clip.mp4")
    assert not (folder / "runs").exists()


def test_sound_becomes_a_voice_note_where_that_is_asked_for(site: Site, folder: Path) -> None:
    (folder / "result").write_bytes(samples.ogg_opus())
    assert upload(site, file(samples.mp3()), field("convert", "true")).json["mime_type"] == "audio/mpeg"
    assert upload(site, file(samples.mp3()), field("convert", "voice")).json["mime_type"] == "audio/ogg"


def test_a_repeated_upload_is_converted_and_kept_once(site: Site, folder: Path) -> None:
    """Also where what comes of it is another file each time."""
    answers = []
    for extra in (1, 2):
        (folder / "result").write_bytes(samples.mp4(extra=extra))
        answers.append(upload(site, file(MOV), field("convert", "true"), Idempotency_Key="one").raw)
    assert answers[0] == answers[1]
    assert len(bytes_kept(site)) == 1
    assert (folder / "runs").read_text() == "x\n"


def test_what_can_not_be_converted_is_refused_with_both_reasons_and_leaves_nothing(
    site: Site, folder: Path
) -> None:
    cases = ((MOV, "clip.mov", "file_type"), (samples.jpeg()[:-2], "half.jpg", "damaged"))
    for content, name, rule in cases:
        answer = upload(site, file(content, name), field("convert", "true"))
        assert [rule for _, rule in answer.problems] == ["not_converted", rule]
    assert [name for name in tree(site) if name.startswith("media/")] == []


def test_what_is_still_not_right_afterwards_is_refused(site: Site, folder: Path) -> None:
    (folder / "result").write_bytes(samples.mp4("H.265"))
    assert upload(site, file(MOV), field("convert", "true")).problems == [("/file", "codec")]


def test_nothing_is_converted_of_a_request_that_is_wrong_otherwise(site: Site, folder: Path) -> None:
    answer = upload(site, file(MOV), field("convert", "true"), field("from", "15550009999"))
    assert {pointer for pointer, _ in answer.problems} == {"/from", "/file"}
    assert upload(site, file(MOV), field("convert", "perhaps")).problems[0] == ("/convert", "one_of")
    assert not (folder / "runs").exists()


def test_how_far_it_is_can_be_seen_meanwhile_by_its_account_alone(site: Site, folder: Path) -> None:
    """One is converted at a time; a second one waits, and is shown too."""
    (folder / "result").write_bytes(samples.mp4())
    (folder / "hold").touch()
    body = form(file(MOV, "clip.mov"), field("convert", "true"))
    site.run(watched(site, folder, body))
    assert site.get(PATH).json["converting"] == []


async def watched(site: Site, folder: Path, body: bytes) -> None:
    how = {"Content_Type": "multipart/form-data; boundary=edge"}
    posts = [asyncio.create_task(site.asked("POST", PATH, body, **how)) for _ in range(2)]
    async with asyncio.timeout(30):
        while [one["progress"] for one in await converting(site)] != [0.42, 0.0]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await converting(site))[0].items() >= {"file_name": "clip.mov", "kind": "video"}.items()
    assert await converting(site, key=site.bob.live_key) == []
    assert (folder / "runs").read_text() == "x\n"
    (folder / "go").touch()
    assert [answer.status for answer in await asyncio.gather(*posts)] == [200, 200]


async def converting(site: Site, **how: Any) -> list[dict[str, Any]]:
    return list((await site.asked("GET", PATH, **how)).json["converting"])


class TestWithoutTheSetting:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {}

    def test_it_says_so(self, site: Site) -> None:
        answer = upload(site, file(MOV), field("convert", "true"))
        assert answer.problems == [("/convert", "conversion_off"), ("/file", "file_type")]
