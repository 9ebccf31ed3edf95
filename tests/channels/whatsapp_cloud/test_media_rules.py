"""The page's table of media, row by row, on real files; then every rule beyond type and size."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import media_samples as samples
from trunkline.channels.whatsapp_cloud import media_rules
from trunkline.channels.whatsapp_cloud.media_rules import KIB, MIB, check_file, kind_of
from trunkline.errors import Problem
from trunkline.media_probe import Found, probe
from trunkline.sandbox.media import kinds as sandbox
from trunkline.sandbox.media.links import Fetched
from trunkline.sandbox.media.outbound import Reference, _misfit

Look = Callable[..., Found]
Check = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """These bytes in a file of that name. Zeros are left out on the disk, which does not show."""

    def look(data: bytes, name: str = "file") -> Found:
        with (tmp_path / name).open("wb") as file:
            for at in range(0, len(data), MIB):
                part = data[at : at + MIB]
                if part.count(0) < len(part):
                    file.seek(at)
                    file.write(part)
            file.truncate(len(data))
        return probe(tmp_path / name)

    return look


@pytest.fixture
def check(look: Look) -> Check:
    """What is said of them, sent as that kind."""

    def check(
        data: bytes, kind: str | None, name: str = "file", *, is_voice: bool = False
    ) -> tuple[Problem, ...]:
        return check_file(look(data, name), kind, is_voice=is_voice)

    return check


class Row(NamedTuple):
    """One type that the page's table names."""

    type: str
    kind: str
    extension: str
    grown: str
    """As `samples.grown` names it: a sound file of any size."""
    most: int
    """Bytes."""
    cut: int = 1
    """What is taken off its end to have it truncated. A plain text has no end that could be missed: 0."""


AUDIO, VIDEO, IMAGE, DOCUMENT = 16 * MIB, 16 * MIB, 5 * MIB, 100 * MIB
TABLE = [
    Row("audio/aac", "audio", "aac", "aac", AUDIO),
    Row("audio/mp4", "audio", "m4a", "m4a", AUDIO),
    Row("audio/amr", "audio", "amr", "amr", AUDIO, cut=40),
    Row("audio/mpeg", "audio", "mp3", "mp3", AUDIO),
    Row("audio/ogg; codecs=opus", "audio", "ogg", "ogg_opus", AUDIO),
    Row("any document: application/pdf", "document", "pdf", "pdf", DOCUMENT, cut=8),
    Row("any document: OOXML", "document", "docx", "docx", DOCUMENT),
    Row("any document: text/plain", "document", "txt", "text", DOCUMENT, cut=0),
    Row("image/jpeg", "image", "jpg", "jpeg", IMAGE),
    Row("image/png", "image", "png", "png", IMAGE),
    Row("video/mp4", "video", "mp4", "mp4", VIDEO),
    Row("video/3gpp", "video", "3gp", "three_gp", VIDEO),
    Row("image/webp, static", "sticker", "webp", "webp", 100 * KIB),
    Row("image/webp, animated", "sticker", "webp", "webp_animated", 500 * KIB),
]
SIZE = 3_000
NOT_THAT = {
    "audio": "application/pdf",
    "image": "image/gif",
    "video": "video/quicktime",
    "sticker": "image/png",
}
"""Kind → a type that it does not take."""

OF_TYPE = {
    "application/pdf": samples.pdf(),
    "image/gif": samples.gif(),
    "video/quicktime": samples.mov(),
    "image/png": samples.png(512, 512),
}


@pytest.fixture(params=TABLE, ids=lambda row: row.type)
def row(request: pytest.FixtureRequest) -> Row:
    return request.param


def test_row_right(check: Check, row: Row) -> None:
    assert check(samples.grown(row.grown, SIZE), row.kind, f"a.{row.extension}") == ()


def test_row_wrong_type(check: Check, row: Row) -> None:
    if row.kind == "document":
        return  # takes any: `test_a_document_may_be_of_any_type`
    wrong = NOT_THAT[row.kind]
    problems = check(OF_TYPE[wrong], row.kind, "a")
    assert [(one.rule, one.found) for one in problems] == [("file_type", wrong)]
    assert row.type.partition(";")[0].partition(",")[0] in (problems[0].expected or "")


def test_row_lying_extension(check: Check, row: Row) -> None:
    """A name makes nothing right, and nothing wrong."""
    if row.kind != "document":
        problems = check(OF_TYPE[NOT_THAT[row.kind]], row.kind, f"a.{row.extension}")
        assert [one.rule for one in problems] == ["file_type"]
    assert check(samples.grown(row.grown, SIZE), row.kind, "a.exe") == ()


def test_row_one_byte_too_big(check: Check, row: Row) -> None:
    """The most is taken, and one byte more is not. Webp files have even sizes."""
    over = 2 if row.extension == "webp" else 1
    if row.grown != "text":  # one file of 100 MB less
        assert rules(check(samples.grown(row.grown, row.most), row.kind)) == []
    problems = check(samples.grown(row.grown, row.most + over), row.kind)
    assert rules(problems) == ["too_large"]
    assert problems[0].found == f"{row.most + over} bytes"
    assert problems[0].expected == f"at most {row.most} bytes"


def test_row_truncated(check: Check, row: Row) -> None:
    whole = samples.grown(row.grown, SIZE)
    if not row.cut:
        return
    for kept in (SIZE - row.cut, SIZE // 2 + 1):
        problems = check(whole[:kept], row.kind)
        assert rules(problems) == ["damaged"]
        assert problems[0].found and problems[0].found in problems[0].detail


def test_row_empty(check: Check, row: Row) -> None:
    assert rules(check(b"", row.kind, f"a.{row.extension}")) == ["empty"]


def rules(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.rule for problem in problems]


@pytest.mark.parametrize("name", OF_TYPE)
def test_a_document_may_be_of_any_type(check: Check, name: str) -> None:
    assert check(OF_TYPE[name], "document") == ()
    assert check(bytes(range(256)), "document") == check(samples.jpeg() + samples.pdf(), "document") == ()


GOOD = {
    "image": [
        samples.jpeg(components=1),
        samples.png(color=6),
        samples.png(color=3),
        samples.png(9, 9, depth=1, color=0),
        samples.jpeg() + samples.jpeg(8, 8) + samples.mp4(),
        samples.jpeg() + b"\xff\xd9\r\n",
        samples.png() + b"more",
    ],
    "sticker": [samples.webp(), samples.webp(animated=True)],
    "audio": [samples.ogg_opus(1), samples.aac(channels=2), samples.m4a(channels=2), samples.mp3(mono=True)],
    "video": [
        samples.mp4("H.264 Main"),
        samples.mp4("H.264 High"),
        samples.mp4("H.264 Main", b_frames=True),
        samples.mp4(audio=()),
        samples.three_gp(),
    ],
}


@pytest.mark.parametrize(("kind", "data"), [(kind, data) for kind, files in GOOD.items() for data in files])
def test_what_whatsapp_takes_is_not_refused(check: Check, kind: str, data: bytes) -> None:
    assert check(data, kind) == ()


BAD: list[tuple[str, bytes, str, str, str]] = [
    # kind, file, rule, what was found, what is allowed
    ("image", samples.png(depth=16), "color", "16-bit RGB", "8-bit RGB or RGBA"),
    ("image", samples.jpeg(components=4), "color", "8-bit CMYK", "8-bit RGB or RGBA"),
    ("image", samples.jpeg(precision=12), "color", "12-bit RGB", "8-bit RGB or RGBA"),
    ("image", samples.webp(), "file_type", "image/webp", "image/jpeg, image/png"),
    ("image", samples.boxes_of_unknown_brand(), "file_type", "image/heic", "image/jpeg, image/png"),
    ("sticker", samples.webp(511, 512), "dimensions", "511 x 512", "512 x 512"),
    ("sticker", samples.webp(512, 513, animated=True), "dimensions", "512 x 513", "512 x 512"),
    ("audio", samples.ogg_vorbis(1), "codec", "Vorbis", "Opus"),
    ("audio", samples.ogg_opus(2), "channels", "2 channels", "1 channel (mono)"),
    ("audio", samples.m4a(("MP3",)), "codec", "MP3", "AAC"),
    ("audio", samples.m4a(("AAC", "AAC")), "streams", "2 audio streams", "one audio stream"),
    ("video", samples.mp4("H.265"), "codec", "H.265", "H.264"),
    ("video", samples.mp4("AV1"), "codec", "AV1", "H.264"),
    ("video", samples.mp4(audio=("MP3",)), "codec", "MP3", "AAC"),
    ("video", samples.three_gp("H.263"), "codec", "H.263", "H.264"),
    ("video", samples.three_gp(audio=("AMR-NB",)), "codec", "AMR-NB", "AAC"),
    ("video", samples.mp4(audio=("AAC", "AAC")), "streams", "2 audio streams", "one audio stream"),
    ("video", samples.mp4(faststart=False), "layout", "mdat before moov", "moov before mdat"),
    (
        "video",
        samples.mp4("H.264 High", b_frames=True),
        "profile",
        "H.264 High with B-frames",
        "H.264 Main without B-frames, or Baseline",
    ),
    ("video", samples.m4a(), "file_type", "audio/mp4", "video/mp4, video/3gpp"),
    (
        "audio",
        samples.mp4(),
        "file_type",
        "video/mp4",
        "audio/aac, audio/mp4, audio/amr, audio/mpeg, audio/ogg",
    ),
    (
        "image",
        samples.jpeg() + samples.zip_file({"a": b"b"}),
        "ambiguous",
        "image/jpeg, application/zip",
        "one type alone",
    ),
]


@pytest.mark.parametrize(("kind", "data", "rule", "found", "expected"), BAD)
def test_what_whatsapp_does_not_take_is_refused_with_what_it_would(
    check: Check, kind: str, data: bytes, rule: str, found: str, expected: str
) -> None:
    problems = check(data, kind)
    assert [(one.pointer, one.rule, one.found, one.expected) for one in problems] == [
        ("", rule, found, expected)
    ]
    assert problems[0].detail.endswith(".") or rule == "layout"


@pytest.mark.parametrize("behind", [samples.zip_file({"a": b""}), samples.pdf(), b"<html><script>"])
@pytest.mark.parametrize("kind", ["image", "audio", "video", "sticker"])
def test_a_file_of_two_types_is_refused_as_anything_but_a_document(
    check: Check, kind: str, behind: bytes
) -> None:
    host = {
        "image": samples.png(),
        "audio": samples.ogg_opus(),
        "video": samples.mp4(),
        "sticker": samples.webp(),
    }
    assert rules(check(host[kind] + behind, kind)) == ["ambiguous"]
    assert check(host[kind] + behind, "document") == ()


def test_a_voice_note_is_ogg_with_opus_in_mono(check: Check) -> None:
    assert check(samples.ogg_opus(), "audio", is_voice=True) == ()
    for data, found in (
        (samples.mp3(), "audio/mpeg"),
        (samples.m4a(), "audio/mp4"),
        (samples.amr(), "audio/amr"),
    ):
        assert [(one.rule, one.found) for one in check(data, "audio", is_voice=True)] == [("voice", found)]
    assert rules(check(samples.ogg_opus(2), "audio", is_voice=True)) == ["channels"]


def test_all_that_is_wrong_is_told_at_once(check: Check) -> None:
    data = samples.mp4("H.265", ("AAC", "MP3"), faststart=False, extra=VIDEO)
    assert rules(check(data, "video")) == ["too_large", "codec", "codec", "streams", "layout"]


def test_a_file_of_no_kind_is_told_one_and_fits_as_a_document(check: Check, look: Look) -> None:
    files = {
        samples.jpeg(): "image",
        samples.png(): "image",
        samples.webp(): "sticker",
        samples.amr(): "audio",
        samples.ogg_opus(): "audio",
        samples.m4a(): "audio",
        samples.mp4(): "video",
        samples.three_gp(): "video",
        samples.pdf(): "document",
        samples.gif(): "image",
        samples.mov(): "video",
        samples.docx(): "document",
        b"\x00": "document",
    }
    for data, kind in files.items():
        assert kind_of(look(data)) == kind
        assert check(data, None) == ()
    assert rules(check(samples.jpeg()[:-2], None)) == ["damaged"]
    assert rules(check(b"", None)) == ["empty"]


def test_the_limits_are_those_of_the_sandbox() -> None:
    """It plays the provider, and was written apart from this."""
    for kind, theirs in sandbox.KINDS.items():
        ours = media_rules._KINDS[kind]
        assert ours.most == theirs.most
        assert not ours.mime_types or {*ours.mime_types} == {*theirs.mime_types} - {"audio/opus"}
    animated = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02"
    assert sandbox.most_bytes("sticker", animated) == media_rules.ANIMATED_STICKER_BYTES


@pytest.mark.parametrize(("kind", "data"), [(kind, data) for kind, files in GOOD.items() for data in files])
def test_what_passes_is_taken_by_the_sandbox(look: Look, kind: str, data: bytes) -> None:
    found = look(data)
    sent = Fetched(found.mime_type, found.size, data[:4096])
    assert _misfit(Reference(kind, kind, "1", None), sent) is None


def test_numbers_are_written_for_people() -> None:
    problem = check_file(
        Found(mime_type="image/webp", size=600_000, width=512, height=512, is_animated=True), "sticker"
    )
    assert [one.detail for one in problem] == [
        "The file has 600,000 bytes; a sticker that moves has at most 512,000 (500 KB)."
    ]
