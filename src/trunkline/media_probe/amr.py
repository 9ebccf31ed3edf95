"""AMR, as old phones record: a magic word, then frames whose first byte tells their length."""

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import WINDOW, Broken, Source

MAGIC = b"#!AMR"
_NARROW, _WIDE = b"#!AMR\n", b"#!AMR-WB\n"
_SIZES = {
    _NARROW: (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1),
    _WIDE: (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1),
}
"""Bytes of a frame by its type; 0 where there is no such type."""

_FRAMES_A_STEP = 4


def read(source: Source, facts: Facts) -> None:
    facts.mime_type, facts.channels = "audio/amr", 1
    head = source.at(0, len(_WIDE))
    magic = _WIDE if head == _WIDE else _NARROW
    if not head.startswith(magic):
        raise Broken("it is of a kind of AMR that no phone knows")
    if magic == _WIDE:
        facts.mime_type = "audio/amr-wb"
    facts.audio_codecs = ["AMR-WB" if magic == _WIDE else "AMR-NB"]
    place = _after_frames(source, len(magic), _SIZES[magic])
    if place > source.size:
        raise Broken("it ends in the middle of a frame of sound")
    if place == len(magic):
        raise Broken("it has no sound")
    facts.end = place


def _after_frames(source: Source, place: int, sizes: tuple[int, ...]) -> int:
    while place < source.size:
        part, at, frames = source.at(place, WINDOW), 0, 0
        while at < len(part):
            # The first bit, and the last two, are always 0.
            size = sizes[part[at] >> 3 & 15] if part[at] & 0x83 == 0 else 0
            if not size:
                return place + at
            at += size
            frames += 1
        source.spend(frames // _FRAMES_A_STEP)
        place += at
    return place
