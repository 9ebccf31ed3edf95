"""Which files WhatsApp takes: types, sizes, codecs and the make of each kind. Pure.

In comes what a file was found to be and the kind that it shall be sent as; out goes each rule that it breaks,
with what was found and what is allowed. A document may be of any type; it must only be whole.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from trunkline.errors import Problem
from trunkline.media_probe import UNKNOWN_TYPE, Found

KIB = 1024
MIB = 1024 * KIB
ANIMATED_STICKER_BYTES = 500 * KIB
STICKER_PIXELS = 512


class _Kind(NamedTuple):
    mime_types: tuple[str, ...]
    """Empty: any."""
    most: int
    """Bytes."""


_KINDS = {
    "audio": _Kind(("audio/aac", "audio/mp4", "audio/amr", "audio/mpeg", "audio/ogg"), 16 * MIB),
    "document": _Kind((), 100 * MIB),
    "image": _Kind(("image/jpeg", "image/png"), 5 * MIB),
    "sticker": _Kind(("image/webp",), 100 * KIB),
    "video": _Kind(("video/mp4", "video/3gpp"), 16 * MIB),
}
_KIND_OF = {mime_type: kind for kind, row in _KINDS.items() for mime_type in row.mime_types}
_AUDIO_CODECS = {"audio/ogg": "Opus", "audio/mp4": "AAC", "audio/mpeg": "MP3"}
"""Asked of types that can hold more than one."""

_Rule = Callable[[Found], Iterator[Problem]]


def kind_of(found: Found) -> str:
    """As what such a file is sent, or would be if it were taken: a GIF is a picture, not a document, unless
    its sender says so."""
    family = found.mime_type.partition("/")[0]
    return _KIND_OF.get(found.mime_type, family if family in _KINDS else "document")


def check_file(found: Found, kind: str | None, *, is_voice: bool = False) -> tuple[Problem, ...]:
    """None: as a document, which is what every file can be sent as."""
    kind = kind or "document"
    if not found.size:
        return (_problem("empty", "The file has no bytes.", "0 bytes", "at least one byte"),)
    return tuple(_broken(found, kind, is_voice))


def _broken(found: Found, kind: str, is_voice: bool) -> Iterator[Problem]:
    row = _KINDS[kind]
    if found.fault is not None:
        expected = "the whole file, as it was made"
        yield _problem(
            "damaged", f"The file is not whole or not sound: {found.fault}.", found.fault, expected
        )
    if row.mime_types and found.mime_type not in row.mime_types:
        yield _of_wrong_type(found, kind, row.mime_types)
        return  # nothing else that could be said of it would help
    yield from _too_large(found, kind, _most(found, kind))
    if kind == "document":
        return
    yield from _ambiguous(found)
    if found.fault is None:
        yield from _RULES[kind](found)
        if is_voice:
            yield from _no_voice(found)


def _of_wrong_type(found: Found, kind: str, allowed: tuple[str, ...]) -> Problem:
    """Of its bytes, whatever its name or its sender says."""
    expected = ", ".join(allowed)
    seen = "of no type that is known here" if found.mime_type == UNKNOWN_TYPE else found.mime_type
    detail = f"The file's bytes are {seen}; {_a(kind)} must be {_or(allowed)}."
    return _problem("file_type", detail, found.mime_type, expected)


def _most(found: Found, kind: str) -> int:
    return ANIMATED_STICKER_BYTES if kind == "sticker" and found.is_animated else _KINDS[kind].most


def _too_large(found: Found, kind: str, most: int) -> Iterator[Problem]:
    if found.size > most:
        what = f"{_a(kind)}{' that moves' if kind == 'sticker' and found.is_animated else ''}"
        detail = f"The file has {found.size:,} bytes; {what} has at most {most:,} ({_words(most)})."
        yield _problem("too_large", detail, f"{found.size} bytes", f"at most {most} bytes")


def _ambiguous(found: Found) -> Iterator[Problem]:
    """Nobody would know as what a phone, or a mail filter, will read it."""
    if found.also:
        detail = f"The file is {found.mime_type}, and the same bytes can be read as {_and(found.also)} too."
        yield _problem("ambiguous", detail, ", ".join((found.mime_type, *found.also)), "one type alone")


def _image(found: Found) -> Iterator[Problem]:
    color = found.color or ""
    if color.startswith(("12-bit", "16-bit")) or "CMYK" in color or " channels" in color:
        detail = f"The picture is {color}; WhatsApp takes 8 bits a colour, in RGB or RGBA."
        yield _problem("color", detail, color, "8-bit RGB or RGBA")


def _sticker(found: Found) -> Iterator[Problem]:
    if (found.width, found.height) != (STICKER_PIXELS, STICKER_PIXELS):
        detail = f"The sticker has {found.width} x {found.height} pixels; it must have 512 x 512."
        yield _problem("dimensions", detail, f"{found.width} x {found.height}", "512 x 512")


def _audio(found: Found) -> Iterator[Problem]:
    wanted = _AUDIO_CODECS.get(found.mime_type)
    if wanted is not None and any(codec != wanted for codec in found.audio_codecs):
        codecs = _and(found.audio_codecs)
        detail = f"The sound is {codecs}; in {found.mime_type} WhatsApp takes {wanted}."
        yield _problem("codec", detail, codecs, wanted)
    yield from _one_stream(found)
    if found.mime_type == "audio/ogg" and found.channels not in (None, 1):
        detail = f"The sound has {found.channels} channels; WhatsApp takes audio/ogg in mono."
        yield _problem("channels", detail, f"{found.channels} channels", "1 channel (mono)")


def _no_voice(found: Found) -> Iterator[Problem]:
    """That it is Opus in mono is asked of all audio/ogg."""
    if found.mime_type != "audio/ogg":
        detail = f"The file is {found.mime_type}; a voice note must be audio/ogg with Opus in mono."
        yield _problem("voice", detail, found.mime_type, "audio/ogg with Opus, mono")


def _video(found: Found) -> Iterator[Problem]:
    video = [codec for codec in found.video_codecs if not codec.startswith("H.264")]
    if video:
        detail = f"The pictures are {_and(video)}; WhatsApp takes H.264."
        yield _problem("codec", detail, ", ".join(video), "H.264")
    audio = [codec for codec in found.audio_codecs if codec != "AAC"]
    if audio:
        detail = f"The sound is {_and(audio)}; WhatsApp takes AAC, or no sound at all."
        yield _problem("codec", detail, ", ".join(audio), "AAC")
    yield from _one_stream(found)
    if found.has_b_frames and any(codec.startswith("H.264 High") for codec in found.video_codecs):
        detail = "The pictures are H.264 High with B-frames, which WhatsApp on Android does not play."
        expected = "H.264 Main without B-frames, or Baseline"
        yield _problem("profile", detail, f"{found.video_codecs[0]} with B-frames", expected)
    if found.is_streamable is False:
        detail = (
            "The index of the film (moov) stands behind its data (mdat); it must come first. "
            "`ffmpeg -i in.mp4 -c copy -movflags +faststart out.mp4` puts it there."
        )
        yield _problem("layout", detail, "mdat before moov", "moov before mdat")


def _one_stream(found: Found) -> Iterator[Problem]:
    if len(found.audio_codecs) > 1:
        count = len(found.audio_codecs)
        detail = f"The file has {count} streams of sound; WhatsApp takes one."
        yield _problem("streams", detail, f"{count} audio streams", "one audio stream")


_RULES: dict[str, _Rule] = {"image": _image, "sticker": _sticker, "audio": _audio, "video": _video}


def _problem(rule: str, detail: str, found: str, expected: str) -> Problem:
    return Problem("", rule, detail, found, expected)


def _a(kind: str) -> str:
    return {"audio": "audio", "image": "an image"}.get(kind, f"a {kind}")


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _and(words: list[str] | tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _words(size: int) -> str:
    return f"{size // MIB} MB" if size >= MIB else f"{size // KIB} KB"
