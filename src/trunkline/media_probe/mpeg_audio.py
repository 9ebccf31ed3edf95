"""MP3 and its elders, and AAC in ADTS frames: one frame after the other, perhaps with tags around them.

Neither has a header for the whole file; so what is whole is told by its last frame, and by the count that
many encoders leave in the first.
"""

from collections.abc import Callable
from typing import NamedTuple

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import WINDOW, Broken, Source, number

_RATES = {
    # (version 1, layer) or (versions 2 and 2.5, layer) → kbit/s by index
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MOST_PADDING = WINDOW
_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")


class Frame(NamedTuple):
    size: int
    codec: str
    channels: int | None
    family: int
    """Equal for all frames of one stream."""


def begins(source: Source, place: int, read_frame: Callable[[bytes], Frame | None]) -> bool:
    """Whether frames lie here: two at least, or one that ends with the file or before a tag."""
    first = read_frame(source.at(place, 7))
    if first is None:
        return False
    head = source.at(place + first.size, 11)
    second = read_frame(head)
    if second is not None:
        return second.family == first.family
    return place + first.size == source.size or head.startswith(_TAGS)


def read_mp3(source: Source, facts: Facts) -> None:
    place = after_tag(source)
    facts.mime_type = "audio/mpeg"
    if place >= source.size:
        raise Broken("it ends in the middle of its tag")
    first = mp3_frame(source.at(place, 7))
    if first is not None:
        _check_length(source, place, first)
    _walk(source, facts, place, mp3_frame)


def read_aac(source: Source, facts: Facts) -> None:
    facts.mime_type = "audio/aac"
    _walk(source, facts, after_tag(source), adts_frame)


def _walk(source: Source, facts: Facts, place: int, read_frame: Callable[[bytes], Frame | None]) -> None:
    first = read_frame(source.at(place, 7))
    if first is None:
        raise Broken("it has no sound after its tag")
    facts.audio_codecs, facts.channels = [first.codec], first.channels
    frame: Frame | None = first
    while frame is not None and frame.family == first.family:
        place += frame.size
        if place > source.size:
            raise Broken("it ends in the middle of a frame of sound")
        frame = read_frame(source.at(place, 7))
    if 0 < source.size - place < 7 and source.at(place, 1) == b"\xff":
        raise Broken("it ends in the middle of a frame of sound")
    facts.end = _after_end_tags(source, place)


def _after_end_tags(source: Source, place: int) -> int:
    """Tags of old players at the end are no strangers."""
    return source.size if source.at(place, 11).startswith(_TAGS) else place


def _check_length(source: Source, place: int, first: Frame) -> None:
    """Encoders note in a silent first frame how many bytes there are."""
    data = source.at(place, min(first.size, 200))
    for magic in (b"Xing", b"Info"):
        at = data.find(magic)
        if at >= 0 and len(data) >= at + 16 and data[at + 7] & 2:
            said = number(data[at + 12 : at + 16] if data[at + 7] & 1 else data[at + 8 : at + 12])
            if said > source.size:
                raise Broken(f"it ends after {source.size} of {said} bytes")


def after_tag(source: Source) -> int:
    """Where the ID3 tags at the front, and the padding behind them, are over."""
    place = 0
    while (head := source.at(place, 10))[:3] == b"ID3" and len(head) == 10:
        size = 0
        for byte in head[6:]:
            size = size << 7 | byte & 0x7F
        place += 10 + size + (10 if head[5] & 0x10 else 0)
    if place:
        padding = source.at(place, _MOST_PADDING)
        place += len(padding) - len(padding.lstrip(b"\x00"))
    return place


def mp3_frame(head: bytes) -> Frame | None:
    """What a frame's first four bytes say; None where they are none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, hertz = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate in (0, 15) or hertz == 3:
        return None
    bits = _RATES[version == 3, layer][rate] * 1000
    per_second = _HERTZ[version][hertz]
    padding = head[2] >> 1 & 1
    if layer == 1:
        size = (12 * bits // per_second + padding) * 4
    else:
        size = (72 if layer == 3 and version != 3 else 144) * bits // per_second + padding
    return Frame(size, f"MP{layer}", 1 if head[3] >> 6 == 3 else 2, version << 4 | layer << 2 | hertz)


def adts_frame(head: bytes) -> Frame | None:
    """The same of an ADTS frame, of which seven bytes are asked for."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return None
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    channels = (head[2] & 1) << 2 | head[3] >> 6
    return Frame(size, "AAC", channels or None, head[2] & 0xFC) if size > 7 else None
