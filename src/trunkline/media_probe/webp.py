"""WebP: RIFF chunks; still (one picture) or animated (frames)."""

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source, small_end

_ANIMATION, _ALPHA = 0x02, 0x10


def read(source: Source, facts: Facts) -> None:
    facts.mime_type, facts.is_animated, facts.color = "image/webp", False, "8-bit RGB"
    end = 8 + small_end(source.need(4, 4, "its header"))
    if end > source.size:
        raise Broken(f"it ends after {source.size} of {end} bytes")
    facts.end = end + end % 2 if end % 2 and source.at(end, 1) == b"\x00" else end
    place, pictures, frames = 12, 0, 0
    while place < end:
        head = source.need(place, 8, "its chunks")
        kind, size = head[:4], small_end(head[4:])
        if place + 8 + size > end:
            raise Broken("it ends in the middle of a chunk")
        pictures += kind in (b"VP8 ", b"VP8L")
        frames += kind == b"ANMF"
        _read_chunk(source, place + 8, kind, facts)
        place += 8 + size + size % 2
    if not (frames if facts.is_animated else pictures):
        raise Broken("it has no picture")


def _read_chunk(source: Source, place: int, kind: bytes, facts: Facts) -> None:
    """The canvas goes before the size of the picture on it."""
    if kind == b"VP8X":
        data = source.need(place, 10, "its header")
        facts.is_animated = bool(data[0] & _ANIMATION)
        facts.color = "8-bit RGBA" if data[0] & _ALPHA else "8-bit RGB"
        facts.width, facts.height = small_end(data[4:7]) + 1, small_end(data[7:10]) + 1
    elif kind == b"VP8L" and facts.width is None:
        data = source.need(place, 5, "its picture")
        if data[0] != 0x2F:
            raise Broken("its picture is damaged")
        bits = small_end(data[1:])
        facts.color = "8-bit RGBA" if bits >> 28 & 1 else "8-bit RGB"
        facts.width, facts.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and facts.width is None:
        data = source.need(place, 10, "its picture")
        if data[3:6] != b"\x9d\x01\x2a":
            raise Broken("its picture is damaged")
        facts.width, facts.height = small_end(data[6:8]) & 0x3FFF, small_end(data[8:10]) & 0x3FFF
