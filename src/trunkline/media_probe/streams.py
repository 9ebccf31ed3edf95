"""One stream of a film in boxes: its codec and what the index tells of it."""

from dataclasses import dataclass

from trunkline.media_probe.boxes import Box, boxes, inner
from trunkline.media_probe.source import Source, number

_KINDS = {b"vide": "video", b"soun": "audio"}
_VIDEO = {
    "avc1": "H.264", "avc2": "H.264", "avc3": "H.264", "avc4": "H.264", "hvc1": "H.265", "hev1": "H.265",
    "dvh1": "H.265", "dvhe": "H.265", "av01": "AV1", "vp08": "VP8", "vp09": "VP9", "mp4v": "MPEG-4 Visual",
    "s263": "H.263", "h263": "H.263", "mjpa": "Motion JPEG", "mjpb": "Motion JPEG", "jpeg": "Motion JPEG",
    "apcn": "ProRes", "apch": "ProRes", "apcs": "ProRes", "apco": "ProRes", "ap4h": "ProRes",
}  # fmt: skip
_AUDIO = {
    "mp4a": "AAC", "samr": "AMR-NB", "sawb": "AMR-WB", "Opus": "Opus", "ac-3": "AC-3", "ec-3": "E-AC-3",
    "alac": "Apple Lossless", "fLaC": "FLAC", ".mp3": "MP3", "sowt": "PCM", "twos": "PCM", "lpcm": "PCM",
    "ipcm": "PCM", "ulaw": "PCM", "alaw": "PCM",
}  # fmt: skip
_MP4A = {
    0x40: "AAC",
    0x66: "AAC",
    0x67: "AAC",
    0x68: "AAC",
    0x69: "MP3",
    0x6B: "MP3",
    0xA5: "AC-3",
    0xA6: "E-AC-3",
    0xAD: "Opus",
}
_MP4V = {0x6C: "Motion JPEG", 0x60: "MPEG-2", 0x61: "MPEG-2", 0x6A: "MPEG-1"}
_PROFILES = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4",
}
_ENTRY = {"video": 78, "audio": 28}
"""Bytes of an entry before the boxes within it."""

_PAIRS = 512
"""How many of a stream's orders are looked at: pictures are shuffled from the start on, or never."""


@dataclass
class Stream:
    kind: str
    """`video` or `audio`."""
    codec: str = "unknown"
    width: int | None = None
    height: int | None = None
    channels: int | None = None
    has_b_frames: bool | None = None
    last_place: int | None = None
    """Where in the file its last piece begins."""


def read_stream(source: Source, track: Box) -> Stream | None:
    """None for what is neither seen nor heard."""
    handler = inner(source, track, "mdia", "hdlr")
    kind = _KINDS.get(source.at(handler.body + 8, 4)) if handler is not None else None
    table = inner(source, track, "mdia", "minf", "stbl")
    if kind is None or table is None:
        return None
    stream = Stream(kind)
    for box in boxes(source, table.body, table.end, "its table of samples"):
        if box.kind == "stsd":
            _read_codec(source, box, stream)
        elif box.kind in ("stco", "co64"):
            stream.last_place = _last_place(source, box)
        elif box.kind == "ctts" and kind == "video":
            stream.has_b_frames = _is_shuffled(source, box)
    if kind == "video":
        stream.has_b_frames = bool(stream.has_b_frames)
    return stream


def _read_codec(source: Source, box: Box, stream: Stream) -> None:
    entry = next(boxes(source, box.body + 8, box.end, "its list of codecs"), None)
    if entry is None:
        return
    codecs = _VIDEO if stream.kind == "video" else _AUDIO
    stream.codec = codecs.get(entry.kind, f"`{entry.kind.strip()}`")
    if entry.kind in ("encv", "enca"):
        stream.codec = "encrypted"
    if stream.kind == "video":
        size = source.at(entry.body + 24, 4)
        stream.width, stream.height = number(size[:2]), number(size[2:])
        if stream.codec == "H.264":
            stream.codec += _profile(source, entry)
        elif entry.kind == "mp4v":
            stream.codec = _MP4V.get(_object_type(source, entry, 78), stream.codec)
    else:
        stream.channels = number(source.at(entry.body + 16, 2)) or None
        if entry.kind == "mp4a":
            stream.codec = _MP4A.get(_object_type(source, entry, _sound_head(source, entry)), "unknown")


def _profile(source: Source, entry: Box) -> str:
    for box in boxes(source, entry.body + 78, entry.end, "its codec"):
        if box.kind == "avcC":
            profile = number(source.at(box.body + 1, 1))
            return f" {_PROFILES.get(profile, f'profile {profile}')}"
    return ""


def _sound_head(source: Source, entry: Box) -> int:
    """QuickTime has longer forms of it."""
    return 28 + {1: 16, 2: 36}.get(number(source.at(entry.body + 8, 2)), 0)


def _object_type(source: Source, entry: Box, head: int) -> int:
    """What the descriptor of an `mp4a` or `mp4v` says it is; QuickTime hides it one box deeper."""
    for box in boxes(source, entry.body + head, entry.end, "its codec"):
        esds = inner(source, box, "esds") if box.kind == "wave" else box
        if esds is not None and esds.kind == "esds":
            return _described(source.at(esds.body + 4, min(64, esds.end - esds.body - 4)))
    return 0


def _described(data: bytes) -> int:
    """The stream's descriptor (3) holds that of its decoder (4), which begins with the type."""
    at = _after_length(data, 0)
    if data[:1] != b"\x03" or at + 3 > len(data):
        return 0
    flags = data[at + 2]
    at += 3 + (2 if flags & 0x80 else 0)
    if flags & 0x40:
        at += 1 + number(data[at : at + 1])
    at += 2 if flags & 0x20 else 0
    body = _after_length(data, at)
    return data[body] if data[at : at + 1] == b"\x04" and body < len(data) else 0


def _after_length(data: bytes, at: int) -> int:
    """Past the tag and its length of one to four bytes."""
    for n in range(1, 5):
        if not number(data[at + n : at + n + 1]) & 0x80:
            return at + n + 1
    return at + 5


def _last_place(source: Source, box: Box) -> int | None:
    width = 8 if box.kind == "co64" else 4
    count = number(source.at(box.body + 4, 4))
    last = box.body + 8 + (count - 1) * width
    return number(source.at(last, width)) if count and last + width <= box.end else None


def _is_shuffled(source: Source, box: Box) -> bool:
    """Pictures are shown in another order than they are stored in: the delays between these differ."""
    data = source.at(box.body + 8, min(8 * _PAIRS, box.end - box.body - 8))
    return len({data[at + 4 : at + 8] for at in range(0, len(data) - 7, 8)}) > 1
