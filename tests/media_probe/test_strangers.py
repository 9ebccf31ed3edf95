"""Files that can be read as two things, and bytes behind a file's end."""

from collections.abc import Callable

import pytest

from tests import media_samples as samples
from trunkline.media_probe import Found

Look = Callable[[bytes], Found]

HOSTS = {
    "png": samples.png(),
    "jpeg": samples.jpeg(),
    "webp": samples.webp(),
    "gif": samples.gif(),
    "opus": samples.ogg_opus(),
    "mp3": samples.mp3(),
    "aac": samples.aac(),
    "amr": samples.amr(),
    "mp4": samples.mp4(),
    "m4a": samples.m4a(),
}
GUESTS = {
    "zip": (samples.zip_file({"a": b"b"}), "application/zip"),
    "jar": (samples.zip_file({"META-INF/MANIFEST.MF": b"x"}), "application/zip"),
    "pdf": (samples.pdf(), "application/pdf"),
    "html": (b"<html><script>alert(1)</script></html>", "text/html"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(90), "application/vnd.rar"),
}


@pytest.mark.parametrize("guest", GUESTS)
@pytest.mark.parametrize("host", HOSTS)
def test_what_is_put_behind_a_file_is_told(look: Look, host: str, guest: str) -> None:
    data, also = GUESTS[guest]
    found = look(HOSTS[host] + data)
    assert found.mime_type == look(HOSTS[host]).mime_type
    assert found.also == (also,)


@pytest.mark.parametrize(
    ("data", "also"),
    [
        (samples.jpeg(comment=samples.pdf()), ("application/pdf",)),
        (samples.jpeg(comment=b"<script>alert(1)</script>"), ("text/html",)),
        (samples.png(extra=b"%PDF-1.7 and so on"), ("application/pdf",)),
        (samples.mp3(tag=b"<html><body>"), ("text/html",)),
        (samples.jpeg(comment=b"\x00" * 233 + b"ustar\x00"), ("application/x-tar",)),
        (samples.mp4(extra=5) + samples.zip_file({"a": b""}), ("application/zip",)),
    ],
)
def test_what_is_hidden_within_a_file_is_told(look: Look, data: bytes, also: tuple[str, ...]) -> None:
    assert look(data).also == also


HAVE_AN_END = ("png", "jpeg", "webp", "gif", "opus")
"""The others are frames or boxes: what looks like one, and is not whole, is none."""

BEHIND = {
    "padding": bytes(70_000),
    "a line's end": b"\r\n",
    "more pictures": samples.jpeg(8, 8) + samples.jpeg(4, 4),
    "more pictures, apart": bytes(3) + samples.jpeg(8, 8),
    "a film": samples.mp4(),
    "a film, and words of a phone": bytes(16) + samples.mp4() + b"v2_f34      0:1000     LIVE_12345678      ",
    "both": samples.jpeg(8, 8) + samples.mp4(),
    "a second end": b"\xff\xd9",
    "notes of a phone": b"MotionPhoto_Data" + samples.mp4() + b"SEFH" + bytes(20) + b"SEFT" + bytes(4),
    "words of a phone": b'vivo{"nv_status":"0"}cameralbum\x89\x00',
    "noise": b"\x07 hidden \x00 message",
}


@pytest.mark.parametrize("host", HOSTS)
def test_what_phones_and_tools_put_behind_a_file_is_no_stranger(look: Look, host: str) -> None:
    for name, behind in BEHIND.items():
        found = look(HOSTS[host] + behind)
        assert found.also == (), name
        assert found.fault is None or host not in HAVE_AN_END, name


def test_what_cameras_do_hides_no_archive(look: Look) -> None:
    found = look(samples.jpeg() + samples.jpeg() + samples.zip_file({"a": b"b"}))
    assert found.also == ("application/zip",)


def test_documents_are_read_by_one_rule_alone(look: Look) -> None:
    """An office file is an archive; a page may show a script. Nobody is misled by these."""
    assert look(samples.docx()).also == look(b"<html><script>").also == look(samples.pdf()).also == ()
