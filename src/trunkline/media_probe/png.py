"""PNG: chunks from IHDR to IEND, each with its checksum."""

import zlib

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source, number

MAGIC = b"\x89PNG\r\n\x1a\n"
_COLORS = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with alpha", 6: "RGBA"}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def read(source: Source, facts: Facts) -> None:
    facts.mime_type, facts.is_animated = "image/png", False
    if source.at(12, 4) != b"IHDR":
        raise Broken("its header is missing")
    place, has_data = len(MAGIC), False
    while True:
        head = source.need(place, 8, "the list of its chunks")
        size, kind = number(head[:4]), head[4:]
        if not kind.isalpha():
            raise Broken("it has a chunk without a name")
        name = kind.decode()
        if kind == b"IHDR":
            _read_header(source.need(place + 8, 13, "its header"), facts)
        _check_sum(source, place, size, name)
        has_data = has_data or kind == b"IDAT"
        facts.is_animated = facts.is_animated or kind == b"acTL"
        place += size + 12
        if kind == b"IEND":
            break
    facts.end = place
    if not has_data:
        raise Broken("it has no picture data")


def _read_header(data: bytes, facts: Facts) -> None:
    width, height, depth, color = number(data[:4]), number(data[4:8]), data[8], data[9]
    if not width or not height or depth not in _DEPTHS.get(color, ()):
        raise Broken("its header makes no sense")
    facts.width, facts.height = width, height
    facts.color = f"{depth}-bit {_COLORS[color]}"


def _check_sum(source: Source, place: int, size: int, name: str) -> None:
    if place + size + 12 > source.size:
        raise Broken(f"it ends in the middle of its chunk {name}")
    total = 0
    for part in source.parts(place + 4, place + 8 + size):
        total = zlib.crc32(part, total)
    if source.at(place + 8 + size, 4) != total.to_bytes(4, "big"):
        raise Broken(f"its chunk {name} is damaged: the checksum differs")
