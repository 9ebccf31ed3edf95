"""GIF: blocks up to the trailer, which some writers forget; more than one picture makes it animated."""

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source, small_end

_PICTURE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


def read(source: Source, facts: Facts) -> None:
    facts.mime_type, facts.is_animated, facts.color = "image/gif", False, "8-bit palette"
    head = source.need(6, 7, "its header")
    facts.width, facts.height = small_end(head[:2]), small_end(head[2:4])
    place, pictures = 13 + _colors(head[4]), 0
    while place < source.size or not pictures:
        kind = source.need(place, 1, "its blocks")[0]
        if kind == _TRAILER:
            place += 1
            break
        if kind == _PICTURE:
            pictures += 1
            facts.is_animated = pictures > 1
            flags = source.need(place + 9, 1, "a picture")[0]
            place = _after_parts(source, place + 11 + _colors(flags))
        elif kind == _EXTENSION:
            place = _after_parts(source, place + 2)
        else:
            raise Broken("it has a block of no known kind")
    facts.end = place
    if not pictures:
        raise Broken("it has no picture")


def _colors(flags: int) -> int:
    """Bytes of the table of colours, if there is one."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_parts(source: Source, place: int) -> int:
    while size := source.need(place, 1, "a picture")[0]:
        place += size + 1
    return place + 1
