"""Files from the command line: up, listed, down again whole, and away."""

import asyncio
from pathlib import Path

import pytest

from tests import media_samples as samples
from tests.cli.desk import invoke
from tests.cli.shell import Done, Running
from trunkline.cli import media as cli

PNG = samples.png(extra=b"a picture for the command line")


def media(server: Running, *arguments: object) -> Done:
    return invoke("media", *map(str, arguments), "--data", str(server.data))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / 'off"er ☂.png'
    path.write_bytes(PNG)
    return path


def test_a_file_goes_up_is_found_comes_down_and_goes_away(
    server: Running, picture: Path, tmp_path: Path
) -> None:
    told = media(server, "upload", picture, "--kind", "image", "--json").json
    assert (told["file_name"], told["size"], told["mime_type"]) == (picture.name, len(PNG), "image/png")
    assert (
        told["id"] in media(server, "list").out and "image/png, 4 x 4" in media(server, "upload", picture).out
    )
    assert picture.name in media(server, "show", told["id"]).out
    place = tmp_path / "again.png"
    assert media(server, "download", told["id"], "--to", place).code == 0
    assert place.read_bytes() == PNG
    place.write_bytes(b"mine")
    assert media(server, "download", told["id"], "--to", place).code == 2 and place.read_bytes() == b"mine"
    assert media(server, "rm", told["id"], "--json").json == {"id": told["id"], "removed": True}
    assert media(server, "show", told["id"]).code == 1
    assert sorted(tmp_path.iterdir()) == sorted([picture, place])  # no half files


def test_what_is_refused_is_said(server: Running, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(samples.pdf())
    done = media(server, "upload", tmp_path / "a.jpg", "--kind", "image", "--json")
    assert (done.code, [problem["pointer"] for problem in done.error["problems"]]) == (1, ["/file"])
    assert media(server, "upload", tmp_path / "none").code == 2
    refused = media(server, "upload", "http://127.0.0.1:9/a.png", "--json")
    assert (refused.code, refused.error["problems"][0]["pointer"]) == (1, "/link")


def test_a_conversion_is_asked_for_and_refused_where_there_is_no_converter(
    server: Running, tmp_path: Path
) -> None:
    (tmp_path / "clip.mov").write_bytes(samples.mov())
    for option in ("--convert", "--voice"):
        done = media(server, "upload", tmp_path / "clip.mov", option, "--json")
        assert [problem["pointer"] for problem in done.error["problems"]] == ["/convert", "/file"]


def test_how_far_a_conversion_is_is_told_when_it_has_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = iter([[], [0.0], [0.42], [0.42], [0.99]])

    class Told:
        async def get(self, path: str, **query: object) -> dict[str, object]:
            found = next(parts, None)
            if found is None:
                raise asyncio.CancelledError
            return {"converting": [{"progress": part} for part in found]}

    monkeypatch.setattr(cli, "_WATCH_SECONDS", 0)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cli._watch(Told()))  # type: ignore[arg-type]
    assert capsys.readouterr().err.splitlines() == ["converting: 0%", "converting: 42%", "converting: 99%"]
