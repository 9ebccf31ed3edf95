"""Ogg: pages with checksums; the first page of each stream names its codec."""

import zlib

from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source, small_end

MAGIC = b"OggS"
_HEADER = 27
_FIRST = 0x02

_AUDIO = (
    (b"OpusHead", "Opus", 9),
    (b"\x01vorbis", "Vorbis", 11),
    (b"Speex   ", "Speex", 48),
    (b"\x7fFLAC", "FLAC", None),
)
"""How the first packet begins, the codec, and where in it the number of channels stands."""

_VIDEO = ((b"\x80theora", "Theora"), (b"OVP80", "VP8"), (b"BBCD", "Dirac"))
_MOST_STREAMS = 16
_HEADER_PAGES = 3
"""What a stream is, its comments, and then at least one page of data."""


_TURNED = bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))


def read(source: Source, facts: Facts) -> None:
    facts.mime_type = "audio/ogg"
    place, page, are_firsts = 0, 0, True
    while place < source.size:
        head = source.at(place, _HEADER)
        if not head.startswith(MAGIC[: len(head)]) and page:
            break  # whatever follows, it is no part of this
        page += 1
        size = _checked_page(source, place, head, page)
        are_firsts = are_firsts and bool(head[5] & _FIRST)
        if are_firsts:
            _read_first(source.at(place + _HEADER + head[26], min(size, 64)), facts)
        place += size
    facts.end = place
    if facts.video_codecs:
        facts.mime_type = "video/ogg"
    if not facts.video_codecs and not facts.audio_codecs:
        raise Broken("it has no stream that is known")
    if page < _HEADER_PAGES:
        raise Broken("it ends before its first sound")


def _checked_page(source: Source, place: int, head: bytes, page: int) -> int:
    """Its size."""
    if len(head) < _HEADER or len(lacing := source.at(place + _HEADER, head[26])) < head[26]:
        raise Broken(f"it ends in the middle of page {page}")
    size = _HEADER + head[26] + sum(lacing)
    if place + size > source.size:
        raise Broken(f"it ends in the middle of page {page}")
    rest = source.at(place + _HEADER, size - _HEADER)
    if _sum(head[:22] + bytes(4) + head[26:] + rest) != small_end(head[22:26]):
        raise Broken(f"its page {page} is damaged: the checksum differs")
    return size


def _sum(page: bytes) -> int:
    """The sum that zlib knows, with the bits of every byte, and of the sum, the other way round."""
    turned = zlib.crc32(page.translate(_TURNED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)


def _read_first(packet: bytes, facts: Facts) -> None:
    if len(facts.audio_codecs) + len(facts.video_codecs) >= _MOST_STREAMS:
        raise Broken(f"it has more than {_MOST_STREAMS} streams")
    facts.video_codecs += [codec for magic, codec in _VIDEO if packet.startswith(magic)]
    for magic, codec, channels in _AUDIO:
        if packet.startswith(magic):
            if not facts.audio_codecs and channels is not None and len(packet) > channels:
                facts.channels = packet[channels]
            facts.audio_codecs.append(codec)
