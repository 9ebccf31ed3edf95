"""What ffmpeg is told. That these words make what they should is seen only where there is an ffmpeg."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import media_samples as samples
from trunkline.media_conversion import ConversionError
from trunkline.media_conversion.recipes import recipe
from trunkline.media_probe import Found, probe

Look = Callable[[bytes], Found]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def look(data: bytes) -> Found:
        (tmp_path / "file").write_bytes(data)
        return probe(tmp_path / "file")

    return look


def test_it_is_told_the_format_and_reaches_no_network(look: Look) -> None:
    """Left to guess, it takes a list of files for a film, and these may be anybody's."""
    reading, _ = recipe(look(samples.mp4()), "video")
    words = " ".join(reading)
    assert "-nostdin" in reading
    assert "-protocol_whitelist file -format_whitelist mov -f mov" in words


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (samples.gif(), "image", ["-c:v png", "-frames:v 1"]),
        (samples.jpeg(components=4), "image", ["-c:v mjpeg", "scale='min(2560,iw)'"]),
        (samples.png(color=6, depth=16), "image", ["-c:v png", "-pix_fmt rgba"]),
        (samples.webp(alpha=True), "image", ["-c:v png"]),
        (samples.webp(), "image", ["-c:v mjpeg"]),
        (samples.mp3(), "audio", ["-c:a libopus", "-ac 1", "-f ogg"]),
        (samples.mp4(), "audio", ["-map 0:a:0", "-c:a libopus"]),
        (samples.mp4(faststart=False), "video", ["-c:v copy", "-c:a copy", "-movflags +faststart"]),
        (samples.mp4(audio=("MP3",)), "video", ["-c:v copy", "-c:a aac"]),
        (samples.mp4("H.265"), "video", ["-c:v libx264", "-profile:v main", "-bf 0", "-c:a copy"]),
        (samples.mp4("H.264 High", b_frames=True), "video", ["-c:v libx264"]),
        (samples.mp4(audio=("AAC", "AAC")), "video", ["-map 0:a:0?"]),
        (samples.gif(frames=2), "video", ["-c:v libx264"]),
        (samples.png(), "sticker", ["-c:v libwebp", "scale=512:512"]),
        (samples.gif(frames=2), "sticker", ["-c:v libwebp_anim", "-loop 0"]),
    ],
)
def test_each_kind_is_made_as_whatsapp_takes_it(look: Look, data: bytes, kind: str, words: list[str]) -> None:
    _, writing = recipe(look(data), kind)
    told = " ".join(writing)
    assert [word for word in words if word not in told] == []
    assert "-map_metadata -1" in told


@pytest.mark.parametrize(
    ("data", "kind", "detail"),
    [
        (samples.pdf(), "image", "there is no way from application/pdf to image"),
        (samples.mp3(), "video", "there is no way from audio/mpeg to video"),
        (samples.jpeg(), "document", "there is no way from image/jpeg to document"),
        (b"#EXTM3U\n/etc/passwd\n", "video", "there is no way from text/plain to video"),
        (
            samples.png()[:-1],
            "image",
            "the file is not whole or not sound: it ends in the middle of its chunk IEND",
        ),
    ],
)
def test_what_can_not_be_made_is_said(look: Look, data: bytes, kind: str, detail: str) -> None:
    with pytest.raises(ConversionError) as raised:
        recipe(look(data), kind)
    assert (str(raised.value), raised.value.is_ours) == (detail, False)
