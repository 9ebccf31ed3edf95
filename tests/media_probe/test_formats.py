"""What each format is found to be, and what is noted of it; names of files play no part."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests import media_samples as samples
from tests.movie_samples import box, full_box
from trunkline.media_probe import UNKNOWN_TYPE, Found

Look = Callable[[bytes], Found]
OFFICE = "application/vnd.openxmlformats-officedocument"


def picture(width: int, height: int, color: str | None, *, moves: bool | None = False) -> dict[str, Any]:
    return {"width": width, "height": height, "color": color, "is_animated": moves}


def film(
    video: str | None, *audio: str, moov_first: bool = True, b_frames: bool | None = False
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "audio_codecs": audio,
        "channels": 1 if audio else None,
        "is_streamable": moov_first,
    }
    if video is not None:
        told |= {"width": 16, "height": 16, "video_codecs": (video,), "has_b_frames": b_frames}
    return told


FILES: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "png": (samples.png(5, 7), "image/png", picture(5, 7, "8-bit RGB")),
    "png, 16 bits": (samples.png(depth=16, color=6), "image/png", picture(4, 4, "16-bit RGBA")),
    "png, palette": (samples.png(color=3), "image/png", picture(4, 4, "8-bit palette")),
    "png, 1 bit": (samples.png(9, 9, depth=1, color=0), "image/png", picture(9, 9, "1-bit grey")),
    "jpeg": (samples.jpeg(17, 9), "image/jpeg", picture(17, 9, "8-bit RGB", moves=None)),
    "jpeg, grey": (samples.jpeg(components=1), "image/jpeg", picture(16, 16, "8-bit grey", moves=None)),
    "jpeg, CMYK": (samples.jpeg(components=4), "image/jpeg", picture(16, 16, "8-bit CMYK", moves=None)),
    "jpeg, 12 bits": (samples.jpeg(precision=12), "image/jpeg", picture(16, 16, "12-bit RGB", moves=None)),
    "webp": (samples.webp(33, 20), "image/webp", picture(33, 20, "8-bit RGB")),
    "webp, moving": (samples.webp(animated=True), "image/webp", picture(512, 512, "8-bit RGB", moves=True)),
    "webp, see-through": (samples.webp(alpha=True), "image/webp", picture(512, 512, "8-bit RGBA")),
    "gif": (samples.gif(), "image/gif", picture(2, 2, "8-bit palette")),
    "gif, moving": (samples.gif(frames=2), "image/gif", picture(2, 2, "8-bit palette", moves=True)),
    "opus": (samples.ogg_opus(), "audio/ogg", {"audio_codecs": ("Opus",), "channels": 1}),
    "opus, stereo": (samples.ogg_opus(2), "audio/ogg", {"audio_codecs": ("Opus",), "channels": 2}),
    "vorbis": (samples.ogg_vorbis(), "audio/ogg", {"audio_codecs": ("Vorbis",), "channels": 2}),
    "mp3": (samples.mp3(), "audio/mpeg", {"audio_codecs": ("MP3",), "channels": 2}),
    "mp3 with a tag": (
        samples.mp3(tag=b"a" * 999, mono=True),
        "audio/mpeg",
        {"audio_codecs": ("MP3",), "channels": 1},
    ),
    "mp3 with a tag behind": (
        samples.mp3() + b"TAG".ljust(128),
        "audio/mpeg",
        {"audio_codecs": ("MP3",), "channels": 2},
    ),
    "mp3 with padding behind its tag": (
        b"ID3\3\0\0\0\0\0\0" + bytes(9_000) + samples.mp3(),
        "audio/mpeg",
        {"audio_codecs": ("MP3",), "channels": 2},
    ),
    "aac": (samples.aac(), "audio/aac", {"audio_codecs": ("AAC",), "channels": 1}),
    "aac, stereo": (samples.aac(channels=2), "audio/aac", {"audio_codecs": ("AAC",), "channels": 2}),
    "amr": (samples.amr(), "audio/amr", {"audio_codecs": ("AMR-NB",), "channels": 1}),
    "amr, wide": (samples.amr(wide=True), "audio/amr-wb", {"audio_codecs": ("AMR-WB",), "channels": 1}),
    "mp4": (samples.mp4(), "video/mp4", film("H.264 Baseline", "AAC")),
    "mp4, Main": (samples.mp4("H.264 Main"), "video/mp4", film("H.264 Main", "AAC")),
    "mp4, B-frames": (
        samples.mp4("H.264 High", b_frames=True),
        "video/mp4",
        film("H.264 High", "AAC", b_frames=True),
    ),
    "mp4, silent": (samples.mp4(audio=()), "video/mp4", film("H.264 Baseline")),
    "mp4, two sounds": (samples.mp4(audio=("AAC", "MP3")), "video/mp4", film("H.264 Baseline", "AAC", "MP3")),
    "mp4, index last": (
        samples.mp4(faststart=False),
        "video/mp4",
        film("H.264 Baseline", "AAC", moov_first=False),
    ),
    "mp4, H.265": (samples.mp4("H.265"), "video/mp4", film("H.265", "AAC")),
    "mp4, AV1": (samples.mp4("AV1", ("Opus",)), "video/mp4", film("AV1", "Opus")),
    "mp4, old": (samples.mp4("MPEG-4", ("AC-3",)), "video/mp4", film("MPEG-4 Visual", "AC-3")),
    "m4a": (samples.m4a(), "audio/mp4", film(None, "AAC")),
    "a film that calls itself sound": (
        samples.mp4(brand=b"M4A "),
        "video/mp4",
        film("H.264 Baseline", "AAC"),
    ),
    "sound that calls itself a film": (samples.mp4(None), "audio/mp4", film(None, "AAC")),
    "3gp": (samples.three_gp(), "video/3gpp", film("H.264 Baseline", "AAC")),
    "3gp, old": (samples.three_gp("H.263", ("AMR-NB",)), "video/3gpp", film("H.263", "AMR-NB")),
    "3gp, sound": (samples.three_gp(None, ("AMR-NB",)), "audio/3gpp", film(None, "AMR-NB")),
    "mov": (samples.mov(), "video/quicktime", film("H.264 Baseline", "AAC")),
    "heic": (samples.boxes_of_unknown_brand(), "image/heic", {}),
    "pdf": (samples.pdf(), "application/pdf", {}),
    "pdf with something before": (b"\r\n" + samples.pdf(), "application/pdf", {}),
    "pdf with padding behind": (samples.pdf() + bytes(9_000), "application/pdf", {}),
    "docx": (samples.docx(), f"{OFFICE}.wordprocessingml.document", {}),
    "xlsx": (samples.xlsx(), f"{OFFICE}.spreadsheetml.sheet", {}),
    "pptx": (samples.pptx(), f"{OFFICE}.presentationml.presentation", {}),
    "odt": (samples.odt(), "application/vnd.oasis.opendocument.text", {}),
    "jar": (samples.zip_file({"META-INF/MANIFEST.MF": b""}), "application/java-archive", {}),
    "zip": (samples.zip_file({"word/document.xml": b""}), "application/zip", {}),
    "doc": (samples.doc(), "application/msword", {}),
    "xls": (samples.xls(), "application/vnd.ms-excel", {}),
    "ppt": (samples.ppt(), "application/vnd.ms-powerpoint", {}),
    "text": (samples.text(), "text/plain", {}),
    "text, latin-1": ("Grüße\n".encode("latin-1"), "text/plain", {}),
    "text, UTF-16": ("Grüße\n".encode("utf-16"), "text/plain", {}),
    "text that begins like a program": (b"MZ and BM are letters\n", "text/plain", {}),
    "html": (b"\n<!DOCTYPE html><p>", "text/html", {}),
    "svg": (b"<?xml version='1.0'?><svg xmlns=''></svg>", "image/svg+xml", {}),
    "xml": (b"<?xml version='1.0'?><a/>", "text/xml", {}),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", {}),
    "webm": (b"\x1aE\xdf\xa3\x9fB\x82\x84webm", "video/webm", {}),
    "bmp": (b"BM" + bytes(60), "image/bmp", {}),
    "a program": (b"MZ\x90\0" + bytes(60), "application/vnd.microsoft.portable-executable", {}),
    "rar": (b"Rar!\x1a\x07\x01\0", "application/vnd.rar", {}),
    "tar": (bytes(257) + b"ustar\0" + bytes(249), "application/x-tar", {}),
    "noise": (bytes(range(256)), UNKNOWN_TYPE, {}),
    "one byte": (b"\x00", UNKNOWN_TYPE, {}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_told_by_its_bytes(look: Look, name: str) -> None:
    data, mime_type, facts = FILES[name]
    assert look(data) == Found(mime_type=mime_type, size=len(data), **facts)


def test_an_empty_file_is_of_no_type_and_faulty(look: Look) -> None:
    assert look(b"") == Found(mime_type=UNKNOWN_TYPE, size=0, fault="it is empty")


def test_a_lossy_webp_tells_its_size(look: Look) -> None:
    frame = b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 640 | 1 << 14, 480) + bytes(10)
    body = b"WEBP" + samples.riff_chunk(b"VP8 ", frame)
    found = look(b"RIFF" + struct.pack("<I", len(body)) + body)
    assert (found.mime_type, found.width, found.height, found.fault) == ("image/webp", 640, 480, None)


def test_a_film_in_fragments_is_whole_and_does_not_tell_its_order(look: Look) -> None:
    whole = samples.mp4(audio=())
    start = whole.index(b"mdat") - 4
    found = look(whole[:start] + box(b"moof", full_box(b"mfhd", bytes(4))) + whole[start:])
    assert (found.fault, found.has_b_frames) == (None, None)


def test_an_old_film_without_a_name_is_known(look: Look) -> None:
    """QuickTime's first files begin with their index."""
    whole = samples.mov()
    bare = whole[whole.index(b"moov") - 4 :]
    assert look(bare).mime_type == "video/quicktime"


def test_a_protected_film_names_no_codec(look: Look) -> None:
    assert look(samples.mp4().replace(b"avc1", b"encv")).video_codecs == ("encrypted",)


def test_a_codec_that_nobody_knows_is_named_as_the_file_does(look: Look) -> None:
    assert look(samples.mp4().replace(b"avc1", b"xyz1")).video_codecs == ("`xyz1`",)
