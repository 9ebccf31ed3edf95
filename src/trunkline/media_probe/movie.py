"""Films and sounds in boxes: the container's type, what comes first in it, and one look at each stream."""

import re
from dataclasses import dataclass

from trunkline.media_probe.boxes import Box, boxes
from trunkline.media_probe.facts import Facts
from trunkline.media_probe.source import Broken, Source
from trunkline.media_probe.streams import Stream, read_stream

_OLD_STARTS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""With which a film of QuickTime begins where it does not say what it is."""

_PICTURES = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic-sequence",
    b"mif1": "image/heif",
    b"msf1": "image/heif-sequence",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"crx ": "image/x-canon-cr3",
}
_MOST_STREAMS = 32
_NAME = re.compile(rb"[A-Za-z0-9 \xa9_]{4}")
"""What a box at the top may be called; a stranger behind the last one is told by that."""


def is_of_boxes(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or (head[4:8] in _OLD_STARTS and head[:1] == b"\x00")


def read(source: Source, facts: Facts) -> None:
    head = source.at(0, 16)
    brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
    facts.mime_type = _PICTURES.get(brand) or _film(brand)
    if brand in _PICTURES:
        for box in boxes(source, 0, source.size, "it"):
            facts.end = box.end
        return
    top = _Top()
    try:
        _read_top(source, top)
        facts.end = top.end
    except Broken as broken:
        top.fault = broken
    if top.index is None:
        raise top.fault or Broken("it has no index (moov)")
    facts.is_streamable = top.data_at is None or top.index.start < top.data_at
    streams = _streams(source, top.index)
    _note(facts, streams, brand)
    if top.is_in_parts:
        facts.has_b_frames = None  # the index does not tell
    _check(source, top, streams)


@dataclass
class _Top:
    """What stands in the file beside what."""

    index: Box | None = None
    data_at: int | None = None
    is_in_parts: bool = False
    """The film comes in fragments, each with its own index."""
    end: int = 0
    fault: Broken | None = None


def _check(source: Source, top: _Top, streams: list[Stream]) -> None:
    if top.fault is not None:
        raise top.fault
    if top.data_at is None and not top.is_in_parts:
        raise Broken("it has no data (mdat)")
    for stream in streams:
        if stream.last_place is not None and stream.last_place >= source.size:
            raise Broken(f"its {stream.kind} goes on beyond the end of the file")


def _film(brand: bytes) -> str:
    if brand[:2] == b"3g":
        return "video/3gpp2" if brand[:3] == b"3g2" else "video/3gpp"
    if brand in (b"M4A ", b"M4B ", b"M4P "):
        return "audio/mp4"
    return "video/quicktime" if brand == b"qt  " else "video/mp4"


def _read_top(source: Source, top: _Top) -> None:
    while top.end < source.size:
        if top.index is not None and not _NAME.fullmatch(source.at(top.end + 4, 4)):
            return  # padding, or a stranger
        box = next(boxes(source, top.end, source.size, "it"), None)
        if box is None:
            return
        top.index = box if box.kind == "moov" and top.index is None else top.index
        top.data_at = box.start if box.kind == "mdat" and top.data_at is None else top.data_at
        top.is_in_parts = top.is_in_parts or box.kind == "moof"
        top.end = box.end


def _streams(source: Source, index: Box) -> list[Stream]:
    streams: list[Stream] = []
    for box in boxes(source, index.body, index.end, "its index"):
        if box.kind == "trak" and (stream := read_stream(source, box)) is not None:
            streams.append(stream)
        if len(streams) > _MOST_STREAMS:
            raise Broken(f"it has more than {_MOST_STREAMS} streams")
    if not streams:
        raise Broken("it has neither pictures nor sound")
    return streams


def _note(facts: Facts, streams: list[Stream], brand: bytes) -> None:
    """What has no pictures is sound, whatever its brand says; and the other way round."""
    video = [stream for stream in streams if stream.kind == "video"]
    audio = [stream for stream in streams if stream.kind == "audio"]
    facts.video_codecs, facts.audio_codecs = [one.codec for one in video], [one.codec for one in audio]
    if video:
        facts.width, facts.height = video[0].width, video[0].height
        facts.has_b_frames = video[0].has_b_frames
    if audio:
        facts.channels = audio[0].channels
    container = facts.mime_type.partition("/")[2]
    facts.mime_type = f"{'video' if video else 'audio'}/{container}"
    if brand == b"qt  " and not video:
        facts.mime_type = "audio/mp4" if facts.audio_codecs[0].startswith("AAC") else "audio/quicktime"
