"""JPEG: segments, and between them picture data that is skipped to its next marker."""

import re

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source, number

MAGIC = b"\xff\xd8\xff"
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends picture data: in it, 0xff is followed by 0, by a restart mark, or by more of itself."""

_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_END, _SCAN = 0xD9, 0xDA
_COLORS = {1: "grey", 3: "RGB", 4: "CMYK"}


def read(source: Source, facts: Facts) -> None:
    facts.mime_type = "image/jpeg"
    facts.end = _read_segments(source, facts)
    if facts.width is None:
        raise Broken("it has no picture")


def _read_segments(source: Source, facts: Facts) -> int:
    """Where the picture is over."""
    place, has_scan = 2, False
    while True:
        marker, place = _marker(source, place)
        if marker == _END:
            if not has_scan:
                raise Broken("it has no picture data")
            return place
        if marker in _ALONE:
            continue
        size = number(source.need(place, 2, "a segment"))
        if size < 2 or place + size > source.size:
            raise Broken("it ends in the middle of a segment")
        if marker in _FRAMES and facts.width is None:
            _read_frame(source.need(place, 8, "its header"), facts)
        place += size
        if marker == _SCAN:
            has_scan = True
            found = source.find(_MARKER, place, longest=2)
            if found is None:
                raise Broken("it ends in the middle of its picture data")
            place = found


def _marker(source: Source, place: int) -> tuple[int, int]:
    """The marker and the place after it; any number of 0xff may stand before it."""
    head = source.need(place, 2, "its segments")
    if head[0] != 0xFF:
        raise Broken("its segments are not in order")
    while head[1] == 0xFF:
        place += 1
        head = source.need(place, 2, "its segments")
    return head[1], place + 2


def _read_frame(data: bytes, facts: Facts) -> None:
    depth, height, width, parts = data[2], number(data[3:5]), number(data[5:7]), data[7]
    if not width or not height or not parts:
        raise Broken("its header makes no sense")
    facts.width, facts.height = width, height
    facts.color = f"{depth}-bit {_COLORS.get(parts, f'in {parts} channels')}"
