"""A type that is said of a file, held against its bytes."""

import pytest

from trunkline.media_probe import UNKNOWN_TYPE, fits

OOXML = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("image/png", "image/png"),
        ("IMAGE/JPG", "image/jpeg"),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        ("audio/x-m4a", "audio/mp4"),
        ("text/csv", "text/plain"),
        ("application/json; charset=utf-8", "text/plain"),
        ("text/html", "text/plain"),
        ("application/epub+zip", "application/zip"),
        ("application/msword", "application/x-ole-storage"),
        ("application/x-of-our-own", UNKNOWN_TYPE),
    ],
)
def test_what_may_be_so_is_believed(said: str, found: str) -> None:
    assert fits(said, found)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("image/png", "image/jpeg"),
        ("image/png", UNKNOWN_TYPE),
        ("video/mp4", "text/plain"),
        ("application/pdf", UNKNOWN_TYPE),
        ("application/pdf", "text/html"),
        (OOXML, "application/zip"),
        ("text/plain", "application/pdf"),
        ("text/csv", "image/png"),
    ],
)
def test_what_can_not_be_so_is_a_lie(said: str, found: str) -> None:
    assert not fits(said, found)
