"""Files that are not whole: wherever a file is cut, it is told, but at places where it could have ended."""

import itertools
from collections.abc import Callable

import pytest

from tests import media_samples as samples
from trunkline.media_probe import Found

Look = Callable[[bytes], Found]

BEYOND = "its video goes on beyond the end of the file"
NEVER: dict[str, bytes] = {
    "png": samples.png(),
    "jpeg": samples.jpeg(),
    "webp": samples.webp(),
    "webp, moving": samples.webp(animated=True),
    "gif": samples.gif()[:-1],
    "mp4": samples.mp4(width=16),
    "mp4, index last": samples.mp4("H.265", faststart=False),
    "m4a": samples.m4a(),
    "3gp": samples.three_gp("H.263"),
    "docx": samples.docx(),
}
BETWEEN_FRAMES = {
    "opus": (samples.ogg_opus(), 67),
    "mp3": (samples.mp3(4), 417),
    "aac": (samples.aac(), 13),
    "amr": (samples.amr(), 32),
    "amr, wide": (samples.amr(wide=True), 61),
}


@pytest.mark.parametrize("name", NEVER)
def test_a_cut_anywhere_is_told(look: Look, name: str) -> None:
    data = NEVER[name]
    kind = look(data).mime_type
    for size in cuts(data):
        found = look(data[:size])
        assert found.fault is not None or found.also or found.mime_type != kind, size


@pytest.mark.parametrize("name", BETWEEN_FRAMES)
def test_a_cut_within_a_frame_of_sound_is_told(look: Look, name: str) -> None:
    """Between two frames it is a shorter recording, and nobody can know."""
    data, step = BETWEEN_FRAMES[name]
    kind = look(data).mime_type
    unseen = [
        size for size in cuts(data) if (found := look(data[:size])).fault is None and found.mime_type == kind
    ]
    assert all(later - size >= step for size, later in itertools.pairwise(unseen))
    assert len(unseen) <= len(data) // step


def cuts(data: bytes) -> list[int]:
    """All of them near the ends, and some between."""
    return sorted(
        {*range(1, min(40, len(data))), *range(40, len(data), 41), *range(max(1, len(data) - 30), len(data))}
    )


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (samples.png()[:-1], "it ends in the middle of its chunk IEND"),
        (
            samples.png().replace(b"\x08\x02", b"\x08\x06", 1),
            "its chunk IHDR is damaged: the checksum differs",
        ),
        (samples.png()[:33] + samples.png()[-12:], "it has no picture data"),
        (samples.jpeg()[:-2], "it ends in the middle of its picture data"),
        (samples.webp()[:-4], "it ends after 30 of 34 bytes"),
        (samples.ogg_opus()[:95], "it ends before its first sound"),
        (samples.ogg_opus()[:-1], "it ends in the middle of page 5"),
        (samples.ogg_opus().replace(b"\xfe", b"\xfd"), "its page 3 is damaged: the checksum differs"),
        (samples.mp3()[:-1], "it ends in the middle of a frame of sound"),
        (samples.mp3(tag=b"a" * 999)[:500], "it ends in the middle of its tag"),
        (samples.aac()[:-1], "it ends in the middle of a frame of sound"),
        (samples.amr()[:-1], "it ends in the middle of a frame of sound"),
        (samples.mp4()[:-1], "it ends in the middle of its part mdat: 1207 of 1208 bytes"),
        (samples.mp4(faststart=False)[:1300], "it ends in the middle of its part moov: 68 of 1040 bytes"),
        (samples.mp4(faststart=False)[:1232], "it has no index (moov)"),
        (samples.mp4()[: samples.mp4().index(b"mdat") - 4], "it has no data (mdat)"),
        (samples.mp4().replace(b"stco\0\0\0\0\0\0\0\1\0\0", b"stco\0\0\0\0\0\0\0\1\0\1"), BEYOND),
        (samples.pdf()[:-10], "it ends before its end mark (%%EOF)"),
        (samples.docx()[:-1], "it ends before the list of its entries"),
        (samples.doc()[:-600], "it ends before its last sector"),
    ],
)
def test_the_words_say_what_is_missing(look: Look, data: bytes, fault: str) -> None:
    assert look(data).fault == fault


def test_an_mp3_that_says_how_long_it_is_must_be_that_long(look: Look) -> None:
    frames = samples.mp3(10)
    said = bytearray(frames)
    said[36:48] = b"Xing\x00\x00\x00\x02" + len(frames).to_bytes(4, "big")
    assert look(bytes(said)).fault is None
    assert look(bytes(said[: 417 * 6])).fault == "it ends after 2502 of 4170 bytes"


def test_what_is_known_of_a_broken_file_is_kept(look: Look) -> None:
    found = look(samples.mp4()[:-1])
    assert found.mime_type == "video/mp4"
    assert look(samples.png()[:-1]).width == 4
